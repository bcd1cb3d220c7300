//! Liveness: once nothing goes wrong any more, everybody gets going, within a bound of virtual time and by itself.
//!
//! design.md 5, "Nothing is said once": the network recovers by itself from any outage of any number. PBFT 4.5.2.

use std::collections::VecDeque;

use tierchain_primitives::BlockNumber;
use tierchain_runtime::registry;

use crate::clock::{SECOND, Time};
use crate::world::World;

/// How long the network may take to recover: the longest time-out of a view, twice, and again for each liar, which may
/// be the primary of the next view. Where the validators change, once more for the epochs that end meanwhile, and again
/// for each validator that rejoins: they do so one after the other.
#[must_use]
pub fn heals_within(world: &World) -> Time {
    let lost = world.bodies.iter().filter(|body| body.is_lost()).count();
    let epochs = world.scene.profile.reform.as_ref().map_or(0, |_| 1 + lost);
    (1 + world.scene.cast.liars().len() + epochs) as u64 * 20 * SECOND
}

/// By how much a member may lag behind a chain that goes on meanwhile: a liar that leaves it out costs it the time until
/// it asks.
const LAG: Time = SECOND;

/// What has to be reached once the network has healed.
#[derive(Clone, Debug)]
pub struct Liveness {
    /// A height that nobody had reached.
    goal: BlockNumber,
    /// The newest height of all at each look within the last [`LAG`], and at the one before.
    heights: VecDeque<(Time, BlockNumber)>,
}

impl Liveness {
    /// The goal at the moment of healing.
    #[must_use]
    pub fn new(world: &World) -> Self {
        Self { goal: world.scene.witness.height() + 1, heights: VecDeque::new() }
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

    /// What is missing; none when all is well.
    #[must_use]
    pub fn missing(&mut self, world: &World) -> Option<String> {
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
            if status.pooled > 0 {
                return Some(format!("member {} still has {} extrinsics in its pool", body.number, status.pooled));
            }
        }
        let witness = &world.scene.witness;
        world.workload.unfinished(witness).or_else(|| world.council.unfinished(witness))
    }
}
