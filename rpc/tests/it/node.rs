//! `system_*`, `consensus_*`, `rpc_*`, starting and stopping.

use std::time::Duration;

use serde_json::json;
use tierchain_primitives::AccountId;
use tierchain_primitives::H256;
use tierchain_rpc::api::{ConsensusApiClient, RpcApiClient, SystemApiClient};
use tierchain_rpc::types::{Address, Bytes, ChainType, EvidenceInfo, U64};
use tierchain_rpc::{ServerConfig, ServerError};

use crate::Fixture;

/// Every name that people, agents and Substrate clients ask for.
const METHODS: &str = include_str!("methods.txt");

#[tokio::test]
async fn rpc_methods_lists_exactly_what_is_answered() {
    let fixture = Fixture::start().await;
    let found = fixture.client("http").await.methods().await.expect("an answer").methods;
    let expected: Vec<&str> = METHODS.lines().collect();
    assert_eq!(found, expected);
    for prefix in ["chainHead_", "archive_", "chainSpec_", "transaction_", "transactionWatch_"] {
        assert!(!found.iter().any(|name| name.starts_with(prefix)), "clients switch on the prefix {prefix}");
    }
}

#[tokio::test]
async fn the_document_names_exactly_what_is_answered() {
    let public = Fixture::start().await;
    let admin = Fixture::start_with(ServerConfig::admin_at("127.0.0.1:0".parse().expect("an address"))).await;
    for (fixture, is_admin) in [(public, false), (admin, true)] {
        let document = fixture.result("rpc.discover", "[]").await;
        let mut named = Vec::new();
        for method in document["methods"].as_array().expect("methods") {
            if method["x-admin"] == true && !is_admin {
                continue;
            }
            for key in ["name", "x-aliases", "x-unsubscribe", "x-unsubscribe-aliases"] {
                named.extend(names(&method[key]));
            }
        }
        named.sort_unstable();
        assert_eq!(json!(named), fixture.result("rpc_methods", "[]").await["methods"]);
    }
}

/// The names in a field of a document: one, several, or none.
fn names(field: &serde_json::Value) -> Vec<String> {
    let text = |value: &serde_json::Value| value.as_str().map(ToOwned::to_owned);
    field.as_array().map_or_else(|| text(field).into_iter().collect(), |list| list.iter().filter_map(text).collect())
}

#[tokio::test]
async fn an_unknown_method_has_the_exact_text_that_clients_test() {
    let fixture = Fixture::start().await;
    let error = fixture.call("state_getReadProof", "[]").await["error"].clone();
    assert_eq!(error, json!({"code": -32601, "message": "Method not found"}));
}

#[tokio::test]
async fn the_node_says_what_it_is() {
    let fixture = Fixture::start().await;
    let check = async |method: &str, expected: serde_json::Value| {
        for params in ["[]", "null", "[null]"] {
            assert_eq!(fixture.result(method, params).await, expected, "{method} {params}");
        }
    };
    check("system_name", json!("tierchain")).await;
    check("system_version", json!("0.1.0")).await;
    check("system_chain", json!("Memory")).await;
    check("system_chainType", json!("Local")).await;
    check("system_health", json!({"peers": 3, "isSyncing": false, "shouldHavePeers": true})).await;
    check("system_properties", json!({"ss58Format": 42, "tokenDecimals": 12, "tokenSymbol": "UNIT"})).await;
    check("system_localPeerId", json!("12D3KooW")).await;
    check("system_nodeRoles", json!(["Authority"])).await;
    check("system_syncState", json!({"startingBlock": 0, "currentBlock": 1, "highestBlock": 2})).await;
    let peers = fixture.result("system_peers", "[]").await;
    assert_eq!(peers[0]["roles"], "AUTHORITY");
    assert_eq!(peers[0]["bestNumber"], 0);
    let custom = serde_json::to_value(ChainType::Custom("lab".into())).expect("JSON");
    assert_eq!(custom, json!({"Custom": "lab"}));
}

