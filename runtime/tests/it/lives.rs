//! Appends, batches and late events on a living and on an ended chain.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{
    Announcement, Detail, EndReason, Event, EventKind, Identifier, Meter, Precision, Resources, ServerState,
};
use tierchain_primitives::limits::DETAIL_BYTES_MAX;
use tierchain_runtime::chains::{self, Error};
use tierchain_runtime::registry::Error as RegistryError;
use tierchain_runtime::{DispatchError, RuntimeEvent, query};

use crate::world::{T0, Who, World, announcement, append, batch, end, event, late, reported, server, state};

fn born() -> World {
    let mut world = World::live();
    world.bear(&announcement(server(1)), T0, None);
    world
}

/// Asserts that an append by the agent fails with this error and leaves nothing but the nonce.
fn refused(world: &mut World, event: Event, error: impl Into<DispatchError>) {
    let before = world.leaves();
    assert_eq!(world.result(Who::Agent, append(event)), Err(error.into()));
    assert!(world.leaves() == before, "a failed call left something");
}

fn running(number: u64, at: u64) -> Event {
    state(server(1), number, T0 + at, ServerState::Running)
}

#[test]
fn an_append_makes_the_next_block() {
    let mut world = born();
    let outcome = world.run(Who::Agent, append(running(0, 5)));
    let [birth, block] = &world.entity_blocks[..] else { panic!("two blocks") };
    assert_eq!((block.number, block.prev, block.tx.event.clone()), (1, birth.hash, running(0, 5)));
    assert_eq!((block.hash, world.server(server(1)).head), (block.computed_hash(), block.hash));
    assert!(block.hash.leading_zero_bits() >= 4);
    let (chain, hash) = (block.chain, block.hash);
    let made = chains::Event::BlockMade { server: server(1), chain, number: 1, hash, state: ServerState::Running };
    assert_eq!(reported(&outcome), [RuntimeEvent::Chains(made)]);
}

#[test]
fn a_repeat_is_answered_a_conflict_refused_and_a_gap_too() {
    let mut world = born();
    assert_eq!(world.result(Who::Agent, append(running(0, 5))), Ok(()));
    let before = world.leaves();
    let repeat = world.run(Who::Agent, append(running(0, 5)));
    let ignored = chains::Event::RepeatIgnored { server: server(1), number: Some(0), block: Some(1) };
    assert_eq!((reported(&repeat), world.leaves() == before), (vec![RuntimeEvent::Chains(ignored)], true));
    refused(&mut world, running(0, 6), Error::SequenceConflict);
    refused(&mut world, running(2, 6), Error::SequenceGap);
    assert_eq!(query::writer_next(&world.state, &server(1), &Who::Agent.id()), Some(1));
}

#[test]
fn only_the_hosts_agent_writes() {
    let mut world = born();
    let before = world.leaves();
    for (who, error) in [
        (Who::Nobody, RegistryError::NotAHypervisor),
        (Who::Foundry, RegistryError::NotAHypervisor),
        (Who::OtherAgent, RegistryError::NotTheHypervisor),
    ] {
        assert_eq!(world.result(who, append(running(0, 5))), Err(error.into()));
    }
    assert!(world.leaves() == before);
    refused(&mut world, state(server(2), 0, T0, ServerState::Running), Error::NotBorn);
}

#[test]
fn times_are_bounded_on_both_sides() {
    let mut world = born();
    refused(&mut world, state(server(1), 0, T0 - 1, ServerState::Running), Error::TimeBeforeBirth);
    let far = world.time * 1_000 + 2_000_001;
    refused(&mut world, state(server(1), 0, far, ServerState::Running), Error::TimeInFuture);
    refused(&mut world, state(server(1), 0, u64::MAX, ServerState::Running), Error::TimeInFuture);
    assert_eq!(world.result(Who::Agent, append(running(0, 5))), Ok(()));
    refused(&mut world, running(1, 4), Error::TimeWentBack);
    assert_eq!(world.result(Who::Agent, append(running(1, 5))), Ok(()), "two events may share a time");
}

#[test]
fn details_meters_and_kinds_are_checked() {
    let mut world = born();
    let detailed = |bytes: usize| Event { detail: Detail(vec![1; bytes]), ..running(0, 5) };
    refused(&mut world, detailed(DETAIL_BYTES_MAX + 1), Error::DetailTooLong);
    let metered = |number: u64, cpu_us: u64, bytes_in: u64| {
        let meter = Some(Meter { cpu_us, bytes_in, bytes_out: 0 });
        Event { meter, detail: Detail(vec![1; DETAIL_BYTES_MAX]), ..running(number, 5) }
    };
    assert_eq!(world.result(Who::Agent, append(metered(0, 10, 10))), Ok(()));
    refused(&mut world, metered(1, 9, 11), Error::UsageDecreased);
    assert_eq!(world.result(Who::Agent, append(metered(1, 10, 11))), Ok(()));
    let usage = world.server(server(1)).usage.0;
    assert_eq!((usage.cpu_us, usage.bytes_in), (10, 11));
    refused(&mut world, end(server(1), 2, T0 + 6, EndReason::Orphaned), RegistryError::NotAFoundry);
    let replayed = Event { precision: Precision::Replayed, ..running(2, 6) };
    refused(&mut world, replayed, Error::ReplayNotAllowed);
}

