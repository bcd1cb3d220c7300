//! The chain as a replica sees it: the newest final block, what is executed of it, and the blocks in flight above.

use std::collections::BTreeMap;
use std::sync::Arc;

use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::header::{Header, NoPreRuntime, PreRuntime};
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::{AccountId, BlockNumber, H256};
use tierchain_runtime::{Checked, Weights};

use crate::accounts::{Accounts, LedgerRead};

/// A header with what was read out of it once.
#[derive(Clone, Debug)]
pub struct Block {
    /// The block's hash.
    pub hash: H256,
    /// Its header.
    pub header: Header,
    /// The header's consensus data.
    pub pre: PreRuntime,
    /// Its extrinsics.
    pub body: Arc<Vec<Checked>>,
    /// What it includes of each signer.
    signers: Arc<BTreeMap<AccountId, Included>>,
}

/// What a block includes of one account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Included {
    /// The account's nonce that comes next.
    pub next: Nonce,
    /// The weights of what is included.
    pub weight_us: u64,
}

impl Block {
    /// Reads a header's consensus data.
    ///
    /// # Errors
    /// When the header carries none.
    pub fn new(header: Header, body: Arc<Vec<Checked>>, weights: &Weights) -> Result<Self, NoPreRuntime> {
        let mut signers: BTreeMap<AccountId, Included> = BTreeMap::new();
        for checked in body.iter() {
            let included = signers.entry(checked.extrinsic.signer).or_insert(Included { next: 0, weight_us: 0 });
            included.next = checked.extrinsic.nonce.saturating_add(1);
            included.weight_us = included.weight_us.saturating_add(checked.weight_at(weights));
        }
        Ok(Self { hash: header.hash(), pre: header.pre_runtime()?, header, body, signers: Arc::new(signers) })
    }

    /// A block of which only the header matters.
    ///
    /// # Errors
    /// When the header carries no consensus data.
    pub fn bare(header: Header) -> Result<Self, NoPreRuntime> {
        Self::new(header, Arc::default(), &Weights::default())
    }

    /// What it includes of each of its signers.
    pub fn signers(&self) -> impl Iterator<Item = (&AccountId, &Included)> {
        self.signers.iter()
    }
}

/// What a replica starts from: the newest block whose state the disk holds.
#[derive(Clone, Debug)]
pub struct ChainBase {
    /// That block; its body may be left empty.
    pub block: Block,
    /// Root of the state after it.
    pub root: H256,
    /// The newest block with extrinsics up to it.
    pub newest_nonempty: BlockNumber,
    /// Roots of the states after the blocks before it, as far as headers may still name them.
    pub roots: Vec<(BlockNumber, H256)>,
    /// The blocks with extrinsics above the oldest state that headers may still name, up to that block: what is spent of
    /// quotas since then stands in their bodies.
    pub recent: Vec<Block>,
}

/// Final, executed, in flight.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The newest final block.
    last: Block,
    /// The newest final block with extrinsics.
    newest_nonempty: BlockNumber,
    executed: BlockNumber,
    roots: BTreeMap<BlockNumber, H256>,
    /// Final blocks that aren't executed.
    unexecuted: BTreeMap<BlockNumber, Block>,
    /// Final blocks above any state that a header may still name.
    recent: BTreeMap<BlockNumber, Block>,
    /// Blocks above the newest final one whose bodies are here.
    flight: BTreeMap<H256, Block>,
}

impl Chain {
    /// Starts at the newest executed block.
    #[must_use]
    pub fn new(base: ChainBase) -> Self {
        let executed = base.block.header.number;
        let mut roots: BTreeMap<_, _> = base.roots.into_iter().collect();
        roots.insert(executed, base.root);
        Self {
            last: base.block,
            newest_nonempty: base.newest_nonempty,
            executed,
            roots,
            unexecuted: BTreeMap::new(),
            recent: base.recent.into_iter().map(|block| (block.header.number, block)).collect(),
            flight: BTreeMap::new(),
        }
    }

    /// The newest final block.
    #[must_use]
    pub fn last(&self) -> &Block {
        &self.last
    }

    /// The newest executed block's number.
    #[must_use]
    pub fn executed(&self) -> BlockNumber {
        self.executed
    }

    /// The root of the state after an executed block of the last two windows.
    #[must_use]
    pub fn root(&self, number: BlockNumber) -> Option<H256> {
        self.roots.get(&number).copied()
    }

    /// A block in flight.
    #[must_use]
    pub fn in_flight(&self, hash: &H256) -> Option<&Block> {
        self.flight.get(hash)
    }

    /// A final block of the last window.
    #[cfg(test)]
    pub(crate) fn recent_block(&self, number: BlockNumber) -> Option<&Block> {
        self.recent.get(&number)
    }

