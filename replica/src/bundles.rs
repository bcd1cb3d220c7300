//! The bundles held here: what proposals may name and what other replicas may ask for.
//!
//! They are taken in order of arrival, but for those of nothing but milestones (births, ends, anchors): a replica whose
//! bundles wait makes such of its own, and they go before all others.

mod shelves;

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::Checked;

use self::shelves::Shelves;
use crate::input::{OpenBundle, Verdict};

/// Most bytes held of one maker's bundles, so that nobody can push out the others'. An extrinsic counts twice, as it came
/// and taken apart.
pub const MAKER_BYTES_MAX: usize = 96 * 1024 * 1024;

/// What a bundle takes up beside its extrinsics, in bytes and about: its places in the maps here.
const BUNDLE_BYTES: usize = 1_024;

/// What an extrinsic counts beside its bytes, were it empty. It takes up less; but all held are looked at again and
/// again, so a maker's room has place for the 32,768 of an honest one's pool and not for many more.
const EXTRINSIC_BYTES: usize = 2_048;

/// For how many milliseconds a bundle is held though its extrinsics don't become final.
pub const HELD_MS: u64 = 60_000;

/// A bundle held here.
#[derive(Clone, Debug)]
pub struct Held {
    /// The bundle with what is known about its signatures.
    pub open: OpenBundle,
    /// Entries that aren't in a final block yet, by index.
    pub live: Vec<usize>,
    /// When it arrived, in monotonic milliseconds.
    pub arrived: u64,
    /// The extrinsics of it that could be included when it was last judged, and since when that is known of each.
    includable: BTreeMap<H256, u64>,
    bytes: usize,
    place: Order,
    /// Who signed it: two can gather the same, or one copies what another gathered. The first one's it counts as.
    makers: Vec<AccountId>,
}

/// A bundle's place: whether it waits behind the milestones, and when it arrived.
type Order = (bool, u64);

/// A bundle that could be included this long before the primary made a block with room for it, or included a bundle that
/// came so much later, is passed over. Relative, so that overload passes over nobody: blocks are full then, and a
/// primary that takes bundles in order of arrival never does it.
pub const PASSED_OVER_MS: u64 = 2_000;

/// Most bundles that are judged at a look.
const JUDGED_MAX: usize = 32;

/// Most of these that were found passed over before, and are judged at each look until they aren't any more.
const PASSED_OVER_MAX: usize = 8;

/// All bundles held, in the order in which a primary takes them.
#[derive(Clone, Debug, Default)]
pub struct Bundles {
    held: BTreeMap<H256, Held>,
    order: BTreeMap<Order, H256>,
    /// Which bundles hold an extrinsic.
    holders: BTreeMap<H256, Vec<H256>>,
    shelves: Shelves,
    /// Bundles that were passed over when they were last judged: some of them, if there are many.
    passed_over: BTreeSet<H256>,
    /// Those with nothing left that isn't final.
    done: Vec<H256>,
    next_order: u64,
    /// Up to when whatever arrived had its turn since the last [`Bundles::forget_turns`]: a bundle that arrived then is
    /// included, or a block made then had room.
    had_turn: u64,
}

impl Bundles {
    /// Takes a bundle; says whether it is new and fits. `is_final` says which extrinsics are in a final block. One that gives
    /// nothing, or convicts its maker, is held like others: whoever lacks what a proposal names can't check that.
    pub fn insert(&mut self, open: OpenBundle, now: u64, is_final: impl Fn(&Checked) -> bool) -> bool {
        let is_known = self.held.contains_key(&open.digest);
        if !is_known && self.shelves.bytes(&open.maker) + bytes_of(&open) > MAKER_BYTES_MAX {
            return false;
        }
        self.insert_named(open, now, is_final)
    }

