//! The second witness: what it says, when that becomes a discrepancy, and how it is settled.

use tierchain_primitives::ledger::{EndReason, EventKind, ServerState};
use tierchain_runtime::chains::{Discrepancy, DiscrepancyKind, Error, Event, NoteKind, Statement, Verdict};
use tierchain_runtime::registry::Error as RegistryError;
use tierchain_runtime::{RuntimeEvent, query};

use crate::world::{
    T0, Who, World, announcement, append, end, event, host, note, reported, resolve, server, state, witness,
};

const WITNESS_MS: u64 = 120_000;
const WITNESS_US: u64 = WITNESS_MS * 1_000;
const MOVE_MS: u64 = 600_000;

use DiscrepancyKind::{MoveUnfinished, StateDisagrees};
use ServerState::{Paused, Running};

/// A world whose server has been RUNNING since T0 + 10.
fn running() -> World {
    let mut world = World::live();
    world.bear(&announcement(server(1)), T0, None);
    world.takes(Who::Agent, append(state(server(1), 0, T0 + 10, Running)));
    world
}

/// A world whose server is RUNNING by the chain and PAUSED by the witness, for long enough.
fn disputed() -> World {
    let mut world = running();
    world.takes(Who::Orchestrator, witness(server(1), Paused, T0 + 20));
    world.time += WITNESS_MS;
    world.takes(Who::Auditor, note(server(1), StateDisagrees));
    world
}

#[test]
fn who_speaks_for_the_provider_witnesses() {
    let mut world = running();
    world.refuses(Who::Nobody, witness(server(1), Paused, T0 + 20), RegistryError::NotAnOrchestrator);
    world.refuses(Who::Agent, witness(server(1), Paused, T0 + 20), RegistryError::NotAnOrchestrator);
    world.refuses(Who::OtherProvider, witness(server(1), Paused, T0 + 20), RegistryError::NotTheProvider);
    world.refuses(Who::Orchestrator, witness(server(2), Paused, T0 + 20), Error::NotBorn);
    world.refuses(Who::Orchestrator, witness(server(1), Paused, T0 - 1), Error::TimeBeforeBirth);
    let ahead = world.now() + 2_000_001;
    world.refuses(Who::Orchestrator, witness(server(1), Paused, ahead), Error::TimeInFuture);
    world.takes(Who::Orchestrator, witness(server(1), Paused, T0 + 20));
    world.takes(Who::Provider, witness(server(1), Paused, T0 + 20));
    assert_eq!(query::witnessed(&world.state, &server(1)).map(|said| said.by), Some(Who::Provider.id()));
    world.takes(Who::Agent, append(end(server(1), 1, T0 + 30, EndReason::Terminated)));
    world.refuses(Who::Orchestrator, witness(server(1), Paused, T0 + 21), Error::ChainEnded);
}

#[test]
fn a_witness_that_agrees_leaves_nothing_and_takes_back_what_it_said() {
    let mut world = running();
    let within = witness(server(1), Running, T0 + 10 + WITNESS_US - 60_000_000);
    let before = world.leaves();
    let outcome = world.run(Who::Orchestrator, witness(server(1), Running, T0 + 60));
    let agreed = Event::WitnessAgreed { server: server(1), by: Who::Orchestrator.id() };
    assert_eq!((reported(&outcome), world.leaves() == before), (vec![RuntimeEvent::Chains(agreed)], true));
    let noted = world.time;
    world.takes(Who::Orchestrator, witness(server(1), Paused, T0 + 20));
    let evidence = tierchain_primitives::H256([0x1e; 32]);
    let said = Statement { by: Who::Orchestrator.id(), state: Paused, since: T0 + 20, evidence, noted };
    assert_eq!(query::witnessed(&world.state, &server(1)), Some(said));
    world.repeats(Who::Orchestrator, witness(server(1), Paused, T0 + 20));
    world.time += 60_000;
    world.takes(Who::Orchestrator, within);
    assert_eq!(query::witnessed(&world.state, &server(1)), None);
}

#[test]
fn a_contradiction_becomes_a_discrepancy_when_it_has_stood() {
    let mut world = running();
    world.refuses(Who::Auditor, note(server(1), StateDisagrees), Error::NoDiscrepancy);
    let noted = world.time;
    world.takes(Who::Orchestrator, witness(server(1), Paused, T0 + 20));
    world.time = noted + WITNESS_MS - 1;
    world.refuses(Who::Auditor, note(server(1), StateDisagrees), Error::NoDiscrepancy);
    world.time = noted + WITNESS_MS;
    world.refuses(Who::Nobody, note(server(1), StateDisagrees), Error::NoRole);
    world.refuses(Who::Auditor, note(server(2), StateDisagrees), Error::NotBorn);
    world.refuses(Who::Auditor, note(server(1), MoveUnfinished), Error::NoDiscrepancy);
    let said = query::witnessed(&world.state, &server(1)).expect("it stands");
    world.takes(Who::Auditor, note(server(1), StateDisagrees));
    let [note_0] = &query::notes(&world.state, &server(1), 0, 10)[..] else { panic!("one note") };
    let found = Discrepancy::StateDisagrees { said, state: Running, since: T0 + 10 };
    assert_eq!((note_0.by, &note_0.content), (Some(Who::Auditor.id()), &NoteKind::Discrepancy(found)));
    assert_eq!((note_0.at, note_0.block), (world.time - 5, world.number));
    world.repeats(Who::Auditor, note(server(1), StateDisagrees));
    world.refuses(Who::Agent, note(server(1), StateDisagrees), Error::AlreadyNoted);
    assert_eq!(world.server(server(1)).notes, 1);
}

