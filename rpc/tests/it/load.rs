//! Under load: classes of calls don't starve each other, whoever doesn't fit is told when to come again.

use std::time::Duration;

use serde_json::{Value, json};
use tierchain_rpc::server::{Share, Shares};

use crate::wire::{Socket, post};
use crate::{Fixture, config};

/// A class in which one call is answered and one waits.
const NARROW: Share = Share { running_max: 1, waiting_max: 1, connection_max: 8, bytes_max: 1 << 20 };

async fn narrow() -> Fixture {
    let mut config = config();
    config.shares = Shares { query: NARROW, scan: NARROW, ..Shares::default() };
    Fixture::start_with(config).await
}

fn busy(answer: &Value) -> bool {
    answer["error"]["code"] == 5002
}

#[tokio::test]
async fn queries_that_block_leave_submissions_and_status_alone() {
    let fixture = narrow().await;
    let held = fixture.backend.hold_reads();
    let mut socket = Socket::connect(fixture.server.local_addr()).await;
    for _ in 0..5 {
        socket.send("state_getStorage", "[\"0x6b\"]").await;
    }
    // Three of the five neither run nor wait; they are answered at once, with advice.
    for _ in 0..3 {
        let answer = socket.next().await;
        assert!(busy(&answer), "{answer}");
        assert_eq!(answer["error"]["data"]["class"], "query");
        assert!(answer["error"]["data"]["retryAfterMs"].as_u64().is_some_and(|ms| ms >= 10), "{answer}");
        assert!(answer["error"]["message"].as_str().is_some_and(|text| text.contains("retry after")), "{answer}");
    }
    assert_eq!(fixture.result("system_chain", "[]").await, "Memory", "status has places of its own");
    let refused = fixture.call("author_submitExtrinsic", "[\"0x00\"]").await;
    assert_eq!(refused["error"]["data"]["kind"], "Undecodable", "it was looked at");
    drop(held);
    for _ in 0..2 {
        let answer = socket.next().await;
        assert!(answer.get("error").is_none(), "{answer}");
    }
}

#[tokio::test]
async fn a_batch_passes_the_same_door() {
    let fixture = narrow().await;
    let held = fixture.backend.hold_reads();
    let mut socket = Socket::connect(fixture.server.local_addr()).await;
    for _ in 0..2 {
        socket.send("state_getStorage", "[\"0x6b\"]").await;
    }
    fixture.until(|fixture| fixture.class("query").waiting == 1).await;
    let batch = r#"[{"jsonrpc":"2.0","id":1,"method":"state_getStorage","params":["0x6b"]},
        {"jsonrpc":"2.0","id":2,"method":"system_addLogFilter","params":["a=info"]},
        {"jsonrpc":"2.0","method":"system_chain"},
        {"jsonrpc":"2.0","id":3,"method":"system_chain"}, 7]"#;
    let (_, answers) = post(fixture.server.local_addr(), batch).await;
    assert!(busy(&answers[0]), "{answers}");
    assert_eq!(answers[1]["error"]["code"], -32601);
    assert_eq!(answers[2], json!({"jsonrpc": "2.0", "id": 3, "result": "Memory"}));
    assert_eq!(answers[3]["error"]["code"], -32600);
    assert_eq!(answers.as_array().map(Vec::len), Some(4), "a notification isn't answered");
    drop(held);
}

#[tokio::test]
async fn whoever_hangs_up_gives_its_places_back() {
    let fixture = narrow().await;
    let held = fixture.backend.hold_reads();
    let mut socket = Socket::connect(fixture.server.local_addr()).await;
    for _ in 0..2 {
        socket.send("state_getStorage", "[\"0x6b\"]").await;
    }
    fixture.until(|fixture| fixture.class("query").waiting == 1).await;
    drop(socket);
    fixture.until(|fixture| fixture.class("query").waiting == 0).await;
    drop(held);
    fixture.until(|fixture| fixture.class("query").running == 0 && fixture.server.meter().connections() == 0).await;
}

#[tokio::test]
async fn a_watch_that_was_refused_is_no_watch() {
    let mut config = config();
    config.shares.submission.running_max = 0;
    config.shares.submission.waiting_max = 0;
    let fixture = Fixture::start_with(config).await;
    let mut socket = Socket::connect(fixture.server.local_addr()).await;
    socket.send("author_submitAndWatchExtrinsic", "[\"0x00\"]").await;
    let answer = socket.next().await;
    assert_eq!(answer["error"]["code"], 1016);
    assert_eq!(answer["error"]["data"]["kind"], "PoolFull");
    assert_eq!(answer["error"]["data"]["temporary"], true);
    assert!(answer["error"]["data"]["retry_after_ms"].is_u64() || answer["error"]["data"]["retryAfterMs"].is_u64());
    assert_eq!(socket.next_within(Duration::from_millis(100)).await, None);
}
