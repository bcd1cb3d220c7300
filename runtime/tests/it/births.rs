//! Announcements and births: three keys must agree, and every life is named once.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{Announcement, BirthRequest, BlockKind, EndReason, Event, EventKind, ServerState};
use tierchain_runtime::chains::{self, Error};
use tierchain_runtime::registry::Error as RegistryError;
use tierchain_runtime::{Call, DispatchError, RuntimeEvent, query};

use crate::world::{
    T0, Who, World, announce, announcement, append, birth, end, host, reported, request, server, state,
};

/// Asserts that a call fails with this error and leaves nothing but the nonce.
fn refused(world: &mut World, who: Who, call: Call, error: impl Into<DispatchError>) {
    let before = world.leaves();
    assert_eq!(world.result(who, call), Err(error.into()));
    assert!(world.leaves() == before, "a failed call left something");
}

/// A world whose server 1 lived from T0 to T0 + 10 and ended for that reason.
fn ended(reason: EndReason) -> (World, H256) {
    let mut world = World::live();
    world.bear(&announcement(server(1)), T0, None);
    assert_eq!(world.result(Who::Agent, append(end(server(1), 0, T0 + 10, reason))), Ok(()));
    let head = world.server(server(1)).head;
    (world, head)
}

fn second() -> tierchain_primitives::ledger::ServerId {
    tierchain_primitives::ledger::ServerId { generation: 1, ..server(1) }
}

#[test]
fn a_birth_makes_block_0_of_a_stopped_server() {
    let mut world = World::live();
    world.bear(&announcement(server(1)), T0, None);
    let born = world.server(server(1));
    let block = &world.entity_blocks[0];
    assert_eq!((block.number, block.kind, block.prev), (0, BlockKind::Birth, H256::ZERO));
    assert_eq!((block.chain, block.hash), (born.chain, born.birth_hash));
    assert_eq!(block.tx.writer, Who::Foundry.id());
    assert!(matches!(&block.tx.event.event, EventKind::Born { announcement: a, .. } if *a == announcement(server(1))));
    assert_eq!((born.state, born.length, born.head), (ServerState::Stopped, 1, block.hash));
    assert_eq!(query::servers(&world.state, 0, 10), [server(1)]);
    assert_eq!(query::generations(&world.state, server(1).uuid), 1);
    assert_eq!(query::writer_next(&world.state, &server(1), &Who::Foundry.id()), Some(1), "the birth is number 0");
    assert_eq!(chains::ANNOUNCEMENTS.get(&world.state, &server(1)), None);
}

#[test]
fn announcements_come_from_the_host_that_they_name() {
    let mut world = World::live();
    let good = announcement(server(1));
    refused(&mut world, Who::Nobody, announce(&good), RegistryError::NotAHypervisor);
    refused(&mut world, Who::Foundry, announce(&good), RegistryError::NotAHypervisor);
    refused(&mut world, Who::OtherAgent, announce(&good), RegistryError::NotTheHypervisor);
    let nowhere = Announcement { host: H256([1; 32]), ..good.clone() };
    refused(&mut world, Who::Agent, announce(&nowhere), RegistryError::UnknownHost);
    let ahead = Announcement { server: second(), ..good.clone() };
    refused(&mut world, Who::Agent, announce(&ahead), Error::WrongGeneration);
    assert_eq!(world.result(Who::Agent, announce(&good)), Ok(()));
    let stolen = Announcement { host: host(1), ..good };
    refused(&mut world, Who::OtherAgent, announce(&stolen), Error::AlreadyAnnounced);
}

#[test]
fn an_announcement_is_corrected_before_the_birth_and_repeated_after_it() {
    let mut world = World::live();
    let first = Announcement { resources: None, ..announcement(server(1)) };
    world.run(Who::Agent, announce(&first));
    world.bear(&announcement(server(1)), T0, None);
    let before = world.leaves();
    let repeat = world.run(Who::Agent, announce(&announcement(server(1))));
    let ignored = chains::Event::RepeatIgnored { server: server(1), number: None, block: None };
    assert_eq!((reported(&repeat), world.leaves() == before), (vec![RuntimeEvent::Chains(ignored)], true));
    refused(&mut world, Who::Agent, announce(&first), Error::AlreadyBorn);
}

#[test]
fn three_keys_must_agree() {
    let mut world = World::live();
    let asked = request(server(1), T0);
    refused(&mut world, Who::Agent, birth(&asked), RegistryError::NotAFoundry);
    refused(&mut world, Who::Foundry, birth(&asked), Error::NotAnnounced);
    world.run(Who::Agent, announce(&announcement(server(1))));
    let signed_by = |who: Who, genesis: H256| {
        let tracker_signature = who.key().sign(&asked.signed_bytes(&genesis));
        Call::Chains(chains::Call::Birth { request: asked.clone(), tracker_signature })
    };
    let here = crate::world::GENESIS;
    refused(&mut world, Who::Foundry, signed_by(Who::Foundry, here), Error::BadTrackerSignature);
    refused(&mut world, Who::Foundry, signed_by(Who::Tracker, H256::ZERO), Error::BadTrackerSignature);
    assert_eq!(world.result(Who::Foundry, signed_by(Who::Tracker, here)), Ok(()));
}

