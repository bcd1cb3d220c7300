//! Whether a fresh proposal may be prepared: rules, state root, body.
//!
//! A check may have to wait: for the parent, for this replica's own execution of the block the header names, for a
//! bundle, for signatures. It is tried again whenever one of these arrives.

use std::collections::BTreeMap;
use std::sync::Arc;

use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::epoch::{EpochChange, next_set_item};
use tierchain_primitives::header::{Header, extrinsics_root};
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::{BlockNumber, H256, View};
use tierchain_runtime::{Checked, Quota, Weights};

use crate::accounts::{Accounts, LedgerRead};
use crate::body::{Deriver, Place, Room};
use crate::bundles::Bundles;
use crate::chain::{Block, Chain};

/// How far a block's time may be ahead of a replica's clock.
pub const CLOCK_AHEAD_MS: Millis = 1_000;

/// A block's time older than this is cause to suspect the primary.
pub const CLOCK_BEHIND_MS: Millis = 60_000;

/// For how many milliseconds a missing bundle may still be on its way by itself.
const ON_ITS_WAY_MS: u64 = 4;

/// After how many milliseconds a missing bundle is asked for again.
const ASK_AGAIN_MS: u64 = 50;

/// A proposal being checked.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The view it is proposed in.
    pub view: View,
    /// The block's hash.
    pub hash: H256,
    /// Its header.
    pub header: Header,
    /// The bundles its body is derived from.
    pub bundles: Vec<H256>,
    /// When its missing bundles are asked for next; none before they were first missed.
    next_ask: Option<u64>,
    /// How often they were asked for.
    asks: usize,
}

/// What a try of a check gave.
#[derive(Debug)]
pub enum Outcome {
    /// It is good; here is its body.
    Valid(Arc<Vec<Checked>>),
    /// It breaks this rule.
    Invalid(Fault),
    /// It has to wait for something that comes by itself.
    Wait,
    /// These bundles are missing.
    Missing(Vec<H256>),
    /// These signatures aren't verified.
    Unverified(Vec<(H256, Vec<(Checked, H256)>)>),
}

/// The rule that a proposal breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// The header's digest isn't the consensus data, with the next set behind it where the epoch ends.
    #[error("its digest isn't a PreRuntime(\"PBFT\") item, alone or with the next validator set behind it")]
    Digest,
    /// It carries a set although no epoch ends here, or lacks the set of the epoch that begins.
    #[error("it doesn't end the epoch as decided: block {end:?} carries the next set, and no other does")]
    NextSet {
        /// The decided end of the epoch.
        end: Option<BlockNumber>,
    },
    /// It stands above the last block of its epoch.
    #[error("it stands above block {end}, the last of its epoch")]
    PastEnd {
        /// The decided end of the epoch.
        end: BlockNumber,
    },
    /// A fresh block must be the primary's own.
    #[error("it names another proposer than the primary of its view")]
    Proposer,
    /// Its time isn't later than its parent's, or too far ahead.
    #[error("its time isn't between its parent's and a second ahead of this node's clock")]
    Time,
    /// `executed` is below the parent's, not below its own number, or more than a window behind.
    #[error("it names an executed block outside its window")]
    Executed,
    /// Its state root isn't the one found here.
    #[error("its state root after block {number} is {there}, and here it is {here}")]
    Root {
        /// The executed block.
        number: BlockNumber,
        /// The root found here.
        here: H256,
        /// The root it names.
        there: H256,
    },
    /// Its body isn't the one derived here.
    #[error("its extrinsics root isn't that of the body that follows from its bundles")]
    Body,
}

/// All proposals being checked.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    pending: BTreeMap<H256, Pending>,
}

/// What a check reads.
pub struct Context<'a, L> {
    /// The chain.
    pub chain: &'a Chain,
    /// Accounts seen lately.
    pub accounts: &'a mut Accounts,
    /// Bundles held.
    pub bundles: &'a Bundles,
    /// The executed ledger.
    pub ledger: &'a L,
    /// The validators.
    pub set: &'a ValidatorSet,
    /// The decided end of the epoch, as this replica has executed it.
    pub change: Option<&'a EpochChange>,
    /// What calls cost on this chain.
    pub weights: &'a Weights,
    /// What an account may use that has no quota of its own.
    pub quota: &'a Quota,
    /// This node's clock.
    pub wall: Millis,
}

impl Checks {
    /// Whether a proposal that is being checked names a bundle.
    pub fn names(&self, digest: &H256) -> bool {
        self.pending.values().any(|pending| pending.bundles.contains(digest))
    }

    /// Begins to check a proposal.
    pub fn begin(&mut self, view: View, hash: H256, header: Header, bundles: Vec<H256>) {
        let pending = Pending { view, hash, header, bundles, next_ask: None, asks: 0 };
        self.pending.insert(hash, pending);
    }

    /// Forgets proposals at or below a final block's number.
    pub fn on_final(&mut self, number: BlockNumber) {
        self.pending.retain(|_, pending| pending.header.number > number);
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.pending.clear();
    }

    /// Forgets one.
    pub fn remove(&mut self, hash: &H256) {
        self.pending.remove(hash);
    }

