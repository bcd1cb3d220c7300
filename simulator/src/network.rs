//! The network between the members: who is connected, which links are cut, and what becomes of a message.
//!
//! A message is lost, doubled, delayed; so messages overtake each other. A connection is between two processes: it ends
//! with either of them, and nothing that was sent over it arrives afterwards.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::{SECOND, Time};
use crate::random::Random;

/// How the network treats messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Weather {
    /// How long a message takes.
    pub delay: (Time, Time),
    /// How many in a thousand are lost.
    pub loss_per_mille: u64,
    /// How many in a thousand come twice.
    pub duplicates_per_mille: u64,
    /// How many in a thousand take up to a second.
    pub stragglers_per_mille: u64,
}

impl Weather {
    /// What the network is like once it has healed.
    pub const FAIR: Self =
        Self { delay: (50, 1_000), loss_per_mille: 0, duplicates_per_mille: 0, stragglers_per_mille: 0 };

    fn delay(&self, random: &mut Random) -> Time {
        let straggles = random.chance(self.stragglers_per_mille);
        random.within(if straggles { (self.delay.0, SECOND) } else { self.delay })
    }
}

/// The number of a member's life: it rises with every start.
pub type Life = u32;

/// Links and connections.
#[derive(Debug)]
pub struct Network {
    /// How messages are treated now.
    pub weather: Weather,
    cut: BTreeSet<(usize, usize)>,
    connections: BTreeMap<(usize, usize), (Life, Life)>,
}

impl Network {
    /// Nobody is connected, nothing is cut.
    #[must_use]
    pub fn new(weather: Weather) -> Self {
        Self { weather, cut: BTreeSet::new(), connections: BTreeMap::new() }
    }

    /// When copies of a message sent now arrive: none if it is lost.
    pub fn delays(&self, random: &mut Random) -> Vec<Time> {
        if random.chance(self.weather.loss_per_mille) {
            return Vec::new();
        }
        let copies = if random.chance(self.weather.duplicates_per_mille) { 2 } else { 1 };
        (0..copies).map(|_| self.weather.delay(random)).collect()
    }

    /// Cuts a link in one direction.
    pub fn cut(&mut self, from: usize, to: usize) {
        self.cut.insert((from, to));
    }

    /// Mends everything that is cut; says what was.
    pub fn mend(&mut self) -> BTreeSet<(usize, usize)> {
        core::mem::take(&mut self.cut)
    }

    /// Whether messages get from one to the other.
    #[must_use]
    pub fn carries(&self, from: usize, to: usize) -> bool {
        !self.cut.contains(&(from, to))
    }

    /// The lives that are connected, of the first and of the second.
    #[must_use]
    pub fn connection(&self, one: usize, other: usize) -> Option<(Life, Life)> {
        let (low, high) = *self.connections.get(&(one.min(other), one.max(other)))?;
        Some(if one < other { (low, high) } else { (high, low) })
    }

    /// Connects two.
    pub fn connect(&mut self, one: (usize, Life), other: (usize, Life)) {
        let (low, high) = if one < other { (one, other) } else { (other, one) };
        self.connections.insert((low.0, high.0), (low.1, high.1));
    }

    /// Ends a connection.
    pub fn disconnect(&mut self, one: usize, other: usize) {
        self.connections.remove(&(one.min(other), one.max(other)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_the_same_from_both_ends() {
        let mut network = Network::new(Weather::FAIR);
        network.connect((3, 30), (1, 10));
        assert_eq!((network.connection(3, 1), network.connection(1, 3)), (Some((30, 10)), Some((10, 30))));
        network.disconnect(1, 3);
        assert_eq!(network.connection(3, 1), None);
    }

    #[test]
    fn a_cut_has_a_direction() {
        let mut network = Network::new(Weather::FAIR);
        network.cut(0, 1);
        assert!(!network.carries(0, 1) && network.carries(1, 0));
        network.mend();
        assert!(network.carries(0, 1));
    }
}
