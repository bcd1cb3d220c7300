//! How often bundles that gave nothing are looked at: as many entries in a while and no more, shared among makers.
//!
//! A look at an entry may cost a read of the state, and a maker can hand out more entries that can't be included than
//! a replica could look at between two blocks. Who makes many waits for the others' few (start-time fair queueing).

use std::collections::BTreeMap;

use tierchain_primitives::AccountId;

/// Entries looked at in a millisecond, in the long run. A read of the state takes some 10 µs, so a tenth of a
/// processor at most.
const ENTRIES_PER_MS: u64 = 8;

/// Entries that may be looked at at once after a rest: a whole bundle's. A few that wait for a nonce or a quota never
/// wait for a look.
const REST_MS: u64 = 512;

/// Entries that a bundle counts as, beside its own.
const BUNDLE_ENTRIES: u64 = 1;

/// What makers were given, and when there is more.
#[derive(Clone, Debug, Default)]
pub(super) struct Share {
    /// When all that was looked at would be paid for, in entries: [`ENTRIES_PER_MS`] to a monotonic millisecond.
    paid_at: u64,
    /// What each maker that had more than the last to be served had before was given.
    given: BTreeMap<AccountId, u64>,
    /// What the last maker to be served had been given before.
    floor: u64,
}

impl Share {
    /// Whether there may be another look.
    pub(super) fn has(&self, now: u64) -> bool {
        self.at() <= now
    }

    /// From when on there may be.
    pub(super) fn at(&self) -> u64 {
        self.paid_at.div_ceil(ENTRIES_PER_MS).saturating_sub(REST_MS)
    }

    /// Whose turn it is: of who was given least, the first by key.
    pub(super) fn first(&self, makers: impl Iterator<Item = AccountId>) -> Option<AccountId> {
        makers.min_by_key(|maker| (self.given_to(maker), *maker))
    }

    /// A bundle of a maker is looked at.
    pub(super) fn take(&mut self, maker: AccountId, entries: usize, now: u64) {
        let cost = BUNDLE_ENTRIES + entries as u64;
        self.paid_at = self.paid_at.max(now.saturating_mul(ENTRIES_PER_MS)).saturating_add(cost);
        let given = self.given_to(&maker);
        self.floor = given;
        self.given.insert(maker, given.saturating_add(cost));
        self.given.retain(|_, given| *given > self.floor);
    }

    fn given_to(&self, maker: &AccountId) -> u64 {
        self.given.get(maker).map_or(self.floor, |given| (*given).max(self.floor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::account;

    #[test]
    fn after_a_rest_there_is_a_bundle_at_once_and_then_so_many_entries_in_a_while() {
        let mut share = Share::default();
        let mut taken = 0;
        while share.has(10_000) {
            share.take(account(1), 63, 10_000);
            taken += 64;
        }
        assert_eq!(taken, REST_MS * ENTRIES_PER_MS + 64);
        assert_eq!(share.at(), 10_008);
        assert!(!share.has(10_007) && share.has(10_008));
        share.take(account(1), 4_095, 10_008);
        assert_eq!(share.at(), 10_520, "who took more than there was waits for it");
    }

    #[test]
    fn who_makes_much_waits_for_the_others_few() {
        let (mut share, makers) = (Share::default(), [account(1), account(2), account(3)]);
        let mut turns = Vec::new();
        for _ in 0..12 {
            let maker = share.first(makers.into_iter()).expect("there are makers");
            share.take(maker, if maker == account(1) { 7 } else { 1 }, 0);
            turns.push(maker.0[0]);
        }
        assert_eq!(turns, [1, 2, 3, 2, 3, 2, 3, 2, 3, 1, 2, 3]);
        assert_eq!(share.first([account(1), account(9)].into_iter()), Some(account(9)), "who comes anew is next");
    }
}
