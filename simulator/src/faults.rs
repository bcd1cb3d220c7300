//! What goes wrong. A fault strikes between two steps; what has to end, ends by itself.

use tierchain_primitives::{H256, View};
use tierchain_runtime::registry;

use crate::body::Body;
use crate::clock::{MS, SECOND};
use crate::council;
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
    /// Whoever is ahead of all others is cut off before it can tell, and the primary crashes.
    CutOffAhead,
    /// One member alone hears the others' votes; then they go on without it; then it is back and the primary gone.
    Funnel,
    /// The members fall into halves, neither of them a quorum.
    Halve,
    /// A vote log is lost, where that makes no more than f faulty validators.
    LoseLog,
    /// A vote log is lost, perhaps with the database, and its validator rejoins: where that makes no more than f faulty.
    LoseDisk,
    /// A database is lost, and its validator's vote log isn't: where that makes no more than f faulty.
    LoseDatabase,
    /// Where the end of an epoch is near: somebody with a part in it crashes, or is cut off.
    EpochEnd,
}

/// Most effects that a process may still perform before it crashes.
const EFFECTS_BEFORE_CRASH: u64 = 12;

impl Fault {
    /// Those that only days have on which the validators change.
    pub const OF_EPOCHS: [Self; 3] = [Self::LoseDisk, Self::LoseDatabase, Self::EpochEnd];

    /// Those that any day may have.
    pub const OF_ANY_DAY: [Self; 16] = [
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
        Self::CutOffAhead,
        Self::Funnel,
        Self::Halve,
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
            Self::Isolate => {
                let how = world.scene.random.pick(&[(true, false), (false, true), (true, true)]);
                isolate(world, victim, how);
            }
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
            Self::CutOffAhead => cut_off_ahead(world),
            Self::Funnel => funnel(world, victim),
            Self::Halve => halve(world),
            Self::LoseLog if world.scene.profile.reform.is_none() => lose_log(world, victim),
            Self::LoseLog | Self::LoseDisk | Self::LoseDatabase => lose_memory(world, victim, self),
            Self::EpochEnd => at_the_end(world, victim),
        }
    }
}

/// The moment in which a new view has the most to lose: one member knows of a block that is final, or prepared, and
/// the quorum that goes on without it doesn't.
fn cut_off_ahead(world: &mut World) {
    let by_final = world.scene.random.chance(500);
    let reached = |body: &Body| {
        let status = body.status()?;
        let prepared = status.consensus.and_then(|it| it.prepared);
        Some(if by_final { (View(0), status.last.0) } else { prepared.unwrap_or_default() })
    };
    let validators = world.bodies.iter().take(world.scene.cast.candidates());
    let mut reached: Vec<_> = validators.filter_map(|body| Some((reached(body)?, body.number))).collect();
    reached.sort_unstable();
    if let [.., second, first] = reached.as_slice()
        && first.0 > second.0
    {
        go_on_without(world, first.1);
    }
}

/// Cuts a member off, so that the others change their view without it, and lets them do so once more when it is back.
pub(crate) fn go_on_without(world: &mut World, who: usize) {
    isolate(world, who, (true, true));
    let primary = primary(world);
    if primary != who {
        world.bodies[primary].crash_after(0);
    }
    let later = world.scene.random.within((10 * MS, 400 * MS));
    world.scene.queue.after(later, Event::Mend);
    let again = later + world.scene.random.within((0, 50 * MS));
    world.scene.queue.after(again, Event::Strike(Fault::CrashPrimary));
}

/// Only one member hears votes, while everybody hears the primary: it prepares a window of blocks alone.
fn funnel(world: &mut World, ahead: usize) {
    let (count, primary) = (world.scene.cast.candidates(), primary(world));
    if ahead == primary || ahead >= count {
        return;
    }
    for from in (0..count).filter(|from| *from != primary) {
        (0..count).filter(|to| *to != ahead).for_each(|to| world.scene.network.cut(from, to));
    }
    let long = world.scene.random.within((20 * MS, 150 * MS));
    world.scene.queue.after(long, Event::GoOnWithout(ahead));
}

fn halve(world: &mut World) {
    let members: Vec<usize> = (0..world.bodies.len()).collect();
    let shuffled = world.scene.random.shuffled(&members);
    let (one, other) = shuffled.split_at(shuffled.len() / 2);
    split(world, one, other);
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
    views.max().and_then(|(.., key)| world.scene.cast.owner(&key)).unwrap_or(0)
}

/// Whoever lost its log doesn't vote before an epoch of its own; whoever lost its database has to follow from the start.
fn lose_memory(world: &mut World, victim: usize, fault: Fault) {
    let (bodies, scene) = (&world.bodies, &world.scene);
    let is_honest = victim < scene.cast.candidates() && scene.cast.lies(victim).is_none();
    if !is_honest || bodies[victim].is_lost() {
        return;
    }
    let mut faulty = council::faulty(bodies, scene);
    faulty.insert(victim);
    let is_borne = world.council.bears(&faulty, bodies, scene);
    // A key rejoins once an hour, and no day is that long.
    let has_rejoined = bodies.iter().any(|body| registry::rejoined(&body.database, &bodies[victim].key()).is_some());
    if !is_borne || (fault != Fault::LoseDatabase && has_rejoined) {
        return;
    }
    world.losses += 1;
    if fault == Fault::LoseDatabase {
        return world.bodies[victim].lose_database(&mut world.scene);
    }
    let loses_database = world.scene.random.chance(500);
    let mut challenge = H256::ZERO;
    challenge.0[..8].copy_from_slice(&world.scene.random.number().to_le_bytes());
    world.bodies[victim].lose_disk(loses_database, challenge, &mut world.scene);
}

/// While somebody knows of a decided end that isn't here yet, or has just seen one.
fn at_the_end(world: &mut World, victim: usize) {
    let is_near = |body: &Body| {
        let begins_after = world.scene.witness.seats().newest().begins_after;
        let decided = registry::epoch_change(&body.database).is_some();
        decided || body.status().is_some_and(|status| begins_after > 0 && status.last.0 <= begins_after + 2)
    };
    if !world.bodies.iter().any(is_near) {
        return;
    }
    match world.scene.random.below(5) {
        0 => crash(world, victim),
        1 => crash(world, primary(world)),
        2 => isolate(world, victim, (true, true)),
        3 => cut_off_ahead(world),
        _ => (0..world.bodies.len()).for_each(|who| crash(world, who)),
    }
}

fn partition(world: &mut World) {
    let members: Vec<usize> = (0..world.bodies.len()).collect();
    let shuffled = world.scene.random.shuffled(&members);
    let (one, other) = shuffled.split_at(1 + world.scene.random.index(shuffled.len() - 1));
    split(world, one, other);
}

fn split(world: &mut World, one: &[usize], other: &[usize]) {
    for (a, b) in one.iter().flat_map(|a| other.iter().map(move |b| (*a, *b))) {
        cut(world, a, b);
        cut(world, b, a);
    }
    mend_later(world);
}

fn isolate(world: &mut World, victim: usize, (mute, deaf): (bool, bool)) {
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
