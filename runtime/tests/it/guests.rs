//! What trackers saw within their guests: signed by them, carried by the hypervisor.

use tierchain_primitives::crypto::Signature;
use tierchain_primitives::ledger::{EndReason, Event, EventKind, GuestReport, Meter, ServerState};
use tierchain_primitives::limits::GUEST_REPORTS_MAX;
use tierchain_runtime::chains::{self, Error};
use tierchain_runtime::registry::Error as RegistryError;
use tierchain_runtime::{Call, DispatchError, RuntimeEvent, query};

use crate::world::{
    GENESIS, T0, Who, World, announcement, append, batch, end, event, guest, guests, host, reported, server, state,
};

fn born() -> World {
    let mut world = World::live();
    world.bear(&announcement(server(1)), T0, None);
    world.takes(Who::Agent, append(state(server(1), 0, T0 + 10, ServerState::Running)));
    world
}

/// The call with one report that another key signed.
fn forged(event: Event, signature: Signature) -> Call {
    Call::Chains(chains::Call::AppendGuest { reports: vec![GuestReport { event, signature }] })
}

#[test]
fn the_tracker_is_the_writer_and_the_hypervisor_carries() {
    let mut world = born();
    let seen = guest(server(1), 0, T0 + 5, 7);
    world.takes(Who::Agent, guests(vec![seen.clone()]));
    let block = world.entity_blocks.last().expect("there are blocks");
    assert_eq!((block.number, block.tx.writer, &block.tx.event), (2, Who::Tracker.id(), &seen));
    assert_eq!(query::writer_next(&world.state, &server(1), &Who::Tracker.id()), Some(1));
    assert_eq!(query::writer_next(&world.state, &server(1), &Who::Agent.id()), Some(1), "numbers of their own");
    let record = world.server(server(1));
    assert_eq!((record.last_at, record.state), (T0 + 10, ServerState::Running), "a guest ends no piece of usage");
    world.repeats(Who::Agent, guests(vec![seen]));
}

#[test]
fn a_report_is_its_trackers_alone() {
    let mut world = born();
    let seen = guest(server(1), 0, T0 + 5, 7);
    world.refuses(Who::Agent, append(seen.clone()), Error::NotTheTracker);
    let stolen = Who::Agent.key().sign(&seen.guest_signed_bytes(&GENESIS));
    world.refuses(Who::Agent, forged(seen.clone(), stolen), Error::BadTrackerSignature);
    let good = Who::Tracker.key().sign(&seen.guest_signed_bytes(&GENESIS));
    let changed = Event { event: EventKind::GuestEvent { code: 8 }, ..seen.clone() };
    world.refuses(Who::Agent, forged(changed, good), Error::BadTrackerSignature);
    let elsewhere = Who::Tracker.key().sign(&seen.guest_signed_bytes(&tierchain_primitives::H256([1; 32])));
    world.refuses(Who::Agent, forged(seen.clone(), elsewhere), Error::BadTrackerSignature);

    world.refuses(Who::OtherAgent, guests(vec![seen.clone()]), RegistryError::NotTheHypervisor);
    world.refuses(Who::Foundry, guests(vec![seen.clone()]), RegistryError::NotAHypervisor);
    let running = state(server(1), 0, T0 + 5, ServerState::Running);
    world.refuses(Who::Agent, guests(vec![running]), Error::NotAGuestEvent);
    let metered = Event { meter: Some(Meter::default()), ..seen.clone() };
    world.refuses(Who::Agent, guests(vec![metered]), Error::MeterNotAllowed);
    world.refuses(Who::Agent, guests(vec![guest(server(2), 0, T0, 1)]), Error::NotBorn);
    world.takes(Who::Agent, forged(seen, good));
}

#[test]
fn reports_are_numbered_and_in_time_as_all_events() {
    let mut world = born();
    world.takes(Who::Agent, guests(vec![guest(server(1), 0, T0 + 5, 7)]));
    world.refuses(Who::Agent, guests(vec![guest(server(1), 0, T0 + 5, 8)]), Error::SequenceConflict);
    world.refuses(Who::Agent, guests(vec![guest(server(1), 2, T0 + 5, 8)]), Error::SequenceGap);
    world.refuses(Who::Agent, guests(vec![guest(server(1), 1, T0 + 4, 8)]), Error::TimeWentBack);
    let far = world.now() + 2_000_001;
    world.refuses(Who::Agent, guests(vec![guest(server(1), 1, far, 8)]), Error::TimeInFuture);
    world.takes(Who::Agent, append(end(server(1), 1, T0 + 20, EndReason::Terminated)));
    world.refuses(Who::Agent, guests(vec![guest(server(1), 1, T0 + 9, 8)]), Error::ChainEnded);
    world.repeats(Who::Agent, guests(vec![guest(server(1), 0, T0 + 5, 7)]));
}

#[test]
fn a_report_that_fails_stops_nobody_else() {
    let mut world = born();
    world.bear(&announcement(server(2)), T0, None);
    let reports = vec![guest(server(1), 3, T0 + 5, 1), guest(server(2), 0, T0 + 5, 2), guest(server(3), 0, T0, 3)];
    let outcome = world.run(Who::Agent, guests(reports));
    assert_eq!((outcome.results.as_slice(), outcome.entity_blocks.len()), (&[Ok(())][..], 1));
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
}

#[test]
fn too_long_batches_are_refused_by_name() {
    let mut world = born();
    let reports = |count: usize| (0..count as u64).map(|number| guest(server(1), number, T0 + 5, 0)).collect();
    world.refuses(Who::Agent, guests(reports(GUEST_REPORTS_MAX + 1)), Error::BatchTooLong);
    world.takes(Who::Agent, guests(reports(GUEST_REPORTS_MAX)));
    let many = |count: u64| (1..=count).map(|at| state(server(1), at, T0 + 10 + at, ServerState::Running)).collect();
    world.refuses(Who::Agent, batch(many(257)), Error::BatchTooLong);
    world.takes(Who::Agent, batch(many(256)));
}

#[test]
fn during_a_move_the_host_that_has_the_server_carries() {
    let mut world = born();
    world.takes(Who::Agent, append(event(server(1), 1, T0 + 11, EventKind::MovedOut { to: host(1) })));
    world.refuses(Who::OtherAgent, guests(vec![guest(server(1), 0, T0 + 5, 7)]), RegistryError::NotTheHypervisor);
    world.takes(Who::Agent, guests(vec![guest(server(1), 0, T0 + 5, 7)]));
    world.takes(Who::OtherAgent, append(event(server(1), 0, T0 + 12, EventKind::MovedIn { from: host(0) })));
    world.takes(Who::OtherAgent, guests(vec![guest(server(1), 1, T0 + 13, 7)]));
    world.refuses(Who::Agent, guests(vec![guest(server(1), 2, T0 + 14, 7)]), RegistryError::NotTheHypervisor);
}