#[test]
fn an_end_seals_and_what_comes_late_is_counted_beside() {
    let mut world = born();
    let ending = end(server(1), 0, T0 + 9, EndReason::Terminated);
    let too_early = late(running(0, 5));
    assert_eq!(world.result(Who::Agent, too_early), Err(Error::ChainAlive.into()));
    assert_eq!(world.result(Who::Agent, append(ending.clone())), Ok(()));
    refused(&mut world, running(1, 10), Error::ChainEnded);
    let sealed = world.server(server(1));
    let stopped = state(server(1), 1, T0 + 30, ServerState::Stopped);
    let noted = world.run(Who::Agent, late(stopped.clone()));
    let expected = chains::Event::LateEventNoted { server: server(1), late: 1 };
    assert_eq!(reported(&noted), [RuntimeEvent::Chains(expected)]);
    let before = world.leaves();
    for repeat in [late(stopped.clone()), append(stopped), append(ending)] {
        assert_eq!(world.result(Who::Agent, repeat), Ok(()));
    }
    assert!(world.leaves() == before, "repeats add nothing");
    let after = world.server(server(1));
    assert_eq!((after.head, after.length, after.usage.clone()), (sealed.head, sealed.length, sealed.usage));
    assert_eq!((after.late, world.entity_blocks.len()), (1, 2));
    assert_eq!(query::writer_next(&world.state, &server(1), &Who::Agent.id()), Some(2));
}

#[test]
fn an_item_of_a_batch_that_fails_stops_nobody_else() {
    let mut world = born();
    world.bear(&announcement(server(2)), T0, None);
    let good = |number: u8, at: u64| state(server(number), 0, T0 + at, ServerState::Running);
    let outcome = world.run(Who::Agent, batch(vec![running(4, 5), good(2, 5), good(3, 5), good(1, 6)]));
    assert_eq!(outcome.results, [Ok(())]);
    let refusals: Vec<_> = reported(&outcome)
        .into_iter()
        .filter_map(|event| match event {
            RuntimeEvent::Chains(chains::Event::ItemRefused { index, error, expected }) => {
                Some((index, error, expected))
            }
            _ => None,
        })
        .collect();
    let error = |error: Error| DispatchError::from(error).as_module();
    assert_eq!(refusals, [(0, error(Error::SequenceGap), 0), (2, error(Error::NotBorn), 0)]);
    assert_eq!(outcome.entity_blocks.len(), 2);
}

#[test]
fn a_batch_succeeds_with_one_repeat_and_fails_without_anything() {
    let mut world = born();
    world.run(Who::Agent, append(running(0, 5)));
    assert_eq!(world.result(Who::Agent, batch(vec![running(5, 5), running(0, 5)])), Ok(()));
    let before = world.leaves();
    let hopeless = batch(vec![running(5, 5), running(0, 6)]);
    let outcome = world.run(Who::Agent, hopeless);
    assert_eq!(outcome.results, [Err(Error::SequenceGap.into())], "the first item's error");
    assert!(reported(&outcome).is_empty() && world.leaves() == before);
    let foreign = world.result(Who::Nobody, batch(vec![running(1, 6)]));
    assert_eq!(foreign, Err(RegistryError::NotAHypervisor.into()));
}

#[test]
fn a_resize_parts_the_sums_and_unknown_resources_mark_them() {
    let mut world = World::live();
    world.bear(&Announcement { resources: None, ..announcement(server(1)) }, T0, None);
    let bigger = Resources { vcpus: 4, memory_mib: 100, disk_gib: 1 };
    let resized = event(server(1), 1, T0 + 15, EventKind::Resized { resources: bigger });
    world.run(Who::Agent, batch(vec![running(0, 5), resized, end(server(1), 2, T0 + 25, EndReason::Terminated)]));
    let usage = world.server(server(1)).usage.0;
    let held = usage.states[ServerState::Running as usize];
    assert_eq!((held.wall_us, held.vcpu_us, held.mib_us, held.gib_us), (20, 40, 1_000, 10));
    assert!(usage.incomplete);
    assert_eq!(usage.states[ServerState::Stopped as usize].wall_us, 5);
    assert_eq!((usage.events[0], usage.events[1], usage.events[3], usage.events[10]), (1, 1, 1, 1));
}

#[test]
fn markers_and_summaries() {
    let mut world = born();
    let summary = EventKind::Summary { transitions: 9, first: T0 + 3, state: ServerState::Paused };
    let marks = vec![
        event(server(1), 0, T0 + 1, EventKind::Rebooted),
        event(server(1), 1, T0 + 4, summary),
        event(server(1), 2, T0 + 4, EventKind::AttributeChanged { name: Identifier::default(), value: H256::ZERO }),
        event(server(1), 3, T0 + 5, EventKind::Rebooted),
    ];
    world.run(Who::Agent, batch(marks));
    let record = world.server(server(1));
    assert_eq!((record.state, record.length, record.host), (ServerState::Paused, 5, crate::world::host(0)));
    assert_ne!(record.head, H256::ZERO);
}