    /// The same for a bundle that a proposal names: that one fits whatever else its maker made. Else a maker that fills
    /// its room here, and leaves some at an honest primary, would keep the primary's proposals from being checked. (A
    /// proposal names 512 bundles at most, so a primary that lies adds half a gibibyte for [`HELD_MS`], in its own view.)
    pub fn insert_named(&mut self, open: OpenBundle, now: u64, is_final: impl Fn(&Checked) -> bool) -> bool {
        if let Some(held) = self.held.get_mut(&open.digest) {
            // It has its turn among each one's: a copy that came first mustn't hide it among the copier's.
            if !held.makers.contains(&open.maker) {
                held.makers.push(open.maker);
                self.shelves.put(open.maker, held.place.1, open.digest, 0);
            }
            return false;
        }
        let bytes = bytes_of(&open);
        self.shelves.put(open.maker, self.next_order, open.digest, bytes);
        let live: Vec<usize> = (0..open.entries.len()).filter(|at| !is_final(&open.entries[*at].checked)).collect();
        for at in &live {
            self.holders.entry(open.entries[*at].checked.hash).or_default().push(open.digest);
        }
        let waits = !open.entries.iter().all(|entry| entry.checked.call.is_milestone());
        let place = (waits, self.next_order);
        self.next_order += 1;
        self.order.insert(place, open.digest);
        self.done.extend(live.is_empty().then_some(open.digest));
        let makers = vec![open.maker];
        self.held
            .insert(open.digest, Held { open, live, arrived: now, includable: BTreeMap::new(), bytes, place, makers });
        true
    }

    /// A bundle by its digest.
    #[must_use]
    pub fn get(&self, digest: &H256) -> Option<&Held> {
        self.held.get(digest)
    }

    /// Bundles with extrinsics that aren't final: those of milestones alone, then the others, each in order of arrival.
    pub fn live(&self) -> impl DoubleEndedIterator<Item = &Held> {
        self.order.values().filter_map(|digest| self.held.get(digest)).filter(|held| !held.live.is_empty())
    }

