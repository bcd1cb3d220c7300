//! The body of a block as a function of (chain, `executed`, bundle digests).
//!
//! In the order of the digests, each extrinsic whose signature holds, whose account stands in the state after
//! `executed`, whose nonce is the next one, whose era holds at this number, whose account is within its quota
//! ([`crate::spending`]), while count, bytes and weight last; the rest is skipped and may be named again. Every replica derives the same body without executing anything.

use std::collections::BTreeMap;

use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::limits::{BLOCK_BYTES_MAX, BLOCK_EXTRINSICS_MAX, BLOCK_WEIGHT_MAX};
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::{AccountId, BlockNumber, H256};
use tierchain_runtime::{Checked, Quota, Weights};

use crate::accounts::{Accounts, LedgerRead};
use crate::bundles::Held;
use crate::chain::Chain;
use crate::spending::{Books, Bucket};

/// Which block a body is derived for.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The parent's hash; the parent is the newest final block or in flight.
    pub parent: H256,
    /// The block's number.
    pub number: BlockNumber,
    /// The block after whose state accounts must stand.
    pub executed: BlockNumber,
    /// The block's time.
    pub time: Millis,
}

/// A body, or what is missing to derive it.
#[derive(Clone, Debug, Default)]
pub struct Derived {
    /// The extrinsics, in order.
    pub body: Vec<Checked>,
    /// The bundles that gave at least one.
    pub used: Vec<H256>,
    /// Bundles with signatures that aren't verified for the birth blocks that count here, with those blocks by entry.
    /// While there is one, the body isn't final.
    pub unverified: Vec<(H256, Vec<(Checked, H256)>)>,
    /// In how many milliseconds something is within its account's quota that wasn't now.
    pub slowed_ms: Option<u64>,
}

/// How much a derivation may take.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Extrinsics.
    pub count: usize,
    /// Bytes.
    pub bytes: usize,
    /// Weight.
    pub weight: u64,
}

impl Room {
    /// A whole block's.
    pub const BLOCK: Self = Self { count: BLOCK_EXTRINSICS_MAX, bytes: BLOCK_BYTES_MAX, weight: BLOCK_WEIGHT_MAX };

    /// Room for one extrinsic, to see whether there is any.
    pub const ONE: Self = Self { count: 1, ..Self::BLOCK };

    /// Whether a body left most of a block unused: then nothing was left out for want of room.
    #[must_use]
    pub fn is_ample_after(body: &[Checked], weights: &Weights) -> bool {
        let half = Self { count: Self::BLOCK.count / 2, bytes: Self::BLOCK.bytes / 2, weight: Self::BLOCK.weight / 2 };
        body.iter().try_fold(half, |room, checked| room.after(checked, weights)).is_some()
    }
}

/// An account on top of what is taken so far.
#[derive(Clone, Copy)]
struct Standing {
    /// Its next nonce.
    next: Option<Nonce>,
    /// What is in its bucket; none while nobody had to know.
    bucket: Option<Bucket>,
}

/// The accounts met so far; none for one that doesn't stand.
type Standings = BTreeMap<AccountId, Option<Standing>>;

/// What one bundle adds to a body.
enum Taken {
    Some { body: Vec<Checked>, left: Room, full: bool },
    Unverified,
}

/// Derives bodies on one chain.
pub struct Deriver<'a, L> {
    /// The chain.
    pub chain: &'a Chain,
    /// Accounts seen lately.
    pub accounts: &'a mut Accounts,
    /// The executed ledger.
    pub ledger: &'a L,
    /// What calls cost on this chain.
    pub weights: &'a Weights,
    /// What an account may use that has no quota of its own.
    pub quota: &'a Quota,
}

