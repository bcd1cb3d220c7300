//! Liveness: once nothing goes wrong any more, everybody gets going, within a bound of virtual time and by itself.
//!
//! design.md 5, "Nothing is said once": the network recovers by itself from any outage of any number. PBFT 4.5.2.

use std::collections::VecDeque;

use tierchain_primitives::BlockNumber;
use tierchain_runtime::registry;

use crate::clock::{SECOND, Time};
use crate::world::World;

/// The longest time-out of a view, twice.
const PATIENCE: Time = 20 * SECOND;

/// By how much a member may lag behind a chain that goes on meanwhile: a liar that leaves it out costs it the time until
/// it asks.
const LAG: Time = SECOND;

/// What has to be reached once the network has healed.
#[derive(Clone, Debug)]
pub struct Liveness {
    /// A height that nobody had reached.
    goal: BlockNumber,
    /// When the network healed.
    healed: Time,
    /// Until when all of it has to be reached.
    until: Time,
    /// The fewest extrinsics of clients that weren't final at any look.
    waiting: usize,
    /// The newest height of all at each look within the last [`LAG`], and at the one before.
    heights: VecDeque<(Time, BlockNumber)>,
}

/// What a look shows.
#[derive(Clone, Debug)]
pub enum Look {
    /// Everything is reached.
    Recovered,
    /// Something is missing, and there is time for it.
    Waits,
    /// There is no time left for what is missing.
    Stuck(String),
}

/// What is missing.
enum Missing {
    /// The network hasn't recovered.
    Recovery(String),
    /// It has, and not all that was submitted is final everywhere.
    Queue(String),
}

impl Liveness {
    /// The goal at the moment of healing. The network may take as long as the longest time-out of a view, twice, and
    /// again for each liar, which may be the primary of the next view. Where the validators change, once more for the
    /// epochs that end meanwhile, and again for each validator that rejoins: they do so one after the other.
    #[must_use]
    pub fn new(world: &World) -> Self {
        let lost = world.bodies.iter().filter(|body| body.is_lost()).count();
        let epochs = world.scene.profile.reform.as_ref().map_or(0, |_| 1 + lost) as u64;
        let (goal, healed) = (world.scene.witness.height() + 1, world.scene.queue.now());
        let until = healed + pace(world) + epochs * PATIENCE;
        Self { goal, healed, until, waiting: usize::MAX, heights: VecDeque::new() }
    }

    /// Looks at the world.
    ///
    /// An account's extrinsics become final in the order of their nonces, no more at once than its quota has room for,
    /// and a primary that lies may take its time for each. So what is queued has no time for all of it: while the network
    /// has recovered, the next of it has (protocol.md 7, "Bound").
    pub fn look(&mut self, world: &World) -> Look {
        let now = world.scene.queue.now();
        let what = match self.missing(world) {
            None => return Look::Recovered,
            Some(Missing::Recovery(what)) => what,
            Some(Missing::Queue(what)) => {
                let waiting = world.workload.waiting(&world.scene.witness);
                if waiting < self.waiting {
                    self.waiting = waiting;
                    self.until = self.until.max(now + pace(world));
                }
                what
            }
        };
        if now <= self.until {
            return Look::Waits;
        }
        Look::Stuck(format!("{} s after the network healed {what}", (now - self.healed) / SECOND))
    }

    /// What everybody should have: what was final to anybody a while ago; at first, what is now.
    fn due(&mut self, now: Time, height: BlockNumber) -> BlockNumber {
        self.heights.push_back((now, height));
        let long_ago = |at: &(Time, BlockNumber)| at.0 + LAG <= now;
        while self.heights.get(1).is_some_and(long_ago) {
            self.heights.pop_front();
        }
        self.heights.front().filter(|at| long_ago(at)).map_or(height, |(_, height)| *height)
    }

    fn missing(&mut self, world: &World) -> Option<Missing> {
        self.recovery(world).map(Missing::Recovery).or_else(|| queue(world).map(Missing::Queue))
    }

    /// What keeps the network from having recovered.
    fn recovery(&mut self, world: &World) -> Option<String> {
        let due = self.due(world.scene.queue.now(), world.scene.witness.height());
        let newest = world.scene.witness.seats().newest();
        if world.scene.witness.height() <= newest.begins_after {
            return Some(format!("epoch {} has no block", newest.set.epoch));
        }
        for body in world.bodies.iter().filter(|body| world.scene.cast.lies(body.number).is_none()) {
            let Some(status) = body.status() else { return Some(format!("member {} is down", body.number)) };
            let (last, executed) = (status.last.0, status.executed.0);
            let is_seated = newest.set.index_of(&body.key()).is_some();
            if body.epoch() != Some(newest.set.epoch) || (is_seated && !body.is_disqualified() && !body.votes()) {
                let (epoch, abstains) = (newest.set.epoch, status.abstains);
                return Some(format!("member {} doesn't vote in epoch {epoch}: {abstains:?}", body.number));
            }
            if registry::epoch_change(&body.database).is_some() {
                return Some(format!("member {} waits for the end of its epoch", body.number));
            }
            // Without its log or a seat a member asks for blocks now and then, and nobody pushes them.
            let follows = body.is_disqualified() || (world.scene.profile.reform.is_some() && !is_seated);
            let is_behind = !follows && last < due;
            if last < self.goal || executed < self.goal || is_behind {
                let waits = status.consensus.map_or_else(|| "it observes".into(), |it| it.sentence);
                return Some(format!("member {} is at {last}, {executed} of them executed: {waits}", body.number));
            }
        }
        world.council.unfinished(&world.scene.witness)
    }
}

/// How long the next extrinsic may take.
fn pace(world: &World) -> Time {
    (1 + world.scene.cast.liars().len()) as u64 * PATIENCE
}

/// What of all that was submitted isn't final everywhere.
fn queue(world: &World) -> Option<String> {
    let honest = world.bodies.iter().filter(|body| world.scene.cast.lies(body.number).is_none());
    let pooled = honest.filter_map(|body| Some((body.number, body.status()?.pooled)));
    let pools = pooled.filter(|(_, count)| *count > 0);
    let mut pools = pools.map(|(who, count)| format!("member {who} still has {count} extrinsics in its pool"));
    pools.next().or_else(|| world.workload.unfinished(&world.scene.witness))
}
