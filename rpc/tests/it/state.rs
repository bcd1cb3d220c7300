//! `state_*`: values, pages, subscriptions, errors.

use std::time::Duration;

use serde_json::{Value, json};
use tierchain_primitives::H256;
use tierchain_primitives::hash::blake2_256;
use tierchain_primitives::limits::EXTRINSIC_BYTES_MAX;
use tierchain_rpc::api::StateApiClient;
use tierchain_rpc::backend::ChainBackend;
use tierchain_rpc::types::Bytes;

use crate::Fixture;
use crate::wire::Socket;

fn set(key: &[u8], value: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    (key.to_vec(), Some(value.to_vec()))
}

#[tokio::test]
async fn values_are_read_by_every_alias_at_every_block() {
    let fixture = Fixture::start().await;
    let first = fixture.backend.finalise(vec![set(b"k", b"one")]).hash;
    fixture.backend.finalise(vec![set(b"k", b"two")]);
    for method in ["state_getStorage", "state_getStorageAt"] {
        for params in ["[\"0x6b\"]", "[\"6b\"]", "[\"0x6b\",null]"] {
            assert_eq!(fixture.result(method, params).await, "0x74776f", "{method} {params}");
        }
        assert_eq!(fixture.result(method, &format!("[\"0x6b\",\"{first}\"]")).await, "0x6f6e65");
        assert_eq!(fixture.result(method, "[\"0x00\"]").await, Value::Null);
    }
    let hash = fixture.result("state_getStorageHash", "[\"0x3a636f6465\"]").await;
    assert_eq!(hash, blake2_256(b"native").to_string());
    assert_eq!(fixture.result("state_getStorageSize", "[\"0x6b\"]").await, 3);
    assert_eq!(fixture.result("state_getStorageSize", "[\"0x00\"]").await, Value::Null);
}

#[tokio::test]
async fn several_values_come_with_every_key_that_was_asked_for() {
    let fixture = Fixture::start().await;
    let at = fixture.backend.finalise(vec![set(b"k", b"one")]).hash;
    let answer = fixture.result("state_queryStorageAt", "[[\"0x6b\",\"0x00\"]]").await;
    assert_eq!(answer, json!([{"block": at.to_string(), "changes": [["0x6b", "0x6f6e65"], ["0x00", null]]}]));
}

#[tokio::test]
async fn metadata_and_functions_of_the_runtime_are_read_at_a_block() {
    let fixture = Fixture::start().await;
    let genesis = fixture.backend.finalized().hash;
    fixture.backend.finalise(vec![set(b"k", b"one")]);
    for params in ["[]", "null", "[null]", &format!("[\"{genesis}\"]")] {
        assert_eq!(fixture.result("state_getMetadata", params).await, "0x6d6574610e", "{params}");
    }
    for method in ["state_call", "state_callAt"] {
        for arguments in ["0x0102", "0102"] {
            let params = |at: &str| format!("[\"Memory_echo\",\"{arguments}\"{at}]");
            assert_eq!(fixture.result(method, &params("")).await, "0x010202");
            assert_eq!(fixture.result(method, &params(",null")).await, "0x010202");
            assert_eq!(fixture.result(method, &params(&format!(",\"{genesis}\""))).await, "0x010201");
        }
        assert_eq!(fixture.result(method, "[\"Memory_echo\",\"\"]").await, "0x02");
    }
}

#[tokio::test]
async fn a_function_that_is_not_there_is_named() {
    let fixture = Fixture::start().await;
    let error = fixture.call("state_call", "[\"Core_execute\",\"0x\"]").await["error"].clone();
    assert_eq!(error["code"], 4003);
    assert!(error["message"].as_str().is_some_and(|text| text.contains("Core_execute: there is no such")), "{error}");
    let unknown = H256([9; 32]);
    let error = fixture.call("state_call", &format!("[\"Memory_echo\",\"0x\",\"{unknown}\"]")).await["error"].clone();
    assert_eq!(error["code"], 4003);
    assert_eq!(error["data"], json!({"kind": "UnknownBlock", "hash": unknown.to_string()}));
    let long = format!("[\"{}\",\"0x\"]", "x".repeat(129));
    assert_eq!(fixture.call("state_call", &long).await["error"]["code"], 4002);
    let long = format!("[\"Memory_echo\",\"0x{}\"]", "00".repeat(EXTRINSIC_BYTES_MAX + 129));
    assert_eq!(fixture.call("state_call", &long).await["error"]["code"], 4002);
}

