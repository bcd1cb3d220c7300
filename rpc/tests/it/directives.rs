//! `directives_*`: shapes, pages and their bounds.

use serde_json::{Value, json};
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::api::DirectivesApiClient;
use tierchain_rpc::types::{
    Address, Cursor, DirectiveAction, DirectiveFilter, DirectiveInfo, DirectiveStatus, DirectiveStep, Hash, Server, U64,
};

use crate::Fixture;
use crate::ledger::server;
use crate::memory::MemoryBackend;

/// The host of directives with an even or an odd number.
pub(crate) fn host(id: u64) -> Hash {
    Hash(H256([0xa0 + (id % 2) as u8; 32]))
}

fn info(id: u64, status: DirectiveStatus) -> DirectiveInfo {
    let target: Server = server(id as u16).into();
    DirectiveInfo {
        id: U64(id),
        reference: Hash(H256([id as u8; 32])),
        host: host(id),
        action: DirectiveAction::Migrate { server: target, to: host(id + 1) },
        deadline: U64(1_800_000_000_000),
        issuer: Address(AccountId([1; 32])),
        issued_in: 7,
        status,
        reason: (status == DirectiveStatus::Failed).then(|| "no-capacity".to_owned()),
        server: Some(target),
        changed_in: 8,
        evidence: None,
        encoded: vec![1, 2].into(),
    }
}

/// Has a directive make a step in a block.
pub(crate) fn step(backend: &MemoryBackend, block: u32, id: u64, change: DirectiveStatus) {
    backend.with(|inner| {
        let cursor = Cursor { block, place: inner.steps.len() as u64 };
        inner.steps.push(DirectiveStep { cursor, block, change, directive: info(id, change) });
    });
}

async fn filled() -> Fixture {
    let fixture = Fixture::start().await;
    for id in 0..6 {
        step(&fixture.backend, 1, id, DirectiveStatus::Issued);
    }
    step(&fixture.backend, 2, 2, DirectiveStatus::Failed);
    fixture
}

#[tokio::test]
async fn a_directive_says_what_became_of_it() {
    let fixture = filled().await;
    let found = fixture.result("directives_get", "[2]").await;
    let target = json!({"uuid": server(2).uuid.to_string(), "generation": 0});
    let to = H256([0xa1; 32]).to_string();
    assert_eq!(found["action"], json!({"kind": "migrate", "server": target, "to": to}));
    assert_eq!((&found["status"], &found["reason"]), (&json!("failed"), &json!("no-capacity")));
    assert_eq!((&found["issuedIn"], &found["changedIn"], &found["encoded"]), (&json!(7), &json!(8), &json!("0x0102")));
    assert_eq!(fixture.result("directives_get", "[6]").await, Value::Null);
    assert_eq!(fixture.call("directives_get", "[-1]").await["error"]["code"], -32602);
}

#[tokio::test]
async fn directives_are_found_by_reference_by_host_and_in_pages() {
    let fixture = filled().await;
    let client = fixture.client("http").await;
    let (issuer, reference) = (Address(AccountId([1; 32])), Hash(H256([3; 32])));
    let found = client.directive_named(issuer, reference).await.expect("an answer").expect("it was issued");
    assert_eq!(found, info(3, DirectiveStatus::Issued));
    let open: Vec<u64> =
        client.directives_open(host(0)).await.expect("an answer").iter().map(|info| info.id.0).collect();
    assert_eq!(open, [0, 4], "2 has failed");
    let first = client.directives(None, 4, None).await.expect("an answer");
    assert_eq!((first.items.len(), first.next), (4, Some(2)));
    let second = client.directives(first.next, 256, None).await.expect("an answer");
    assert_eq!((second.items.len(), second.next), (2, None));
    let failed = DirectiveFilter { status: Some(DirectiveStatus::Failed), ..DirectiveFilter::default() };
    assert_eq!(client.directives(None, 256, Some(failed)).await.expect("an answer").items.len(), 1);
    assert_eq!(fixture.call("directives_list", "[null,257]").await["error"]["code"], 4002);
    assert_eq!(fixture.call("directives_list", "[null,1,{\"hots\":null}]").await["error"]["code"], -32602);
}
