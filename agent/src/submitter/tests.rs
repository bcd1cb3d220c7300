//! The whole way from recordings to a ledger in memory that runs the real runtime, undisturbed and disturbed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use tierchain_primitives::ledger::{EventKind, ServerState, party_id};

use super::*;
use tierchain_client::Pacing;

use crate::fake::{FakeLedger, World, keys};
use crate::normaliser::Normaliser;
use crate::source::{Grammar, Lines};

const LIBVIRT: &[u8] = include_bytes!("../../../testnet/libvirt-qemu-6-servers.jsonl");
const NOVA_SAMPLE: &[u8] = include_bytes!("../../tests/data/nova-sample.log");

fn records(grammar: Grammar, input: &[u8]) -> Vec<Record> {
    let mut normaliser = Normaliser::new(grammar);
    let mut lines = Lines::new(input);
    let mut records = Vec::new();
    while let Some(line) = lines.next_line().expect("memory can be read") {
        records.extend(normaliser.on_line(&line, lines.offset()).unwrap_or_default());
    }
    records.extend(normaliser.finish(lines.offset()));
    records
}

fn identity(host: &str) -> Identity {
    let (hypervisor, foundry) = keys();
    let id = party_id("x");
    let tracker = KeyPair::from_seed(&[3; 32]);
    let ownership = Ownership { provider: id, tenant: id, service: id };
    Identity { hypervisor, host: party_id(host), stand_in: Some(StandIn { tracker, foundry, ownership }) }
}

/// Everything a thousand times as fast.
const QUICK: Pacing = Pacing {
    look_every: Duration::from_micros(30),
    final_after: Duration::from_millis(2),
    wait_first: Duration::from_micros(200),
    wait_longest: Duration::from_millis(30),
};

type Shared = Rc<RefCell<World>>;

async fn agent(validators: Vec<FakeLedger>, identity: Identity) -> Submitter<FakeLedger> {
    Submitter::new(Ring::new(validators, QUICK), identity).await
}

/// An agent with all of an input's records in its outbox.
async fn fed(world: &Shared, input: &[Record], identity: Identity) -> (Submitter<FakeLedger>, mpsc::Receiver<Fed>) {
    let (out, fed) = mpsc::channel(8);
    out.send(Fed::Records(input.to_vec())).await.expect("there is room");
    out.send(Fed::Ended(SourceEnd::default())).await.expect("there is room");
    (agent(World::validators(world, 4), identity).await, fed)
}

/// Replays to the end; panics if that takes a minute.
async fn replay(world: &Shared, input: &[Record]) -> Submitter<FakeLedger> {
    let (mut submitter, mut fed) = fed(world, input, identity("host-0")).await;
    let end = timeout(Duration::from_secs(60), submitter.run(&mut fed)).await;
    assert!(end.expect("it comes to an end").expect("nothing is wrong").is_some());
    submitter
}

/// What stands on the ledger, without what depends on when it came there.
fn story(world: &World) -> BTreeMap<String, Vec<(u64, String)>> {
    let mut story: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for block in &world.entity_blocks {
        let event = &block.tx.event;
        let what = match &event.event {
            EventKind::StateChanged { state } => state.name(),
            kind => kind.name(),
        };
        let of_server = story.entry(event.server.to_string()).or_default();
        assert_eq!(of_server.len(), block.number as usize);
        of_server.push((event.occurred_at, format!("{what} {}", event.evidence)));
    }
    story
}

fn counts(world: &World) -> (usize, usize, usize) {
    (story(world).len(), world.entity_blocks.len(), world.meta_blocks.len())
}

#[tokio::test]
async fn the_libvirt_recording_becomes_6_chains_of_38_blocks_and_6_meta_blocks() {
    let world = World::new();
    let submitter = replay(&world, &records(Grammar::Libvirt, LIBVIRT)).await;
    let world = world.borrow();
    assert_eq!(counts(&world), (6, 38, 6));
    assert_eq!(world.executed, 6 + 6 + 1 + 6, "announcements, births, one batch, anchors");
    for life in submitter.lives() {
        let view = life.view.as_ref().expect("it is on the ledger");
        assert!(life.is_settled() && view.anchored && view.end == view.head);
    }
    let paused: u128 =
        world.meta_blocks.iter().map(|meta| meta.tx.usage.states[ServerState::Paused as usize].wall_us).sum();
    assert_eq!(paused, 4_243_902 + 1_220_340 + 3_040_071);
}

#[tokio::test]
async fn late_events_and_second_lives_arrive_too() {
    let world = World::new();
    let submitter = replay(&world, &records(Grammar::Nova, NOVA_SAMPLE)).await;
    let late: u64 = submitter.lives().filter_map(|life| life.view.as_ref()).map(|view| view.late).sum();
    assert_eq!((counts(&world.borrow()), late), ((4, 20, 4), 3));
    assert!(story(&world.borrow()).keys().any(|server| server.ends_with("/1")), "a second generation");
}

#[tokio::test]
async fn a_second_run_adds_nothing() {
    let world = World::new();
    let input = records(Grammar::Nova, NOVA_SAMPLE);
    replay(&world, &input).await;
    let (before, executed) = (story(&world.borrow()), world.borrow().executed);
    replay(&world, &input).await;
    assert_eq!((story(&world.borrow()), world.borrow().executed), (before, executed));
}

