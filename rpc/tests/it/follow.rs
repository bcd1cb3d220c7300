//! Subscriptions with a cursor: nothing missed, nothing twice, and a slow reader is told why it is cut off.

use std::time::Duration;

use serde_json::{Value, json};
use tierchain_primitives::ledger::{Detail, EntityBlock};
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::backend::{Derived, LedgerBlock};
use tierchain_rpc::types::{Cursor, DirectiveStatus};

use crate::directives::{host, step};
use crate::ledger::{entity_blocks, fill, meta_block, server};
use crate::memory::MemoryBackend;
use crate::wire::Socket;
use crate::{Fixture, config};

/// Derives a ledger block in a block of the network.
fn derive(backend: &MemoryBackend, number: u32, block: LedgerBlock) {
    backend.with(|inner| {
        let place = inner.derived.iter().filter(|known| known.cursor.block == number).count() as u64;
        inner.derived.push(Derived { cursor: Cursor { block: number, place }, block });
    });
}

fn entity(at: usize) -> LedgerBlock {
    LedgerBlock::Entity(entity_blocks().swap_remove(at))
}

/// A network with five ledger blocks in its blocks 1 and 2.
async fn filled() -> Fixture {
    let fixture = Fixture::start().await;
    fill(&fixture.backend);
    for number in 1..=2 {
        derive(&fixture.backend, number, entity(0));
        derive(&fixture.backend, number, entity(1));
        derive(&fixture.backend, number, LedgerBlock::Meta(meta_block()));
        fixture.backend.finalise(Vec::new());
    }
    fixture
}

/// Derives another block in the network's next one.
fn go_on(fixture: &Fixture, number: u32) {
    derive(&fixture.backend, number, entity(2));
    fixture.backend.finalise(Vec::new());
}

async fn socket(fixture: &Fixture) -> Socket {
    Socket::connect(fixture.server.local_addr()).await
}

/// The next item of a subscription.
async fn item(socket: &mut Socket) -> Value {
    let message = socket.next().await;
    assert!(message["params"]["error"].is_null(), "{message}");
    message["params"]["result"].clone()
}

async fn cursors(socket: &mut Socket, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..count {
        found.push(item(socket).await["cursor"].as_str().expect("text").to_owned());
    }
    found
}

/// Nothing more comes, as far as a moment shows.
async fn silent(socket: &mut Socket) {
    assert_eq!(socket.next_within(Duration::from_millis(100)).await, None);
}

#[tokio::test]
async fn who_comes_back_misses_nothing_and_sees_nothing_twice() {
    let fixture = filled().await;
    let mut first = socket(&fixture).await;
    first.subscribe("chains_subscribeBlocks", "[\"0/0\"]").await;
    assert_eq!(cursors(&mut first, 4).await, ["1/0", "1/1", "2/0", "2/1"]);
    go_on(&fixture, 3);
    assert_eq!(cursors(&mut first, 1).await, ["3/0"]);
    drop(first);
    go_on(&fixture, 4);
    go_on(&fixture, 5);
    let mut second = socket(&fixture).await;
    second.subscribe("chains_subscribeBlocks", "[\"3/0\"]").await;
    assert_eq!(cursors(&mut second, 2).await, ["4/0", "5/0"]);
    go_on(&fixture, 6);
    assert_eq!(cursors(&mut second, 1).await, ["6/0"]);
    silent(&mut second).await;
    // From every place: all that stands behind it.
    for (after, rest) in [("1/0", 7), ("1/1", 6), ("1/2", 6), ("2/0", 5), ("2/999", 4), ("2/end", 4), ("5/0", 1)] {
        let mut again = socket(&fixture).await;
        again.subscribe("chains_subscribeBlocks", &format!("[\"{after}\"]")).await;
        assert_eq!(cursors(&mut again, rest).await.last().map(String::as_str), Some("6/0"), "after {after}");
        silent(&mut again).await;
    }
}

