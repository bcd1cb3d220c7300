//! The list of bad input, line by line: each has an error of its own with a remedy, and nothing changes but a nonce.

use tierchain_primitives::H256;
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::ledger::{
    Announcement, BirthRequest, DeclaredRelation, Detail, EndReason, Event, EventKind, Meter, RelationKind, Relations,
    ServerState,
};
use tierchain_primitives::limits::{BATCH_EVENTS_MAX, DETAIL_BYTES_MAX};
use tierchain_runtime::chains::DiscrepancyKind;
use tierchain_runtime::directives::Action;
use tierchain_runtime::errors::describe;
use tierchain_runtime::registry::PROPOSAL_LIFE_MS;
use tierchain_runtime::{Call, DataCenter, DispatchError, GenesisConfig, Host, Role, Roles, RuntimeEvent, chains};

use crate::directives::{directive, issue};
use crate::governance::{add, approve, propose};
use crate::world::{
    T0, Who, World, add_image, anchor, announce, announcement, append, attest, batch, birth, config, end, event, guest,
    guests, note, peopled, request, resolve, retire_image, server, state, validator,
};

/// An image that the provider approved, and one that it retired.
const GOOD: H256 = H256([0x77; 32]);
const RETIRED: H256 = H256([0x78; 32]);
/// A host in another data center.
const FAR: H256 = H256([0xfa; 32]);

/// Four validators, a provider's catalog, server 1 alive on host 0, server 2 ended, server 3 announced.
fn world() -> World {
    let mut config =
        GenesisConfig { validators: (0..4).map(validator).collect(), unknown_images: false, ..peopled(config(false)) };
    let center = DataCenter::named("ber-1");
    config.hosts.push(Host::new(FAR, center.id, Who::Operator(9).id()));
    config.data_centers.push(center);
    config.accounts.push((Who::Operator(9).id(), Roles::NONE.with(Role::Hypervisor)));
    let mut world = World::new(&config);
    for image in [GOOD, RETIRED] {
        world.takes(Who::Provider, add_image(image));
    }
    for number in [1, 2] {
        world.bear(&of(number, GOOD), T0, None);
        world.takes(Who::Agent, append(metered(number, 0, 10)));
    }
    world.takes(Who::Agent, append(end(server(2), 1, T0 + 10, EndReason::Terminated)));
    for (number, image) in [(3, GOOD), (4, RETIRED), (5, H256([0x79; 32])), (6, H256::ZERO)] {
        world.takes(Who::Agent, announce(&of(number, image)));
    }
    world.takes(Who::Provider, retire_image(RETIRED));
    world
}

fn of(number: u8, image: H256) -> Announcement {
    Announcement { image, ..announcement(server(number)) }
}

fn running(number: u8, at: u64) -> Event {
    state(server(number), at, T0 + 10, ServerState::Running)
}

/// The same with a meter of so much CPU time.
fn metered(number: u8, at: u64, cpu_us: u64) -> Event {
    Event { meter: Some(Meter { cpu_us, ..Meter::default() }), ..running(number, at) }
}

fn born(number: u8) -> Call {
    birth(&request(server(number), T0))
}

/// An announcement that declares a relation.
fn related(kind: RelationKind, to: u8) -> Call {
    let declared = DeclaredRelation { kind, server: server(to) };
    let relations = Relations::new(vec![declared]).expect("one is few");
    announce(&Announcement { relations, ..of(7, GOOD) })
}

/// What is sent, by whom, and the name of the error.
type Case = (&'static str, Who, Call, &'static str);

/// The issue's list, in its order.
fn listed(world: &World) -> Vec<Case> {
    let far = Announcement { host: FAR, ..of(7, GOOD) };
    let other_birth = birth(&BirthRequest { evidence: H256([1; 32]), ..request(server(1), T0) });
    let long = Event { detail: Detail(vec![0; DETAIL_BYTES_MAX + 1]), ..running(1, 1) };
    let many = (1..).map(|at| running(1, at)).take(BATCH_EVENTS_MAX + 1).collect();
    let early = Event { occurred_at: T0 - 1, ..running(1, 1) };
    let ahead = Event { occurred_at: world.now() + 60_000_000, ..running(1, 1) };
    // RUNNING and STOPPED for 10 us with 2 vCPUs, and the drift bound of 2 s.
    let (had, drift) = (2 * 10, 2 * 2_000_000);
    let stranger = directive(world, 1, Action::Destroy { server: server(1) });
    vec![
        ("wrong role: no hypervisor announces", Who::Nobody, announce(&of(7, GOOD)), "NotAHypervisor"),
        ("wrong role: no foundry sends a birth", Who::Agent, born(3), "NotAFoundry"),
        ("wrong role: no provider adds an image", Who::Agent, add_image(H256([1; 32])), "NotAProvider"),
        ("wrong role: no orchestrator witnesses", Who::Agent, witnessed(), "NotAnOrchestrator"),
        ("host of another data center", Who::Agent, announce(&far), "OtherDataCenter"),
        ("host of another data center, attested", Who::Agent, attest(FAR, T0, T0), "OtherDataCenter"),
        ("birth twice", Who::Foundry, other_birth, "AlreadyBorn"),
        ("birth without announcement", Who::Foundry, born(8), "NotAnnounced"),
        ("image unknown", Who::Foundry, born(5), "ImageUnknown"),
        ("image unknown to its source", Who::Foundry, born(6), "ImageUnknown"),
        ("image retired", Who::Foundry, born(4), "ImageRetired"),
        ("event before birth", Who::Agent, append(running(3, 0)), "NotBorn"),
        ("number gap", Who::Agent, append(running(1, 2)), "SequenceGap"),
        ("number conflict", Who::Agent, append(running(1, 0)), "SequenceConflict"),
        ("detail over 1,024 bytes", Who::Agent, append(long), "DetailTooLong"),
        ("a batch over 256", Who::Agent, batch(many), "BatchTooLong"),
        ("a batch of a stranger's servers", Who::OtherAgent, batch(vec![running(1, 0)]), "NotTheHypervisor"),
        ("end by a stranger", Who::OtherAgent, append(ended(1)), "NotTheHypervisor"),
        ("meta request for a living chain", Who::Agent, anchor(server(1)), "ChainAlive"),
        ("usage that decreases", Who::Agent, append(metered(1, 1, 9)), "UsageDecreased"),
        ("usage over wall time times vCPUs", Who::Agent, append(metered(1, 1, had + drift + 1)), "UsageExceedsWall"),
        ("a time before the birth", Who::Agent, append(early), "TimeBeforeBirth"),
        ("a time ahead of the drift bound", Who::Agent, append(ahead), "TimeInFuture"),
        ("a directive for a stranger's server", Who::OtherProvider, issue(&stranger), "NotYourServer"),
        ("an approval by a non-operator", Who::Agent, approve(0, &add(5)), "NotAnOperator"),
    ]
}

