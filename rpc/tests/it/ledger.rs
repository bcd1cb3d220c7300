//! `chains_*` and `meta_*`: shapes, hashes that can be recomputed, pages and their bounds.

use parity_scale_codec::Encode;
use serde_json::{Value, json};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::{
    BlockKind, Detail, EndReason, EntityBlock, EntityTx, Event, EventKind, MetaBlock, MetaTx, Meter, Precision,
    Relation, RelationKind, Resources, ServerId, ServerState, TrackerCustody, Usage, Uuid,
};
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::api::{ChainsApiClient, MetaApiClient};
use tierchain_rpc::types::{
    Address, ChainRef, Hash, MetaChain, MetaFilter, Named, Ownership, Page, ServerCursor, ServerFilter, ServerInfo,
    ServerStatus, ServerUuid, U64, WriterNext,
};

use crate::Fixture;
use crate::memory::MemoryBackend;

pub(crate) const CHAIN: H256 = H256([0xc0; 32]);
const META: H256 = H256([0xe0; 32]);

pub(crate) fn server(n: u16) -> ServerId {
    let mut uuid = [0; 16];
    uuid[..2].copy_from_slice(&n.to_be_bytes());
    ServerId { uuid: Uuid(uuid), generation: 0 }
}

fn info(n: u16, status: ServerStatus) -> ServerInfo {
    let party = |byte| Hash(H256([byte; 32]));
    ServerInfo {
        server: server(n).into(),
        chain: Hash(if n == 0 { CHAIN } else { H256([n as u8; 32]) }),
        state: Some(Named(ServerState::SuspendedToRam)),
        status,
        blocks: 3,
        head: Some(party(1)),
        birth_hash: Some(party(2)),
        born: Some(U64(1_700_000_000_000_000)),
        ended: None,
        reason: None,
        end_hash: None,
        late: U64(0),
        anchored: false,
        resources: Some(Resources { vcpus: 2, memory_mib: 48, disk_gib: 20 }.into()),
        ownership: Ownership { provider: party(3), tenant: party(4), service: party(5) },
        host: party(6),
        tracker: Named(TrackerCustody::Agent),
        writers: vec![WriterNext { account: Address(AccountId([7; 32])), next: U64(4) }],
        generations: 1,
        state_since: Some(U64(1_700_000_000_000_001)),
        moving_to: None,
        suspected: None,
        tracker_key: Address(AccountId([8; 32])),
        notes: 0,
        witnessed: None,
        anchor: None,
    }
}

pub(crate) fn entity_blocks() -> Vec<EntityBlock> {
    let mut prev = H256::ZERO;
    let events = [
        (BlockKind::State, EventKind::StateChanged { state: ServerState::Running }),
        (BlockKind::State, EventKind::Rebooted),
        (BlockKind::End, EventKind::Ended { reason: EndReason::Terminated }),
    ];
    let block = |(number, (kind, event)): (usize, (BlockKind, EventKind))| {
        let event = Event {
            server: server(0),
            number: (1 << 53) + 1,
            occurred_at: 1_700_000_000_000_001,
            precision: Precision::Replayed,
            event,
            meter: Some(Meter { cpu_us: u64::MAX, bytes_in: 1, bytes_out: 2 }),
            evidence: H256([5; 32]),
            detail: Detail(b"why".to_vec()),
        };
        let tx = EntityTx {
            writer: AccountId([7; 32]),
            event,
            extrinsic: H256([6; 32]),
            block_number: 9,
            block_timestamp: 1_700_000_000_001,
        };
        let block = EntityBlock::seal(CHAIN, number as u32, kind, prev, tx, 4);
        prev = block.hash;
        block
    };
    events.into_iter().enumerate().map(block).collect()
}

pub(crate) fn meta_block() -> MetaBlock {
    let mut usage = Usage::default();
    usage.add_piece(ServerState::Running, 5, Some(Resources { vcpus: 2, memory_mib: 48, disk_gib: 20 }));
    let tx = MetaTx {
        chain: CHAIN,
        kind: 0,
        birth_hash: H256([1; 32]),
        end_hash: H256([2; 32]),
        blocks: 3,
        born: 1,
        ended: 6,
        usage,
        reason: EndReason::Rollover,
        relations: vec![Relation { kind: RelationKind::Predecessor, chain: H256([3; 32]) }],
    };
    MetaBlock::seal(META, 0, H256::ZERO, tx, 4)
}

