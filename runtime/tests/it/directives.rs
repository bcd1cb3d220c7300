//! Directives: who may ask whom for what, until when, and what is said of it once and for all.

use parity_scale_codec::Encode;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EndReason, Etsi, EventKind, Ownership, Relations, ServerId, party_id};
use tierchain_primitives::numbers::Millis;
use tierchain_runtime::chains::Error as ChainsError;
use tierchain_runtime::directives::{
    Action, Call as DirectivesCall, Change, DEADLINE_AHEAD_MS_MAX, Directive, DirectiveRecord, Error, Event,
    FailReason, GRACE_MS, OPEN_OF_PROVIDER_MAX, Order, Status,
};
use tierchain_runtime::registry::{ACTS_FOR, Error as RegistryError};
use tierchain_runtime::{Call, DispatchError, GenesisConfig, Role, Roles, RuntimeEvent, query};

use crate::world::{T0, Who, World, announce, announcement, append, config, end, event, host, reported, server};

/// How long a directive of these tests may wait.
pub(crate) const PATIENCE_MS: Millis = 60_000;
const EVIDENCE: H256 = H256([0x0e; 32]);

/// A network with two providers, P and Q, and an orchestrator of P's.
pub(crate) fn ordering() -> World {
    let base = config(false);
    let mut accounts = base.accounts.clone();
    accounts.push((Who::Orchestrator.id(), Roles::NONE.with(Role::Orchestrator)));
    let providers = vec![(party_id("P"), Who::Provider.id()), (party_id("Q"), Who::OtherProvider.id())];
    let mut world = World::new(&GenesisConfig { accounts, providers, unknown_images: true, ..base });
    world.state.insert(ACTS_FOR.key(&Who::Orchestrator.id()), party_id("P").encode());
    world
}

/// The same with server 1 of P's alive on host 0.
fn running() -> World {
    let mut world = ordering();
    world.bear(&announcement(server(1)), T0, None);
    world
}

pub(crate) fn order(number: u8) -> Order {
    Order {
        uuid: server(number).uuid,
        image: H256([7; 32]),
        resources: None,
        ownership: announcement(server(number)).ownership,
        etsi: Etsi::default(),
        relations: Relations::default(),
    }
}

/// A directive to host 0 that may wait for a minute.
pub(crate) fn directive(world: &World, reference: u8, action: Action) -> Directive {
    Directive { reference: H256([reference; 32]), host: host(0), action, deadline: world.time + PATIENCE_MS }
}

pub(crate) fn issue(directive: &Directive) -> Call {
    Call::Directives(DirectivesCall::Issue { directive: directive.clone() })
}

pub(crate) fn accept(id: u64) -> Call {
    Call::Directives(DirectivesCall::Accept { id })
}

pub(crate) fn done(id: u64, server: Option<ServerId>) -> Call {
    Call::Directives(DirectivesCall::Done { id, server, evidence: EVIDENCE })
}

pub(crate) fn fail(id: u64, reason: FailReason) -> Call {
    Call::Directives(DirectivesCall::Fail { id, reason, evidence: EVIDENCE })
}

pub(crate) fn cancel(id: u64) -> Call {
    Call::Directives(DirectivesCall::Cancel { id })
}

pub(crate) fn expire(id: u64) -> Call {
    Call::Directives(DirectivesCall::Expire { id })
}

/// Asserts that a call fails with this error and leaves nothing but the nonce.
fn refused(world: &mut World, who: Who, call: Call, error: impl Into<DispatchError>) {
    let before = world.leaves();
    assert_eq!(world.result(who, call), Err(error.into()));
    assert!(world.leaves() == before, "a failed call left something");
}

/// Asserts that a call is a repeat of what directive `id` says already.
fn repeated(world: &mut World, who: Who, call: Call, id: u64) {
    let before = world.leaves();
    let outcome = world.run(who, call);
    assert_eq!(reported(&outcome), [RuntimeEvent::Directives(Event::RepeatIgnored { id })]);
    assert!(world.leaves() == before, "a repeat changed something");
}

fn record(world: &World, id: u64) -> DirectiveRecord {
    query::directive(&world.state, id).expect("it was issued")
}

fn open_ids(world: &World, number: u8) -> Vec<u64> {
    query::directives_open(&world.state, &host(number)).into_iter().map(|(id, _)| id).collect()
}