/// What else this issue's calls refuse.
fn beyond() -> Vec<Case> {
    let orphaned = end(server(1), 1, T0 + 10, EndReason::Orphaned);
    let suspected = event(server(1), 1, T0 + 10, EventKind::Suspected { since: T0 });
    let forged = chains::Call::Birth { request: request(server(3), T0), tracker_signature: Signature::ZERO };
    let guest_by_itself = guest(server(1), 1, T0 + 10, 7);
    let kind = DiscrepancyKind::StateDisagrees;
    vec![
        ("a birth with another key", Who::Foundry, Call::Chains(forged), "BadTrackerSignature"),
        ("a relation to nobody", Who::Agent, related(RelationKind::Parent, 9), "UnknownRelative"),
        ("a predecessor declared", Who::Agent, related(RelationKind::Predecessor, 1), "RelationNotAllowed"),
        ("a guest event without its tracker", Who::Agent, append(guest_by_itself), "NotTheTracker"),
        ("a state told by a tracker", Who::Agent, guests(vec![running(1, 0)]), "NotAGuestEvent"),
        ("an orphan by its hypervisor", Who::Agent, append(orphaned.clone()), "NotAFoundry"),
        ("an orphan of a host that speaks", Who::Foundry, append(orphaned), "HostNotSilent"),
        ("a suspicion of a host that speaks", Who::Foundry, append(suspected), "HostNotSilent"),
        ("an event after the end", Who::Agent, append(running(2, 2)), "ChainEnded"),
        ("an anchor by a foundry at once", Who::Foundry, anchor(server(2)), "AnchorNotDue"),
        ("an invented discrepancy", Who::Auditor, note(server(1), kind), "NoDiscrepancy"),
        ("a discrepancy by nobody", Who::Nobody, note(server(1), kind), "NoRole"),
        ("a resolution of nothing", Who::Provider, resolve(server(1), 0, chains::Verdict::Ledger), "UnknownNote"),
    ]
}

fn witnessed() -> Call {
    crate::world::witness(server(1), ServerState::Paused, T0)
}

fn ended(number: u8) -> Event {
    end(server(number), 0, T0 + 10, EndReason::Terminated)
}

/// Asserts that the call fails with the error of this name and leaves nothing but its signer's nonce.
fn refused(world: &mut World, (what, who, call, name): Case) {
    let (before, made) = (world.leaves(), world.entity_blocks.len());
    let nonce = |world: &World| tierchain_runtime::account(&world.state, &who.id()).expect("it stands").nonce;
    let next = nonce(world) + 1;
    let Err(error) = world.result(who, call) else { panic!("{what} was taken") };
    let (found, remedy) = describe(error.as_module()).expect("every error is described");
    assert_eq!(found, name, "{what}");
    assert!(remedy.len() > 40, "{what} has no remedy");
    assert!(world.leaves() == before && world.entity_blocks.len() == made, "{what} left something");
    assert_eq!(nonce(world), next, "{what}");
}

#[test]
fn bad_input() {
    let mut world = world();
    world.takes(Who::Operator(0), propose(&add(5)));
    let cases: Vec<Case> = listed(&world).into_iter().chain(beyond()).collect();
    for case in cases {
        refused(&mut world, case);
    }
    world.time += PROPOSAL_LIFE_MS;
    refused(&mut world, ("an expired proposal", Who::Operator(1), approve(0, &add(5)), "ProposalOverdue"));
}

#[test]
fn a_batch_with_servers_of_different_hypervisors_is_refused_item_by_item() {
    let mut world = world();
    let theirs = announcement(server(9));
    let theirs = Announcement { host: crate::world::host(1), image: GOOD, ..theirs };
    world.takes(Who::OtherAgent, announce(&theirs));
    world.takes(Who::Foundry, born(9));
    let outcome = world.run(Who::Agent, batch(vec![running(1, 1), running(9, 0)]));
    assert_eq!((outcome.results.as_slice(), outcome.entity_blocks.len()), (&[Ok(())][..], 1));
    let refusal = crate::world::reported(&outcome).into_iter().find_map(|event| match event {
        RuntimeEvent::Chains(chains::Event::ItemRefused { index, error, .. }) => Some((index, describe(error)?.0)),
        _ => None,
    });
    assert_eq!(refusal, Some((1, "NotTheHypervisor")));
    let alone: DispatchError = tierchain_runtime::registry::Error::NotTheHypervisor.into();
    world.refuses(Who::Agent, batch(vec![running(9, 0)]), alone);
}
