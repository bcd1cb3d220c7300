//! Malformed requests against a validator's live port: each has its answer, the validator goes on, and nothing of them
//! stays in its process.

#[path = "../../../rpc/tests/it/mutations.rs"]
mod mutations;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use self::mutations::{Random, corpus, mutation};
use crate::harness::{Network, turn, until};

const NODE: u16 = 1;

/// Requests of a round. The first rounds fill caches, pools and the allocator's arenas.
const REQUESTS: usize = 1_000;
const WARMING_ROUNDS: usize = 2;
const ROUNDS: usize = 4;

/// What a process may grow by meanwhile, for its blocks and for its allocator's reasons: 2 KiB of each request that
/// were kept would be more.
const GROWTH_KIB_MAX: u64 = 8 * 1_024;

/// Files that the database may open meanwhile.
const FILES_MORE_MAX: usize = 16;

/// How long a connection may take for its answer.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

#[test]
fn malformed_requests_are_answered_and_leave_nothing_behind() {
    let _turn = turn();
    let network = Network::start();
    let (server, pid) = (network.world.place(NODE).rpc, network.pid(NODE));
    for (request, code) in corpus() {
        // A real runtime knows what the backend in memory doesn't.
        let expected = if request.contains("Core_version") { None } else { Some(code) };
        let (_, answer) = post(server, &request);
        assert_eq!(answer["error"]["code"].as_i64(), expected, "{request:.120}: {answer}");
    }
    let methods = methods(server);
    let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
    let mut random = Random(4);
    (0..WARMING_ROUNDS).for_each(|_| round(server, &methods, &mut random));
    let (files, kib) = (files(pid), resident_kib(pid));
    (0..ROUNDS).for_each(|_| round(server, &methods, &mut random));
    until("all connections are closed", || (self::files(pid) <= files + FILES_MORE_MAX).then_some(()));
    let grown = resident_kib(pid).saturating_sub(kib);
    assert!(grown <= GROWTH_KIB_MAX, "the process grew from {kib} KiB by {grown} KiB");

    let height = network.node(NODE).height().expect("it runs");
    network.agree_at(height + 1);
    let log = std::fs::read_to_string(network.world.log_path(NODE)).expect("it has a log");
    assert!(!log.contains("panicked"), "a thread panicked");
}

/// Requests one after the other, and now and then a connection that ends in the middle of one.
fn round(server: SocketAddr, methods: &[&str], random: &mut Random) {
    for _ in 0..REQUESTS {
        let request = mutation(random, methods);
        if random.below(16) == 0 {
            let mut stream = TcpStream::connect(server).expect("the node listens");
            let head = head(request.len() + 1);
            stream.write_all(&head.as_bytes()[..random.below(head.len())]).expect("sent");
            continue;
        }
        let (status, answer) = post(server, &request);
        let error = &answer["error"];
        let is_typed = answer.get("result").is_some() || (error["code"].is_i64() && error["message"].is_string());
        // What lost its id is a notification, which isn't answered.
        let is_notification = status == 200 && answer.is_null() && !request.contains("\"id\":1");
        assert!(is_typed || is_notification, "{status} {request}: {answer}");
    }
}

fn methods(server: SocketAddr) -> Vec<String> {
    let (_, answer) = post(server, r#"{"jsonrpc":"2.0","id":1,"method":"rpc_methods"}"#);
    let methods: Vec<String> = serde_json::from_value(answer["result"]["methods"].clone()).expect("a list of names");
    assert!(methods.len() > 50, "{} methods", methods.len());
    methods
}

fn head(bytes: usize) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: \
         {bytes}\r\n\r\n"
    )
}

/// Status and JSON of an answer; null where it isn't JSON.
fn post(server: SocketAddr, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(server).expect("the node listens");
    stream.set_read_timeout(Some(ANSWER_WAIT)).expect("a socket");
    stream.write_all((head(body.len()) + body).as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer in time");
    let answer = String::from_utf8(answer).expect("UTF-8");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let json = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(json).unwrap_or(Value::Null))
}

fn files(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").count()
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says so");
    line.trim().trim_end_matches("kB").trim().parse().expect("a number")
}
