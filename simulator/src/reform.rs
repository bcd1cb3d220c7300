//! What comes on top on days when the validators change: spare candidates, operators in a hurry, lost disks; and on days
//! when accounts may use little.
//!
//! Drawn from a stream of its own, so that a seed's other days stay what they were.

use tierchain_runtime::Quota;

use crate::clock::{MS, SECOND, Time};
use crate::faults::Fault;
use crate::random::Random;

/// What sets the stream apart from the day's own.
const STREAM: u64 = 0x7265_666f_726d;

/// How many times as many events such a day has: an epoch's end alone takes hundreds.
pub const LONG: u64 = 4;

/// A change that operators can want.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// One candidate more validates.
    Add,
    /// One validator less.
    Remove,
    /// A validator votes with another key.
    ReplaceKey,
    /// A client gets another quota.
    Quota,
}

/// How the validators change on this day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reform {
    /// Candidates that don't validate at first.
    pub spares: usize,
    /// Pause between two acts of the operators.
    pub pause: (Time, Time),
    /// What they want.
    pub wishes: Vec<Wish>,
    /// Most changes under way at a time.
    pub motions_max: usize,
    /// How long operators take to restart a node with its new key.
    pub restart: (Time, Time),
}

/// How little accounts may use on this day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thrift {
    /// The network's quota.
    pub quota: Quota,
    /// How many clients send far more than that.
    pub floods: usize,
}

/// The stream that such things are drawn from.
#[must_use]
pub fn stream(seed: u64) -> Random {
    Random::new(seed ^ STREAM)
}

impl Reform {
    /// Some way to change.
    pub fn draw(random: &mut Random) -> Self {
        let every = [Wish::Add, Wish::Remove, Wish::ReplaceKey];
        let wishes = match random.below(6) {
            0 => vec![Wish::Add],
            1 => vec![Wish::ReplaceKey],
            2 => vec![Wish::Add, Wish::Remove],
            _ => every.to_vec(),
        };
        Self {
            spares: random.pick(&[1, 2, 3]),
            pause: random.pick(&[(MS, 10 * MS), (10 * MS, 50 * MS), (50 * MS, 300 * MS)]),
            wishes,
            motions_max: random.pick(&[1, 2, 3]),
            restart: random.pick(&[(MS, 10 * MS), (10 * MS, 300 * MS), (300 * MS, 2 * SECOND)]),
        }
    }
}

impl Thrift {
    /// Some thrift.
    pub fn draw(random: &mut Random) -> Self {
        let quota = Quota { burst_us: random.pick(&[100, 400, 2_000]), rate_permille: random.pick(&[1, 5, 20]) };
        Self { quota, floods: random.pick(&[1, 1, 2]) }
    }
}

/// Some of the faults that only such days have; at least one.
pub fn draw_faults(random: &mut Random) -> Vec<Fault> {
    let shuffled = random.shuffled(&Fault::OF_EPOCHS);
    let count = 1 + random.index(shuffled.len());
    shuffled.into_iter().take(count).collect()
}
