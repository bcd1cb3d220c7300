//! Who sits where in which epoch, and that all agree on it: an epoch ends at one number, and one set follows.
//!
//! design.md 5, "Epochs": the header of block M + W carries the next set, the old set certifies it, and the next epoch
//! begins on it. What members claim is held against what final headers say.

use std::collections::BTreeMap;

use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::epoch::{Epochs, next_set};
use tierchain_primitives::header::Header;
use tierchain_primitives::{BlockNumber, Epoch, ValidatorIndex};

use super::{Check, Violation};
use crate::cast::Cast;

/// An epoch: where it begins, and who votes in it.
#[derive(Clone, Debug)]
pub struct Seating {
    /// The last block of the epoch before.
    pub begins_after: BlockNumber,
    /// The set.
    pub set: ValidatorSet,
    /// The candidates by their places.
    pub members: Vec<usize>,
}

/// All epochs that any honest member is in.
#[derive(Debug)]
pub struct Seats {
    claimed: BTreeMap<Epoch, Seating>,
    /// The newest epoch that each member claimed.
    seen: BTreeMap<usize, Epoch>,
    /// By the headers of final blocks alone: the block after which each epoch begins.
    begun: BTreeMap<BlockNumber, Epoch>,
    height: BlockNumber,
}

impl Seating {
    fn new(begins_after: BlockNumber, set: ValidatorSet, cast: &Cast) -> Self {
        let members = cast.seated(&set);
        Self { begins_after, set, members }
    }

    /// A candidate's place.
    #[must_use]
    pub fn place(&self, candidate: usize) -> Option<ValidatorIndex> {
        let at = self.members.iter().position(|member| *member == candidate)?;
        Some(ValidatorIndex(u16::try_from(at).expect("a set is small")))
    }
}

impl Seats {
    pub(super) fn new(set: ValidatorSet, cast: &Cast) -> Self {
        let claimed = BTreeMap::from([(set.epoch, Seating::new(0, set.clone(), cast))]);
        Self { claimed, seen: BTreeMap::new(), begun: BTreeMap::from([(0, set.epoch)]), height: 0 }
    }

    /// The newest epoch that any honest member is in.
    #[must_use]
    pub fn newest(&self) -> &Seating {
        self.claimed.last_key_value().expect("there is the first").1
    }

    /// This epoch and those after it.
    pub fn since(&self, epoch: Epoch) -> impl Iterator<Item = &Seating> {
        self.claimed.range(epoch..).map(|(_, seating)| seating)
    }

    /// An epoch.
    #[must_use]
    pub fn of(&self, epoch: Epoch) -> Option<&Seating> {
        self.claimed.get(&epoch)
    }

    /// The candidate in a place.
    #[must_use]
    pub fn candidate(&self, epoch: Epoch, index: ValidatorIndex) -> Option<usize> {
        self.of(epoch)?.members.get(index.as_usize()).copied()
    }

    /// A member's place.
    #[must_use]
    pub fn place(&self, epoch: Epoch, who: usize, cast: &Cast) -> Option<ValidatorIndex> {
        self.of(epoch)?.place(cast.candidate(who)?)
    }

    /// The epoch whose set certifies a block of which the parent is final, by the headers alone.
    #[must_use]
    pub fn certifying(&self, number: BlockNumber) -> Epoch {
        *self.begun.range(..number).next_back().expect("genesis begins the first").1
    }

    /// A member claims these epochs.
    pub(super) fn on_epochs(&mut self, who: usize, epochs: &Epochs, cast: &Cast) -> Check {
        let newest = epochs.current().epoch;
        if self.seen.insert(who, newest) == Some(newest) {
            return Ok(());
        }
        epochs.iter().try_for_each(|(begins_after, set)| self.claim(who, begins_after, set, cast))
    }

    fn claim(&mut self, who: usize, begins_after: BlockNumber, set: &ValidatorSet, cast: &Cast) -> Check {
        let claim = || Seating::new(begins_after, set.clone(), cast);
        let known = self.claimed.entry(set.epoch).or_insert_with(claim);
        if (known.begins_after, &known.set) == (begins_after, set) {
            return Ok(());
        }
        let (epoch, before) = (set.epoch, known.begins_after);
        let what =
            format!("epoch {epoch} of {set:?} begins after block {begins_after} for member {who}, but was known");
        Err(Violation::new("seats", format!("{what} after block {before} with {:?}", known.set)))
    }

    /// A block is final: looks at each number once, in order.
    pub(super) fn on_final(&mut self, header: &Header, cast: &Cast) -> Check {
        if header.number != self.height + 1 {
            return Ok(());
        }
        self.height = header.number;
        let claimed = self.claimed.values().find(|seating| seating.begins_after == header.number);
        let claimed = claimed.filter(|seating| seating.set.epoch != Epoch(0)).map(|seating| seating.set.clone());
        match (next_set(header), claimed) {
            (None, None) => Ok(()),
            (Some(set), claimed) if claimed.as_ref().is_none_or(|claimed| *claimed == set) => {
                self.begun.insert(header.number, set.epoch);
                self.claim(usize::MAX, header.number, &set, cast)
            }
            (carried, claimed) => {
                let number = header.number;
                let what = format!("block {number} carries {carried:?}, and members began {claimed:?} after it");
                Err(Violation::new("seats", what))
            }
        }
    }
}