    /// The proposals being checked, lowest number first, so that a child is tried after its parent.
    #[must_use]
    pub fn hashes(&self) -> Vec<H256> {
        let mut hashes: Vec<_> = self.pending.values().map(|pending| (pending.header.number, pending.hash)).collect();
        hashes.sort_unstable();
        hashes.into_iter().map(|(_, hash)| hash).collect()
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, hash: &H256) -> Option<&Pending> {
        self.pending.get(hash)
    }

    /// Whether it is time to ask for missing bundles, and how often that was done before. Gossip and proposal race, so
    /// the first time gossip gets a head start.
    pub fn should_ask(&mut self, hash: &H256, now: u64) -> Option<usize> {
        let pending = self.pending.get_mut(hash)?;
        let due = *pending.next_ask.get_or_insert(now + ON_ITS_WAY_MS);
        if due > now {
            return None;
        }
        pending.next_ask = Some(now + ASK_AGAIN_MS);
        pending.asks += 1;
        Some(pending.asks - 1)
    }

    /// When [`Checks::should_ask`] is next worth calling. What is due already waits for something else than time.
    #[must_use]
    pub fn next_ask(&self, now: u64) -> Option<u64> {
        self.pending.values().filter_map(|pending| pending.next_ask).filter(|at| *at > now).min()
    }
}

impl Pending {
    /// Tries the check.
    pub fn try_check<L: LedgerRead>(&self, cx: &mut Context<'_, L>) -> Outcome {
        let Some(parent) = cx.chain.block(&self.header.parent_hash).cloned() else { return Outcome::Wait };
        let block = match self.check_header(&parent, cx) {
            Ok(block) => block,
            Err(fault) => return Outcome::Invalid(fault),
        };
        if cx.chain.executed() < block.pre.executed {
            return Outcome::Wait;
        }
        if let Err(fault) = self.check_epoch(cx.change) {
            return Outcome::Invalid(fault);
        }
        if let Some(here) = cx.chain.root(block.pre.executed).filter(|here| *here != self.header.state_root) {
            let (number, there) = (block.pre.executed, self.header.state_root);
            return Outcome::Invalid(Fault::Root { number, here, there });
        }
        self.check_body(&block, cx)
    }

    fn check_header<L>(&self, parent: &Block, cx: &Context<'_, L>) -> Result<Block, Fault> {
        let block = Block::bare(self.header.clone()).map_err(|_| Fault::Digest)?;
        let pre = block.pre;
        if self.header.digest.len() > 2 {
            return Err(Fault::Digest);
        }
        if pre.proposer != cx.set.primary(self.view) {
            return Err(Fault::Proposer);
        }
        let latest = (cx.wall + CLOCK_AHEAD_MS).max(parent.pre.timestamp + 1);
        if pre.timestamp <= parent.pre.timestamp || pre.timestamp > latest {
            return Err(Fault::Time);
        }
        let number = self.header.number;
        if pre.executed < parent.pre.executed || pre.executed >= number || number - pre.executed > WINDOW {
            return Err(Fault::Executed);
        }
        Ok(block)
    }

    /// Judges what the header says about the epoch. Where the epoch ends was decided a window below that block, so
    /// whoever has executed what the header names knows it; a change decided above that ends the epoch further up.
    fn check_epoch(&self, change: Option<&EpochChange>) -> Result<(), Fault> {
        let number = self.header.number;
        if let Some(end) = change.map(|change| change.end).filter(|end| number > *end) {
            return Err(Fault::PastEnd { end });
        }
        let due = change.filter(|change| change.end == number).map(|change| next_set_item(&change.next));
        let carried = self.header.digest.get(1);
        if carried == due.as_ref() { Ok(()) } else { Err(Fault::NextSet { end: change.map(|change| change.end) }) }
    }

    fn check_body<L: LedgerRead>(&self, block: &Block, cx: &mut Context<'_, L>) -> Outcome {
        let missing: Vec<H256> =
            self.bundles.iter().filter(|digest| cx.bundles.get(digest).is_none()).copied().collect();
        if !missing.is_empty() {
            return Outcome::Missing(missing);
        }
        let place = Place {
            parent: block.header.parent_hash,
            number: block.header.number,
            executed: block.pre.executed,
            time: block.pre.timestamp,
        };
        let named = self.bundles.iter().filter_map(|digest| cx.bundles.get(digest));
        let Context { chain, ledger, weights, quota, .. } = *cx;
        let mut deriver = Deriver { chain, accounts: cx.accounts, ledger, weights, quota };
        let derived = deriver.derive(place, named, Room::BLOCK);
        if !derived.unverified.is_empty() {
            return Outcome::Unverified(derived.unverified);
        }
        let bytes: Vec<&[u8]> = derived.body.iter().map(|checked| checked.bytes.as_slice()).collect();
        if extrinsics_root(&bytes) == block.header.extrinsics_root {
            Outcome::Valid(Arc::new(derived.body))
        } else {
            Outcome::Invalid(Fault::Body)
        }
    }
}

#[cfg(test)]
mod tests;
