//! The executed ledger of one node in memory: latest state and tree, and per block what it takes to go back.
//!
//! A commit is atomic per block and isn't on stable storage before a flush: a crash loses any number of the newest
//! commits, down to the last flush. The end of an epoch is flushed as it is committed, as the node does.

use std::collections::BTreeMap;
use std::sync::Arc;

use parity_scale_codec::Decode;
use tierchain_primitives::certificate::{Certificate, ValidatorSet};
use tierchain_primitives::epoch::EpochChange;
use tierchain_primitives::header::Header;
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::ports::{ChainRead, StateChange, StateRead};
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256};
use tierchain_replica::chain::{Block, ChainBase};
use tierchain_replica::evidence::Evidence;
use tierchain_replica::executor::execute;
use tierchain_replica::genesis::Genesis;
use tierchain_replica::wire::CertifiedBlock;
use tierchain_replica::{ExecuteJob, LedgerRead};
use tierchain_runtime::registry::{self, Rejoined};
use tierchain_runtime::{AccountInfo, Checked, Weights, system};

use crate::random::Random;
use crate::scene::BLOCK_NONCE_BITS;

/// As many roots as the node keeps beside its database.
const ROOTS_KEPT: usize = 32;

type Table = BTreeMap<Vec<u8>, Vec<u8>>;

/// A committed block.
#[derive(Debug)]
struct Committed {
    hash: H256,
    header: Header,
    body: Arc<Vec<Checked>>,
    certificate: Option<Certificate>,
    root: H256,
    newest_nonempty: BlockNumber,
    /// The values that its changes replaced.
    state_before: Vec<StateChange>,
    pages_before: Vec<StateChange>,
}

impl Committed {
    fn block(&self) -> Block {
        let weights = Weights::new(BLOCK_NONCE_BITS);
        Block::new(self.header.clone(), self.body.clone(), &weights).expect("every block has consensus data")
    }
}

/// A node's executed ledger.
#[derive(Debug)]
pub struct Database {
    genesis: H256,
    state: Table,
    pages: Table,
    /// By number, from genesis.
    blocks: Vec<Committed>,
    /// Blocks on stable storage.
    flushed: usize,
    /// Faults of validators that are proven.
    evidence: Vec<Evidence>,
}

impl Database {
    /// Keeps a fault that is proven.
    pub fn keep_evidence(&mut self, evidence: Evidence) {
        self.evidence.push(evidence);
    }

    /// The faults kept.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// A database that holds genesis.
    #[must_use]
    pub fn new(genesis: &Genesis) -> Self {
        let (mut state, mut pages) = (Table::new(), Table::new());
        let state_before = apply(&mut state, genesis.state.clone());
        let pages_before = apply(&mut pages, genesis.pages.clone());
        let first = Committed {
            hash: genesis.hash,
            header: genesis.header.clone(),
            body: Arc::default(),
            certificate: None,
            root: genesis.root,
            newest_nonempty: 0,
            state_before,
            pages_before,
        };
        Self { genesis: genesis.hash, state, pages, blocks: vec![first], flushed: 1, evidence: Vec::new() }
    }

    fn newest(&self) -> &Committed {
        self.blocks.last().expect("genesis is never lost")
    }

    /// The newest executed block.
    #[must_use]
    pub fn best(&self) -> BlockNumber {
        self.newest().header.number
    }

    /// The newest block on stable storage.
    #[must_use]
    pub fn durable(&self) -> BlockNumber {
        self.blocks[self.flushed - 1].header.number
    }

    /// Root of the state after the newest executed block.
    #[must_use]
    pub fn root(&self) -> H256 {
        self.newest().root
    }

    /// Executes the next block and commits it. Says whether that changed who validates, or is decided to.
    pub fn execute(&mut self, job: &ExecuteJob) -> bool {
        assert_eq!(job.header.number, self.best() + 1, "blocks are executed in order, each once");
        let executed = execute(&self.state, &self.pages, self.genesis, self.root(), job);
        let newest_nonempty = if job.body.is_empty() { self.newest().newest_nonempty } else { executed.number };
        let rolls = [registry::VALIDATORS.key(), registry::PENDING.key()];
        let changes_roll = executed.changes.iter().any(|(key, _)| rolls.iter().any(|roll| roll.as_slice() == key));
        let state_before = apply(&mut self.state, executed.changes);
        let pages_before = apply(&mut self.pages, executed.pages);
        self.blocks.push(Committed {
            hash: job.hash,
            header: job.header.clone(),
            body: job.body.clone(),
            certificate: Some(job.certificate.clone()),
            root: executed.root,
            newest_nonempty,
            state_before,
            pages_before,
        });
        if job.ends_epoch() {
            self.flush();
        }
        changes_roll
    }

