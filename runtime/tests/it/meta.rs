//! Meta-chains: where ended chains are linked.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{
    Announcement, EndReason, Ownership, Relation, RelationKind, ServerId, ServerState, party_id,
};
use tierchain_runtime::meta::{Error, Event};
use tierchain_runtime::registry::Error as RegistryError;
use tierchain_runtime::{RuntimeEvent, query};

use crate::world::{GENESIS, T0, Who, World, anchor, announcement, append, batch, end, reported, server, state};

/// Lets a server live from T0 to T0 + 10.
fn live(world: &mut World, id: ServerId, announcement: &Announcement, previous: Option<H256>, next: u64) {
    let start = world.time * 1_000;
    world.bear(announcement, start, previous);
    let events =
        vec![state(id, next, start + 4, ServerState::Running), end(id, next + 1, start + 10, EndReason::Terminated)];
    assert_eq!(world.result(Who::Agent, batch(events)), Ok(()));
}

#[test]
fn an_ended_chain_is_linked_once() {
    let mut world = World::live();
    world.bear(&announcement(server(1)), T0, None);
    assert_eq!(world.result(Who::Agent, anchor(server(1))), Err(Error::ChainAlive.into()));
    assert_eq!(world.result(Who::Agent, anchor(server(2))), Err(Error::NotBorn.into()));
    world.run(Who::Agent, append(end(server(1), 0, T0 + 10, EndReason::Terminated)));
    assert_eq!(world.result(Who::Nobody, anchor(server(1))), Err(RegistryError::NotAHypervisor.into()));
    assert_eq!(world.result(Who::OtherAgent, anchor(server(1))), Err(RegistryError::NotTheHypervisor.into()));
    assert_eq!(world.result(Who::Agent, anchor(server(1))), Ok(()));

    let (before, block) = (world.leaves(), world.meta_blocks[0].clone());
    let repeat = world.run(Who::Agent, anchor(server(1)));
    let ignored = Event::RepeatIgnored { server: server(1), meta: block.meta, number: 0 };
    assert_eq!(reported(&repeat), [RuntimeEvent::Meta(ignored)]);
    assert_eq!(world.result(Who::OtherAgent, anchor(server(1))), Err(Error::AlreadyAnchored.into()));
    assert!(world.leaves() == before && world.meta_blocks.len() == 1);
}

#[test]
fn a_meta_block_says_what_the_chain_says() {
    let mut world = World::live();
    live(&mut world, server(1), &announcement(server(1)), None, 0);
    world.run(Who::Agent, anchor(server(1)));
    let (record, block) = (world.server(server(1)), &world.meta_blocks[0]);
    let tx = &block.tx;
    assert_eq!((tx.chain, tx.kind, tx.blocks), (record.chain, 0, 3));
    assert_eq!((tx.birth_hash, tx.end_hash), (world.entity_blocks[0].hash, world.entity_blocks[2].hash));
    assert_eq!((tx.ended - tx.born, tx.usage, tx.reason), (10, record.usage.0, EndReason::Terminated));
    assert!(tx.relations.is_empty());
    assert_eq!((block.hash, block.meta), (block.computed_hash(), record.ownership.meta(&GENESIS)));
    assert!(block.hash.leading_zero_bits() >= 4);
}

#[test]
fn relatives_share_a_chain_and_strangers_dont() {
    let mut world = World::live();
    let ownership = |service: &str| Ownership { service: party_id(service), ..announcement(server(1)).ownership };
    for (number, service) in [(1, "S"), (2, "other"), (3, "S")] {
        let id = server(number);
        live(&mut world, id, &Announcement { ownership: ownership(service), ..announcement(id) }, None, 0);
        world.run(Who::Agent, anchor(id));
    }
    let [first, other, second] = &world.meta_blocks[..] else { panic!("three meta blocks") };
    assert_eq!((first.meta, first.number, first.prev), (second.meta, 0, H256::ZERO));
    assert_eq!((second.number, second.prev, other.number), (1, first.hash, 0));
    assert_eq!(query::meta_list(&world.state, 0, 10), [first.meta, other.meta]);
    let record = query::meta(&world.state, &first.meta).expect("it is there");
    assert_eq!((record.head, record.length, query::meta_count(&world.state)), (second.hash, 2, 2));
}

#[test]
fn a_later_life_names_the_one_before() {
    let mut world = World::live();
    live(&mut world, server(1), &announcement(server(1)), None, 0);
    let head = world.server(server(1)).head;
    let next = ServerId { generation: 1, ..server(1) };
    live(&mut world, next, &announcement(next), Some(head), 0);
    world.run(Who::Agent, anchor(next));
    let chain = server(1).chain(&GENESIS);
    assert_eq!(world.meta_blocks[0].tx.relations, [Relation { kind: RelationKind::Predecessor, chain }]);
}
