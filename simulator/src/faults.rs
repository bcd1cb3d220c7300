//! What goes wrong. A fault strikes between two steps; what has to end, ends by itself.

use crate::clock::{MS, SECOND};
use crate::event::Event;
use crate::world::World;

/// A kind of fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// One process ends, between two of its effects or in the middle of a write.
    Crash,
    /// The primary's does.
    CrashPrimary,
    /// All processes end at once.
    CrashAll,
    /// The members fall into two groups that don't hear of each other.
    Partition,
    /// One member isn't heard, or doesn't hear, or both.
    Isolate,
    /// A connection is lost and comes back.
    Flap,
    /// Links are cut and mended many times, each in its own direction.
    Flutter,
    /// A process stands still for a while.
    Stall,
    /// Somebody sets a wall clock.
    ClockStep,
    /// Most messages are lost for a while.
    Storm,
    /// A disk is full for a while.
    FullDisk,
    /// Members turn to other instances of the twins.
    SwitchTwins,
    /// A vote log is lost, where that makes no more than f faulty validators.
    LoseLog,
}

/// Most effects that a process may still perform before it crashes.
const EFFECTS_BEFORE_CRASH: u64 = 12;

impl Fault {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Crash,
        Self::CrashPrimary,
        Self::CrashAll,
        Self::Partition,
        Self::Isolate,
        Self::Flap,
        Self::Flutter,
        Self::Stall,
        Self::ClockStep,
        Self::Storm,
        Self::FullDisk,
        Self::SwitchTwins,
        Self::LoseLog,
    ];

    /// Lets it strike.
    pub fn strike(self, world: &mut World) {
        let count = world.bodies.len();
        let victim = world.scene.random.index(count);
        world.scene.trace.note(world.scene.queue.now(), || format!("fault: {self:?} at {victim}"));
        match self {
            Self::Crash => crash(world, victim),
            Self::CrashPrimary => crash(world, primary(world)),
            Self::CrashAll => (0..count).for_each(|who| crash(world, who)),
            Self::Partition => partition(world),
            Self::Isolate => isolate(world, victim),
            Self::Flap => flap(world, victim),
            Self::Flutter => flutter(world),
            Self::Stall => {
                let until = world.scene.queue.now() + world.scene.random.within((MS, 3 * SECOND));
                world.bodies[victim].stall(until);
            }
            Self::ClockStep => {
                let skew = world.scene.draw_skew();
                world.bodies[victim].set_wall_clock(skew);
            }
            Self::Storm => {
                world.scene.network.weather.loss_per_mille = 700;
                mend_later(world);
            }
            Self::FullDisk => {
                let room = world.scene.random.within((0, 4_000));
                world.bodies[victim].fill_disk(usize::try_from(room).unwrap_or(0));
                let freed = world.scene.random.within((MS, 5 * SECOND));
                world.scene.queue.after(freed, Event::FreeDisk(victim));
            }
            Self::SwitchTwins => world.switch_twins(),
            Self::LoseLog => lose_log(world, victim),
        }
    }
}

/// Whoever lost its log counts among the faulty: it doesn't vote any more.
fn lose_log(world: &mut World, victim: usize) {
    let cast = &world.scene.cast;
    let lost = world.bodies.iter().filter(|body| body.is_disqualified()).count();
    let is_honest = victim < cast.validators() && cast.lies(victim).is_none();
    if is_honest && cast.liars().len() + lost < cast.faulty_max() && !world.bodies[victim].is_disqualified() {
        world.bodies[victim].lose_log(&mut world.scene);
    }
}

fn crash(world: &mut World, who: usize) {
    let effects = world.scene.random.below(EFFECTS_BEFORE_CRASH);
    world.bodies[who].crash_after(effects);
}

/// The primary that most would name.
fn primary(world: &World) -> usize {
    let views = world.bodies.iter().filter_map(|body| body.primary());
    views.max().map_or(0, |(_, primary)| primary.as_usize())
}

fn partition(world: &mut World) {
    let members: Vec<usize> = (0..world.bodies.len()).collect();
    let shuffled = world.scene.random.shuffled(&members);
    let (one, other) = shuffled.split_at(1 + world.scene.random.index(shuffled.len() - 1));
    for (a, b) in one.iter().flat_map(|a| other.iter().map(move |b| (*a, *b))) {
        cut(world, a, b);
        cut(world, b, a);
    }
    mend_later(world);
}

fn isolate(world: &mut World, victim: usize) {
    let (mute, deaf) = world.scene.random.pick(&[(true, false), (false, true), (true, true)]);
    for other in (0..world.bodies.len()).filter(|other| *other != victim) {
        if mute {
            cut(world, victim, other);
        }
        if deaf {
            cut(world, other, victim);
        }
    }
    mend_later(world);
}

/// Cuts a link in one direction.
pub(crate) fn cut(world: &mut World, from: usize, to: usize) {
    if from == to {
        return;
    }
    world.scene.network.cut(from, to);
    // A dead link shows after two seconds without an answer; a process may notice its own sooner.
    let noticed = world.scene.random.within((0, 2 * SECOND));
    world.scene.queue.after(noticed, Event::Meet(from, to));
}

fn mend_later(world: &mut World) {
    let long = world.scene.random.pick(&[50 * MS, 500 * MS, 5 * SECOND]);
    let until = world.scene.random.within((MS, long));
    world.scene.queue.after(until, Event::Mend);
}

fn flutter(world: &mut World) {
    let count = world.bodies.len();
    let mut at = 0;
    for _ in 0..world.scene.random.within((2, 12)) {
        at += world.scene.random.within((MS, 300 * MS));
        let (from, to) = (world.scene.random.index(count), world.scene.random.index(count));
        world.scene.queue.after(at, Event::Cut { from, to });
        at += world.scene.random.within((MS, 300 * MS));
        world.scene.queue.after(at, Event::Mend);
    }
}

fn flap(world: &mut World, one: usize) {
    let other = world.scene.random.index(world.bodies.len());
    if one == other {
        return;
    }
    world.break_connection(one, other);
    let redialled = world.scene.random.within((0, 500 * MS));
    world.scene.queue.after(redialled, Event::Meet(one, other));
}
