//! Quotas: how much of the network an account may use. There are no fees; an account that floods or fails is slowed.
//!
//! A leaky bucket per account, in microseconds of weight: each included extrinsic pours its weight in, a failed one
//! [`FAILED_FACTOR`] times as much, and it drains with the blocks' time. While more is in it than the burst, nothing of
//! the account is included. What is in it stands in the account's own record ([`Allowance`]), which every extrinsic
//! writes for its nonce: so a quota costs neither a read nor a write, and a failed call still changes nothing but its
//! signer's account.

use parity_scale_codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use tierchain_primitives::numbers::Millis;

/// How many times its weight an extrinsic costs whose call fails.
pub const FAILED_FACTOR: u64 = 8;

/// How many bursts the births, ends and anchors of an account may fill: what begins and ends lives isn't held up by what
/// happens in between.
const MILESTONE_BURSTS: u64 = 2;

/// How much an account may use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Quota {
    /// How much may be in the bucket, in microseconds of weight.
    #[codec(compact)]
    pub burst_us: u64,
    /// How fast it drains, in thousandths of real time: microseconds of weight per millisecond.
    #[codec(compact)]
    pub rate_permille: u32,
}

impl Default for Quota {
    /// A fifth of real time, and two seconds at once: about 13,000 events a second in batches of 64.
    fn default() -> Self {
        Self { burst_us: 2_000_000, rate_permille: 200 }
    }
}

impl Quota {
    /// That of an account that handed everything over, or lost all that a provider gave it: nothing of it is included any
    /// more. Without it every key rotation would leave another account with a quota of its own.
    pub const CLOSED: Self = Self { burst_us: 0, rate_permille: 0 };

    /// What each of so many may use who together may use as much as this, or hardly more: the rate has thousandths only.
    #[must_use]
    pub fn share(&self, of: u32) -> Self {
        let of = of.max(1);
        Self { burst_us: self.burst_us / u64::from(of), rate_permille: (self.rate_permille / of).max(1) }
    }

    /// Whether anything ever drains.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.rate_permille > 0
    }

    /// Whether something of the account may be included while so much is in its bucket. One extrinsic may overfill it, so
    /// that none is too dear for ever.
    #[must_use]
    pub fn admits(&self, level_us: u64, is_milestone: bool) -> bool {
        level_us <= self.limit(is_milestone)
    }

    /// In how many milliseconds enough has drained, if nothing is added; 0 if something may be included now.
    #[must_use]
    pub fn wait_ms(&self, level_us: u64, is_milestone: bool) -> u64 {
        let over = level_us.saturating_sub(self.limit(is_milestone));
        over.div_ceil(u64::from(self.rate_permille.max(1)))
    }

    fn limit(&self, is_milestone: bool) -> u64 {
        if is_milestone { self.burst_us.saturating_mul(MILESTONE_BURSTS) } else { self.burst_us }
    }
}

/// What is in an account's bucket, as of the last time something was poured in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Spent {
    /// How much, in microseconds of weight.
    #[codec(compact)]
    pub level_us: u64,
    /// When, by the blocks' time.
    #[codec(compact)]
    pub at: Millis,
}

impl Spent {
    /// How much is left of it at a time.
    #[must_use]
    pub fn level_at(&self, now: Millis, quota: &Quota) -> u64 {
        // Milliseconds times thousandths are microseconds.
        let drained = now.saturating_sub(self.at).saturating_mul(u64::from(quota.rate_permille));
        self.level_us.saturating_sub(drained)
    }

    /// What is in it after something cost so much. A greater level or a greater cost never gives a smaller one.
    #[must_use]
    pub fn charged(&self, now: Millis, cost_us: u64, quota: &Quota) -> Self {
        Self { level_us: self.level_at(now, quota).saturating_add(cost_us), at: now.max(self.at) }
    }
}

/// What an account may use and has used: the data of its record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Allowance {
    /// What it has used.
    pub spent: Spent,
    /// A quota of its own, where a quorum of operators set one; else the network's holds.
    pub quota: Option<Quota>,
}

impl Allowance {
    /// What it is after something cost so much.
    #[must_use]
    pub fn charged(&self, now: Millis, cost_us: u64, default: &Quota) -> Self {
        let quota = self.quota.unwrap_or(*default);
        Self { spent: self.spent.charged(now, cost_us, &quota), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota { burst_us: 1_000, rate_permille: 200 };

    #[test]
    fn a_bucket_fills_and_drains_with_time() {
        let spent = Spent::default().charged(50, 700, &QUOTA).charged(51, 500, &QUOTA);
        assert_eq!(spent, Spent { level_us: 1_000, at: 51 });
        assert_eq!([51, 53, 1_000, 0].map(|now| spent.level_at(now, &QUOTA)), [1_000, 600, 0, 1_000]);
        assert_eq!(spent.charged(40, 1, &QUOTA), Spent { level_us: 1_001, at: 51 }, "time never goes back");
    }

    #[test]
    fn one_extrinsic_may_overfill_it_and_milestones_go_twice_as_far() {
        let check = |level, is_milestone, wait| {
            assert_eq!((QUOTA.admits(level, is_milestone), QUOTA.wait_ms(level, is_milestone)), (wait == 0, wait));
        };
        check(1_000, false, 0);
        check(1_001, false, 1);
        check(1_401, false, 3);
        check(2_000, true, 0);
        check(2_201, true, 2);
    }

    #[test]
    fn the_default_leaves_a_busy_agent_alone() {
        let (weights, mut spent, quota) = (crate::Weights::default(), Spent::default(), Quota::default());
        // 4,000 events a second in batches of 64, for a minute.
        for batch in 0..4_000 * 60 / 64 {
            spent = spent.charged(batch * 16, weights.blocks(64), &quota);
            assert!(quota.admits(spent.level_us, false));
        }
    }

    #[test]
    fn a_share_is_never_nothing_and_a_closed_account_never_opens() {
        assert_eq!(Quota::default().share(256), Quota { burst_us: 7_812, rate_permille: 1 });
        assert_eq!(Quota { burst_us: 8, rate_permille: 512 }.share(256), Quota { burst_us: 0, rate_permille: 2 });
        let spent = Spent { level_us: 1, at: 0 };
        assert!(!Quota::CLOSED.admits(spent.level_at(u64::MAX, &Quota::CLOSED), true));
    }

    #[test]
    fn an_account_encodes_small() {
        assert_eq!(Allowance::default().encode(), [0, 0, 0]);
        let spent = Spent { level_us: 1_000_000, at: 1_795_227_255_000 };
        assert!(Allowance { spent, quota: None }.encoded_size() <= 12);
    }
}
