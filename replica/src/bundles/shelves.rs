//! What is held of each maker: how many bytes, and which bundle is judged next.
//!
//! Makers take turns, and each one's bundles go round: what one makes, however much, keeps nobody else's from being
//! judged.

use std::collections::{BTreeMap, VecDeque};

use tierchain_primitives::{AccountId, H256};

/// What is held of one maker.
#[derive(Clone, Debug, Default)]
struct Shelf {
    bytes: usize,
    /// Its bundles in order of arrival.
    bundles: BTreeMap<u64, H256>,
    /// What is yet to be judged of its bundles that waited when the round began. A round of its own, so that what comes
    /// later doesn't draw it out.
    round: VecDeque<H256>,
}

impl Shelf {
    /// The next one of the round that still waits.
    fn pop(&mut self, waits: &impl Fn(&H256) -> bool) -> Option<H256> {
        while let Some(digest) = self.round.pop_front() {
            if waits(&digest) {
                return Some(digest);
            }
        }
        None
    }

    /// Begins a new round where the last one is over; says whether there is something in it.
    fn begin_round(&mut self, waits: &impl Fn(&H256) -> bool, is_old: &impl Fn(&H256) -> bool) -> bool {
        while self.round.front().is_some_and(|digest| !waits(digest)) {
            self.round.pop_front();
        }
        if self.round.is_empty() {
            let old = self.bundles.values().take_while(|digest| is_old(digest));
            self.round.extend(old.filter(|digest| waits(digest)));
        }
        !self.round.is_empty()
    }
}

/// The makers' shelves.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelves {
    by_maker: BTreeMap<AccountId, Shelf>,
    /// Whose bundle was the last to be judged.
    last: Option<AccountId>,
}

impl Shelves {
    /// Bytes held of a maker.
    pub(super) fn bytes(&self, maker: &AccountId) -> usize {
        self.by_maker.get(maker).map_or(0, |shelf| shelf.bytes)
    }

    /// A maker's bundles in order of arrival.
    pub(super) fn of(&self, maker: AccountId) -> impl Iterator<Item = &H256> {
        self.by_maker.get(&maker).into_iter().flat_map(|shelf| shelf.bundles.values())
    }

    /// Puts a bundle that came at `place` on a maker's shelf; `bytes` are none where they count as another's.
    pub(super) fn put(&mut self, maker: AccountId, place: u64, digest: H256, bytes: usize) {
        let shelf = self.by_maker.entry(maker).or_default();
        shelf.bytes += bytes;
        shelf.bundles.insert(place, digest);
    }

    /// Takes one away, with as many bytes as were put there.
    pub(super) fn remove(&mut self, maker: &AccountId, place: u64, bytes: usize) {
        let Some(shelf) = self.by_maker.get_mut(maker) else { return };
        shelf.bytes -= bytes;
        shelf.bundles.remove(&place);
        if shelf.bundles.is_empty() {
            self.by_maker.remove(maker);
        }
    }

    /// A new primary is judged from the oldest on.
    pub(super) fn forget_rounds(&mut self) {
        self.by_maker.values_mut().for_each(|shelf| shelf.round.clear());
    }

    /// The next ones to judge, `count` at most and none twice: of each maker in turn one that `waits`, until there is
    /// none or enough. `is_old` holds for the first ones to arrive, up to some time.
    pub(super) fn next(
        &mut self,
        count: usize,
        waits: impl Fn(&H256) -> bool,
        is_old: impl Fn(&H256) -> bool,
    ) -> Vec<H256> {
        let mut makers: VecDeque<AccountId> = self.waiting(&waits, &is_old).collect();
        let had_turn = self.last.map_or(0, |last| makers.iter().filter(|maker| **maker <= last).count());
        makers.rotate_left(had_turn);
        let mut next = Vec::new();
        while next.len() < count {
            let Some(maker) = makers.pop_front() else { break };
            let Some(digest) = self.by_maker.get_mut(&maker).and_then(|shelf| shelf.pop(&waits)) else { continue };
            if !next.contains(&digest) {
                next.push(digest);
            }
            self.last = Some(maker);
            makers.push_back(maker);
        }
        next
    }

    /// Makers of bundles that wait, in order of their keys.
    fn waiting(
        &mut self,
        waits: &impl Fn(&H256) -> bool,
        is_old: &impl Fn(&H256) -> bool,
    ) -> impl Iterator<Item = AccountId> {
        let begins = |(maker, shelf): (&AccountId, &mut Shelf)| shelf.begin_round(waits, is_old).then_some(*maker);
        self.by_maker.iter_mut().filter_map(begins)
    }
}