#[test]
fn what_the_chain_says_later_is_no_contradiction() {
    // The hypervisor's report comes late, and says what the witness said.
    let mut world = running();
    world.takes(Who::Orchestrator, witness(server(1), Paused, T0 + 20));
    world.takes(Who::Agent, append(state(server(1), 1, T0 + 25, Paused)));
    world.time += WITNESS_MS;
    world.refuses(Who::Auditor, note(server(1), StateDisagrees), Error::NoDiscrepancy);
    // The chain has gone on since the statement, which says nothing about that.
    let mut world = running();
    world.takes(Who::Orchestrator, witness(server(1), Paused, T0 + 20));
    let at = world.now();
    world.takes(Who::Agent, append(state(server(1), 1, at, ServerState::Stopped)));
    world.time += 2 * WITNESS_MS;
    world.refuses(Who::Auditor, note(server(1), StateDisagrees), Error::NoDiscrepancy);
}

#[test]
fn the_provider_settles_a_discrepancy_once() {
    let mut world = disputed();
    world.refuses(Who::Orchestrator, resolve(server(1), 0, Verdict::Ledger), RegistryError::NotAProvider);
    world.refuses(Who::OtherProvider, resolve(server(1), 0, Verdict::Ledger), RegistryError::NotTheProvider);
    world.refuses(Who::Provider, resolve(server(2), 0, Verdict::Ledger), Error::NotBorn);
    world.refuses(Who::Provider, resolve(server(1), 1, Verdict::Ledger), Error::UnknownNote);
    assert_eq!(query::disputed(&world.state, 0, 10), [server(1)]);
    world.takes(Who::Provider, resolve(server(1), 0, Verdict::Witness));
    let notes = query::notes(&world.state, &server(1), 0, 10);
    let evidence = tierchain_primitives::H256([0x2e; 32]);
    assert_eq!(notes[1].content, NoteKind::Resolution { of: 0, verdict: Verdict::Witness, evidence });
    assert_eq!((notes.len(), query::disputed_count(&world.state)), (2, 0));
    assert_eq!(query::open_discrepancies(&world.state, &server(1)), []);
    assert_eq!(query::witnessed(&world.state, &server(1)), None, "what was settled is over");
    world.repeats(Who::Provider, resolve(server(1), 0, Verdict::Witness));
    world.refuses(Who::Provider, resolve(server(1), 0, Verdict::Ledger), Error::AlreadyResolved);
    world.refuses(Who::Provider, resolve(server(1), 1, Verdict::Ledger), Error::NotADiscrepancy);
    world.refuses(Who::Auditor, note(server(1), StateDisagrees), Error::NoDiscrepancy);
}

#[test]
fn a_move_without_an_arrival_is_a_discrepancy() {
    let mut world = running();
    let noted = world.time;
    world.takes(Who::Agent, append(event(server(1), 1, T0 + 30, EventKind::MovedOut { to: host(1) })));
    assert_eq!(world.server(server(1)).moved_at, Some(noted));
    world.time = noted + MOVE_MS - 1;
    world.refuses(Who::OtherAgent, note(server(1), MoveUnfinished), Error::NoDiscrepancy);
    world.time = noted + MOVE_MS;
    world.takes(Who::OtherAgent, note(server(1), MoveUnfinished));
    let found = Discrepancy::MoveUnfinished { from: host(0), to: host(1), noted };
    assert_eq!(query::notes(&world.state, &server(1), 0, 1)[0].content, NoteKind::Discrepancy(found));
    world.takes(Who::OtherAgent, append(event(server(1), 0, T0 + 40, EventKind::MovedIn { from: host(0) })));
    assert_eq!(world.server(server(1)).moved_at, None);
    assert_eq!(query::open_discrepancies(&world.state, &server(1)), [(MoveUnfinished, 0)], "a note stays");
    world.takes(Who::Provider, resolve(server(1), 0, Verdict::Ledger));
    world.refuses(Who::OtherAgent, note(server(1), MoveUnfinished), Error::NoDiscrepancy);
}
