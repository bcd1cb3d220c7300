//! Random exploration of rules R1-R7 over the machine that ships, one seed a run: first a bad time with liars, loss,
//! disorder, flapping links and crashes at any boundary, in which nothing may fork; then a good one without liars, in
//! which everybody must get on.
//!
//! `TIERCHAIN_EXPLORE_RUNS` sets the number of runs per size, `TIERCHAIN_EXPLORE_SEED` the first seed.

use tierchain_consensus::Input;
use tierchain_primitives::ValidatorIndex;

use crate::random::Random;
use crate::world::World;

/// How bad the bad time is.
struct Weather {
    loss: usize,
    crash: usize,
    suspicion: usize,
    lies: usize,
    cut: Option<usize>,
}

impl Weather {
    fn of(random: &mut Random, honest: usize) -> Self {
        Self {
            loss: *random.pick(&[0, 50, 200, 400]).expect("four kinds"),
            crash: *random.pick(&[0, 2, 10, 30]).expect("four kinds"),
            suspicion: *random.pick(&[2, 8, 30]).expect("three kinds"),
            lies: *random.pick(&[50, 150, 250]).expect("three kinds"),
            cut: random.chance(500).then(|| random.below(honest)),
        }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn bad_time(world: &mut World, steps: usize) {
    let honest = world.nodes.len();
    let weather = Weather::of(&mut world.random, honest);
    for at in 0..honest {
        world.step(at, Input::Work(true), false);
    }
    for _ in 0..steps {
        let at = world.random.below(honest);
        let crash = world.random.chance(weather.crash);
        // A time-out's worth of time for a handful of blocks' worth of messages.
        world.now += u64::from(world.random.chance(4_000 / (usize::from(world.n) * usize::from(world.n))));
        match world.random.below(1_000) {
            x if x < weather.suspicion => disturb(world, at, crash),
            x if x < weather.suspicion + 120 => world.propose(at, crash),
            x if x < weather.suspicion + 120 + weather.lies => world.lie(),
            _ if world.bag.is_empty() => world.wait(),
            _ => {
                let index = world.random.below(world.bag.len());
                let to_cut =
                    matches!(&world.bag[index], crate::world::Event::Message { to, .. } if Some(*to) == weather.cut);
                if world.random.chance(weather.loss) || (to_cut && world.random.chance(900)) {
                    world.bag.swap_remove(index);
                } else {
                    world.deliver(index, crash);
                }
            }
        }
    }
}

/// Something that makes a node impatient, forgetful or late.
fn disturb(world: &mut World, at: usize, crash: bool) {
    let peer = ValidatorIndex(world.random.below(usize::from(world.n)) as u16);
    match world.random.below(6) {
        0 | 1 => {
            // Enough of them together leave the view.
            for other in 0..world.nodes.len() {
                if world.random.chance(600) {
                    world.step(other, Input::SuspectPrimary, false);
                }
            }
        }
        2 => world.step(at, Input::Lost { peer, refused: true }, crash),
        3 => world.step(at, Input::Connected(peer), crash),
        4 => world.roll(at),
        _ => {
            world.now += 150;
            world.step(at, Input::Tick, crash);
        }
    }
}

/// Without liars and loss everybody makes a window of blocks and more, in bounded time.
fn good_time(world: &mut World) {
    let honest = world.nodes.len();
    let goal = world.heights().max().unwrap_or(0) + 6;
    let end = world.now + 120_000;
    let peers: Vec<ValidatorIndex> = (0..honest as u16).map(ValidatorIndex).collect();
    for at in 0..honest {
        for peer in &peers {
            world.step(at, Input::Connected(*peer), false);
        }
        world.step(at, Input::Work(true), false);
    }
    while world.heights().min().unwrap_or(0) < goal {
        for at in 0..honest {
            world.propose(at, false);
        }
        match world.bag.len() {
            0 => world.wait(),
            some => {
                let index = world.random.below(some);
                world.deliver(index, false);
            }
        }
        if world.now >= end {
            let why: Vec<String> = world
                .nodes
                .iter()
                .map(|node| {
                    let status = node.machine.status();
                    format!(
                        "view {} {:?} final {}: {}",
                        status.view, status.phase, status.final_number, status.sentence
                    )
                })
                .collect();
            panic!("LIVENESS: stuck for two minutes\n{}", why.join("\n"));
        }
    }
}

fn explore(n: u16, steps: usize) {
    let runs = setting("TIERCHAIN_EXPLORE_RUNS", 600);
    let first = setting("TIERCHAIN_EXPLORE_SEED", 1);
    let (mut height, mut views, mut evidence) = (0, 0, 0);
    for seed in first..first + runs {
        let run = std::panic::AssertUnwindSafe(|| {
            let faulty = (n - 1) / 3;
            let mut world = World::new(seed, n, faulty);
            bad_time(&mut world, steps);
            height += world.heights().max().unwrap_or(0);
            evidence += world.evidence;
            good_time(&mut world);
            views += world.nodes[0].machine.status().view.0;
        });
        if let Err(cause) = std::panic::catch_unwind(run) {
            eprintln!("n = {n}: seed {seed} fails; again with TIERCHAIN_EXPLORE_SEED={seed} TIERCHAIN_EXPLORE_RUNS=1");
            std::panic::resume_unwind(cause);
        }
    }
    println!("n {n} · runs {runs} · blocks {height} · views {views} · evidence {evidence}");
    assert!(runs < 100 || (height > 0 && views > 0), "the exploration gets somewhere");
}

#[test]
fn four_validators_of_which_one_lies_never_fork_and_recover() {
    explore(4, 900);
}

#[test]
fn seven_validators_of_which_two_lie_never_fork_and_recover() {
    explore(7, 2_500);
}

#[test]
fn a_single_validator_gets_on() {
    explore(1, 200);
}
