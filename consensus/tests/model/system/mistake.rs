//! Known mistakes about where a view starts, made by everybody who reads a NEW-VIEW: proof that the properties bite.
//!
//! The machine stays the one that ships. What it is shown instead of the proof is one that says what a mistaken reader
//! would have made of the true one.

use super::library::Library;
use super::words::{Change, Mark};

/// A mistake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mistake {
    /// Blocks are proposed again from the bottom up: the first prepare of a view is for the lowest block that isn't
    /// certified, not for the head.
    BottomUp,
    /// The highest certificate is found by number, then view.
    NumberFirst,
}

impl Mistake {
    /// The proof as a mistaken reader understands it.
    pub(crate) fn misread(self, proof: &[Change], library: &Library) -> Vec<Change> {
        let shown = proof.iter().flat_map(|change| change.certified.into_iter().chain(change.prepared));
        let Some(head) = shown.max_by_key(|mark| library.rank(mark)) else { return proof.to_vec() };
        let certified = proof.iter().filter_map(|change| change.certified);
        let final_number = certified.map(|mark| library.number(mark.block)).max().unwrap_or(0);
        let start = match self {
            Self::BottomUp if library.number(head.block) > final_number => {
                Mark { block: library.ancestor(head.block, final_number + 1), ..head }
            }
            _ => head,
        };
        let order = |mark: &Mark| (mark.view, library.number(mark.block));
        let below = |mark: &Mark| order(mark) < order(&start);
        let reread =
            |change: &Change| Change { certified: change.certified.filter(below), prepared: Some(start), ..*change };
        proof.iter().map(reread).collect()
    }
}
