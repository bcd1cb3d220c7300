//! Random lives with repeats, gaps, conflicts, wrong writers, moves and late events: what holds whatever happens.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{
    BlockKind, EndReason, EntityBlock, Event, EventKind, MetaBlock, Meter, Resources, ServerId, ServerState,
};
use tierchain_primitives::numbers::Micros;
use tierchain_runtime::{Call, account, chains, query};

use crate::world::{
    T0, Who, World, anchor, announce, announcement, append, batch, birth, event, host, late, request, server,
};

/// What a test does next. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Action {
    /// Announces and bears the next life of a server, in order or not.
    Bear { server: u8, names_previous: bool },
    /// Writes an event whose number and time are off by so much.
    Write { server: u8, who: u8, number: i64, time: i64, kind: u8, meter: Option<u64>, late: bool },
    /// Sends an earlier event again.
    Again { which: usize, late: bool },
    /// Has a chain linked.
    Anchor { server: u8, who: u8 },
}

fn actions(count: usize) -> impl Strategy<Value = Vec<Action>> {
    let off = prop_oneof![8 => Just(0i64), 1 => -2..3i64];
    let write = (0..3u8, 0..8u8, off, -5..40i64, 0..11u8, proptest::option::of(0..200u64), any::<bool>());
    let action = prop_oneof![
        2 => (0..3u8, any::<bool>()).prop_map(|(server, names_previous)| Action::Bear { server, names_previous }),
        12 => write.prop_map(|(server, who, number, time, kind, meter, late)| {
            Action::Write { server, who, number, time, kind, meter, late: late && kind % 3 == 0 }
        }),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(which, late)| Action::Again { which, late }),
        1 => (0..3u8, 0..8u8).prop_map(|(server, who)| Action::Anchor { server, who }),
    ];
    proptest::collection::vec(action, 1..count)
}

/// The host's agent, most of the time.
fn writer(who: u8) -> Who {
    match who {
        0 => Who::OtherAgent,
        1 => Who::Nobody,
        _ => Who::Agent,
    }
}

fn kind(kind: u8, time: Micros) -> EventKind {
    let state = |state: ServerState| EventKind::StateChanged { state };
    match kind {
        0 => EventKind::Rebooted,
        1 => EventKind::Resized { resources: Resources { vcpus: 3, memory_mib: u64::MAX, disk_gib: time } },
        2 => EventKind::MovedOut { to: host(1) },
        3 => EventKind::MovedIn { from: host(0) },
        4 => EventKind::Ended { reason: EndReason::Rollover },
        5 => EventKind::Ended { reason: EndReason::Terminated },
        6 => EventKind::Summary { transitions: 5, first: time, state: ServerState::Crashed },
        7 | 8 => state(ServerState::Running),
        _ => state(ServerState::Paused),
    }
}

/// Turns actions into calls as they meet the world.
struct Player {
    world: World,
    now: Micros,
    sent: Vec<Event>,
}

impl Player {
    fn new() -> Self {
        Self { world: World::live(), now: T0, sent: Vec::new() }
    }

    fn newest(&self, number: u8) -> ServerId {
        query::server(&self.world.state, server(number).uuid, None).map_or(server(number), |(id, _)| id)
    }

    fn calls(&mut self, action: &Action) -> Vec<(Who, Call)> {
        match *action {
            Action::Bear { server, names_previous } => self.births(server, names_previous),
            Action::Write { server, who, number, time, kind: of, meter, late: is_late } => {
                self.now = self.now.saturating_add_signed(time);
                let id = self.newest(server);
                let next = query::writer_next(&self.world.state, &id, &writer(who).id()).unwrap_or(0);
                let meter = meter.map(|cpu_us| Meter { cpu_us, ..Meter::default() });
                let plain = event(id, next.saturating_add_signed(number), self.now, kind(of, self.now));
                let event = Event { meter, ..plain };
                self.sent.push(event.clone());
                vec![(writer(who), if is_late { late(event) } else { append(event) })]
            }
            Action::Again { which, late: is_late } => {
                let Some(event) = self.sent.get(which % self.sent.len().max(1)).cloned() else { return Vec::new() };
                vec![(Who::Agent, if is_late { late(event) } else { append(event) })]
            }
            Action::Anchor { server, who } => vec![(writer(who), anchor(self.newest(server)))],
        }
    }

