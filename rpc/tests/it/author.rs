//! `author_*`: submission, refusals, watches.

use std::time::Duration;

use serde_json::json;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::extrinsic::{Era, Extrinsic, RuntimeVersions, extrinsic_hash};
use tierchain_primitives::limits::EXTRINSIC_BYTES_MAX;
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::SubmitError;
use tierchain_rpc::api::AuthorApiClient;
use tierchain_rpc::client::refusal;
use tierchain_rpc::types::{Bytes, ExtrinsicState, Hash, RefusalKind, TransactionStatus, U64};

use crate::Fixture;
use crate::wire::Socket;

fn extrinsic(call: &[u8]) -> Vec<u8> {
    let key = KeyPair::from_seed(&[7; 32]);
    let versions = RuntimeVersions { spec: 1, transaction: 1 };
    Extrinsic::sign(&key, call.to_vec(), Era::Immortal, 0, versions, &H256::ZERO, &H256::ZERO).encode()
}

#[tokio::test]
async fn a_submission_answers_with_the_extrinsics_hash() {
    let fixture = Fixture::start().await;
    let bytes = extrinsic(&[0, 0, 4, 1]);
    let digits = hex::encode(&bytes);
    let expected = json!(extrinsic_hash(&bytes).to_string());
    for params in [format!("[\"0x{digits}\"]"), format!("[\"{digits}\"]"), format!("[\"0x{digits}\", null]")] {
        assert_eq!(fixture.result("author_submitExtrinsic", &params).await, expected);
    }
    assert_eq!(fixture.result("author_pendingExtrinsics", "[]").await, json!(vec![format!("0x{digits}"); 3]));
    fixture.backend.finalise(Vec::new());
    assert_eq!(fixture.result("author_pendingExtrinsics", "null").await, json!([]));
}

#[tokio::test]
async fn what_is_no_extrinsic_is_refused_with_code_message_and_data() {
    let fixture = Fixture::start().await;
    let answer = fixture.call("author_submitExtrinsic", "[\"0x1234\"]").await;
    let error = &answer["error"];
    assert_eq!(error["code"], 1001, "{answer}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("length prefix")), "{answer}");
    assert_eq!(error["data"]["kind"], "Undecodable");

    let long = format!("[\"0x{}\"]", "00".repeat(EXTRINSIC_BYTES_MAX + 1));
    let error = fixture.call("author_submitExtrinsic", &long).await["error"].clone();
    assert_eq!(error["code"], 1001);
    assert_eq!(error["data"]["kind"], "TooLong");
    assert_eq!(error["data"]["got"], EXTRINSIC_BYTES_MAX + 1);

    let error = fixture.call("author_submitExtrinsic", "[\"0xzz\"]").await["error"].clone();
    assert_eq!(error["code"], -32602, "what isn't hexadecimal are wrong parameters");
}

#[tokio::test]
async fn a_program_reads_the_refusal() {
    let fixture = Fixture::start().await;
    let client = fixture.client("http").await;
    let who = AccountId([3; 32]);
    fixture.backend.with(|inner| inner.refuse = Some(SubmitError::NonceTooLow { who, expected: 9, got: 4 }));
    let error = client.submit_extrinsic(Bytes(extrinsic(&[0, 0, 0]))).await.expect_err("refused");
    let found = refusal(&error).expect("a refusal");
    assert_eq!(found.kind, RefusalKind::NonceTooLow);
    assert_eq!((found.expected, found.got), (Some(U64(9)), Some(U64(4))));
    assert_eq!(found.who.map(|who| who.0), Some(who));
    assert!(!found.temporary);

    fixture.backend.with(|inner| inner.refuse = Some(SubmitError::PoolFull { retry_after_ms: 250 }));
    let error = client.submit_extrinsic(Bytes(extrinsic(&[0, 0, 0]))).await.expect_err("refused");
    let found = refusal(&error).expect("a refusal");
    assert!(found.temporary);
    assert_eq!(found.retry_after_ms, Some(U64(250)));
}

#[tokio::test]
async fn a_watch_tells_every_step_and_ends_silently() {
    let fixture = Fixture::start().await;
    let mut socket = Socket::connect(fixture.server.local_addr()).await;
    let bytes = extrinsic(&[0, 0, 4, 1]);
    let params = format!("[\"0x{}\"]", hex::encode(&bytes));
    let subscription = socket.subscribe("author_submitAndWatchExtrinsic", &params).await;
    let step = |result: serde_json::Value| {
        json!({
            "jsonrpc": "2.0", "method": "author_extrinsicUpdate",
            "params": {"subscription": subscription, "result": result},
        })
    };
    assert_eq!(socket.next().await, step(json!("ready")));
    let block = fixture.backend.finalise(Vec::new()).hash.to_string();
    assert_eq!(socket.next().await, step(json!({"inBlock": block})));
    assert_eq!(socket.next().await, step(json!({"finalized": block})));
    assert_eq!(socket.next_within(Duration::from_millis(300)).await, None, "nothing closes a watch");
}

#[tokio::test]
async fn a_watch_can_wait_be_dropped_and_be_given_up() {
    let fixture = Fixture::start().await;
    let client = fixture.client("ws").await;
    let bytes = extrinsic(&[0, 0, 4, 2]);
    let hash = extrinsic_hash(&bytes);
    let mut steps = client.submit_and_watch_extrinsic(Bytes(bytes)).await.expect("watching");
    fixture.backend.tell(&hash, &TransactionStatus::Future);
    fixture.backend.tell(&hash, &TransactionStatus::Dropped);
    for expected in [TransactionStatus::Ready, TransactionStatus::Future, TransactionStatus::Dropped] {
        assert_eq!(steps.next().await.expect("not ended").expect("a status"), expected);
    }

    let mut socket = Socket::connect(fixture.server.local_addr()).await;
    let params = format!("[\"0x{}\"]", hex::encode(extrinsic(&[0, 0, 4, 3])));
    let subscription = socket.subscribe("author_submitAndWatchExtrinsic", &params).await;
    assert_eq!(socket.next().await["params"]["result"], "ready");
    let id = socket.send("author_unwatchExtrinsic", &format!("[{subscription}]")).await;
    assert_eq!(socket.next().await, json!({"jsonrpc": "2.0", "id": id, "result": true}));
    fixture.backend.finalise(Vec::new());
    assert_eq!(socket.next_within(Duration::from_millis(300)).await, None);
}

#[tokio::test]
async fn a_refused_watch_answers_with_the_refusal() {
    let fixture = Fixture::start().await;
    let client = fixture.client("ws").await;
    let hash = H256([5; 32]);
    fixture.backend.with(|inner| inner.refuse = Some(SubmitError::AlreadyImported { hash }));
    let error = client.submit_and_watch_extrinsic(Bytes(extrinsic(&[0, 0, 0]))).await.expect_err("refused");
    let found = refusal(&error).expect("a refusal");
    assert_eq!((found.kind, found.hash), (RefusalKind::AlreadyImported, Some(Hash(hash))));
}

#[tokio::test]
async fn the_status_of_an_extrinsic_is_one_sentence() {
    let fixture = Fixture::start().await;
    let client = fixture.client("http").await;
    let status = client.extrinsic_status(Hash(H256([1; 32]))).await.expect("an answer");
    assert_eq!(status.state, ExtrinsicState::Unknown);
    assert!(status.explanation.contains("knows nothing"), "{}", status.explanation);
}
