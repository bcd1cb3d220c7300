//! A hash answered is a promise: the extrinsic stays in that validator's pool, through crashes, until it is included,
//! its era ends, or another one takes its nonce.
//!
//! decisions.md 21; the durability of the mempool in the list of the replica's parts.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::{DropReason, Replica};

use super::once::Once;
use super::{Check, Violation};

#[derive(Debug, Default)]
pub(super) struct Answers {
    /// With the block from which on it can't be included any more.
    by_member: BTreeMap<usize, BTreeMap<H256, Option<BlockNumber>>>,
    answered: BTreeSet<H256>,
}

impl Answers {
    pub(super) fn on_answered(&mut self, who: usize, hash: H256, death: Option<BlockNumber>) {
        self.answered.insert(hash);
        self.by_member.entry(who).or_default().insert(hash, death);
    }

    /// A validator lets an extrinsic go, at this height of its own.
    pub(super) fn on_dropped(
        &mut self,
        who: usize,
        height: BlockNumber,
        hash: H256,
        reason: DropReason,
        once: &Once,
    ) -> Check {
        // A restart is judged as a whole, by what is in the pool after it.
        if let DropReason::NotTakenBack(_) = reason {
            return Ok(());
        }
        let promise = self.by_member.get_mut(&who).and_then(|promised| promised.remove(&hash));
        let why = match reason {
            DropReason::Expired if promise.is_none_or(|death| is_past(death, height)) => return Ok(()),
            DropReason::Expired => "whose era lasts".into(),
            DropReason::Usurped { by } if once.block_of(&by).is_some() => return Ok(()),
            DropReason::Usurped { by } => format!("usurped by {by}, which is in no block"),
            DropReason::NotTakenBack(refusal) => format!("which it can't take back: {refusal}"),
        };
        let what = format!("member {who} lets go, at height {height}, of extrinsic {hash}, {why}");
        Err(Violation::new("answers", what))
    }

    pub(super) fn on_restarted(&mut self, who: usize, replica: &Replica, once: &Once) -> Check {
        let Some(promised) = self.by_member.get_mut(&who) else { return Ok(()) };
        let height = replica.chain().last().header.number;
        promised.retain(|hash, death| once.block_of(hash).is_none() && !is_past(*death, height));
        match promised.keys().find(|hash| replica.pool().get(hash).is_none()) {
            None => Ok(()),
            Some(lost) => {
                let what = format!("member {who} answered with hash {lost}, restarts, and has it no more");
                Err(Violation::new("answers", what))
            }
        }
    }

    pub(super) fn is_answered(&self, hash: &H256) -> bool {
        self.answered.contains(hash)
    }
}

/// Whether nothing that dies at `death` can stand in a block above `height`.
fn is_past(death: Option<BlockNumber>, height: BlockNumber) -> bool {
    death.is_some_and(|death| death <= height + 1)
}