    fn births(&mut self, number: u8, names_previous: bool) -> Vec<(Who, Call)> {
        let newest = query::server(&self.world.state, server(number).uuid, None);
        let (id, previous) = match &newest {
            None => (server(number), None),
            Some((id, life)) => {
                let previous = names_previous.then(|| life.end.map_or(H256([1; 32]), |end| end.hash));
                (ServerId { generation: id.generation + 1, ..*id }, previous)
            }
        };
        let asked = tierchain_primitives::ledger::BirthRequest { previous, ..request(id, self.now) };
        vec![(Who::Agent, announce(&announcement(id))), (Who::Foundry, birth(&asked))]
    }

    /// Plays an action, a block per call; a call that fails must leave nothing but its signer's nonce.
    fn play(&mut self, action: &Action) -> Vec<(Who, Call)> {
        let calls = self.calls(action);
        let mut succeeded = Vec::new();
        for (who, call) in calls {
            let before = (self.world.leaves(), nonce(&self.world, who));
            let made = (self.world.entity_blocks.len(), self.world.meta_blocks.len());
            match self.world.result(who, call.clone()) {
                Ok(()) => succeeded.push((who, call)),
                Err(error) => {
                    assert!(tierchain_runtime::errors::describe(error.as_module()).is_some());
                    assert!(self.world.leaves() == before.0, "a failed call left something");
                    assert_eq!((self.world.entity_blocks.len(), self.world.meta_blocks.len()), made);
                }
            }
            assert_eq!(nonce(&self.world, who), before.1 + 1);
        }
        succeeded
    }
}

fn nonce(world: &World, who: Who) -> u32 {
    account(&world.state, &who.id()).expect("it stands").nonce
}

/// What holds for the chains of a world: dense, linked, hashed, sealed, and summed without gap or overlap.
pub(crate) fn assert_chains(world: &World) {
    let mut chains: BTreeMap<H256, Vec<&EntityBlock>> = BTreeMap::new();
    for block in &world.entity_blocks {
        chains.entry(block.chain).or_default().push(block);
    }
    let lives = query::servers(&world.state, 0, usize::MAX);
    assert_eq!(lives.len(), chains.len());
    for id in lives {
        let life = world.server(id);
        let blocks = &chains[&life.chain];
        let mut prev = H256::ZERO;
        for (at, block) in blocks.iter().enumerate() {
            assert_eq!((block.number as usize, block.prev, block.hash), (at, prev, block.computed_hash()));
            assert!(block.hash.leading_zero_bits() >= 4);
            assert_eq!((block.kind == BlockKind::Birth, block.tx.event.server), (at == 0, id));
            assert!(block.kind != BlockKind::End || at + 1 == blocks.len(), "nothing follows an end");
            prev = block.hash;
        }
        assert_eq!((life.head, life.length as usize), (prev, blocks.len()));
        assert_eq!(life.end.is_some(), blocks.last().is_some_and(|block| block.kind == BlockKind::End));
        assert_eq!(life.end.map_or(life.last_at, |end| end.at), life.last_at);
        let wall: u128 = life.usage.0.states.iter().map(|held| held.wall_us).sum();
        assert_eq!(wall, u128::from(life.last_at - life.born));
        assert_eq!(life.usage.0.events.iter().sum::<u32>(), life.length);
    }
}

pub(crate) fn assert_meta_chains(world: &World) {
    let mut chains: BTreeMap<H256, Vec<&MetaBlock>> = BTreeMap::new();
    for block in &world.meta_blocks {
        chains.entry(block.meta).or_default().push(block);
    }
    for (meta, blocks) in chains {
        let mut prev = H256::ZERO;
        for (at, block) in blocks.iter().enumerate() {
            assert_eq!((block.number as usize, block.prev, block.hash), (at, prev, block.computed_hash()));
            prev = block.hash;
        }
        let record = query::meta(&world.state, &meta).expect("a meta-chain with blocks has a record");
        assert_eq!((record.head, record.length as usize), (prev, blocks.len()));
    }
}