#[tokio::test]
async fn without_a_cursor_comes_what_is_new_and_a_place_ahead_is_waited_for() {
    let fixture = filled().await;
    let (mut new, mut ahead) = (socket(&fixture).await, socket(&fixture).await);
    new.subscribe("chains_subscribeBlocks", "[]").await;
    ahead.subscribe("chains_subscribeBlocks", "[\"3/0\"]").await;
    silent(&mut new).await;
    go_on(&fixture, 3);
    assert_eq!(cursors(&mut new, 1).await, ["3/0"]);
    silent(&mut ahead).await;
    go_on(&fixture, 4);
    assert_eq!(cursors(&mut ahead, 1).await, ["4/0"]);
}

#[tokio::test]
async fn an_item_carries_the_block_and_meta_blocks_have_their_own() {
    let fixture = filled().await;
    let mut socket = socket(&fixture).await;
    socket.subscribe("meta_subscribeBlocks", "[\"0/0\"]").await;
    let found = item(&mut socket).await;
    assert_eq!((&found["cursor"], &found["block"]["hash"]), (&json!("1/2"), &json!(meta_block().hash.to_string())));
    assert_eq!(cursors(&mut socket, 1).await, ["2/2"]);
    silent(&mut socket).await;
    socket.subscribe("chains_subscribeBlocks", "[\"0/0\"]").await;
    let message = socket.next().await;
    assert_eq!(message["method"], "chains_block");
    let hash = entity_blocks()[0].hash.to_string();
    assert_eq!(message["params"]["result"]["block"]["hash"], hash);
}

#[tokio::test]
async fn a_filter_leaves_out_what_does_not_match() {
    let fixture = filled().await;
    let check = async |filter: Value, expected: bool| {
        let mut socket = socket(&fixture).await;
        socket.subscribe("chains_subscribeBlocks", &json!(["0/0", filter]).to_string()).await;
        let found = socket.next_within(Duration::from_millis(200)).await;
        assert_eq!(found.is_some(), expected, "{filter}");
    };
    let hash = |byte: u8| H256([byte; 32]).to_string();
    check(json!({"uuid": server(0).uuid.to_string()}), true).await;
    check(json!({"uuid": server(1).uuid.to_string()}), false).await;
    check(json!({"tenant": hash(4)}), true).await;
    check(json!({"tenant": hash(3)}), false).await;
    check(json!({"provider": hash(3), "service": hash(5)}), true).await;
    check(json!({"provider": hash(3), "service": hash(6)}), false).await;
    check(json!({"writer": AccountId([7; 32]).to_ss58()}), true).await;
    check(json!({"writer": AccountId([8; 32]).to_ss58()}), false).await;
    let mut socket = socket(&fixture).await;
    socket.send("chains_subscribeBlocks", "[\"0/0\",{\"tenat\":null}]").await;
    assert_eq!(socket.next().await["error"]["code"], -32602);
    socket.send("chains_subscribeBlocks", "[\"yesterday\"]").await;
    let error = socket.next().await["error"].clone();
    assert!(error["data"].as_str().is_some_and(|text| text.contains("0/0 for all there")), "{error}");
}

#[tokio::test]
async fn steps_of_directives_go_on_from_their_place() {
    let fixture = Fixture::start().await;
    let backend = &fixture.backend;
    for id in 0..4 {
        step(backend, 1, id, DirectiveStatus::Issued);
    }
    backend.finalise(Vec::new());
    let mut all = socket(&fixture).await;
    all.subscribe("directives_subscribe", "[\"1/1\"]").await;
    let found = item(&mut all).await;
    assert_eq!((&found["cursor"], &found["change"], &found["block"]), (&json!("1/2"), &json!("issued"), &json!(1)));
    assert_eq!(found["directive"]["id"], 2);
    assert_eq!(cursors(&mut all, 1).await, ["1/3"]);
    let mut one = socket(&fixture).await;
    one.subscribe("directives_subscribe", &format!("[\"0/0\",\"{}\"]", host(1).0)).await;
    assert_eq!(cursors(&mut one, 2).await, ["1/1", "1/3"]);
    let (mut new, mut after) = (socket(&fixture).await, socket(&fixture).await);
    new.subscribe("directives_subscribe", "[]").await;
    after.subscribe("directives_subscribe", "[\"1/end\"]").await;
    // A block without a step says nothing to anybody.
    backend.finalise(Vec::new());
    step(backend, 3, 1, DirectiveStatus::Accepted);
    backend.finalise(Vec::new());
    for socket in [&mut all, &mut one, &mut new, &mut after] {
        let found = item(socket).await;
        assert_eq!((&found["cursor"], &found["change"]), (&json!("3/4"), &json!("accepted")));
        silent(socket).await;
    }
    let mut both = socket(&fixture).await;
    both.subscribe("directives_subscribe", "[\"0/end\"]").await;
    assert_eq!(cursors(&mut both, 5).await, ["1/0", "1/1", "1/2", "1/3", "3/4"]);
}

