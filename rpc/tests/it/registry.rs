//! `registry_*`: shapes, pages and their bounds.

use serde_json::{Value, json};
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::api::RegistryApiClient;
use tierchain_rpc::types::{
    AccountRoles, Address, Electorate, EpochInfo, Grantable, Hash, Page, PendingEpoch, ProposalInfo, ProposalStatus,
    ProposedChange, Rejoin, U64, ValidatorInfo,
};

use crate::Fixture;

fn address(byte: u8) -> Address {
    Address(AccountId([byte; 32]))
}

fn validator(index: u16) -> ValidatorInfo {
    ValidatorInfo {
        index,
        name: format!("v{index}"),
        operator: address(1),
        consensus: address(2),
        peer_id: "12D3KooW".into(),
        addresses: vec!["/ip4/192.0.2.7/tcp/10044".into()],
        rejoined: (index == 0).then_some(Rejoin { challenge: Hash(H256([5; 32])), epoch: 3 }),
    }
}

pub(crate) fn electorate() -> Electorate {
    Electorate {
        epoch: 3,
        begins_after: 90,
        quorum: 1,
        validators: vec![validator(0)],
        observers: vec!["12D3KooX".into()],
        pending: Some(PendingEpoch { end: 108, epoch: 4, validators: vec![validator(0), validator(1)] }),
    }
}

pub(crate) fn proposal(id: u32) -> ProposalInfo {
    let is_open = id.is_multiple_of(2);
    ProposalInfo {
        id,
        hash: Hash(H256([6; 32])),
        proposal: ProposedChange::RemoveValidator { consensus: address(2) },
        encoded: vec![1, 2].into(),
        by: address(1),
        made_in: 100,
        deadline: U64(1_800_000_000_000),
        status: if is_open { ProposalStatus::Open } else { ProposalStatus::Enacted },
        enacted_in: (!is_open).then_some(101),
        votes: 2,
        quorum: 3,
        approvals: vec![address(1)],
        missing: vec![address(3)],
    }
}

pub(crate) fn epoch(number: u32) -> EpochInfo {
    EpochInfo { epoch: number, begins_after: number * 30, validators: vec![address(2)] }
}

pub(crate) fn roles(account: AccountId) -> AccountRoles {
    AccountRoles {
        account: Address(account),
        admitted: true,
        roles: vec!["operator".into()],
        operates: vec!["v0".into()],
        lacks: vec![Grantable { role: "auditor".into(), grantors: vec![], votes: 0, how: "by nobody".into() }],
    }
}

#[tokio::test]
async fn the_electorate_names_everybody_and_what_follows() {
    let fixture = Fixture::start().await;
    let found = fixture.result("registry_validators", "[]").await;
    let entry = json!({
        "index": 0, "name": "v0", "operator": AccountId([1; 32]).to_ss58(), "consensus": AccountId([2; 32]).to_ss58(),
        "peerId": "12D3KooW", "addresses": ["/ip4/192.0.2.7/tcp/10044"],
        "rejoined": {"challenge": H256([5; 32]).to_string(), "epoch": 3},
    });
    assert_eq!(found["validators"], json!([entry]));
    assert_eq!((&found["epoch"], &found["beginsAfter"], &found["quorum"]), (&json!(3), &json!(90), &json!(1)));
    assert_eq!((&found["pending"]["end"], &found["pending"]["epoch"]), (&json!(108), &json!(4)));
    assert_eq!(found["pending"]["validators"][1]["rejoined"], Value::Null);
    assert_eq!(fixture.client("ws").await.electorate().await.expect("an answer"), electorate());
}

#[tokio::test]
async fn a_proposal_says_what_is_missing() {
    let fixture = Fixture::start().await;
    let found = fixture.result("registry_proposal", "[7]").await;
    let consensus = AccountId([2; 32]).to_ss58();
    assert_eq!(found["proposal"], json!({"kind": "removeValidator", "consensus": consensus}));
    assert_eq!(
        (&found["status"], &found["enactedIn"], &found["madeIn"]),
        (&json!("enacted"), &json!(101), &json!(100))
    );
    assert_eq!((&found["votes"], &found["quorum"]), (&json!(2), &json!(3)));
    assert_eq!(found["missing"], json!([AccountId([3; 32]).to_ss58()]));
    assert_eq!(found["encoded"], "0x0102");
    assert_eq!(fixture.result("registry_proposal", "[9]").await, Value::Null);
}

#[tokio::test]
async fn proposals_come_newest_first_in_pages() {
    let fixture = Fixture::start().await;
    let client = fixture.client("http").await;
    let ids = |page: &Page<ProposalInfo, u32>| page.items.iter().map(|info| info.id).collect::<Vec<_>>();
    let first = client.proposals(None, 5, None).await.expect("an answer");
    assert_eq!((ids(&first), first.next), (vec![8, 7, 6, 5, 4], Some(4)));
    let second = client.proposals(first.next, 5, None).await.expect("an answer");
    assert_eq!((ids(&second), second.next), (vec![3, 2, 1, 0], None));
    let open = client.proposals(None, 256, Some(true)).await.expect("an answer");
    assert_eq!(ids(&open), [8, 6, 4, 2, 0]);
    assert_eq!(fixture.call("registry_proposals", "[null,257]").await["error"]["code"], 4002);
}

#[tokio::test]
async fn epochs_and_roles_read_back() {
    let fixture = Fixture::start().await;
    let client = fixture.client("http").await;
    assert_eq!(client.epochs(2, 256).await.expect("an answer"), [epoch(2), epoch(3)]);
    assert_eq!(client.epochs(4, 256).await.expect("an answer"), []);
    assert_eq!(fixture.call("registry_epochs", "[0,257]").await["error"]["code"], 4002);
    let account = AccountId([1; 32]);
    assert_eq!(client.roles(Address(account)).await.expect("an answer"), roles(account));
    assert_eq!(fixture.call("registry_roles", "[\"nobody\"]").await["error"]["code"], -32602);
}