#[tokio::test]
async fn the_next_nonce_is_asked_for_by_address() {
    let fixture = Fixture::start().await;
    let account = AccountId([7; 32]);
    let ss58 = format!("[\"{account}\"]");
    for method in ["system_accountNextIndex", "account_nextIndex"] {
        assert_eq!(fixture.result(method, &ss58).await, 7);
        assert_eq!(fixture.result(method, &format!("[\"0x{}\"]", "07".repeat(32))).await, 7);
    }
    let mistyped = fixture.call("system_accountNextIndex", &ss58.replace("\"]", "x\"]")).await;
    assert_eq!(mistyped["error"]["code"], -32602);
    let client = fixture.client("ws").await;
    assert_eq!(client.account_next_index(Address(account)).await.expect("an answer"), 7);
}

#[tokio::test]
async fn consensus_says_why_it_is_stuck() {
    let fixture = Fixture::start().await;
    let status = fixture.result("consensus_status", "[]").await;
    assert_eq!(status["view"], u64::MAX.to_string(), "a number that readers would round is text");
    assert_eq!(status["executed"], json!({"number": 6, "stateRoot": H256([6; 32]).to_string()}));
    assert_eq!(status["finalHash"], H256([7; 32]).to_string());
    assert_eq!(status["inFlight"][0]["prepares"], json!({"have": [0, 1], "missing": [2, 3]}));
    assert_eq!(status["validators"][3]["connected"], false);
    assert!(status["waitingFor"].as_str().is_some_and(|text| text.contains("validator 2 or 3")));
    let read = fixture.client("ws").await.consensus_status().await.expect("an answer");
    assert_eq!(serde_json::to_value(read).expect("JSON"), status);
}

#[tokio::test]
async fn evidence_is_listed_in_pages_and_handed_out_as_a_file() {
    let fixture = Fixture::start().await;
    let piece = |at: u8| {
        let (key, fault) = (Address(AccountId([at; 32])), "it did it".to_owned());
        let id = Bytes(vec![at]);
        (EvidenceInfo { id, epoch: 1, validator: 2, key, fault, view: U64(3), number: 4 }, vec![at, at])
    };
    fixture.backend.with(|inner| inner.evidence = (0..3).map(piece).collect());
    let page = fixture.result("consensus_evidence", "[1, 256]").await;
    assert_eq!((page.as_array().map(Vec::len), &page[0]["id"]), (Some(2), &json!("0x01")));
    assert_eq!(fixture.result("consensus_evidence", "[3, 1]").await, json!([]));
    let refused = fixture.call("consensus_evidence", "[0, 257]").await;
    assert_eq!(refused["error"]["code"], 4002);
    let client = fixture.client("ws").await;
    let file = |id: u8| client.consensus_evidence_file(Bytes(vec![id]));
    assert_eq!(file(2).await.expect("an answer"), Some(Bytes(vec![2, 2])));
    assert_eq!(file(9).await.expect("an answer"), None);
}

#[tokio::test]
async fn a_port_in_use_is_named_with_its_remedy() {
    let fixture = Fixture::start().await;
    let address = fixture.server.local_addr();
    let error = tierchain_rpc::start(&ServerConfig::at(address), fixture.backend.clone()).await.expect_err("in use");
    assert!(matches!(error, ServerError::InUse(found) if found == address));
    let text = error.to_string();
    assert!(text.contains(&address.to_string()) && text.contains("--rpc-port"), "{text}");
}

#[tokio::test]
async fn stopping_is_quick_with_open_subscriptions_and_frees_the_port() {
    let fixture = Fixture::start().await;
    let address = fixture.server.local_addr();
    let client = fixture.client("ws").await;
    let mut heads = tierchain_rpc::api::ChainApiClient::subscribe_new_heads(&client).await.expect("subscribed");
    assert!(heads.next().await.is_some());
    let backend = fixture.backend.clone();
    tokio::time::timeout(Duration::from_millis(1_500), fixture.server.stop()).await.expect("stops in time");
    tierchain_rpc::start(&ServerConfig::at(address), backend).await.expect("the port is free");
}
