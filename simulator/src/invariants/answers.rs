//! A hash answered is a promise: the extrinsic stays in that validator's pool, through crashes, until it is included,
//! its era ends, or another one takes its nonce.
//!
//! decisions.md 21; the durability of the mempool in the list of the replica's parts.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::H256;
use tierchain_replica::{DropReason, Replica};

use super::once::Once;
use super::{Check, Violation};

#[derive(Debug, Default)]
pub(super) struct Answers {
    by_member: BTreeMap<usize, BTreeSet<H256>>,
    answered: BTreeSet<H256>,
    /// What may be missing: its era ended.
    expired: BTreeSet<H256>,
}

impl Answers {
    pub(super) fn on_answered(&mut self, who: usize, hash: H256) {
        self.answered.insert(hash);
        self.by_member.entry(who).or_default().insert(hash);
    }

    pub(super) fn on_dropped(&mut self, hash: H256, reason: DropReason, once: &Once) -> Check {
        match reason {
            DropReason::Expired => {
                self.expired.insert(hash);
                Ok(())
            }
            DropReason::Usurped { by } if once.block_of(&by).is_some() => Ok(()),
            DropReason::Usurped { by } => {
                let what = format!("extrinsic {hash} is said to be usurped by {by}, which is in no block");
                Err(Violation::new("answers", what))
            }
        }
    }

    pub(super) fn on_restart(&mut self, who: usize, replica: &Replica, once: &Once) -> Check {
        let Some(promised) = self.by_member.get_mut(&who) else { return Ok(()) };
        promised.retain(|hash| once.block_of(hash).is_none() && !self.expired.contains(hash));
        match promised.iter().find(|hash| replica.pool().get(hash).is_none()) {
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
