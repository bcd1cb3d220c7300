//! Durability: what a validator reported final, it still has after any crash; and its heights never fall.
//!
//! design.md 3, the table of what is on disk before what leaves.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::Replica;

use super::{Check, Violation};

#[derive(Debug)]
pub(super) struct Durability {
    validators: usize,
    reported: BTreeMap<usize, (BlockNumber, H256)>,
    lost: BTreeSet<usize>,
}

impl Durability {
    pub(super) fn new(validators: usize) -> Self {
        Self { validators, reported: BTreeMap::new(), lost: BTreeSet::new() }
    }

    /// A validator's log is gone: from now on it is an observer.
    pub(super) fn on_log_lost(&mut self, who: usize) {
        self.lost.insert(who);
    }

    fn has_log(&self, who: usize) -> bool {
        who < self.validators && !self.lost.contains(&who)
    }

    /// Blocks become final in order; only what is executed again after a restart was reported before.
    pub(super) fn on_final(&mut self, who: usize, number: BlockNumber, hash: H256) -> Check {
        let has_log = self.has_log(who);
        let reported = self.reported.entry(who).or_insert((0, H256::ZERO));
        if number > reported.0 + 1 && has_log {
            let what = format!("block {number} is final to member {who} before block {}", reported.0 + 1);
            return Err(Violation::new("monotone heights", what));
        }
        if number > reported.0 {
            *reported = (number, hash);
        }
        Ok(())
    }

    /// An observer has no log: after a power failure it fetches again what its database lost.
    pub(super) fn on_restart(&mut self, who: usize, replica: &Replica) -> Check {
        let last = replica.chain().last();
        if !self.has_log(who) {
            self.reported.insert(who, (last.header.number, last.hash));
            return Ok(());
        }
        let (number, hash) = self.reported.get(&who).copied().unwrap_or_default();
        if last.header.number < number || (last.header.number == number && number > 0 && last.hash != hash) {
            let found = last.header.number;
            let what = format!("member {who} reported block {number} final and restarts at block {found}");
            return Err(Violation::new("durability", what));
        }
        Ok(())
    }
}

pub(super) fn unreadable(who: usize, problem: &str) -> Check {
    Err(Violation::new("durability", format!("member {who} can't open its vote log: {problem}")))
}
