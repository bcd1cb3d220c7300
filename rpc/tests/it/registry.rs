//! `registry_*`: shapes, pages and their bounds.

use serde_json::{Value, json};
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::api::RegistryApiClient;
use tierchain_rpc::types::{
    AccountGrants, AccountRoles, Address, Committed, DataCenterInfo, Deed, Electorate, EpochInfo, Grantable, Hash,
    HostEntry, HostInfo, Label, Page, PendingEpoch, ProposalInfo, ProposalStatus, ProposedChange, ProviderInfo,
    QuotaInfo, Rejoin, Resources, TenantRef, TrailEntry, U64, U128, ValidatorInfo,
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

pub(crate) fn grants(account: AccountId) -> AccountGrants {
    AccountGrants {
        account: Address(account),
        roles: vec!["tenant".into()],
        acts_for: None,
        tenant_of: Some(TenantRef { provider: Hash(H256([1; 32])), tenant: Hash(H256([2; 32])) }),
        data_center: None,
        hosts: vec![Hash(H256([3; 32]))],
        quota: QuotaInfo { burst_us: U64(2_000_000), rate_permille: 200 },
        own_quota: false,
        level_us: U64(17),
    }
}

pub(crate) fn grantable(role: &str, provider: Option<&H256>) -> Option<Grantable> {
    let grantors = provider.map(|id| Address(AccountId(id.0))).into_iter().collect();
    let how = "its provider appoints it".to_owned();
    (role == "orchestrator").then(|| Grantable { role: role.to_owned(), grantors, votes: 1, how })
}

pub(crate) fn host(number: u8) -> HostInfo {
    HostInfo {
        entry: HostEntry {
            id: Hash(H256([number; 32])),
            data_center: Hash(H256([0xdc; 32])),
            hypervisor: address(1),
            capacity: Some(Resources { vcpus: 64, memory_mib: U64(1 << 20), disk_gib: U64(0) }),
            cpu_permille: 4_000,
            memory_permille: 1_000,
            labels: vec![Label { name: "zone".into(), value: "a".into() }],
        },
        region: "EU".into(),
        committed: Committed { vcpus: U128(3), memory_mib: U128(1 << 70) },
        attested_until: Some(U64(9)),
    }
}

pub(crate) fn data_center(number: u8) -> DataCenterInfo {
    DataCenterInfo { id: Hash(H256([number; 32])), name: format!("dc-{number}"), region: "EU".into() }
}

pub(crate) fn provider(number: u8) -> ProviderInfo {
    ProviderInfo {
        provider: Hash(H256([number; 32])),
        account: (number == 0).then(|| address(1)),
        sites: (number == 0).then(|| vec![Hash(H256([7; 32]))]),
    }
}

pub(crate) fn act(place: u64) -> TrailEntry {
    let deed = Deed::RoleGranted { account: address(1), role: "foundry".into() };
    TrailEntry { place: U64(place), block: 7, at: U64(8), by: address(2), proposal: Some(3), deed }
}

#[tokio::test]
async fn hosts_providers_and_the_trail_come_in_pages() {
    let fixture = Fixture::start().await;
    let client = fixture.client("http").await;
    let first = client.hosts(None, 3).await.expect("an answer");
    assert_eq!((first.items, first.next), (vec![host(0), host(1), host(2)], Some(3)));
    let second = client.hosts(Some(3), 256).await.expect("an answer");
    assert_eq!((second.items, second.next), (vec![host(3), host(4)], None));
    let json = fixture.result("registry_host", &format!("[\"{}\"]", H256([2; 32]))).await;
    assert_eq!(
        (&json["cpuPermille"], &json["labels"][0]["name"], &json["region"]),
        (&json!(4_000), &json!("zone"), &json!("EU"))
    );
    assert_eq!(json["committed"]["memoryMib"], json!((1u128 << 70).to_string()));
    let centers = client.data_centers(None, 256).await.expect("an answer").items;
    assert_eq!(centers, [data_center(0), data_center(1)]);
    assert_eq!(client.providers(Some(1), 1).await.expect("an answer").items, [provider(1)]);
    let newest = client.trail(None, 4).await.expect("an answer");
    assert_eq!((newest.items[0].place.0, newest.next), (6, Some(3)));
    let older = client.trail(newest.next, 256).await.expect("an answer");
    assert_eq!((older.items, older.next), (vec![act(2), act(1), act(0)], None));
    for method in ["hosts", "dataCenters", "providers", "trail"] {
        assert_eq!(fixture.call(&format!("registry_{method}"), "[null,257]").await["error"]["code"], 4002, "{method}");
    }
}

#[tokio::test]
async fn grants_and_who_could_grant_read_back() {
    let fixture = Fixture::start().await;
    let client = fixture.client("http").await;
    let account = AccountId([1; 32]);
    assert_eq!(client.grants(Address(account)).await.expect("an answer"), Some(grants(account)));
    assert_eq!(client.grants(address(2)).await.expect("an answer"), None);
    let provider = H256([4; 32]);
    let found = client.who_may_grant("orchestrator".into(), Some(Hash(provider))).await.expect("an answer");
    assert_eq!(Some(found), grantable("orchestrator", Some(&provider)));
    let unknown = fixture.call("registry_whoMayGrant", "[\"root\"]").await;
    assert_eq!(unknown["error"]["code"], -32602);
    let message = unknown["error"]["message"].as_str().expect("a sentence");
    assert!(message.contains("\"root\" is no role") && message.contains("orchestrator"), "{message}");
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
