//! Malformed requests against the live port: a corpus, and mutations of it from a seed. No panic, no leak, and a typed
//! error for each.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Fixture;
use crate::wire::{Socket, post};

/// Mutated requests per run: enough to touch every method some ten times, few enough for every gate.
const MUTATIONS: usize = 1_500;

/// Raw bytes that are no HTTP a server should mind.
const RAW: usize = 200;

/// Panics anywhere in the process while the fuzzers run.
static PANICS: AtomicUsize = AtomicUsize::new(0);
static COUNTING: Once = Once::new();

/// Counts the panics of the server's threads. Those of tests, which have a name of their own, are theirs.
fn count_panics() {
    COUNTING.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().name().is_none_or(|name| name.starts_with("tokio")) {
                PANICS.fetch_add(1, Ordering::SeqCst);
            }
            before(info);
        }));
    });
}

/// Requests that are wrong in one way each, and the code they are answered with.
fn corpus() -> Vec<(String, i64)> {
    let call =
        |method: &str, params: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
    let deep = "[".repeat(2_000);
    let mut corpus = vec![
        (String::new(), -32_700),
        ("{".into(), -32_700),
        ("\u{0}\u{1}".into(), -32_700),
        ("null".into(), -32_700),
        ("\"text\"".into(), -32_700),
        ("[]".into(), -32_600),
        ("{}".into(), -32_700),
        (r#"{"jsonrpc":"1.0","id":1,"method":"system_chain"}"#.into(), -32_600),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#.into(), -32_600),
        (r#"{"jsonrpc":"2.0","id":1,"method":""}"#.into(), -32_601),
        (call("no_suchMethod", "[]"), -32_601),
        (call("system_addLogFilter", "[]"), -32_601),
        (call("state_getStorage", "[]"), -32_602),
        (call("state_getStorage", "[\"0xzz\"]"), -32_602),
        (call("state_getStorage", "[\"0x0\"]"), -32_602),
        (call("state_getStorage", "[7]"), -32_602),
        (call("state_getStorage", "[[[]]]"), -32_602),
        (call("state_getStorage", "[\"0x00\",\"0x00\"]"), -32_602),
        (call("state_getStorage", "[\"\u{1f980}\"]"), -32_602),
        (call("chain_getHeader", "[-1]"), -32_602),
        (call("chain_getBlockHash", "[-1]"), -32_602),
        (call("chain_getBlockHash", "[\"0xg\"]"), -32_602),
        (call("chain_getBlockHash", "[1.5]"), -32_602),
        (call("system_accountNextIndex", "[\"5F\"]"), -32_602),
        (call("author_submitExtrinsic", "[\"0x\"]"), 1_001),
        (call("author_submitExtrinsic", "[\"0xffffffff\"]"), 1_001),
        (call("state_call", "[\"Core_version\",\"0x\"]"), 4_003),
        (call("state_getKeysPaged", "[\"0x\",4294967295]"), 4_002),
        (call("chains_get", "[\"not a uuid\"]"), -32_602),
        (call("chains_list", "[null,1,{\"unknown\":1}]"), -32_602),
        (call("chains_list", "[\"0x\",1]"), -32_602),
        (call("state_subscribeStorage", "[[]]"), 5_005),
        (call("chain_subscribeNewHeads", "[]"), 5_005),
        (call("chain_unsubscribeNewHeads", "[1]"), 5_005),
        (call("author_submitAndWatchExtrinsic", "[\"0x\"]"), 5_005),
        (call("state_getStorage", &deep), -32_700),
    ];
    corpus.push((format!("[{}]", vec![call("system_chain", "[]"); 300].join(",")), -32_010));
    corpus
}

/// A stream of numbers from a seed (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Parameters of every kind that a method may meet.
const VALUES: [&str; 22] = [
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "4294967296",
    "18446744073709551616",
    "\"\"",
    "\"0x\"",
    "\"0x0\"",
    "\"zz\"",
    "[]",
    "[[]]",
    "{}",
    "{\"a\":{}}",
    "\"0x0000000000000000000000000000000000000000000000000000000000000000\"",
    "\"5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[null,null,null]",
    "[\"0x00\",\"0x00\"]",
    "\"00000000-0000-0000-0000-000000000000\"",
];

/// A request for a random method with random parameters, some of its bytes exchanged.
fn mutation(random: &mut Random, methods: &[&str]) -> String {
    let params: Vec<&str> = (0..random.below(5)).map(|_| *random.pick(&VALUES)).collect();
    let (method, params) = (random.pick(methods), params.join(","));
    let params = if random.below(8) == 0 { format!("{{\"p\":[{params}]}}") } else { format!("[{params}]") };
    let mut bytes = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#).into_bytes();
    for _ in 0..[0, 0, 1, 3][random.below(4)] {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(3) {
            0 => bytes[at] = 0x20 + random.below(0x5f) as u8,
            1 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether an answer is a JSON-RPC answer: a result, or an error with code and message.
fn is_typed(answer: &Value) -> bool {
    let error = &answer["error"];
    answer.get("result").is_some() || (error["code"].is_i64() && error["message"].is_string())
}

/// Nothing is left of what was asked, and the server goes on.
async fn assert_whole(fixture: &Fixture) {
    fixture.until(|fixture| fixture.server.meter().connections() == 0).await;
    for class in fixture.server.meter().classes() {
        assert_eq!((class.running, class.waiting), (0, 0), "{class:?}");
    }
    assert_eq!(fixture.backend.watched(), 0, "nobody watches any more");
    assert_eq!(PANICS.load(Ordering::SeqCst), 0, "nothing panicked");
    assert_eq!(fixture.result("system_chain", "[]").await, "Memory");
}

#[tokio::test]
async fn each_malformed_request_has_its_error() {
    count_panics();
    let fixture = Fixture::start().await;
    let mut others = Vec::new();
    for (request, code) in corpus() {
        let (_, answer) = post(fixture.server.local_addr(), &request).await;
        let shown: String = request.chars().take(120).collect();
        let is_told = answer["error"]["message"].as_str().is_some_and(|text| !text.is_empty());
        if !is_told || answer["error"]["code"] != code {
            others.push(format!("{shown}: {answer} and not {code}"));
        }
    }
    assert!(others.is_empty(), "{others:#?}");
    assert_whole(&fixture).await;
}

#[tokio::test]
async fn mutations_over_http_are_answered_and_leave_nothing_behind() {
    count_panics();
    let fixture = Fixture::start().await;
    let methods: Vec<&str> = include_str!("methods.txt").lines().collect();
    let mut random = Random(1);
    for _ in 0..MUTATIONS {
        let request = mutation(&mut random, &methods);
        let (status, answer) = post(fixture.server.local_addr(), &request).await;
        // What lost its id is a notification, which isn't answered.
        let is_notification = status == 200 && answer.is_null() && !request.contains("\"id\":1");
        assert!(is_typed(&answer) || is_notification, "{status} {request}: {answer}");
    }
    assert_whole(&fixture).await;
}

#[tokio::test]
async fn mutations_over_one_websocket_are_answered_and_leave_nothing_behind() {
    count_panics();
    let fixture = Fixture::start().await;
    let methods: Vec<&str> = include_str!("methods.txt").lines().collect();
    let mut random = Random(2);
    let mut socket = Socket::connect(fixture.server.local_addr()).await;
    for round in 0..MUTATIONS / 10 {
        for _ in 0..10 {
            socket.send_text(&mutation(&mut random, &methods)).await;
        }
        // Whatever came before, the connection goes on; notifications of subscriptions may come between.
        let id = format!("\"round {round}\"");
        socket.send_text(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"system_chain"}}"#)).await;
        loop {
            let message = socket.next().await;
            if message["id"] == format!("round {round}") {
                break;
            }
            assert!(is_typed(&message) || message["params"]["subscription"] != Value::Null, "{message}");
        }
    }
    drop(socket);
    assert_whole(&fixture).await;
}

#[tokio::test]
async fn raw_bytes_end_the_connection_at_most() {
    count_panics();
    let fixture = Arc::new(Fixture::start().await);
    let mut random = Random(3);
    let begins: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
          Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        b"",
    ];
    for _ in 0..RAW {
        let mut bytes = random.pick(&begins).to_vec();
        bytes.extend((0..random.below(300)).map(|_| random.next() as u8));
        let mut stream = TcpStream::connect(fixture.server.local_addr()).await.expect("the server listens");
        // The server may close at any byte.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "the connection stays open: {:?}", String::from_utf8_lossy(&bytes));
    }
    assert_whole(&fixture).await;
}
