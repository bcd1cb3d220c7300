//! Bounds: requests, batches, connections, slow and silent readers.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::wire::{Socket, post};
use crate::{Fixture, config};

#[tokio::test]
async fn a_batch_is_answered_in_order_within_its_bound() {
    let fixture = Fixture::start().await;
    let call = |id: u32| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"system_chain","params":[]}}"#);
    let batch = |count: u32| format!("[{}]", (0..count).map(call).collect::<Vec<_>>().join(","));
    let (_, answer) = post(fixture.server.local_addr(), &batch(3)).await;
    let expected: Vec<_> = (0..3).map(|id| json!({"jsonrpc": "2.0", "id": id, "result": "Memory"})).collect();
    assert_eq!(answer, json!(expected));
    let (_, answer) = post(fixture.server.local_addr(), &batch(257)).await;
    assert_eq!(answer["error"]["code"], -32010, "{answer}");
}

#[tokio::test]
async fn an_oversize_request_is_refused_and_the_longest_extrinsic_is_not() {
    let fixture = Fixture::start().await;
    let params = |bytes: usize| format!("[\"0x{}\"]", "00".repeat(bytes));
    let longest = fixture.call("author_submitExtrinsic", &params(384 * 1024)).await;
    assert_eq!(longest["error"]["data"]["kind"], "Undecodable", "it was looked at");
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"author_submitExtrinsic","params":{}}}"#, params(1 << 20));
    let (status, _) = post(fixture.server.local_addr(), &body).await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn what_is_no_json_rpc_is_told_so() {
    let fixture = Fixture::start().await;
    let (_, answer) = post(fixture.server.local_addr(), "{nonsense").await;
    assert_eq!(answer["error"]["code"], -32700);
    let answer = fixture.call("chain_getHeader", "[7]").await;
    assert_eq!(answer["error"]["code"], -32602);
    let answer = fixture.call("chain_getHeader", "\"text\"").await;
    assert!(answer["error"]["code"].is_i64(), "{answer}");
}

#[tokio::test]
async fn one_connection_too_many_is_turned_away_with_a_word_and_a_place_is_given_back() {
    let mut config = config();
    config.connections_max = 1;
    let fixture = Fixture::start_with(config).await;
    let first = Socket::connect(fixture.server.local_addr()).await;
    let mut second = TcpStream::connect(fixture.server.local_addr()).await.expect("accepted");
    let mut told = String::new();
    timeout(Duration::from_secs(5), second.read_to_string(&mut told)).await.expect("closed in time").expect("UTF-8");
    assert!(told.starts_with("HTTP/1.1 503 ") && told.contains("retry after 1000 ms"), "{told}");
    assert_eq!(fixture.server.meter().connections(), 1);
    drop(first);
    wait_for_a_place(&fixture).await;
}

#[tokio::test]
async fn too_many_subscriptions_of_one_connection_are_refused() {
    let mut config = config();
    config.subscriptions_max = 1;
    let fixture = Fixture::start_with(config).await;
    let mut socket = Socket::connect(fixture.server.local_addr()).await;
    socket.subscribe("chain_subscribeNewHeads", "[]").await;
    socket.next().await;
    socket.send("chain_subscribeNewHeads", "[]").await;
    assert_eq!(socket.next().await["error"]["code"], -32006);
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_dropped_and_holds_nobody_up() {
    let mut config = config();
    config.write_stall_max = Duration::from_millis(300);
    config.messages_waiting_max = 4;
    config.connections_max = 2;
    let fixture = Fixture::start_with(config).await;
    fixture.backend.finalise(vec![(b"big".to_vec(), Some(vec![7; 1 << 20]))]);
    let mut stream = TcpStream::connect(fixture.server.local_addr()).await.expect("accepted");
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"state_getStorage","params":["0x626967"]}"#;
    // Asks for megabytes and never reads one.
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for _ in 0..16 {
        stream.write_all(head.as_bytes()).await.expect("sent");
    }
    let mut other = Socket::connect(fixture.server.local_addr()).await;
    other.send("system_chain", "[]").await;
    assert_eq!(other.next().await["result"], "Memory");
    wait_for_a_place(&fixture).await;
}

#[tokio::test]
async fn a_subscriber_that_does_not_read_is_dropped_with_its_subscriptions() {
    let mut config = config();
    config.write_stall_max = Duration::from_millis(300);
    config.messages_waiting_max = 4;
    config.connections_max = 1;
    let fixture = Fixture::start_with(config).await;
    let big = |byte: u8| vec![(b"big".to_vec(), Some(vec![byte; 1 << 20]))];
    let mut socket = Socket::connect(fixture.server.local_addr()).await;
    socket.subscribe("state_subscribeStorage", "[[\"0x626967\"]]").await;
    for byte in 0..16 {
        fixture.backend.finalise(big(byte));
    }
    wait_for_a_place(&fixture).await;
    drop(socket);
}

#[tokio::test]
async fn subscribers_hear_every_head_beside_one_that_does_not_read() {
    const HEADS: u8 = 32;
    let mut config = config();
    config.write_stall_max = Duration::from_secs(2);
    config.messages_waiting_max = 4;
    let fixture = Fixture::start_with(config).await;
    let address = fixture.server.local_addr();
    let mut slow = Socket::connect(address).await;
    slow.subscribe("state_subscribeStorage", "[[\"0x626967\"]]").await;
    let mut others = Vec::new();
    for _ in 0..8 {
        let mut other = Socket::connect(address).await;
        other.subscribe("chain_subscribeFinalizedHeads", "[]").await;
        other.next().await;
        others.push(other);
    }
    // A megabyte a block: after some of them the slow one has no room left anywhere, and stays open all the same.
    for byte in 0..HEADS {
        let head = fixture.backend.finalise(vec![(b"big".to_vec(), Some(vec![byte; 1 << 20]))]);
        for other in &mut others {
            let number = format!("{:#x}", head.header.number);
            assert_eq!(other.next().await["params"]["result"]["number"], json!(number), "in order, none left out");
        }
    }
    fixture.until(|fixture| fixture.server.meter().connections() == others.len()).await;
    for other in &mut others {
        other.send("system_chain", "[]").await;
        assert_eq!(other.next().await["result"], "Memory");
    }
    drop(slow);
}

/// Waits until a connection is admitted, of which there were as many as allowed.
async fn wait_for_a_place(fixture: &Fixture) {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let mut stream = TcpStream::connect(fixture.server.local_addr()).await.expect("accepted");
        if timeout(Duration::from_millis(100), stream.read(&mut [0])).await.is_err() {
            return;
        }
        assert!(Instant::now() < deadline, "no place is free again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_silent_connection_is_closed_and_one_that_answers_pings_is_not() {
    let mut config = config();
    config.silence_max = Duration::from_millis(600);
    config.ping_every = Duration::from_millis(200);
    let fixture = Fixture::start_with(config).await;
    let mut silent = TcpStream::connect(fixture.server.local_addr()).await.expect("accepted");
    let client = fixture.client("ws").await;
    let read = timeout(Duration::from_secs(5), silent.read(&mut [0])).await.expect("closed in time");
    assert!(matches!(read, Ok(0) | Err(_)));
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert!(client.is_connected());
}