/// A world in which directive 0 is issued: to pause server 1.
fn issued() -> (World, Directive) {
    let mut world = running();
    let pause = directive(&world, 1, Action::Pause { server: server(1) });
    assert_eq!(world.result(Who::Provider, issue(&pause)), Ok(()));
    (world, pause)
}

#[test]
fn a_directive_is_issued_accepted_and_done() {
    let (mut world, pause) = issued();
    let issued_in = world.number;
    let expected = DirectiveRecord {
        directive: pause.clone(),
        issuer: Who::Provider.id(),
        issued_in,
        status: Status::Issued,
        server: Some(server(1)),
        changed_in: issued_in,
        evidence: None,
    };
    assert_eq!(query::directives_open(&world.state, &host(0)), [(0, expected.clone())]);
    assert_eq!(query::directive_named(&world.state, &Who::Provider.id(), &pause.reference), Some(0));

    let accepted = world.run(Who::Agent, accept(0));
    assert_eq!(reported(&accepted), [RuntimeEvent::Directives(Event::Accepted { id: 0, host: host(0) })]);
    assert_eq!(open_ids(&world, 0), [0]);
    let finished = world.run(Who::Agent, done(0, None));
    let event = Event::Done { id: 0, host: host(0), server: server(1) };
    assert_eq!(reported(&finished), [RuntimeEvent::Directives(event)]);
    let changed_in = world.number;
    let expected = DirectiveRecord { status: Status::Done, changed_in, evidence: Some(EVIDENCE), ..expected };
    assert_eq!(record(&world, 0), expected);
    assert!(open_ids(&world, 0).is_empty());
    assert_eq!(query::directives(&world.state, 0, 10), [(0, expected)]);
    let changes = query::directive_changes(&world.state, 1, 10);
    let change = Change { block: changed_in, id: 0, host: host(0), status: Status::Done, server: Some(server(1)) };
    assert_eq!((changes.len(), changes[1]), (2, (2, change)));
}

#[test]
fn an_order_is_done_with_a_life_that_stands_on_the_ledger() {
    let mut world = ordering();
    let create = directive(&world, 1, Action::Create(order(1)));
    assert_eq!(world.result(Who::Orchestrator, issue(&create)), Ok(()));
    assert_eq!(record(&world, 0).server, None);
    world.run(Who::Agent, accept(0));
    refused(&mut world, Who::Agent, done(0, None), Error::OtherServer);
    refused(&mut world, Who::Agent, done(0, Some(server(2))), Error::OtherServer);
    refused(&mut world, Who::Agent, done(0, Some(server(1))), ChainsError::NotAnnounced);
    world.run(Who::Agent, announce(&announcement(server(1))));
    assert_eq!(world.result(Who::Agent, done(0, Some(server(1)))), Ok(()));
    assert_eq!(record(&world, 0).server, Some(server(1)));
}

#[test]
fn only_who_acts_for_the_servers_provider_may_ask() {
    let mut world = running();
    let pause = directive(&world, 1, Action::Pause { server: server(1) });
    for who in [Who::Nobody, Who::Agent, Who::Foundry] {
        refused(&mut world, who, issue(&pause), RegistryError::NotAnOrchestrator);
    }
    refused(&mut world, Who::OtherProvider, issue(&pause), Error::NotYourServer);
    let theirs = Order { ownership: Ownership { provider: party_id("Q"), ..order(2).ownership }, ..order(2) };
    let create = directive(&world, 2, Action::Create(theirs));
    refused(&mut world, Who::Provider, issue(&create), Error::NotYourServer);
    assert_eq!(world.result(Who::OtherProvider, issue(&create)), Ok(()));
    assert_eq!(world.result(Who::Orchestrator, issue(&pause)), Ok(()));
}

#[test]
fn a_uuid_that_was_anothers_stays_theirs() {
    let mut world = running();
    world.run(Who::Agent, append(end(server(1), 0, T0 + 10, EndReason::Terminated)));
    let mine = Order { ownership: Ownership { provider: party_id("Q"), ..order(1).ownership }, ..order(1) };
    let create = directive(&world, 1, Action::Create(mine));
    refused(&mut world, Who::OtherProvider, issue(&create), Error::NotYourServer);
    let again = directive(&world, 1, Action::Create(order(1)));
    assert_eq!(world.result(Who::Provider, issue(&again)), Ok(()), "its own provider starts the next life");
}

