//! Durability: what a validator reported final, it still has after any crash; and its heights never fall.
//!
//! design.md 3, the table of what is on disk before what leaves.

use std::collections::BTreeMap;

use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::Replica;

use super::{Check, Violation};

/// What a member reported.
#[derive(Clone, Copy, Debug, Default)]
struct Reported {
    newest: (BlockNumber, H256),
    /// The newest block that it reported as a voter: its certificate is in its log.
    as_voter: (BlockNumber, H256),
    /// The block before the first of those that lead to that one and are in its log.
    from: BlockNumber,
    /// The newest block on stable storage.
    flushed: BlockNumber,
}

#[derive(Debug, Default)]
pub(super) struct Durability {
    reported: BTreeMap<usize, Reported>,
}

impl Durability {
    /// A member lost its log, or its database: what it has may be less from now on.
    pub(super) fn on_lost(&mut self, who: usize) {
        self.reported.remove(&who);
    }

    /// Blocks become final in order; only what is executed again after a restart was reported before.
    pub(super) fn on_final(&mut self, who: usize, number: BlockNumber, hash: H256, votes: bool) -> Check {
        let known = self.reported.contains_key(&who);
        let reported = self.reported.entry(who).or_default();
        if number > reported.newest.0 + 1 && votes && known {
            let what = format!("block {number} is final to member {who} before block {}", reported.newest.0 + 1);
            return Err(Violation::new("durability", what));
        }
        if number > reported.newest.0 {
            if !votes || reported.newest.0 != reported.as_voter.0 {
                // Never less: what follows again towards what its log holds has no more of it than before.
                reported.from = reported.from.max(number - u32::from(votes));
            }
            reported.newest = (number, hash);
        }
        if votes && number > reported.as_voter.0 {
            reported.as_voter = (number, hash);
        }
        Ok(())
    }

    /// Whether all that a member voted on was on stable storage, in its log or below it.
    pub(super) fn is_whole(&self, who: usize) -> bool {
        self.reported.get(&who).is_none_or(|reported| reported.flushed >= reported.from)
    }

    /// What a member has executed is on stable storage up to here.
    pub(super) fn on_flushed(&mut self, who: usize, number: BlockNumber) {
        if let Some(reported) = self.reported.get_mut(&who) {
            reported.flushed = number;
        }
    }

    /// Whoever doesn't vote has no certificates in a log: after a power failure it fetches again what its database lost,
    /// and so does one that began to vote on what wasn't on stable storage yet.
    pub(super) fn on_restart(&mut self, who: usize, replica: &Replica) -> Check {
        let last = replica.chain().last();
        let Some(reported) = self.reported.get_mut(&who) else { return Ok(()) };
        reported.newest = (last.header.number, last.hash);
        let (number, hash) = reported.as_voter;
        if reported.flushed < reported.from {
            return Ok(());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_follows_again_towards_what_its_log_holds_is_whole_only_there() {
        let hash = |number: BlockNumber| H256([u8::try_from(number).expect("a small number"); 32]);
        let mut durability = Durability::default();
        for number in 37..=41 {
            assert!(durability.on_final(0, number, hash(number), number == 41).is_ok(), "it votes on block 41 first");
        }
        durability.on_flushed(0, 36);
        assert!(!durability.is_whole(0));
        durability.reported.get_mut(&0).expect("it reported").newest = (36, hash(36));
        assert!(durability.on_final(0, 37, hash(37), false).is_ok());
        durability.on_flushed(0, 37);
        assert!(!durability.is_whole(0), "blocks 38 to 40 are neither in its log nor stored");
        durability.on_flushed(0, 40);
        assert!(durability.is_whole(0));
    }
}
