//! The machine: arbitrary sequences of inputs, alone among strangers and in a network with a liar.

use tierchain_consensus::{Effect, Input, Machine, Message, VoteKind};
use tierchain_primitives::ValidatorIndex;

use crate::cast;
use crate::random::Random;
use crate::world::World;

/// Most steps of one run.
const STEPS_MAX: usize = 600;

/// Four validators of which one lies, on a network and disks that do what the bytes say. The world checks agreement,
/// order, that nobody honest is accused, and that what a machine says verifies; the machine checks itself.
pub fn fuzz_machine(bytes: &[u8]) {
    let mut world = World::new(0, 4, 1);
    world.random = Random::from_bytes(bytes);
    for at in 0..world.nodes.len() {
        world.step(at, Input::Work(true), false);
    }
    for _ in 0..STEPS_MAX {
        if world.random.is_empty() {
            break;
        }
        happen(&mut world);
    }
}

fn happen(world: &mut World) {
    let what = world.random.below(16);
    let at = world.random.below(world.nodes.len());
    let peer = ValidatorIndex(u16::try_from(world.random.below(4)).expect("below 4"));
    match what {
        0 => world.propose(at, false),
        1 => world.wait(),
        2 => (0..world.nodes.len()).for_each(|at| world.step(at, Input::SuspectPrimary, false)),
        3 => world.lie(),
        4 => world.step(at, Input::Tick, true),
        5 => world.step(at, Input::Lost { peer, refused: true }, false),
        6 => world.step(at, Input::Connected(peer), false),
        7 => world.roll(at),
        8 => world.serve(at),
        9 if !world.bag.is_empty() => {
            let index = world.random.below(world.bag.len());
            drop(world.bag.swap_remove(index));
        }
        10 if !world.bag.is_empty() => {
            let index = world.random.below(world.bag.len());
            world.deliver(index, true);
        }
        _ if world.bag.is_empty() => world.propose(at, false),
        _ => {
            let index = world.random.below(world.bag.len());
            world.deliver(index, false);
        }
    }
}

/// One machine among strangers that sign whatever they like but never get a quorum: of four validators one speaks.
/// Whatever it says, in any order and at any time, nothing becomes final and the machine grows by nothing without bound.
pub fn fuzz_input(bytes: &[u8]) {
    let mut random = Random::from_bytes(bytes);
    let mut machine = Machine::new(cast::config(4, 1, 3), cast::base(), 0);
    let mut blocks = vec![cast::genesis()];
    let mut now = 0;
    for salt in 0..STEPS_MAX as u64 {
        if random.is_empty() {
            break;
        }
        now += random.below(200) as u64;
        let view = random.below(6) as u64;
        let header = random.pick(&blocks).cloned().unwrap_or_else(cast::genesis);
        let message = match random.below(6) {
            0 => {
                let child = cast::block(&header, 0, salt);
                blocks.push(child.clone());
                Message::Proposal(cast::proposal(0, view * 4, &child))
            }
            1 => Message::Vote(cast::vote(VoteKind::Prepare, 0, view, &header)),
            2 => Message::Vote(cast::vote(VoteKind::Commit, 0, view, &header)),
            3 => Message::Suspect(cast::suspect(0, view)),
            4 => Message::ViewChange(cast::view_change(0, view + 1, None, None)),
            _ => {
                let peer = ValidatorIndex(view as u16);
                step(&mut machine, now, Input::Lost { peer, refused: random.chance(500) });
                continue;
            }
        };
        cast::check(&message, 4).expect("the stranger signs well");
        step(&mut machine, now, Input::Message { from: ValidatorIndex(0), message });
    }
}

fn step(machine: &mut Machine, now: u64, input: Input) {
    let mut todo = vec![input];
    while let Some(input) = todo.pop() {
        for effect in machine.step(now, input, &cast::signer(1)) {
            match effect {
                Effect::Check { hash, .. } => todo.push(Input::Valid { hash }),
                Effect::Final { .. } => panic!("one validator alone made a block final"),
                _ => {}
            }
        }
    }
}
