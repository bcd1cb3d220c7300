//! Bundles that gave nothing when they were last looked at. They are looked at again in turns, so that what a maker
//! hands out that can't be included, however much it is, doesn't slow down those who look.

use std::collections::BTreeMap;

use tierchain_primitives::{AccountId, H256};

use super::share::Share;

/// A bundle, and how many entries a look at it is at.
#[derive(Clone, Copy, Debug)]
struct Sleeper {
    digest: H256,
    entries: usize,
}

/// Which bundles of which makers sleep, each maker's in the order in which they fell asleep.
#[derive(Clone, Debug, Default)]
pub(super) struct Asleep {
    by_maker: BTreeMap<AccountId, BTreeMap<u64, Sleeper>>,
    next_place: u64,
    share: Share,
    /// Whether there was no share for some when they were last looked for.
    waits: bool,
}

impl Asleep {
    /// Puts a bundle last; says at which place.
    pub(super) fn put(&mut self, maker: AccountId, digest: H256, entries: usize) -> u64 {
        let place = self.next_place;
        self.next_place += 1;
        self.by_maker.entry(maker).or_default().insert(place, Sleeper { digest, entries });
        place
    }

    /// Takes one away.
    pub(super) fn remove(&mut self, maker: &AccountId, place: u64) {
        let Some(places) = self.by_maker.get_mut(maker) else { return };
        places.remove(&place);
        if places.is_empty() {
            self.by_maker.remove(maker);
        }
    }

    /// The next one to be looked at, if there is one that there is a share for.
    pub(super) fn wake(&mut self, now: u64) -> Option<H256> {
        let maker = self.share.first(self.by_maker.keys().copied());
        self.waits = maker.is_some() && !self.share.has(now);
        let maker = maker.filter(|_| !self.waits)?;
        let (&place, &Sleeper { digest, entries }) = self.by_maker.get(&maker)?.first_key_value()?;
        self.remove(&maker, place);
        self.share.take(maker, entries, now);
        Some(digest)
    }

    /// When there is a share for those that are due; none if none is.
    pub(super) fn wake_at(&self) -> Option<u64> {
        (self.waits && !self.by_maker.is_empty()).then(|| self.share.at())
    }
}