    /// Puts everything on stable storage.
    pub fn flush(&mut self) {
        self.flushed = self.blocks.len();
    }

    /// The machine stops: commits since the last flush are lost, all of them or only the newest.
    pub fn crash(&mut self, random: &mut Random) {
        let kept = random.within((self.flushed as u64, self.blocks.len() as u64));
        while self.blocks.len() as u64 > kept {
            let Some(lost) = self.blocks.pop() else { break };
            apply(&mut self.state, lost.state_before);
            apply(&mut self.pages, lost.pages_before);
        }
        self.flushed = self.blocks.len();
    }

    /// What a replica starts from.
    #[must_use]
    pub fn base(&self) -> (ChainBase, Option<Certificate>) {
        let newest = self.newest();
        let block = Block::bare(newest.header.clone()).expect("every block has consensus data");
        let recent = self.blocks.iter().rev().take(WINDOW as usize).map(Committed::block).collect();
        let kept = self.blocks.iter().rev().take(ROOTS_KEPT);
        let roots = kept.map(|block| (block.header.number, block.root)).collect();
        let base = ChainBase { block, root: newest.root, newest_nonempty: newest.newest_nonempty, roots, recent };
        (base, newest.certificate.clone())
    }

    /// A block with its proof, for whoever catches up. Genesis has none.
    #[must_use]
    pub fn certified(&self, number: BlockNumber) -> Option<CertifiedBlock> {
        let block = self.blocks.get(usize::try_from(number).ok()?)?;
        let body = block.body.iter().map(|checked| checked.bytes.clone()).collect();
        Some(CertifiedBlock { header: block.header.clone(), body, certificate: block.certificate.clone()? })
    }

    /// The value of a key in the state after a block.
    fn state_at(&self, key: &[u8], at: BlockNumber) -> Option<Vec<u8>> {
        let first_after = usize::try_from(at).map_or(usize::MAX, |at| at.saturating_add(1));
        let mut later = self.blocks.iter().skip(first_after);
        let replaced = later.find_map(|block| block.state_before.iter().find(|(changed, _)| changed == key));
        replaced.map_or_else(|| self.state.get(key).cloned(), |(_, before)| before.clone())
    }
}

impl StateRead for Database {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.state.get(key).cloned()
    }
}

impl ChainRead for Database {
    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        Some(self.blocks.get(usize::try_from(number).ok()?)?.hash)
    }
}

impl LedgerRead for Database {
    fn account(&self, account: &AccountId, at: BlockNumber) -> Option<AccountInfo> {
        let bytes = self.state_at(&system::ACCOUNT.key(account), at)?;
        Some(AccountInfo::decode(&mut bytes.as_slice()).expect("the runtime wrote it"))
    }

    fn epoch_change(&self) -> Option<EpochChange> {
        registry::epoch_change(self)
    }

    fn rejoined(&self, key: &AccountId) -> Option<Rejoined> {
        registry::rejoined(self, key)
    }

    fn epoch_set(&self, epoch: Epoch) -> Option<ValidatorSet> {
        registry::epoch(self, epoch).map(|record| record.set)
    }
}

/// Applies changes; gives back those that undo them.
fn apply(table: &mut Table, changes: Vec<StateChange>) -> Vec<StateChange> {
    let mut before = Vec::with_capacity(changes.len());
    for (key, value) in changes {
        let old = match value {
            Some(value) => table.insert(key.clone(), value),
            None => table.remove(&key),
        };
        before.push((key, old));
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_applied_can_be_undone() {
        let mut table = Table::from([(vec![1], vec![10]), (vec![2], vec![20])]);
        let start = table.clone();
        let undo = apply(&mut table, vec![(vec![1], None), (vec![2], Some(vec![21])), (vec![3], Some(vec![30]))]);
        assert_eq!(table, Table::from([(vec![2], vec![21]), (vec![3], vec![30])]));
        apply(&mut table, undo);
        assert_eq!(table, start);
    }
}