    /// All blocks in flight.
    pub fn flight(&self) -> impl Iterator<Item = &Block> {
        self.flight.values()
    }

    /// The newest final block or one in flight.
    #[must_use]
    pub fn block(&self, hash: &H256) -> Option<&Block> {
        if *hash == self.last.hash { Some(&self.last) } else { self.flight.get(hash) }
    }

    /// Puts a block above the newest final one in flight; blocks at or below it are not taken.
    pub fn insert(&mut self, block: Block) {
        if block.header.number > self.last.header.number {
            self.flight.insert(block.hash, block);
        }
    }

    /// Makes a block in flight the newest final one. None if it isn't in flight or not the next one.
    pub fn finalise(&mut self, hash: &H256) -> Option<Block> {
        let block = self.flight.remove(hash)?;
        debug_assert_eq!(block.header.parent_hash, self.last.hash, "blocks become final in order");
        let number = block.header.number;
        self.flight.retain(|_, other| other.header.number > number);
        if !block.body.is_empty() {
            self.newest_nonempty = number;
        }
        self.unexecuted.insert(number, block.clone());
        self.recent.insert(number, block.clone());
        // The next header names a state of the last window.
        self.recent = self.recent.split_off(&number.saturating_sub(WINDOW));
        self.last = block.clone();
        Some(block)
    }

    /// Notes that a final block was executed.
    pub fn on_executed(&mut self, number: BlockNumber, root: H256) {
        self.executed = number;
        self.unexecuted = self.unexecuted.split_off(&(number + 1));
        self.roots.insert(number, root);
        self.roots = self.roots.split_off(&number.saturating_sub(2 * WINDOW));
    }

    /// Bodies of the final blocks that aren't executed.
    pub fn unexecuted(&self) -> impl Iterator<Item = &[Checked]> {
        self.unexecuted.values().map(|block| block.body.as_slice())
    }

    /// The newest block with extrinsics on the way up to `tip`.
    #[must_use]
    pub fn newest_nonempty(&self, tip: &H256) -> BlockNumber {
        self.ancestry(tip)
            .find(|block| !block.body.is_empty())
            .map_or(self.newest_nonempty, |block| block.header.number)
    }

    /// `tip` and its ancestors in flight, downwards.
    pub fn ancestry(&self, tip: &H256) -> impl Iterator<Item = &Block> {
        let mut next = *tip;
        core::iter::from_fn(move || {
            let block = self.flight.get(&next)?;
            next = block.header.parent_hash;
            Some(block)
        })
    }

    /// The weights of what the blocks in flight up to `tip` include of an account, each.
    pub fn above_final(&self, account: &AccountId, tip: &H256) -> impl Iterator<Item = u64> {
        self.ancestry(tip).filter_map(|block| Some(block.signers.get(account)?.weight_us))
    }

    /// Times of the blocks above `executed` on the way up to `tip`, lowest first, and the weights of what each includes of
    /// an account.
    pub fn included(
        &self,
        account: &AccountId,
        executed: BlockNumber,
        tip: &H256,
    ) -> impl Iterator<Item = (Millis, u64)> {
        let flight: Vec<&Block> = self.ancestry(tip).collect();
        let final_ones = self.recent.range(executed.saturating_add(1)..).map(|(_, block)| block);
        let above = move |block: &&Block| block.header.number > executed;
        let blocks = final_ones.chain(flight.into_iter().rev().filter(above));
        blocks.filter_map(|block| Some((block.pre.timestamp, block.signers.get(account)?.weight_us)))
    }

    /// Hash of the block `number` on the way up to `tip`.
    #[must_use]
    pub fn hash_at(&self, number: BlockNumber, tip: &H256, ledger: &impl LedgerRead) -> Option<H256> {
        if number > self.last.header.number {
            return self.ancestry(tip).find(|block| block.header.number == number).map(|block| block.hash);
        }
        match self.unexecuted.get(&number) {
            Some(block) => Some(block.hash),
            None if number == self.last.header.number => Some(self.last.hash),
            None => ledger.block_hash(number),
        }
    }

    /// The account's next nonce on top of `tip`; none if it doesn't stand in the newest executed state.
    pub fn next_nonce(
        &self,
        account: &AccountId,
        tip: &H256,
        accounts: &mut Accounts,
        ledger: &impl LedgerRead,
    ) -> Option<Nonce> {
        let in_flight = self.ancestry(tip).find_map(|block| block.signers.get(account).map(|included| included.next));
        in_flight.or_else(|| accounts.next_at_final(account, ledger, self.executed, self.unexecuted()))
    }
}

#[cfg(test)]
mod tests;