#[tokio::test]
async fn a_cursor_of_another_network_is_refused_with_the_remedy() {
    let fixture = Fixture::start().await;
    step(&fixture.backend, 1, 0, DirectiveStatus::Issued);
    let mut socket = socket(&fixture).await;
    socket.send("directives_subscribe", "[\"7/0\"]").await;
    let error = socket.next().await["error"].clone();
    assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(5006), &json!("UnknownCursor")));
    assert_eq!(error["data"]["cursor"], "7/0");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("directives_open")), "{error}");
}

#[tokio::test]
async fn a_step_that_can_not_come_any_more_is_refused_and_one_of_a_later_block_waited_for() {
    let fixture = Fixture::start().await;
    let backend = &fixture.backend;
    (0..2).for_each(|id| step(backend, 1, id, DirectiveStatus::Issued));
    backend.finalise(Vec::new());
    let (mut newest, mut ahead) = (socket(&fixture).await, socket(&fixture).await);
    for beyond in ["1/2", "1/77", "0/77"] {
        newest.send("directives_subscribe", &format!("[\"{beyond}\"]")).await;
        let error = newest.next().await["error"].clone();
        assert_eq!((&error["code"], &error["data"]["cursor"]), (&json!(5006), &json!(beyond)), "{error}");
    }
    newest.subscribe("directives_subscribe", "[\"1/1\"]").await;
    // Another node, at which this client was before, is further.
    ahead.subscribe("directives_subscribe", "[\"2/2\"]").await;
    for block in 2..=3 {
        step(backend, block, 0, DirectiveStatus::Accepted);
        backend.finalise(Vec::new());
    }
    assert_eq!(cursors(&mut newest, 2).await, ["2/2", "3/3"]);
    assert_eq!(cursors(&mut ahead, 1).await, ["3/3"]);
    silent(&mut ahead).await;
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_with_the_reason_and_goes_on_from_its_cursor() {
    let mut config = config();
    (config.item_stall_max, config.messages_waiting_max) = (Duration::from_millis(200), 4);
    let fixture = Fixture::start_with(config).await;
    // More than the buffers of two sockets hold.
    const BLOCKS: u32 = 48;
    for number in 1..=BLOCKS {
        let mut block: EntityBlock = entity_blocks().swap_remove(0);
        block.tx.event.detail = Detail(vec![7; 256 * 1024]);
        derive(&fixture.backend, number, LedgerBlock::Entity(block));
        fixture.backend.finalise(Vec::new());
    }
    let mut slow = socket(&fixture).await;
    slow.subscribe("chains_subscribeBlocks", "[\"0/0\"]").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let mut last = Value::Null;
    let told = loop {
        let message = slow.next().await;
        match &message["params"]["error"] {
            Value::Null => last = message["params"]["result"]["cursor"].clone(),
            error => break error.clone(),
        }
    };
    assert_eq!((&told["code"], &told["data"]["kind"]), (&json!(5007), &json!("SlowReader")), "{told}");
    assert_eq!(told["data"]["cursor"], last, "what was sent arrived");
    let reached: u32 = last.as_str().and_then(|text| text.split('/').next()?.parse().ok()).expect("a cursor");
    assert!(reached < BLOCKS, "it was cut off before the end");
    slow.subscribe("chains_subscribeBlocks", &json!([last]).to_string()).await;
    let expected: Vec<String> = (reached + 1..=BLOCKS).map(|number| format!("{number}/0")).collect();
    assert_eq!(cursors(&mut slow, expected.len()).await, expected);
}
