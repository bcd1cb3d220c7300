//! Meeting the others: whether a node that has nothing yet is far behind.
//!
//! A node with an empty disk can do nothing before it is connected to f + 1 validators, so it may as well ask them how
//! far they are. The (f + 1)th highest answer is true of an honest one.

use std::collections::BTreeMap;

use tierchain_primitives::BlockNumber;

/// The heights that others claim.
#[derive(Clone, Debug)]
pub struct Meeting<P> {
    needed: usize,
    heights: BTreeMap<P, BlockNumber>,
}

impl<P: Ord + Copy> Meeting<P> {
    /// A meeting that is over when `needed` validators have spoken: f + 1.
    #[must_use]
    pub fn new(needed: usize) -> Self {
        Self { needed: needed.max(1), heights: BTreeMap::new() }
    }

    /// A validator says how far it is.
    pub fn on_height(&mut self, validator: P, number: BlockNumber) {
        let known = self.heights.entry(validator).or_default();
        *known = (*known).max(number);
    }

    /// A peer is lost.
    pub fn on_lost(&mut self, peer: &P) {
        self.heights.remove(peer);
    }

    /// A height that some honest validator has reached, once enough have spoken.
    #[must_use]
    pub fn vouched(&self) -> Option<BlockNumber> {
        let mut heights: Vec<BlockNumber> = self.heights.values().copied().collect();
        heights.sort_unstable_by(|one, other| other.cmp(one));
        heights.get(self.needed - 1).copied()
    }

    /// What each has said.
    pub fn heights(&self) -> impl Iterator<Item = (P, BlockNumber)> {
        self.heights.iter().map(|(peer, number)| (*peer, *number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_liar_of_four_neither_hurries_nor_holds_back() {
        let mut meeting = Meeting::new(2);
        meeting.on_height(0, 1_000_000);
        assert_eq!(meeting.vouched(), None, "one voice is nobody's");
        meeting.on_height(1, 12);
        assert_eq!(meeting.vouched(), Some(12));
        meeting.on_height(2, 14);
        assert_eq!(meeting.vouched(), Some(14));
        meeting.on_lost(&2);
        meeting.on_height(1, 3);
        assert_eq!(meeting.vouched(), Some(12), "what was reached stays reached");
    }
}
