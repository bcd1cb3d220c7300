//! Events, announcements, birth requests, entity blocks, meta blocks.

use parity_scale_codec::Encode;
use tierchain_primitives::ledger::*;
use tierchain_primitives::{AccountId, H256};

use crate::{GENESIS, Golden};

const SERVER: ServerId = ServerId { uuid: Uuid(*b"0123456789abcdef"), generation: 1 };
const RESOURCES: Resources = Resources { vcpus: 2, memory_mib: 2_048, disk_gib: 20 };
const OCCURRED_AT: u64 = 1_795_227_255_965_123;

fn ownership() -> Ownership {
    Ownership { provider: party_id("provider"), tenant: party_id("tenant"), service: party_id("service") }
}

fn relations() -> Relations {
    let parent = ServerId { uuid: Uuid(*b"fedcba9876543210"), generation: 2 };
    Relations::new(vec![DeclaredRelation { kind: RelationKind::ScaledFrom, server: parent }]).expect("one is allowed")
}

fn announcement() -> Announcement {
    Announcement {
        server: SERVER,
        host: H256([0x31; 32]),
        image: H256([0x32; 32]),
        resources: Some(RESOURCES),
        tracker: AccountId([0x33; 32]),
        custody: TrackerCustody::Guest,
        ownership: ownership(),
        etsi: Etsi {
            vnf_instance_id: Identifier::new(b"vnf-1"),
            vnfd_id: None,
            vdu_id: Identifier::new(b"vdu-1"),
            ns_instance_id: None,
            snssai: Some(SNssai { sst: 1, sd: Some([0, 0, 7]) }),
        },
        relations: relations(),
    }
}

/// A server of which nothing is known but its name.
fn bare_announcement() -> Announcement {
    let custody = TrackerCustody::Agent;
    let relations = Relations::default();
    Announcement { resources: None, custody, etsi: Etsi::default(), relations, ..announcement() }
}

fn event_kinds() -> Vec<EventKind> {
    let name = Identifier::new(b"power.profile").expect("short enough");
    vec![
        EventKind::Born { announcement: announcement(), previous: Some(H256([0x34; 32])) },
        EventKind::StateChanged { state: ServerState::SuspendedToDisk },
        EventKind::Rebooted,
        EventKind::Resized { resources: RESOURCES },
        EventKind::MovedOut { to: H256([0x35; 32]) },
        EventKind::MovedIn { from: H256([0x36; 32]) },
        EventKind::AttributeChanged { name, value: H256([0x37; 32]) },
        EventKind::Suspected { since: OCCURRED_AT },
        EventKind::GuestEvent { code: 404 },
        EventKind::Summary { transitions: 9, first: OCCURRED_AT, state: ServerState::Crashed },
        EventKind::Ended { reason: EndReason::Orphaned },
    ]
}

fn event(event: EventKind, meter: Option<Meter>) -> Event {
    Event {
        server: SERVER,
        number: 3,
        occurred_at: OCCURRED_AT,
        precision: Precision::Event,
        event,
        meter,
        evidence: H256([0x38; 32]),
        detail: Detail(b"detail".to_vec()),
    }
}

fn tx(kind: EventKind) -> EntityTx {
    EntityTx {
        writer: AccountId([0x39; 32]),
        event: event(kind, None),
        extrinsic: H256([0x3a; 32]),
        block_number: 70,
        block_timestamp: 1_795_227_256_000,
    }
}

fn usage() -> Usage {
    let mut usage = Usage { cpu_us: 7, bytes_in: 8, bytes_out: 1 << 100, ..Usage::default() };
    usage.add_piece(ServerState::Running, 1_000_000, Some(RESOURCES));
    usage.add_piece(ServerState::Stopped, 500, None);
    usage.events[1] = 4;
    usage.events[10] = 1;
    usage
}

#[test]
fn events() {
    let mut golden = Golden::new("event.txt", "Events and what a birth is made of");
    for kind in event_kinds() {
        golden.add(&format!("event_kind.{}", kind.name()), kind.encode());
    }
    let meter = Meter { cpu_us: 1, bytes_in: 2, bytes_out: 3 };
    for (name, meter) in [("plain", None), ("metered", Some(meter))] {
        let event = event(EventKind::Rebooted, meter);
        golden.add(&format!("event.{name}"), event.encode());
        golden.add(&format!("event.{name}.content_hash"), event.content_hash());
    }
    golden.add("announcement", announcement().encode());
    golden.add("announcement.bare", bare_announcement().encode());
    let request = BirthRequest {
        server: SERVER,
        occurred_at: OCCURRED_AT,
        precision: Precision::Replayed,
        evidence: H256([0x3b; 32]),
        previous: Some(H256([0x3c; 32])),
    };
    golden.add("birth_request", request.encode());
    golden.add("birth_request.signed_bytes", request.signed_bytes(&GENESIS));
    golden.add("party_id.provider", party_id("provider"));
    golden.add("chain_id", SERVER.chain(&GENESIS));
    golden.add("meta_chain_id", ownership().meta(&GENESIS));
    golden.check();
}

#[test]
fn blocks() {
    let mut golden = Golden::new("block.txt", "Entity blocks, with 4 leading zero bits; meta blocks; usage");
    let chain = SERVER.chain(&GENESIS);
    let kinds = event_kinds();
    let birth = EntityBlock::seal(chain, 0, BlockKind::Birth, H256::ZERO, tx(kinds[0].clone()), 4);
    let state = EntityBlock::seal(chain, 1, BlockKind::State, birth.hash, tx(kinds[1].clone()), 4);
    let end = EntityBlock::seal(chain, 2, BlockKind::End, state.hash, tx(kinds[10].clone()), 4);
    for block in [&birth, &state, &end] {
        let name = format!("entity_block.{}", block.kind.name());
        golden.add(&name, block.encode());
        golden.add(&format!("{name}.hash"), block.hash);
    }
    golden.add("usage", usage().encode());
    let relation = |kind| Relation { kind, chain: H256([0x3d; 32]) };
    let tx = MetaTx {
        chain,
        kind: 0,
        birth_hash: birth.hash,
        end_hash: end.hash,
        blocks: 3,
        born: OCCURRED_AT,
        ended: OCCURRED_AT + 1_000_500,
        usage: usage(),
        reason: EndReason::Orphaned,
        relations: vec![
            relation(RelationKind::Predecessor),
            relation(RelationKind::Parent),
            relation(RelationKind::ScaledFrom),
            relation(RelationKind::MovedFrom),
        ],
    };
    let meta = MetaBlock::seal(ownership().meta(&GENESIS), 0, H256::ZERO, tx, 4);
    golden.add("meta_block", meta.encode());
    golden.add("meta_block.hash", meta.hash);
    golden.check();
}
