//! Quotas: no account gets more into blocks than its bucket lets through, and nobody who is within it is turned away.
//!
//! The "an account that floods or fails is slowed" and "nobody else is harmed". Of clients that only remark:
//! their calls never fail, so what is in their buckets follows from the final blocks alone. Where operators may change a
//! quota in the middle of the run, the loosest one bounds what is included and the tightest what is refused.

use std::collections::BTreeMap;

use tierchain_primitives::numbers::Millis;
use tierchain_primitives::{AccountId, BlockNumber};
use tierchain_runtime::{Checked, Quota, Spent, Weights};

use super::{Check, Violation};
use crate::scene::BLOCK_NONCE_BITS;

/// One account's bucket by either quota, and what was in it after which block.
#[derive(Clone, Debug)]
struct Bucket {
    loosest: Quota,
    tightest: Quota,
    low: Spent,
    high: BTreeMap<BlockNumber, Spent>,
}

#[derive(Debug, Default)]
pub(super) struct Quotas {
    buckets: BTreeMap<AccountId, Bucket>,
    height: BlockNumber,
    slowed: usize,
}

impl Quotas {
    /// An account that only remarks, and its quota at first.
    pub(super) fn watch(&mut self, account: AccountId, quota: Quota) {
        let bucket = Bucket { loosest: quota, tightest: quota, low: Spent::default(), high: BTreeMap::new() };
        self.buckets.insert(account, bucket);
    }

    /// From now on the account's quota may be another.
    pub(super) fn on_proposed(&mut self, account: &AccountId, quota: Quota) {
        let Some(Bucket { loosest, tightest, .. }) = self.buckets.get_mut(account) else { return };
        loosest.burst_us = loosest.burst_us.max(quota.burst_us);
        loosest.rate_permille = loosest.rate_permille.max(quota.rate_permille);
        tightest.burst_us = tightest.burst_us.min(quota.burst_us);
        tightest.rate_permille = tightest.rate_permille.min(quota.rate_permille);
    }

    /// Looks at each number once: agreement sees to the others.
    pub(super) fn on_final(&mut self, number: BlockNumber, at: Millis, body: &[Checked]) -> Check {
        if number != self.height + 1 {
            return Ok(());
        }
        self.height = number;
        let weights = Weights::new(BLOCK_NONCE_BITS);
        for checked in body {
            let account = checked.extrinsic.signer;
            let Some(bucket) = self.buckets.get_mut(&account) else { continue };
            let level = bucket.low.level_at(at, &bucket.loosest);
            if !bucket.loosest.admits(level, checked.call.is_milestone()) {
                let (what, quota) = (checked.hash, bucket.loosest);
                let what =
                    format!("block {number} includes {what} of {account}, whose bucket has {level} of {quota:?}");
                return Err(Violation::new("quotas", what));
            }
            let cost = checked.weight_at(&weights);
            bucket.low = bucket.low.charged(at, cost, &bucket.loosest);
            let before = bucket.high.last_key_value().map_or_else(Spent::default, |(_, spent)| *spent);
            bucket.high.insert(number, before.charged(at, cost, &bucket.tightest));
        }
        Ok(())
    }

    /// A member whose newest final block was `last` when it decided refuses something of an account at a time.
    pub(super) fn on_over_quota(&mut self, who: usize, account: &AccountId, last: BlockNumber, now: Millis) -> Check {
        self.slowed += 1;
        let Some(bucket) = self.buckets.get(account) else { return Ok(()) };
        let spent = bucket.high.range(..=last).next_back().map_or_else(Spent::default, |(_, spent)| *spent);
        let level = spent.level_at(now, &bucket.tightest);
        if !bucket.tightest.admits(level, false) {
            return Ok(());
        }
        let quota = bucket.tightest;
        let what = format!("member {who} at block {last} turns {account} away, whose bucket has {level} of {quota:?}");
        Err(Violation::new("quotas", what))
    }

    /// How often somebody was turned away.
    pub(super) fn slowed(&self) -> usize {
        self.slowed
    }
}
