//! `chain_*`: shapes, lenient parameters, heads in order and without gaps.

use serde_json::{Value, json};
use tierchain_primitives::H256;
use tierchain_primitives::certificate::Certificate;
use tierchain_rpc::api::ChainApiClient;
use tierchain_rpc::backend::ChainBackend;
use tierchain_rpc::types::{AnyNumber, Hash, ListOrValue};

use crate::Fixture;
use crate::wire::Socket;

#[tokio::test]
async fn a_header_and_a_block_have_substrates_shape() {
    let fixture = Fixture::start().await;
    let genesis = fixture.backend.finalized();
    for _ in 0..26 {
        fixture.backend.finalise(Vec::new());
    }
    let header = fixture.result("chain_getHeader", "[]").await;
    let parent = fixture.backend.block_hash(25).expect("block 25");
    let pre_runtime = "0x0650424654380100020400000000000019000000";
    let expected = json!({
        "parentHash": parent.to_string(),
        "number": "0x1a",
        "stateRoot": format!("0x{}", "02".repeat(32)),
        "extrinsicsRoot": format!("0x{}", "03".repeat(32)),
        "digest": {"logs": [pre_runtime]},
    });
    assert_eq!(header, expected);

    let block = fixture.result("chain_getBlock", "[]").await;
    assert_eq!(block["block"], json!({"header": expected, "extrinsics": []}));
    let justifications = block["justifications"].as_array().expect("a list");
    assert_eq!(justifications[0][0], json!([80, 66, 70, 84]), "the engine id is an array of numbers");
    let bytes: Vec<u8> = serde_json::from_value(justifications[0][1].clone()).expect("an array of numbers");
    let certificate: Certificate = parity_scale_codec::Decode::decode(&mut bytes.as_slice()).expect("a certificate");
    assert_eq!(certificate.number, 26);

    let block = fixture.result("chain_getBlock", &format!("[\"{}\"]", genesis.hash)).await;
    assert_eq!(block["justifications"], Value::Null, "genesis needs none");
}

#[tokio::test]
async fn block_hashes_are_asked_for_in_every_form_that_clients_use() {
    let fixture = Fixture::start().await;
    let hashes: Vec<_> = (0..31)
        .map(|number| {
            if number > 0 {
                fixture.backend.finalise(Vec::new());
            }
            fixture.backend.finalized().hash.to_string()
        })
        .collect();
    let newest = json!(hashes[30]);
    for params in ["[]", "null", "[null]", "[null,null]"] {
        assert_eq!(fixture.result("chain_getBlockHash", params).await, newest, "{params}");
        assert_eq!(fixture.result("chain_getHead", params).await, newest, "{params}");
    }
    for params in ["[30]", "[\"0x1e\"]", "[\"1e\"]"] {
        assert_eq!(fixture.result("chain_getBlockHash", params).await, newest, "{params}");
    }
    assert_eq!(fixture.result("chain_getBlockHash", "[0]").await, json!(hashes[0]));
    let list = fixture.result("chain_getBlockHash", "[[0, \"0x1e\", 31]]").await;
    assert_eq!(list, json!([hashes[0], hashes[30], null]));
    for unknown in ["[31]", "[\"0xffffffffff\"]"] {
        assert_eq!(fixture.result("chain_getBlockHash", unknown).await, Value::Null, "{unknown}");
    }
    for alias in ["chain_getFinalizedHead", "chain_getFinalisedHead"] {
        assert_eq!(fixture.result(alias, "null").await, newest);
    }
}

#[tokio::test]
async fn an_absent_params_field_is_no_parameters() {
    let fixture = Fixture::start().await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"chain_getHeader"}"#;
    let (_, answer) = crate::wire::post(fixture.server.local_addr(), body).await;
    assert_eq!(answer["result"]["number"], "0x0");
}

#[tokio::test]
async fn unknown_blocks_are_null_and_hashes_need_no_prefix() {
    let fixture = Fixture::start().await;
    let unknown = format!("[\"0x{}\"]", "ab".repeat(32));
    assert_eq!(fixture.result("chain_getHeader", &unknown).await, Value::Null);
    assert_eq!(fixture.result("chain_getBlock", &unknown).await, Value::Null);
    let bare = hex::encode(fixture.backend.finalized().hash.0);
    assert_eq!(fixture.result("chain_getHeader", &format!("[\"{bare}\"]")).await["number"], "0x0");
}

#[tokio::test]
async fn the_clients_of_both_transports_speak_the_same_traits() {
    let fixture = Fixture::start().await;
    let genesis = Hash(fixture.backend.finalized().hash);
    for scheme in ["http", "ws"] {
        let client = fixture.client(scheme).await;
        assert_eq!(client.finalized_head().await.expect("an answer"), genesis);
        let one = Some(ListOrValue::Value(AnyNumber(0)));
        assert_eq!(client.block_hash(one).await.expect("an answer"), ListOrValue::Value(Some(genesis)));
        let several = Some(ListOrValue::List(vec![AnyNumber(0), AnyNumber(9)]));
        assert_eq!(client.block_hash(several).await.expect("an answer"), ListOrValue::List(vec![Some(genesis), None]));
        assert_eq!(client.header(Some(Hash(H256::ZERO))).await.expect("an answer"), None);
        assert!(client.block(None).await.expect("an answer").is_some());
    }
}

#[tokio::test]
async fn each_head_comes_as_all_new_and_finalized_in_this_order() {
    let fixture = Fixture::start().await;
    let mut socket = Socket::connect(fixture.server.local_addr()).await;
    // Subscribed in the opposite order, by the names that clients really use.
    let mut subscriptions = Vec::new();
    for method in ["chain_subscribeFinalizedHeads", "chain_subscribeNewHead", "chain_subscribeAllHeads"] {
        subscriptions.push(socket.subscribe(method, "[]").await);
        let first = socket.next().await;
        assert_eq!(first["params"]["result"]["number"], "0x0", "{method}: the current head comes at once");
    }
    for number in 1..=20 {
        fixture.backend.finalise(Vec::new());
        let stages = [("chain_allHead", 2), ("chain_newHead", 1), ("chain_finalizedHead", 0)];
        for (method, subscription) in stages {
            let message = socket.next().await;
            assert_eq!(message["method"], method);
            assert_eq!(message["params"]["subscription"], subscriptions[subscription]);
            assert_eq!(message["params"]["result"]["number"], format!("{number:#x}"));
        }
    }
    let id = socket.send("chain_unsubscribeAllHeads", &format!("[{}]", subscriptions[2])).await;
    assert_eq!(socket.next().await, json!({"jsonrpc": "2.0", "id": id, "result": true}));
    fixture.backend.finalise(Vec::new());
    assert_eq!(socket.next().await["method"], "chain_newHead");
}

#[tokio::test]
async fn a_burst_of_blocks_leaves_no_gap() {
    let fixture = Fixture::start().await;
    let client = fixture.client("ws").await;
    let mut heads = client.subscribe_finalized_heads().await.expect("subscribed");
    // The backend's channel holds two heads, so most of these are read back.
    for _ in 0..200 {
        fixture.backend.finalise(Vec::new());
    }
    for number in 0..=200 {
        let head = heads.next().await.expect("not ended").expect("a header");
        assert_eq!(head.number.0, number);
    }
}

#[tokio::test]
async fn a_subscription_over_http_is_refused() {
    let fixture = Fixture::start().await;
    let answer = fixture.call("chain_subscribeNewHeads", "[]").await;
    assert!(answer["error"]["code"].is_i64(), "{answer}");
    let client = fixture.client("http").await;
    assert!(client.subscribe_new_heads().await.is_err());
}
