//! Two instances of one key (Bano et al., "Twins: BFT systems made robust", 2021). Each is honest for itself and knows
//! nothing of the other; which of them a member talks to changes now and then, so together they say everything twice.

use std::collections::BTreeMap;

use super::Adversary;
use crate::cast::Cast;
use crate::random::Random;

/// One of the two. All of the lie is in who hears which.
#[derive(Debug)]
pub(super) struct Twin;

impl Adversary for Twin {}

/// Which instances of a twin a member is connected with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    First,
    Second,
    Both,
}

/// Who talks to which instance.
#[derive(Clone, Debug, Default)]
pub struct Sides(BTreeMap<(usize, usize), Side>);

impl Sides {
    /// Everybody turns to one of the instances, or to both.
    pub fn draw(&mut self, cast: &Cast, random: &mut Random) {
        for twin in cast.liars().keys().copied().filter(|twin| cast.instances_of(*twin).len() > 1) {
            for other in (0..cast.members()).filter(|other| !cast.are_one(*other, twin)) {
                self.0.insert((twin, other), random.pick(&[Side::First, Side::Second, Side::Both]));
            }
        }
    }

    /// Whether two members may be connected, as far as twins go.
    #[must_use]
    pub fn permit(&self, cast: &Cast, one: usize, other: usize) -> bool {
        !cast.are_one(one, other) && self.turns_to(cast, one, other) && self.turns_to(cast, other, one)
    }

    /// Whether `from` talks to this instance `to`.
    fn turns_to(&self, cast: &Cast, from: usize, to: usize) -> bool {
        let first = cast.candidate(to).unwrap_or(to);
        match self.0.get(&(first, from)) {
            None | Some(Side::Both) => true,
            Some(Side::First) => to == first,
            Some(Side::Second) => to != first,
        }
    }
}
