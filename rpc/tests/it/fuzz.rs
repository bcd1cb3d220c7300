//! Malformed requests against the live port: a corpus, and mutations of it from a seed. No panic, no leak, and a typed
//! error for each.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use crate::Fixture;
use crate::mutations::{Random, corpus, mutation};
use crate::wire::{Socket, post};

/// Mutated requests per run: enough to touch every method some ten times, few enough for every gate.
const MUTATIONS: usize = 1_500;

/// Raw bytes that are no HTTP a server should mind.
const RAW: usize = 200;

/// Tasks of a server that nobody asks anything: the one that accepts.
const IDLE_TASKS: usize = 1;

/// Panics anywhere in the process while the fuzzers run.
static PANICS: AtomicUsize = AtomicUsize::new(0);
static COUNTING: Once = Once::new();

/// Counts panics, on whatever thread: the server's tasks run on those of the tests. Whoever fails a test with it has
/// found one more.
fn count_panics() {
    COUNTING.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(info);
        }));
    });
}

/// Whether an answer is a JSON-RPC answer: a result, or an error with code and message.
fn is_typed(answer: &Value) -> bool {
    let error = &answer["error"];
    answer.get("result").is_some() || (error["code"].is_i64() && error["message"].is_string())
}

/// Tasks that are alive on the test's runtime.
fn alive_tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
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
    // The runtime is this test's own: what goes on now is what went on before the first request.
    fixture.until(|_| alive_tasks() <= IDLE_TASKS).await;
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