pub(crate) fn fill(backend: &MemoryBackend) {
    backend.with(|inner| {
        let status = |n: u16| if n.is_multiple_of(3) { ServerStatus::Living } else { ServerStatus::Announced };
        inner.servers = (0..300).map(|n| info(n, status(n))).collect();
        inner.entity_blocks.insert(CHAIN, entity_blocks());
        inner.meta_blocks.insert(META, vec![meta_block()]);
        let ownership = info(0, ServerStatus::Living).ownership;
        inner.metas = vec![MetaChain { meta: Hash(META), ownership, blocks: 1, head: Hash(meta_block().hash) }];
    });
}

async fn filled() -> Fixture {
    let fixture = Fixture::start().await;
    fill(&fixture.backend);
    fixture
}

#[tokio::test]
async fn a_server_has_everything_that_its_writers_and_readers_need() {
    let fixture = filled().await;
    let uuid = server(0).uuid;
    let hash = |byte: u8| H256([byte; 32]).to_string();
    let expected = json!({
        "server": {"uuid": uuid.to_string(), "generation": 0},
        "chain": CHAIN.to_string(), "state": "SUSPENDED_TO_RAM", "status": "living", "blocks": 3, "head": hash(1),
        "birthHash": hash(2), "born": 1_700_000_000_000_000_u64, "ended": null, "reason": null, "endHash": null,
        "late": 0, "anchored": false, "resources": {"vcpus": 2, "memoryMib": 48, "diskGib": 20},
        "ownership": {"provider": hash(3), "tenant": hash(4), "service": hash(5)}, "host": hash(6),
        "tracker": "held by agent", "writers": [{"account": AccountId([7; 32]).to_ss58(), "next": 4}],
        "generations": 1, "stateSince": 1_700_000_000_000_001_u64, "movingTo": null, "suspected": null,
        "trackerKey": AccountId([8; 32]).to_ss58(), "notes": 0, "witnessed": null, "anchor": null,
    });
    for params in [format!("[\"{uuid}\"]"), format!("[\"{uuid}\",0]"), format!("[\"{uuid}\",null]")] {
        assert_eq!(fixture.result("chains_get", &params).await, expected);
    }
    assert_eq!(fixture.result("chains_get", &format!("[\"{uuid}\",1]")).await, Value::Null);
    let error = fixture.call("chains_get", "[\"vm-1\"]").await["error"].clone();
    assert_eq!(error["code"], -32602);
    assert!(error["data"].as_str().is_some_and(|text| text.contains("not a UUID")), "{error}");
}

#[tokio::test]
async fn an_entity_block_can_be_recomputed_from_its_json() {
    let fixture = filled().await;
    let blocks = fixture.result("chains_blocks", &format!("[\"{CHAIN}\",0,256]")).await;
    let blocks = blocks.as_array().expect("a list");
    assert_eq!(blocks.len(), 3);
    let first = &blocks[0];
    assert_eq!(first["kind"], "State");
    assert_eq!(first["tx"]["event"], json!({"kind": "StateChanged", "state": "RUNNING"}));
    assert_eq!(first["tx"]["number"], "9007199254740993", "above 2^53 it is text");
    assert_eq!(first["tx"]["occurredAt"], 1_700_000_000_000_001_u64);
    assert_eq!(first["tx"]["meter"]["cpuUs"], u64::MAX.to_string());
    assert_eq!(first["tx"]["precision"], "replayed");
    assert_eq!(first["tx"]["detail"], "0x776879");
    assert_eq!(first["tx"]["writer"], AccountId([7; 32]).to_ss58());
    assert_eq!(blocks[2]["tx"]["event"], json!({"kind": "Ended", "reason": "Terminated"}));
    for block in blocks {
        // The chain, number, kind and prev come first, then the nonce; the hash comes last.
        let encoded = hex::decode(block["encoded"].as_str().expect("text").trim_start_matches("0x")).expect("digits");
        let head = 32 + 4 + 1 + 32;
        let (body, hash) = encoded.split_at(encoded.len() - 32);
        let nonce = block["blockNonce"].as_u64().expect("a small nonce").to_le_bytes();
        assert_eq!(body[head..head + 8], nonce);
        let recomputed = sha256(&[b"tierchain/block/1", &body[..head], &body[head + 8..], &nonce]);
        assert_eq!(recomputed.as_bytes(), hash);
        assert_eq!(block["hash"], recomputed.to_string());
        assert!(recomputed.leading_zero_bits() >= 4);
    }
    assert_eq!(blocks[1]["prev"], blocks[0]["hash"]);
}