#[tokio::test]
async fn one_account_may_be_hypervisor_and_foundry() {
    let world = World::new();
    let stand_in = identity("host-0").stand_in.map(|stand_in| StandIn { foundry: keys().0, ..stand_in });
    let one = Identity { stand_in, ..identity("host-0") };
    let (mut submitter, mut fed) = fed(&world, &records(Grammar::Libvirt, LIBVIRT), one).await;
    submitter.run(&mut fed).await.expect("nothing is wrong");
    assert_eq!(counts(&world.borrow()), (6, 38, 6));
}

#[tokio::test]
async fn killed_at_any_point_it_goes_on_without_gap_or_double() {
    let input = records(Grammar::Nova, NOVA_SAMPLE);
    let undisturbed = World::new();
    replay(&undisturbed, &input).await;
    for turns in 0..40 {
        let world = World::new();
        let mut submitter = agent(World::validators(&world, 4), identity("host-0")).await;
        input.iter().for_each(|record| submitter.add(record.clone()));
        for _ in 0..turns {
            submitter.turn().await.expect("nothing is wrong");
        }
        let settled = submitter.is_settled();
        drop(submitter);
        replay(&world, &input).await;
        assert_eq!(story(&world.borrow()), story(&undisturbed.borrow()), "killed after {turns} turns");
        if settled {
            return;
        }
    }
    panic!("forty turns settle the sample");
}

#[tokio::test]
async fn dead_validators_and_a_standstill_only_cost_time() {
    let world = World::new();
    let validators = World::validators(&world, 4);
    let dead: Vec<_> = validators.iter().map(|validator| Rc::clone(&validator.dead)).collect();
    let (out, mut fed) = mpsc::channel(8);
    out.send(Fed::Records(records(Grammar::Libvirt, LIBVIRT))).await.expect("there is room");
    out.send(Fed::Ended(SourceEnd::default())).await.expect("there is room");
    dead[0].set(true);
    let mut submitter = agent(validators, identity("host-0")).await;
    let disturb = async {
        sleep(Duration::from_millis(1)).await;
        dead.iter().for_each(|dead| dead.set(true));
        sleep(Duration::from_millis(100)).await;
        world.borrow_mut().finalises = false;
        dead[3].set(false);
        sleep(Duration::from_millis(100)).await;
        world.borrow_mut().finalises = true;
    };
    let (end, ()) = tokio::join!(submitter.run(&mut fed), disturb);
    end.expect("nothing is wrong");
    assert_eq!(counts(&world.borrow()), (6, 38, 6));
}

#[tokio::test]
async fn an_expired_extrinsic_is_signed_again_with_the_same_nonce() {
    let world = World::new();
    world.borrow_mut().finalises = false;
    let (mut submitter, mut fed) = fed(&world, &records(Grammar::Libvirt, LIBVIRT), identity("host-0")).await;
    let disturb = async {
        while world.borrow().pending() < 6 {
            sleep(Duration::from_millis(1)).await;
        }
        world.borrow_mut().pass(5_000);
        sleep(Duration::from_millis(50)).await;
        world.borrow_mut().finalises = true;
    };
    let (end, ()) = tokio::join!(submitter.run(&mut fed), disturb);
    end.expect("nothing is wrong");
    assert_eq!(counts(&world.borrow()), (6, 38, 6));
    assert_eq!(world.borrow().executed, 19, "nothing was said twice");
}

#[tokio::test]
async fn what_the_ledger_refuses_is_told_with_its_reason_and_ends() {
    let world = World::new();
    let (mut submitter, mut fed) = fed(&world, &records(Grammar::Libvirt, LIBVIRT), identity("elsewhere")).await;
    submitter.run(&mut fed).await.expect("the agent itself is well");
    assert_eq!(counts(&world.borrow()), (0, 0, 0));
    for life in submitter.lives() {
        // registry.UnknownHost
        assert!(matches!(&life.stage, Stage::Refused(reason) if reason.contains("index: 2")), "{:?}", life.stage);
    }
}

#[tokio::test]
async fn an_event_that_conflicts_with_the_ledger_stops_its_server_only() {
    let world = World::new();
    let input = records(Grammar::Libvirt, LIBVIRT);
    // Somebody with the same key wrote something else under the first server's first number.
    let first = input.first().expect("there are records").life;
    let mut other = input.iter().filter(|record| record.life == first).take(2).cloned().collect::<Vec<_>>();
    let Fact::Event(happening) = &mut other[1].fact else { panic!("an event follows the birth") };
    happening.detail.0 = b"something else".to_vec();
    replay(&world, &other).await;
    assert_eq!(counts(&world.borrow()), (1, 2, 0));
    let submitter = replay(&world, &input).await;
    assert_eq!(counts(&world.borrow()), (6, 2 + 32, 5));
    let refused = submitter.lives().filter_map(|life| match &life.stage {
        Stage::Refused(reason) => Some((life.id, reason.contains("SequenceConflict"))),
        _ => None,
    });
    assert_eq!(refused.collect::<Vec<_>>(), [(first, true)]);
}

#[tokio::test]
async fn records_that_come_late_or_again_are_not_sent_again() {
    let world = World::new();
    let input = records(Grammar::Nova, NOVA_SAMPLE);
    replay(&world, &input).await;
    let executed = world.borrow().executed;
    let (out, mut fed) = mpsc::channel(1);
    let trickle = async {
        for record in &input {
            out.send(Fed::Records(vec![record.clone()])).await.expect("it listens");
        }
        out.send(Fed::Ended(SourceEnd::default())).await.expect("it listens");
    };
    let mut submitter = agent(World::validators(&world, 4), identity("host-0")).await;
    let (end, ()) = tokio::join!(submitter.run(&mut fed), trickle);
    end.expect("nothing is wrong");
    assert_eq!(world.borrow().executed, executed);
}
