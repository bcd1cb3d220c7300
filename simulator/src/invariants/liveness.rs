//! Liveness: once nothing goes wrong any more, everybody gets going, within a bound of virtual time and by itself.
//!
//! design.md 5, "Nothing is said once": the network recovers by itself from any outage of any number. PBFT 4.5.2.

use tierchain_primitives::BlockNumber;

use crate::clock::{SECOND, Time};
use crate::world::World;

/// How long the network may take to recover: the longest time-out of a view, twice, and again for each liar, which may
/// be the primary of the next view.
#[must_use]
pub fn heals_within(liars: usize) -> Time {
    (1 + liars as u64) * 20 * SECOND
}

/// What has to be reached once the network has healed.
#[derive(Clone, Copy, Debug)]
pub struct Liveness {
    /// A height that nobody had reached.
    goal: BlockNumber,
}

impl Liveness {
    /// The goal at the moment of healing.
    #[must_use]
    pub fn new(world: &World) -> Self {
        Self { goal: world.scene.witness.height() + 1 }
    }

    /// What is missing; none when all is well.
    #[must_use]
    pub fn missing(&self, world: &World) -> Option<String> {
        for body in world.bodies.iter().filter(|body| world.scene.cast.lies(body.number).is_none()) {
            let Some(status) = body.status() else { return Some(format!("member {} is down", body.number)) };
            let (last, executed) = (status.last.0, status.executed.0);
            // Without its log a validator asks for blocks now and then, and nobody pushes them.
            let is_behind = !body.is_disqualified() && last != world.scene.witness.height();
            if last < self.goal || executed < self.goal || is_behind {
                let waits = status.consensus.map_or_else(|| "it observes".into(), |it| it.sentence);
                return Some(format!("member {} is at {last}, {executed} of them executed: {waits}", body.number));
            }
            if status.pooled > 0 {
                return Some(format!("member {} still has {} extrinsics in its pool", body.number, status.pooled));
            }
        }
        world.workload.unfinished(&world.scene.witness)
    }
}
