//! A hash answered is a promise: the extrinsic stays in that validator's pool, through crashes, until it is included,
//! its era ends, or another one takes its nonce.
//!
//! decisions.md 21; the durability of the mempool in the list of the replica's parts.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::{DropReason, Refusal, Replica};

use super::once::Once;
use super::{Check, Violation};

#[derive(Debug, Default)]
pub(super) struct Answers {
    /// With the block from which on it can't be included any more.
    by_member: BTreeMap<usize, BTreeMap<H256, Option<BlockNumber>>>,
    /// What members without a seat let go of, and said so. An answer that leaves after that promises nothing, until the
    /// member holds it again.
    let_go: BTreeSet<(usize, H256)>,
}

impl Answers {
    /// A validator answers, and `holds` the extrinsic or doesn't. What is submitted twice in a turn is answered for twice
    /// at its end, and let go of before.
    pub(super) fn on_answered(&mut self, who: usize, hash: H256, death: Option<BlockNumber>, holds: bool) {
        if holds {
            self.let_go.remove(&(who, hash));
        }
        if !self.let_go.contains(&(who, hash)) {
            self.by_member.entry(who).or_default().insert(hash, death);
        }
    }

    /// A validator's log is gone, and with it what it promised.
    pub(super) fn on_log_lost(&mut self, who: usize) {
        self.by_member.remove(&who);
    }

    /// A validator lets an extrinsic go.
    pub(super) fn on_dropped(
        &mut self,
        who: usize,
        replica: &Replica,
        hash: H256,
        reason: DropReason,
        once: &Once,
    ) -> Check {
        // A restart is judged as a whole, by what is in the pool after it. Where the account signed anew while this
        // one waited for blocks that the member had lost, the other one has its nonce, and is promised in its place.
        if let DropReason::NotTakenBack(refusal) = reason {
            if let Refusal::NonceTaken { by } = refusal
                && (replica.holds(&by) || once.block_of(&by).is_some())
            {
                self.by_member.entry(who).or_default().remove(&hash);
            }
            return Ok(());
        }
        let height = replica.chain().last().header.number;
        let promise = self.by_member.get_mut(&who).and_then(|promised| promised.remove(&hash));
        let why = match reason {
            DropReason::Expired if promise.is_none_or(|death| is_past(death, height)) => return Ok(()),
            DropReason::Expired => "whose era lasts".into(),
            // It says so itself, and the client turns to another.
            DropReason::LeftTheSet if replica.seat().is_none() => {
                self.let_go.insert((who, hash));
                return Ok(());
            }
            DropReason::LeftTheSet => "as if it had left the set".into(),
            DropReason::Usurped { by } if once.block_of(&by).is_some() => return Ok(()),
            DropReason::Usurped { by } => format!("usurped by {by}, which is in no block"),
            DropReason::NotTakenBack(refusal) => format!("which it can't take back: {refusal}"),
        };
        let what = format!("member {who} lets go, at height {height}, of extrinsic {hash}, {why}");
        Err(Violation::new("answers", what))
    }

    /// A validator is back. Where it `is_whole`, it has all that it answered by.
    pub(super) fn on_restarted(&mut self, who: usize, replica: &Replica, once: &Once, is_whole: bool) -> Check {
        let Some(promised) = self.by_member.get_mut(&who) else { return Ok(()) };
        if !is_whole {
            promised.retain(|hash, _| replica.holds(hash));
        }
        let height = replica.chain().last().header.number;
        promised.retain(|hash, death| once.block_of(hash).is_none() && !is_past(*death, height));
        match promised.keys().find(|hash| !replica.holds(hash)) {
            None => Ok(()),
            Some(lost) => {
                let what = format!("member {who} answered with hash {lost}, restarts, and has it no more");
                Err(Violation::new("answers", what))
            }
        }
    }

    pub(super) fn is_answered(&self, hash: &H256) -> bool {
        self.by_member.values().any(|promised| promised.contains_key(hash))
    }
}

/// Whether nothing that dies at `death` can stand in a block above `height`.
fn is_past(death: Option<BlockNumber>, height: BlockNumber) -> bool {
    death.is_some_and(|death| death <= height + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_let_go_of_is_no_promise_until_it_is_held_again() {
        let (mut answers, hash) = (Answers::default(), H256([7; 32]));
        answers.let_go.insert((4, hash));
        for _submitted in 0..2 {
            answers.on_answered(4, hash, None, false);
            assert!(!answers.is_answered(&hash));
        }
        answers.on_answered(4, hash, None, true);
        assert!(answers.is_answered(&hash) && answers.let_go.is_empty());
    }
}