    /// Bundles that came before others for which a condition doesn't hold any more, in order of arrival.
    fn oldest_while<'a>(&'a self, holds: impl Fn(&Held) -> bool + Copy + 'a) -> impl Iterator<Item = &'a Held> {
        let of = |waits| self.order.range((waits, 0)..=(waits, u64::MAX));
        let held = |(_, digest): (&Order, &'a H256)| self.held.get(digest);
        let (first, others) = (of(false).filter_map(held), of(true).filter_map(held));
        first.take_while(move |held| holds(held)).chain(others.take_while(move |held| holds(held)))
    }

    /// Bundles that had their turn long after they arrived and are still here, in order of arrival.
    pub fn left_behind(&self) -> impl Iterator<Item = &Held> {
        let had_turn = self.had_turn;
        self.oldest_while(move |held| held.arrived + PASSED_OVER_MS <= had_turn).filter(|held| !held.live.is_empty())
    }

    /// The bundles to judge at this look, 32 at most: those found passed over before, since a suspicion lasts
    /// as long as its cause, then those left behind, of one maker after the other.
    pub fn next_judged(&mut self) -> Vec<H256> {
        if self.left_behind().next().is_none() {
            return Vec::new();
        }
        let (held, had_turn, passed_over) = (&self.held, self.had_turn, &self.passed_over);
        let is_old = |digest: &H256| held.get(digest).is_some_and(|held| held.arrived + PASSED_OVER_MS <= had_turn);
        let is_live = |digest: &H256| held.get(digest).is_some_and(|held| !held.live.is_empty());
        let mut judged: Vec<H256> = passed_over.iter().filter(|digest| is_live(digest)).copied().collect();
        let waits = |digest: &H256| is_old(digest) && is_live(digest) && !passed_over.contains(digest);
        judged.extend(self.shelves.next(JUDGED_MAX - judged.len(), waits, is_old));
        judged
    }

    /// Notes what of a bundle can be included now, and says whether it is passed over: the same extrinsic could be for
    /// long before the bundle's last turn. (One whose nonces or account were missing until a moment ago had none.) What
    /// can be at two times could be all the while between, however far apart the looks are, as nonces only grow; only a quota
    /// may have run out and come back.
    pub fn judge(&mut self, digest: &H256, includable: &[Checked], now: u64) -> bool {
        let had_turn = self.had_turn;
        let Some(held) = self.held.get_mut(digest) else { return false };
        let known = core::mem::take(&mut held.includable);
        let since = |hash: &H256| known.get(hash).copied().unwrap_or(now);
        held.includable = includable.iter().map(|checked| (checked.hash, since(&checked.hash))).collect();
        let is_passed_over = held.includable.values().any(|since| since + PASSED_OVER_MS <= had_turn);
        if !is_passed_over {
            self.passed_over.remove(digest);
        } else if self.passed_over.len() < PASSED_OVER_MAX {
            self.passed_over.insert(*digest);
        }
        is_passed_over
    }

    /// A block made at `at` had room for more.
    pub fn on_room(&mut self, at: u64) {
        self.had_turn = self.had_turn.max(at);
    }

    /// A new primary is judged by what it makes itself.
    pub fn forget_turns(&mut self) {
        self.had_turn = 0;
        self.passed_over.clear();
        self.shelves.forget_rounds();
    }

    /// Number of bundles held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Bundles of this maker that have extrinsics that aren't final.
    pub fn live_of(&self, maker: AccountId) -> impl Iterator<Item = &Held> {
        let held = self.shelves.of(maker).filter_map(|digest| self.held.get(digest));
        held.filter(move |held| held.open.maker == maker && !held.live.is_empty())
    }

    /// Takes verdicts that were asked for: those that are about another birth block than before replace the old.
    pub fn set_verdicts(&mut self, digest: &H256, verdicts: Vec<Verdict>) {
        let Some(held) = self.held.get_mut(digest) else { return };
        for (entry, verdict) in held.open.entries.iter_mut().zip(verdicts) {
            let keeps = matches!(verdict, Verdict::Unknown) || matches!(entry.verdict, Verdict::Holds { .. });
            if !keeps {
                entry.verdict = verdict;
            }
        }
    }

    /// Strikes out what a final block included, and forgets bundles that are done for good. A done bundle is kept
    /// until the next call, so that replicas one block behind still get it.
    pub fn on_final(&mut self, body: &[Checked], now: u64) {
        let mut gone = core::mem::take(&mut self.done);
        gone.extend(self.oldest_while(move |held| held.arrived + HELD_MS <= now).map(|held| held.open.digest));
        for digest in gone {
            self.let_go(&digest);
        }
        for included in body {
            for digest in self.holders.remove(&included.hash).unwrap_or_default() {
                if let Some(held) = self.held.get_mut(&digest) {
                    // What goes first had its turn before others that came earlier: that passes over nobody.
                    let waited = held.place.0;
                    self.had_turn = if waited { self.had_turn.max(held.arrived) } else { self.had_turn };
                    let entries = &held.open.entries;
                    held.live.retain(|at| entries[*at].checked.hash != included.hash);
                    self.done.extend(held.live.is_empty().then_some(digest));
                }
            }
        }
    }

    /// Forgets a bundle.
    pub fn let_go(&mut self, digest: &H256) {
        let Some(held) = self.held.remove(digest) else { return };
        self.order.remove(&held.place);
        self.passed_over.remove(digest);
        for maker in &held.makers {
            let bytes = if *maker == held.open.maker { held.bytes } else { 0 };
            self.shelves.remove(maker, held.place.1, bytes);
        }
        for at in held.live {
            let hash = held.open.entries[at].checked.hash;
            if let Some(holders) = self.holders.get_mut(&hash) {
                holders.retain(|holder| holder != digest);
                if holders.is_empty() {
                    self.holders.remove(&hash);
                }
            }
        }
    }
}

/// What a bundle takes up here: as it came, with entries that aren't extrinsics, and taken apart.
fn bytes_of(open: &OpenBundle) -> usize {
    let came = open.signed.bundle.extrinsics.iter().map(|bytes| EXTRINSIC_BYTES + bytes.len());
    let apart = open.entries.iter().map(|entry| entry.checked.bytes.len());
    BUNDLE_BYTES + came.sum::<usize>() + apart.sum::<usize>()
}

#[cfg(test)]
mod tests;