#[tokio::test]
async fn blocks_are_asked_for_by_every_name_of_a_chain() {
    let fixture = filled().await;
    let client = fixture.client("http").await;
    for chain in [ChainRef::Chain(CHAIN), ChainRef::Newest(server(0).uuid), ChainRef::Server(server(0))] {
        let blocks = client.server_blocks(chain, 1, 1).await.expect("an answer");
        let decoded: Vec<_> = blocks.iter().map(|block| block.decode().expect("our version")).collect();
        assert_eq!(decoded, entity_blocks()[1..2]);
        assert_eq!(decoded[0].encode(), blocks[0].encoded.0);
    }
    assert!(client.server_blocks(ChainRef::Chain(CHAIN), 3, 256).await.expect("an answer").is_empty());
    let object = format!("[{{\"uuid\":\"{}\",\"generation\":0}},0,1]", server(0).uuid);
    assert_eq!(fixture.result("chains_blocks", &object).await[0]["number"], 0);
    let unknown = fixture.call("chains_blocks", &format!("[\"{META}\",0,1]")).await["error"].clone();
    assert_eq!(unknown["code"], 5001);
    assert!(unknown["message"].as_str().is_some_and(|text| text.contains("chains_list")), "{unknown}");
    let error = fixture.call("chains_blocks", &format!("[\"{CHAIN}\",0,257]")).await["error"].clone();
    assert_eq!(error["code"], 4002);
}

#[tokio::test]
async fn servers_are_listed_in_pages_and_filtered() {
    let fixture = filled().await;
    let client = fixture.client("ws").await;
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page: Page<ServerInfo, ServerCursor> = client.servers(cursor, 100, None).await.expect("an answer");
        found.extend(page.items.into_iter().map(|info| ServerId::from(info.server)));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, (0..300).map(server).collect::<Vec<_>>());

    let living = ServerFilter { status: Some(ServerStatus::Living), ..ServerFilter::default() };
    let page = client.servers(None, 256, Some(living)).await.expect("an answer");
    assert_eq!((page.items.len(), page.next), (100, None));
    let crashed = ServerFilter { state: Some(Named(ServerState::Crashed)), ..ServerFilter::default() };
    assert!(client.servers(None, 256, Some(crashed)).await.expect("an answer").items.is_empty());

    assert_eq!(fixture.call("chains_list", "[null,257]").await["error"]["code"], 4002);
    let error = fixture.call("chains_list", "[null,1,{\"stauts\":\"living\"}]").await["error"].clone();
    assert_eq!(error["code"], -32602, "a mistyped filter doesn't match everything");
    let page = fixture.result("chains_list", "[null,1]").await;
    assert_eq!(page["next"], server(0).to_string());
    assert_eq!(client.server(ServerUuid(server(7).uuid), None).await.expect("an answer").expect("known").blocks, 3);
}

#[tokio::test]
async fn meta_chains_and_their_blocks_read_back() {
    let fixture = filled().await;
    let client = fixture.client("http").await;
    let chain = client.meta_chain(Hash(META)).await.expect("an answer").expect("known");
    assert_eq!((chain.blocks, chain.head.0), (1, meta_block().hash));
    assert_eq!(client.meta_chain(Hash(CHAIN)).await.expect("an answer"), None);
    assert_eq!(client.meta_chains(None, 256, None).await.expect("an answer"), Page { items: vec![chain], next: None });
    let theirs = MetaFilter { tenant: Some(Hash(H256([9; 32]))), ..MetaFilter::default() };
    assert!(client.meta_chains(None, 256, Some(theirs)).await.expect("an answer").items.is_empty());
    let blocks = client.meta_blocks(Hash(META), 0, 256).await.expect("an answer");
    assert_eq!(blocks[0].decode().expect("our version"), meta_block());

    let block = fixture.result("meta_blocks", &format!("[\"{META}\",0,1]")).await[0].clone();
    assert_eq!(block["tx"]["reason"], "Rollover");
    assert_eq!(block["tx"]["relations"][0]["kind"], "predecessor");
    assert_eq!(block["tx"]["usage"]["states"][0]["vcpuUs"], "10");
    assert_eq!(fixture.call("meta_blocks", &format!("[\"{CHAIN}\",0,1]")).await["error"]["code"], 5001);
    assert_eq!(fixture.call("meta_blocks", &format!("[\"{META}\",0,257]")).await["error"]["code"], 4002);
    assert_eq!(fixture.call("meta_list", "[null,257]").await["error"]["code"], 4002);
}