impl<L: LedgerRead> Deriver<'_, L> {
    /// Derives the body of the block at `place` from `bundles`, in their order.
    pub fn derive<'b>(&mut self, place: Place, bundles: impl Iterator<Item = &'b Held>, mut room: Room) -> Derived {
        let mut derived = Derived::default();
        let mut next: Standings = BTreeMap::new();
        for held in bundles.filter(|held| !held.live.is_empty()) {
            match self.take(place, held, room, &mut next, &mut derived.slowed_ms) {
                Taken::Some { body, left, full } => {
                    room = left;
                    if !body.is_empty() {
                        derived.used.push(held.open.digest);
                        derived.body.extend(body);
                    }
                    if full || room.count == 0 {
                        return derived;
                    }
                }
                Taken::Unverified => derived.unverified.push((held.open.digest, self.births(held, place))),
            }
        }
        derived
    }

    /// Whether anything of these bundles could stand in the child of the newest final block.
    pub fn includes_any<'b>(&mut self, bundles: impl Iterator<Item = &'b Held>) -> bool {
        !self.child_of_last(bundles, Room::ONE).is_empty()
    }

    /// What of a bundle could stand in that block if it were alone.
    pub fn includes_of(&mut self, held: &Held) -> Vec<Checked> {
        self.child_of_last(core::iter::once(held), Room::BLOCK)
    }

    fn child_of_last<'b>(&mut self, bundles: impl Iterator<Item = &'b Held>, room: Room) -> Vec<Checked> {
        let last = self.chain.last();
        let number = last.header.number.saturating_add(1);
        // A block's time is later than its parent's: what would be too much then may not be any more.
        let time = last.pre.timestamp.saturating_add(1);
        let place = Place { parent: last.hash, number, executed: self.chain.executed(), time };
        self.derive(place, bundles, room).body
    }

    /// What one bundle adds. A bundle with a signature that would count and isn't verified adds nothing yet: a part
    /// of it would be another body than the one of a replica that knows the verdict.
    fn take(
        &mut self,
        place: Place,
        held: &Held,
        mut room: Room,
        next: &mut Standings,
        slowed_ms: &mut Option<u64>,
    ) -> Taken {
        let mut body = Vec::new();
        let mut moved: Standings = BTreeMap::new();
        for at in &held.live {
            let entry = &held.open.entries[*at];
            let extrinsic = &entry.checked.extrinsic;
            let known = moved.get(&extrinsic.signer).or_else(|| next.get(&extrinsic.signer)).copied();
            let standing = known.unwrap_or_else(|| self.standing(&extrinsic.signer, place));
            if known.is_none() {
                next.insert(extrinsic.signer, standing);
            }
            let Some(mut standing) = standing.filter(|standing| standing.next == Some(extrinsic.nonce)) else {
                continue;
            };
            let Some(birth) = self.birth(&entry.checked, place) else { continue };
            let bucket = match self.pour(&entry.checked, &mut standing, place) {
                Ok(bucket) => bucket,
                Err(wait_ms) => {
                    moved.insert(extrinsic.signer, Some(standing));
                    *slowed_ms = Some(slowed_ms.map_or(wait_ms, |known| known.min(wait_ms)));
                    continue;
                }
            };
            match entry.verdict.holds_for(&birth) {
                Some(true) => {}
                Some(false) => continue,
                None => return Taken::Unverified,
            }
            let Some(left) = room.after(&entry.checked, self.weights) else {
                next.extend(moved);
                return Taken::Some { body, left: room, full: true };
            };
            room = left;
            let after = Standing { next: extrinsic.nonce.checked_add(1), bucket: Some(bucket) };
            moved.insert(extrinsic.signer, Some(after));
            body.push(entry.checked.clone());
        }
        next.extend(moved);
        Taken::Some { body, left: room, full: false }
    }

    /// The signer on top of the parent; none if it doesn't stand after `executed`.
    fn standing(&mut self, signer: &AccountId, place: Place) -> Option<Standing> {
        let nonce = self.chain.next_nonce(signer, &place.parent, self.accounts, self.ledger)?;
        let stands = self.accounts.stands(signer, self.ledger, place.executed);
        stands.then_some(Standing { next: Some(nonce), bucket: None })
    }

    /// The signer's bucket with the extrinsic in it; where that is too much, in how many milliseconds it isn't.
    fn pour(&mut self, checked: &Checked, standing: &mut Standing, place: Place) -> Result<Bucket, u64> {
        let signer = &checked.extrinsic.signer;
        let is_milestone = checked.call.is_milestone();
        let books = Books { chain: self.chain, ledger: self.ledger, quota: self.quota };
        let spending = &mut self.accounts.spending;
        let mut bucket = standing.bucket.unwrap_or_else(|| spending.bucket(signer, place, &books));
        let admits = spending.admits(signer, &mut bucket, is_milestone, place, &books);
        standing.bucket = Some(bucket);
        if admits { Ok(bucket.with(checked.weight_at(self.weights))) } else { Err(bucket.wait_ms(is_milestone)) }
    }

    /// Hash of the block whose hash the extrinsic must sign to stand at `place`; none if its era doesn't hold there.
    fn birth(&self, checked: &Checked, place: Place) -> Option<H256> {
        let birth = checked.extrinsic.era.birth(place.number);
        if birth >= place.number {
            return None;
        }
        self.chain.hash_at(birth, &place.parent, self.ledger)
    }

    fn births(&self, held: &Held, place: Place) -> Vec<(Checked, H256)> {
        let birth = |checked: &Checked| self.birth(checked, place).unwrap_or(H256::ZERO);
        held.open.entries.iter().map(|entry| (entry.checked.clone(), birth(&entry.checked))).collect()
    }
}

impl Room {
    fn after(self, checked: &Checked, weights: &Weights) -> Option<Self> {
        Some(Self {
            count: self.count.checked_sub(1)?,
            bytes: self.bytes.checked_sub(checked.bytes.len())?,
            weight: self.weight.checked_sub(checked.weight_at(weights))?,
        })
    }
}

#[cfg(test)]
mod tests;
