//! Head first: whatever an honest validator prepares in a view is the view's head or a descendant of it, where the head
//! is the block of the highest certificate, by view, then number, in the NEW-VIEW with which it entered.
//!
//! design.md 5, rules R6 and R7.

use std::collections::BTreeMap;

use tierchain_consensus::{NewView, Record as Said, Vote, VoteKind};
use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};
use tierchain_replica::Record;

use super::{Check, Violation};

#[derive(Debug, Default)]
pub(super) struct Heads {
    /// Number and parent of the blocks that anybody has on disk.
    blocks: BTreeMap<H256, (BlockNumber, H256)>,
    /// Where each member's views begin.
    heads: BTreeMap<(usize, Epoch, View), (BlockNumber, H256)>,
}

impl Heads {
    /// `place` says where in an epoch's set the member sits.
    pub(super) fn on_written(
        &mut self,
        who: usize,
        record: &Record,
        place: impl Fn(Epoch) -> Option<ValidatorIndex>,
    ) -> Check {
        match record {
            Record::Block { header, .. } => {
                self.blocks.insert(header.hash(), (header.number, header.parent_hash));
                Ok(())
            }
            Record::Consensus(Said::NewView(it)) => {
                self.heads.extend(head(it).map(|head| ((who, it.epoch, it.view), head)));
                Ok(())
            }
            Record::Consensus(Said::Vote(it)) if place(it.epoch) == Some(it.voter) && it.kind == VoteKind::Prepare => {
                self.on_prepare(who, it)
            }
            _ => Ok(()),
        }
    }

    fn on_prepare(&self, who: usize, vote: &Vote) -> Check {
        let Some(head) = self.heads.get(&(who, vote.epoch, vote.view)).copied() else { return Ok(()) };
        let mut at = (vote.number, vote.hash);
        while at.0 > head.0 {
            // Nobody honest has it on disk: nobody can tell.
            let Some((number, parent)) = self.blocks.get(&at.1).copied() else { return Ok(()) };
            at = (number - 1, parent);
        }
        if at == head {
            return Ok(());
        }
        let (number, view) = (vote.number, vote.view);
        let what = format!("member {who} prepares block {number} in view {view}, whose head {head:?} isn't below it");
        Err(Violation::new("heads", what))
    }
}

/// The head, computed here anew: the check must not rest on the definition it checks.
fn head(new_view: &NewView) -> Option<(BlockNumber, H256)> {
    let certificates = new_view.proof.iter().flat_map(|change| change.certified.iter().chain(&change.prepared));
    let mut highest = None;
    for it in certificates.filter(|it| it.view < new_view.view) {
        if highest.is_none_or(|(view, number, _)| (it.view, it.number) > (view, number)) {
            highest = Some((it.view, it.number, it.hash));
        }
    }
    highest.map(|(_, number, hash)| (number, hash))
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::crypto::Signature;

    use super::*;

    fn prepare(number: BlockNumber, hash: u8) -> Vote {
        Vote {
            kind: VoteKind::Prepare,
            epoch: Epoch(0),
            view: View(3),
            number,
            hash: H256([hash; 32]),
            voter: ValidatorIndex(0),
            signature: Signature::ZERO,
        }
    }

    #[test]
    fn what_is_below_the_head_or_beside_it_is_seen() {
        let hash = |byte| H256([byte; 32]);
        let blocks = BTreeMap::from([(hash(6), (6, hash(5))), (hash(7), (7, hash(6))), (hash(77), (7, hash(66)))]);
        let heads = Heads { blocks, heads: BTreeMap::from([((0, Epoch(0), View(3)), (6, hash(6)))]) };
        assert!(heads.on_prepare(0, &prepare(6, 6)).is_ok() && heads.on_prepare(0, &prepare(7, 7)).is_ok());
        assert!(heads.on_prepare(0, &prepare(5, 5)).is_err(), "below");
        assert!(heads.on_prepare(0, &prepare(7, 77)).is_err(), "on another branch");
    }
}