#[test]
fn the_server_lives_on_the_host_that_is_asked() {
    let mut world = running();
    let destroy = |server| Action::Destroy { server };
    let unborn = directive(&world, 1, destroy(server(2)));
    refused(&mut world, Who::Provider, issue(&unborn), ChainsError::NotBorn);
    let elsewhere = Directive { host: host(1), ..directive(&world, 1, destroy(server(1))) };
    refused(&mut world, Who::Provider, issue(&elsewhere), Error::OtherHost);
    let living = directive(&world, 1, Action::Create(order(1)));
    refused(&mut world, Who::Provider, issue(&living), ChainsError::PreviousAlive);
    let nowhere = Directive { host: H256([1; 32]), ..directive(&world, 1, Action::Create(order(2))) };
    refused(&mut world, Who::Provider, issue(&nowhere), RegistryError::UnknownHost);
    let to = |to| Action::Migrate { server: server(1), to };
    let stay = directive(&world, 1, to(host(0)));
    refused(&mut world, Who::Provider, issue(&stay), Error::SameHost);
    let lost = directive(&world, 1, to(H256([1; 32])));
    refused(&mut world, Who::Provider, issue(&lost), RegistryError::UnknownHost);
    let away = directive(&world, 1, to(host(1)));
    assert_eq!(world.result(Who::Provider, issue(&away)), Ok(()));

    world.run(Who::Agent, append(event(server(1), 0, T0 + 1, EventKind::MovedOut { to: host(1) })));
    world.run(Who::OtherAgent, append(event(server(1), 0, T0 + 2, EventKind::MovedIn { from: host(0) })));
    let gone = directive(&world, 2, destroy(server(1)));
    refused(&mut world, Who::Provider, issue(&gone), Error::OtherHost);
    world.run(Who::OtherAgent, append(end(server(1), 1, T0 + 10, EndReason::Terminated)));
    let ended = Directive { host: host(1), ..gone };
    refused(&mut world, Who::Provider, issue(&ended), ChainsError::ChainEnded);
}

#[test]
fn a_deadline_is_ahead_by_a_week_at_most() {
    let mut world = running();
    let pause = directive(&world, 1, Action::Pause { server: server(1) });
    let at = |deadline| Directive { deadline, ..pause.clone() };
    let now = world.time;
    refused(&mut world, Who::Provider, issue(&at(now)), Error::DeadlineOver);
    let now = world.time;
    refused(&mut world, Who::Provider, issue(&at(now + DEADLINE_AHEAD_MS_MAX + 1)), Error::DeadlineTooFar);
    let now = world.time;
    assert_eq!(world.result(Who::Provider, issue(&at(now + DEADLINE_AHEAD_MS_MAX))), Ok(()));
}

#[test]
fn a_reference_names_one_directive_for_ever() {
    let (mut world, pause) = issued();
    repeated(&mut world, Who::Provider, issue(&pause), 0);
    let other = Directive { action: Action::Resume { server: server(1) }, ..pause.clone() };
    refused(&mut world, Who::Provider, issue(&other), Error::ReferenceConflict);
    assert_eq!(world.result(Who::Orchestrator, issue(&other)), Ok(()), "references are an account's own");
    world.run(Who::Agent, accept(0));
    world.run(Who::Agent, done(0, None));
    world.run(Who::Agent, append(end(server(1), 0, T0 + 10, EndReason::Terminated)));
    repeated(&mut world, Who::Provider, issue(&pause), 0);
}

#[test]
fn a_provider_has_16_open_directives_on_a_host() {
    let mut world = running();
    let number = |number: u32| u8::try_from(number).expect("it is small");
    for reference in 0..OPEN_OF_PROVIDER_MAX {
        let pause = directive(&world, number(reference), Action::Pause { server: server(1) });
        assert_eq!(world.result(Who::Provider, issue(&pause)), Ok(()));
    }
    let more = directive(&world, number(OPEN_OF_PROVIDER_MAX), Action::Resume { server: server(1) });
    refused(&mut world, Who::Provider, issue(&more), Error::ShareUsed);
    let elsewhere = Directive { host: host(1), ..directive(&world, 200, Action::Create(order(2))) };
    assert_eq!(world.result(Who::Provider, issue(&elsewhere)), Ok(()));
    assert_eq!(world.result(Who::Orchestrator, cancel(7)), Ok(()), "any account of the provider may");
    assert_eq!(world.result(Who::Provider, issue(&more)), Ok(()));
    let expected: Vec<u64> = (0..16).filter(|id| *id != 7).chain([17]).collect();
    assert_eq!(open_ids(&world, 0), expected);
}