#[test]
fn a_repeated_birth_changes_nothing_and_another_one_is_refused() {
    let mut world = World::live();
    world.bear(&announcement(server(1)), T0, None);
    let before = world.leaves();
    let repeat = world.run(Who::Foundry, birth(&request(server(1), T0)));
    let ignored = chains::Event::RepeatIgnored { server: server(1), number: None, block: Some(0) };
    assert_eq!((reported(&repeat), world.leaves() == before), (vec![RuntimeEvent::Chains(ignored)], true));
    refused(&mut world, Who::Foundry, birth(&request(server(1), T0 + 1)), Error::AlreadyBorn);
    refused(&mut world, Who::Foundry, birth(&request(second(), T0 + 1)), Error::AlreadyBorn);
}

#[test]
fn a_birth_follows_the_end_of_the_newest_life() {
    let (mut world, head) = ended(EndReason::Terminated);
    let asked = |at, previous| birth(&BirthRequest { previous, ..request(second(), at) });
    refused(&mut world, Who::Foundry, asked(T0 + 20, None), Error::AlreadyBorn);
    refused(&mut world, Who::Foundry, asked(T0 + 20, Some(H256([1; 32]))), Error::UnknownPrevious);
    refused(&mut world, Who::Foundry, asked(T0 + 9, Some(head)), Error::TimeBeforeBirth);
    let third = tierchain_primitives::ledger::ServerId { generation: 2, ..server(1) };
    let skipped = birth(&BirthRequest { previous: Some(head), ..request(third, T0 + 20) });
    refused(&mut world, Who::Foundry, skipped, Error::WrongGeneration);
    refused(&mut world, Who::Foundry, asked(T0 + 20, Some(head)), Error::NotAnnounced);
    world.bear(&announcement(second()), T0 + 10, Some(head));
    assert_ne!(world.server(second()).chain, world.server(server(1)).chain);
    assert_eq!(query::server(&world.state, server(1).uuid, None).map(|(id, _)| id), Some(second()));
}

#[test]
fn a_first_birth_has_no_previous_and_a_living_chain_no_successor() {
    let mut world = World::live();
    let asked = BirthRequest { previous: Some(H256([1; 32])), ..request(server(1), T0) };
    refused(&mut world, Who::Foundry, birth(&asked), Error::UnknownPrevious);
    refused(&mut world, Who::Foundry, birth(&request(second(), T0)), Error::WrongGeneration);
    world.bear(&announcement(server(1)), T0, None);
    let head = world.server(server(1)).head;
    let next = BirthRequest { previous: Some(head), ..request(second(), T0) };
    refused(&mut world, Who::Foundry, birth(&next), Error::PreviousAlive);
}

#[test]
fn numbers_start_again_in_a_new_life_and_go_on_across_a_rollover() {
    for (reason, next) in [(EndReason::Terminated, 0), (EndReason::Rollover, 1)] {
        let (mut world, head) = ended(reason);
        world.bear(&announcement(second()), T0 + 10, Some(head));
        assert_eq!(query::writer_next(&world.state, &second(), &Who::Agent.id()), Some(next));
        let running = state(second(), next, T0 + 11, ServerState::Running);
        assert_eq!(world.result(Who::Agent, append(running)), Ok(()));
        let repeat = end(server(1), 0, T0 + 10, reason);
        assert_eq!(world.result(Who::Agent, append(repeat)), Ok(()), "the old end is still a repeat");
        assert_eq!(query::generations(&world.state, server(1).uuid), 2);
    }
}

#[test]
fn a_birth_too_far_ahead_is_refused() {
    let mut world = World::live();
    world.run(Who::Agent, announce(&announcement(server(1))));
    let far = world.time * 1_000 + 2_000_001;
    refused(&mut world, Who::Foundry, birth(&request(server(1), far)), Error::TimeInFuture);
    refused(&mut world, Who::Foundry, birth(&request(server(1), u64::MAX)), Error::TimeInFuture);
    assert_eq!(world.result(Who::Foundry, birth(&request(server(1), far))), Ok(()), "two blocks later it is in time");
}

#[test]
fn a_tenant_has_a_dense_list_of_its_lives() {
    let (mut world, _) = ended(EndReason::Terminated);
    world.bear(&announcement(server(2)), T0 + 3, None);
    let tenant = announcement(server(1)).ownership.tenant;
    let entries = query::tenant_servers(&world.state, &tenant, 0, 10);
    assert_eq!(query::tenant_server_count(&world.state, &tenant), 2);
    let lives: Vec<_> = entries.iter().map(|entry| (entry.server, entry.born, entry.ended)).collect();
    assert_eq!(lives, [(server(1), T0, Some(T0 + 10)), (server(2), T0 + 3, None)]);
    assert_eq!(query::tenant_servers(&world.state, &tenant, 1, 10).len(), 1);
    assert!(query::servers(&world.state, 7, 10).is_empty());
}

/// A birth event can only come from a birth.
#[test]
fn nobody_appends_a_birth() {
    let mut world = World::live();
    world.bear(&announcement(server(1)), T0, None);
    let born = EventKind::Born { announcement: announcement(server(1)), previous: None };
    let forged = Event { event: born, ..state(server(1), 0, T0, ServerState::Running) };
    refused(&mut world, Who::Agent, append(forged), Error::EventNotAllowed);
}