/// What a chain says, without what depends on the extrinsics that carried it.
fn told(world: &World) -> Vec<Event> {
    let mut events: Vec<Event> = world.entity_blocks.iter().map(|block| block.tx.event.clone()).collect();
    events.sort_by_key(|event| event.server);
    events
}

/// The event of a call that carries one.
fn carried(call: Call) -> Option<Event> {
    match call {
        Call::Chains(chains::Call::Append { event } | chains::Call::Late { event }) => Some(event),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_happens_chains_are_whole_and_failures_leave_nothing(actions in actions(60)) {
        let mut player = Player::new();
        for action in &actions {
            player.play(action);
        }
        assert_chains(&player.world);
        assert_meta_chains(&player.world);
    }

    #[test]
    fn what_succeeded_once_changes_nothing_when_it_is_sent_again(actions in actions(40)) {
        let mut player = Player::new();
        let done: Vec<(Who, Call)> = actions.iter().flat_map(|action| player.play(action)).collect();
        let mut world = player.world;
        let before = world.leaves();
        for (who, call) in done {
            prop_assert_eq!(world.result(who, call), Ok(()));
        }
        prop_assert!(world.leaves() == before);
    }

    #[test]
    fn a_batch_does_what_its_events_do_alone(actions in actions(60), size in 1..20usize) {
        let mut singles = Player::new();
        for number in 0..3 {
            singles.play(&Action::Bear { server: number, names_previous: false });
        }
        let mut batched = singles.world.clone();
        for action in actions.iter().filter(|action| matches!(action, Action::Write { .. } | Action::Again { .. })) {
            for (_, call) in singles.calls(action) {
                let Some(event) = carried(call) else { continue };
                // Every event that was sent is kept in order, the repeats too.
                if matches!(action, Action::Again { .. }) {
                    singles.sent.push(event.clone());
                }
                let _ = singles.world.result(Who::Agent, append(event));
            }
        }
        for events in singles.sent.chunks(size) {
            batched.run(Who::Agent, batch(events.to_vec()));
        }
        prop_assert_eq!(told(&singles.world), told(&batched));
        for id in query::servers(&batched.state, 0, usize::MAX) {
            let (one, other) = (singles.world.server(id), batched.server(id));
            prop_assert_eq!((one.state, one.usage, one.length), (other.state, other.usage, other.length));
        }
        assert_chains(&batched);
    }

    #[test]
    fn several_calls_in_one_block_do_what_they_do_in_blocks_of_their_own(actions in actions(40)) {
        let mut player = Player::new();
        let mut calls = Vec::new();
        // An end's hash covers the number of its block, so a birth that names one fits one of the two worlds only.
        let follows = |action: &Action| matches!(action, Action::Bear { names_previous: true, .. });
        for action in actions.iter().filter(|action| !follows(action)) {
            let next = player.calls(action);
            for (who, call) in &next {
                let _ = player.world.result(*who, call.clone());
            }
            calls.extend(next);
        }
        let mut together = World::live();
        together.block(&calls);
        prop_assert_eq!(told(&together), told(&player.world));
        assert_chains(&together);
    }
}

#[test]
fn bytes_that_are_no_call_are_refused_without_a_panic() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let bytes = (0..5u8, 0..8u8, proptest::collection::vec(any::<u8>(), 0..300));
    let outcome = runner.run(&bytes, |(module, call, mut rest)| {
        rest.splice(0..0, [module, call]);
        if let Ok(call) = Call::decode_exact(&rest) {
            prop_assert_eq!(parity_scale_codec::Encode::encode(&call), rest);
        }
        Ok(())
    });
    assert_eq!(outcome, Ok(()));
}
