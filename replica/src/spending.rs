//! What accounts have spent of their quotas, as the body function needs it.
//!
//! The rule: a bucket's level is that of the state after `executed`, with the weights of the account's extrinsics in the
//! bodies since poured in at their blocks' times, as if all of them succeeded. It is a function of the chain and
//! `executed`, so every replica gets the same.
//!
//! Reading an account after each block would cost more than deriving the body. So an upper bound is remembered: what was
//! read once, with everything final since poured in as if it failed. While even that is within the quota, nothing is
//! read. A bound rests on the quota that was read with it: calls of the registry may change quotas, so a final block with
//! one forgets all bounds, and none counts for a state before it was read.

use std::collections::BTreeMap;

use tierchain_primitives::numbers::Millis;
use tierchain_primitives::{AccountId, BlockNumber};
use tierchain_runtime::quota::FAILED_FACTOR;
use tierchain_runtime::{Call, Quota, Spent};

use crate::accounts::LedgerRead;
use crate::body::Place;
use crate::chain::{Block, Chain};

/// Most accounts remembered at a time; beyond that all are forgotten and read again.
const REMEMBERED_MAX: usize = 100_000;

/// An account's bucket while a body is derived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bucket {
    /// What is in it at the block's time: at most that, or exactly.
    level_us: u64,
    is_exact: bool,
    quota: Quota,
    /// What this body has poured in so far.
    taken_us: u64,
}

/// An upper bound of what is in a bucket after the newest final block.
#[derive(Clone, Copy, Debug)]
struct Bound {
    /// The block after whose state it was read.
    read_at: BlockNumber,
    spent: Spent,
    quota: Quota,
}

/// The accounts seen lately.
#[derive(Clone, Debug, Default)]
pub struct Spending {
    bounds: BTreeMap<AccountId, Bound>,
    /// The newest final block that may have changed quotas.
    governed: BlockNumber,
}

/// What a level is read from.
pub struct Books<'a, L> {
    /// The chain.
    pub chain: &'a Chain,
    /// The executed ledger.
    pub ledger: &'a L,
    /// What an account may use that has no quota of its own.
    pub quota: &'a Quota,
}

impl Bucket {
    /// Whether another extrinsic goes in, as far as this is known.
    fn admits(&self, is_milestone: bool) -> bool {
        self.quota.admits(self.level_us.saturating_add(self.taken_us), is_milestone)
    }

    /// The bucket after this body took something of the account.
    #[must_use]
    pub fn with(self, weight_us: u64) -> Self {
        Self { taken_us: self.taken_us.saturating_add(weight_us), ..self }
    }

    /// In how many milliseconds something of the account can be included, if this body takes nothing more of it.
    #[must_use]
    pub fn wait_ms(&self, is_milestone: bool) -> u64 {
        self.quota.wait_ms(self.level_us.saturating_add(self.taken_us), is_milestone)
    }
}

impl Spending {
    /// The account's bucket at `place`: by the bound where there is one, which [`Spending::admits`] makes exact if that
    /// matters.
    pub fn bucket<L: LedgerRead>(&mut self, account: &AccountId, place: Place, books: &Books<'_, L>) -> Bucket {
        match self.bounds.get(account).filter(|bound| bound.read_at <= place.executed) {
            Some(bound) => {
                let above: u64 = books.chain.above_final(account, &place.parent).sum();
                let level_us = bound.spent.level_at(place.time, &bound.quota);
                let level_us = level_us.saturating_add(above.saturating_mul(FAILED_FACTOR));
                Bucket { level_us, is_exact: false, quota: bound.quota, taken_us: 0 }
            }
            None => self.read(account, place, books),
        }
    }

    /// Whether another extrinsic of the account goes into its bucket at `place`.
    pub fn admits<L: LedgerRead>(
        &mut self,
        account: &AccountId,
        bucket: &mut Bucket,
        is_milestone: bool,
        place: Place,
        books: &Books<'_, L>,
    ) -> bool {
        if !bucket.admits(is_milestone) && !bucket.is_exact {
            *bucket = self.read(account, place, books).with(bucket.taken_us);
        }
        bucket.admits(is_milestone)
    }

    /// Moves on by a final block.
    pub fn on_final(&mut self, block: &Block) {
        if block.body.iter().any(|checked| matches!(checked.call, Call::Registry(_))) {
            self.bounds.clear();
            self.governed = block.header.number;
        }
        for (account, included) in block.signers() {
            if let Some(bound) = self.bounds.get_mut(account) {
                let most = included.weight_us.saturating_mul(FAILED_FACTOR);
                bound.spent = bound.spent.charged(block.pre.timestamp, most, &bound.quota);
            }
        }
    }

    /// Reads what is in a bucket, and remembers a bound from it.
    fn read<L: LedgerRead>(&mut self, account: &AccountId, place: Place, books: &Books<'_, L>) -> Bucket {
        let Books { chain, ledger, quota } = *books;
        let data = ledger.account(account, place.executed).map(|info| info.allowance).unwrap_or_default();
        let quota = data.quota.unwrap_or(*quota);
        let pour = |spent: Spent, (at, weight_us): (Millis, u64)| spent.charged(at, weight_us, &quota);
        let level = chain.included(account, place.executed, &place.parent).fold(data.spent, pour);
        if place.executed >= self.governed {
            let last = chain.last().hash;
            let most = chain.included(account, place.executed, &last).map(|(at, us)| (at, us * FAILED_FACTOR));
            self.remember(*account, Bound { read_at: place.executed, spent: most.fold(data.spent, pour), quota });
        }
        Bucket { level_us: level.level_at(place.time, &quota), is_exact: true, quota, taken_us: 0 }
    }

    fn remember(&mut self, account: AccountId, bound: Bound) {
        if self.bounds.len() >= REMEMBERED_MAX {
            self.bounds.clear();
        }
        self.bounds.insert(account, bound);
    }
}

#[cfg(test)]
mod tests;