#[tokio::test]
async fn keys_come_in_pages_below_a_prefix() {
    let fixture = Fixture::start().await;
    fixture.backend.finalise((0..5).map(|n| set(&[0xaa, n], b"v")).collect());
    for method in ["state_getKeysPaged", "state_getKeysPagedAt"] {
        assert_eq!(fixture.result(method, "[\"0xaa\",2]").await, json!(["0xaa00", "0xaa01"]));
        assert_eq!(fixture.result(method, "[\"0xaa\",2,null,null]").await, json!(["0xaa00", "0xaa01"]));
        assert_eq!(fixture.result(method, "[\"0xaa\",1000,\"0xaa03\"]").await, json!(["0xaa04"]));
    }
    assert_eq!(fixture.result("state_getKeysPaged", "[null,1]").await, json!(["0x3a636f6465"]));
    assert_eq!(fixture.result("state_getKeysPaged", "[\"\",1]").await, json!(["0x3a636f6465"]));
    let error = fixture.call("state_getKeysPaged", "[\"0xaa\",1001]").await["error"].clone();
    assert_eq!(error["code"], 4002);
    let keys = vec!["\"0x00\""; 1_001].join(",");
    assert_eq!(fixture.call("state_queryStorageAt", &format!("[[{keys}]]")).await["error"]["code"], 4002);
}

#[tokio::test]
async fn state_at_an_unknown_or_pruned_block_is_error_4003() {
    let fixture = Fixture::start().await;
    let unknown = format!("0x{}", "ab".repeat(32));
    for (method, params) in [
        ("state_getStorage", format!("[\"0x6b\",\"{unknown}\"]")),
        ("state_getKeysPaged", format!("[\"0x\",1,null,\"{unknown}\"]")),
        ("state_queryStorageAt", format!("[[\"0x6b\"],\"{unknown}\"]")),
        ("state_getRuntimeVersion", format!("[\"{unknown}\"]")),
    ] {
        let error = fixture.call(method, &params).await["error"].clone();
        assert_eq!(error["code"], 4003, "{method}");
        let message = error["message"].as_str().expect("a message");
        assert!(message.starts_with("Client error: UnknownBlock: "), "{message}");
    }
    let genesis = fixture.backend.finalized().hash;
    fixture.backend.finalise(Vec::new());
    fixture.backend.with(|inner| inner.oldest = 1);
    let error = fixture.call("state_getStorage", &format!("[\"0x6b\",\"{genesis}\"]")).await["error"].clone();
    assert_eq!(error["code"], 4003);
    assert!(error["message"].as_str().is_some_and(|text| text.contains("from block 1 on")), "{error}");
}

#[tokio::test]
async fn the_runtime_version_has_substrates_shape_and_its_changes_are_pushed() {
    let fixture = Fixture::start().await;
    let expected = json!({
        "specName": "tierchain", "implName": "tierchain-node", "authoringVersion": 1, "specVersion": 0,
        "implVersion": 1, "apis": [["0xdf6acb689907609b", 5]], "transactionVersion": 1, "stateVersion": 1,
    });
    for method in ["state_getRuntimeVersion", "chain_getRuntimeVersion"] {
        assert_eq!(fixture.result(method, "[null]").await, expected);
    }
    let client = fixture.client("ws").await;
    let mut versions = client.subscribe_runtime_version().await.expect("subscribed");
    assert_eq!(versions.next().await.expect("not ended").expect("a version").spec_version, 0);
    fixture.backend.finalise(Vec::new());
    fixture.backend.with(|inner| inner.spec_version = 1);
    fixture.backend.finalise(Vec::new());
    assert_eq!(versions.next().await.expect("not ended").expect("a version").spec_version, 1);
}

#[tokio::test]
async fn a_storage_subscription_tells_all_values_and_then_changes_only() {
    for forgets_changes in [false, true] {
        let fixture = Fixture::start().await;
        fixture.backend.with(|inner| inner.forgets_changes = forgets_changes);
        let at = fixture.backend.finalise(vec![set(b"a", b"1")]).hash;
        let mut socket = Socket::connect(fixture.server.local_addr()).await;
        let subscription = socket.subscribe("state_subscribeStorage", "[[\"0x61\",\"0x62\"]]").await;
        let first = socket.next().await;
        assert_eq!(first["method"], "state_storage");
        assert_eq!(first["params"]["subscription"], subscription);
        let expected = json!({"block": at.to_string(), "changes": [["0x61", "0x31"], ["0x62", null]]});
        assert_eq!(first["params"]["result"], expected);

        fixture.backend.finalise(vec![set(b"other", b"1")]);
        fixture.backend.finalise(vec![set(b"a", b"1")]);
        let at = fixture.backend.finalise(vec![set(b"b", b"2"), set(b"other", b"2")]).hash;
        let expected = json!({"block": at.to_string(), "changes": [["0x62", "0x32"]]});
        assert_eq!(socket.next().await["params"]["result"], expected, "forgets: {forgets_changes}");

        let id = socket.send("state_unsubscribeStorage", &format!("[{subscription}]")).await;
        assert_eq!(socket.next().await, json!({"jsonrpc": "2.0", "id": id, "result": true}));
        fixture.backend.finalise(vec![set(b"a", b"3")]);
        assert_eq!(socket.next_within(Duration::from_millis(200)).await, None);
    }
}

#[tokio::test]
async fn a_storage_subscription_names_some_keys_and_not_too_many() {
    let fixture = Fixture::start().await;
    let client = fixture.client("ws").await;
    for keys in [None, Some(Vec::new()), Some(vec![Bytes(vec![1]); 1_001])] {
        assert!(client.subscribe_storage(keys).await.is_err());
    }
}