#[test]
fn only_the_host_answers() {
    let (mut world, _) = issued();
    for call in [accept(0), done(0, None), fail(0, FailReason::Broken)] {
        refused(&mut world, Who::Provider, call.clone(), RegistryError::NotAHypervisor);
        refused(&mut world, Who::OtherAgent, call, Error::NotTheHost);
    }
    for call in [accept(1), done(1, None), fail(1, FailReason::Broken), expire(1)] {
        refused(&mut world, Who::Agent, call, Error::UnknownDirective);
    }
    refused(&mut world, Who::Provider, cancel(1), Error::UnknownDirective);
}

#[test]
fn outcomes_follow_an_acceptance_and_stand() {
    let (mut world, _) = issued();
    refused(&mut world, Who::Agent, done(0, None), Error::NotAccepted);
    refused(&mut world, Who::Agent, fail(0, FailReason::Refused), Error::NotAccepted);
    world.run(Who::Agent, accept(0));
    repeated(&mut world, Who::Agent, accept(0), 0);
    refused(&mut world, Who::Agent, done(0, Some(server(2))), Error::OtherServer);
    let failed = world.run(Who::Agent, fail(0, FailReason::NoCapacity));
    let event = Event::Failed { id: 0, host: host(0), reason: FailReason::NoCapacity };
    assert_eq!(reported(&failed), [RuntimeEvent::Directives(event)]);
    repeated(&mut world, Who::Agent, fail(0, FailReason::NoCapacity), 0);
    for call in [fail(0, FailReason::Broken), done(0, None), accept(0), expire(0)] {
        refused(&mut world, Who::Agent, call, Error::DirectiveClosed);
    }
    refused(&mut world, Who::Provider, cancel(0), Error::DirectiveClosed);
}

#[test]
fn an_outcome_may_be_said_again_and_no_other() {
    let (mut world, _) = issued();
    world.run(Who::Agent, accept(0));
    world.run(Who::Agent, done(0, Some(server(1))));
    repeated(&mut world, Who::Agent, done(0, None), 0);
    let other = DirectivesCall::Done { id: 0, server: None, evidence: H256([1; 32]) };
    refused(&mut world, Who::Agent, Call::Directives(other), Error::DirectiveClosed);
    refused(&mut world, Who::Agent, fail(0, FailReason::Broken), Error::DirectiveClosed);
}

#[test]
fn what_is_accepted_cannot_be_called_off() {
    let (mut world, _) = issued();
    refused(&mut world, Who::OtherProvider, cancel(0), Error::NotYourServer);
    refused(&mut world, Who::Nobody, cancel(0), RegistryError::NotAnOrchestrator);
    world.run(Who::Agent, accept(0));
    refused(&mut world, Who::Provider, cancel(0), Error::AlreadyAccepted);
    let (mut world, _) = issued();
    let cancelled = world.run(Who::Provider, cancel(0));
    assert_eq!(reported(&cancelled), [RuntimeEvent::Directives(Event::Cancelled { id: 0, host: host(0) })]);
    refused(&mut world, Who::Agent, accept(0), Error::DirectiveClosed);
}

#[test]
fn time_closes_what_was_not_accepted_and_later_what_was() {
    let (mut world, pause) = issued();
    world.time = pause.deadline;
    refused(&mut world, Who::Nobody, expire(0), Error::NotDue);
    refused(&mut world, Who::Agent, accept(0), Error::DirectiveOverdue);
    let expired = world.run(Who::Nobody, expire(0));
    assert_eq!(reported(&expired), [RuntimeEvent::Directives(Event::Expired { id: 0, host: host(0) })]);
    assert_eq!((record(&world, 0).status, open_ids(&world, 0)), (Status::Expired, vec![]));

    let (mut world, pause) = issued();
    world.time = pause.deadline;
    assert_eq!(world.result(Who::Agent, accept(0)), Ok(()), "up to the deadline itself");
    world.time = pause.deadline + GRACE_MS;
    refused(&mut world, Who::Nobody, expire(0), Error::NotDue);
    let mut late = world.clone();
    assert_eq!(late.result(Who::Agent, done(0, None)), Ok(()), "what was done is on record until somebody minds");
    assert_eq!(world.result(Who::Nobody, expire(0)), Ok(()));
    refused(&mut world, Who::Agent, done(0, None), Error::DirectiveClosed);
}
