//! Silent hosts: their servers are suspected, given up, and linked, each when it is due and never before.

use tierchain_primitives::ledger::{EndReason, Event, EventKind, Meter, ServerState};
use tierchain_runtime::chains::{Error, Suspicion};
use tierchain_runtime::meta::Error as MetaError;
use tierchain_runtime::query;
use tierchain_runtime::registry::Error as RegistryError;

use crate::world::{
    T0, Who, World, anchor, announcement, append, attest, batch, end, event, guest, guests, host, server, state,
};

/// The bound of the tests' genesis.
const SILENCE_MS: u64 = 600_000;

fn running() -> World {
    let mut world = World::live();
    world.bear(&announcement(server(1)), T0, None);
    world.takes(Who::Agent, append(state(server(1), 0, T0 + 10, ServerState::Running)));
    world
}

/// A foundry's word that nothing was heard since then.
fn suspected(number: u64, world: &World) -> Event {
    event(server(1), number, world.now(), EventKind::Suspected { since: T0 + 10 })
}

fn orphaned(number: u64, world: &World) -> Event {
    end(server(1), number, world.now(), EndReason::Orphaned)
}

/// A world whose server is suspected, number 1 of its foundry.
fn suspect() -> World {
    let mut world = running();
    world.time += SILENCE_MS;
    let event = suspected(1, &world);
    world.takes(Who::Foundry, append(event));
    world
}

#[test]
fn only_a_foundry_suspects_and_only_after_the_bound() {
    let mut world = running();
    let early = suspected(1, &world);
    world.refuses(Who::Foundry, append(early.clone()), Error::HostNotSilent);
    world.refuses(Who::Agent, append(Event { number: 1, ..early }), RegistryError::NotAFoundry);
    let seen = world.server(server(1)).seen;
    assert_eq!(query::suspectable_at(&world.state, &world.server(server(1))), seen + SILENCE_MS);
    world.time = seen + SILENCE_MS - 1;
    let early = suspected(1, &world);
    world.refuses(Who::Foundry, append(early), Error::HostNotSilent);

    world.time = seen + SILENCE_MS;
    let wrong = event(server(1), 1, world.now(), EventKind::Suspected { since: world.now() + 1 });
    world.refuses(Who::Foundry, append(wrong), Error::TimeInFuture);
    let metered = Event { meter: Some(Meter::default()), ..suspected(1, &world) };
    world.refuses(Who::Foundry, append(metered), Error::MeterNotAllowed);
    let noted = world.time;
    let due = suspected(1, &world);
    world.takes(Who::Foundry, append(due.clone()));
    let record = world.server(server(1));
    assert_eq!(record.suspected, Some(Suspicion { since: T0 + 10, noted }));
    assert_eq!((record.last_at, record.state, record.length), (T0 + 10, ServerState::Running, 3));
    world.repeats(Who::Foundry, append(due));
    let again = suspected(0, &world);
    world.refuses(Who::OtherFoundry, append(again), Error::AlreadySuspected);
}

#[test]
fn any_sign_of_life_refutes_a_suspicion() {
    let mut world = suspect();
    world.takes(Who::Agent, append(state(server(1), 1, T0 + 20, ServerState::Paused)));
    assert_eq!(world.server(server(1)).suspected, None);
    assert_eq!(world.server(server(1)).last_at, T0 + 20, "what the host saw meanwhile counts from its own time");

    let mut world = suspect();
    world.takes(Who::Agent, guests(vec![guest(server(1), 0, T0 + 20, 1)]));
    assert_eq!(world.server(server(1)).suspected, None);

    let mut world = suspect();
    let until = world.now();
    world.takes(Who::Agent, attest(host(0), until, until));
    world.time += SILENCE_MS - 5;
    let early = orphaned(2, &world);
    world.refuses(Who::Foundry, append(early), Error::NotSuspected);
    let again = suspected(2, &world);
    world.takes(Who::Foundry, append(again));
}

#[test]
fn an_orphan_is_given_up_when_its_suspicion_has_stood() {
    let mut world = running();
    world.time += SILENCE_MS;
    let unsaid = orphaned(1, &world);
    world.refuses(Who::Foundry, append(unsaid), Error::NotSuspected);
    let mut world = suspect();
    let noted = world.server(server(1)).suspected.expect("it is suspected").noted;
    assert_eq!(query::orphaned_at(&world.state, &world.server(server(1))), Some(noted + SILENCE_MS));
    world.time = noted + SILENCE_MS - 1;
    let early = orphaned(0, &world);
    world.refuses(Who::OtherFoundry, append(early), Error::NotSuspectedLongEnough);
    world.time = noted + SILENCE_MS;
    let due = orphaned(0, &world);
    world.takes(Who::OtherFoundry, append(due));
    let end = world.server(server(1)).end.expect("it is given up");
    assert_eq!((end.reason, end.noted), (EndReason::Orphaned, noted + SILENCE_MS));
    world.refuses(Who::Agent, append(state(server(1), 1, T0 + 20, ServerState::Paused)), Error::ChainEnded);
    let twice = orphaned(1, &world);
    world.refuses(Who::OtherFoundry, append(twice), Error::ChainEnded);
}

#[test]
fn a_foundry_suspects_a_whole_host_in_one_batch() {
    let mut world = running();
    world.bear(&announcement(server(2)), T0, None);
    world.time += SILENCE_MS;
    let at = world.now();
    let words = [1, 2].map(|number| event(server(number), 1, at, EventKind::Suspected { since: at }));
    world.takes(Who::Foundry, batch(words.to_vec()));
    assert!([1, 2].into_iter().all(|number| world.server(server(number)).suspected.is_some()));
}

#[test]
fn a_foundry_has_a_chain_linked_when_its_hypervisor_had_time_to() {
    let mut world = running();
    world.refuses(Who::Foundry, anchor(server(1)), MetaError::ChainAlive);
    world.takes(Who::Agent, append(end(server(1), 1, T0 + 20, EndReason::Terminated)));
    world.refuses(Who::Foundry, anchor(server(1)), MetaError::AnchorNotDue);
    let due = query::anchorable_at(&world.state, &world.server(server(1))).expect("it has ended");
    world.time = due - 1;
    world.refuses(Who::Foundry, anchor(server(1)), MetaError::AnchorNotDue);
    world.refuses(Who::Auditor, anchor(server(1)), RegistryError::NotAHypervisor);
    world.time = due;
    world.takes(Who::Foundry, anchor(server(1)));
    assert_eq!(query::anchorable_at(&world.state, &world.server(server(1))), None);
    world.repeats(Who::Foundry, anchor(server(1)));
    world.refuses(Who::Agent, anchor(server(1)), MetaError::AlreadyAnchored);
    world.refuses(Who::OtherFoundry, anchor(server(1)), MetaError::AlreadyAnchored);
}
