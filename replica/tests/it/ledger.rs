//! What a member keeps in memory: the files of its vote log, and everything it has executed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use parity_scale_codec::Decode;
use tierchain_primitives::certificate::{Certificate, CertificateKind, ValidatorSet};
use tierchain_primitives::epoch::EpochChange;
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::ports::{ChainRead, LogDisk, StateRead};
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256, View};
use tierchain_replica::chain::{Block, ChainBase};
use tierchain_replica::executor::execute;
use tierchain_replica::genesis::Genesis;
use tierchain_replica::wire::CertifiedBlock;
use tierchain_replica::{ExecuteJob, Executed, LedgerRead};
use tierchain_runtime::registry::{self, Rejoined};
use tierchain_runtime::{AccountInfo, Weights, check, system};

type Table = BTreeMap<Vec<u8>, Vec<u8>>;

/// The files of a vote log, which outlive its process.
#[derive(Clone, Default)]
pub(crate) struct Files(Rc<RefCell<BTreeMap<u64, Vec<u8>>>>);

impl LogDisk for Files {
    fn segments(&self) -> Vec<u64> {
        self.0.borrow().keys().copied().collect()
    }

    fn read(&self, segment: u64) -> Vec<u8> {
        self.0.borrow()[&segment].clone()
    }

    fn start(&mut self, segment: u64, content: &[u8]) {
        self.0.borrow_mut().insert(segment, content.to_vec());
    }

    fn resume(&mut self, segment: u64, end: usize) {
        self.0.borrow_mut().entry(segment).or_default().truncate(end);
    }

    fn append(&mut self, bytes: &[u8]) {
        self.0.borrow_mut().last_entry().expect("a log has a segment").get_mut().extend(bytes);
    }

    fn remove(&mut self, segment: u64) {
        self.0.borrow_mut().remove(&segment);
    }

    fn salt(&mut self) -> u64 {
        7
    }
}

/// Everything executed, by block: enough to read any state.
pub(crate) struct Ledger {
    genesis: H256,
    pub(crate) blocks: Vec<(CertifiedBlock, H256)>,
    states: Vec<Table>,
    pages: Table,
    /// How many accounts were read.
    pub(crate) reads: Cell<u64>,
}

impl ChainRead for Ledger {
    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        Some(self.blocks.get(number as usize)?.0.header.hash())
    }
}

impl StateRead for Ledger {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.states.last()?.get(key).cloned()
    }
}

impl LedgerRead for Ledger {
    fn account(&self, account: &AccountId, at: BlockNumber) -> Option<AccountInfo> {
        self.reads.set(self.reads.get() + 1);
        let bytes = self.states.get(at as usize)?.get(&system::ACCOUNT.key(account))?.clone();
        AccountInfo::decode(&mut bytes.as_slice()).ok()
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

impl Ledger {
    pub(crate) fn new(genesis: &Genesis) -> Self {
        let certificate = no_certificate(genesis);
        let block = CertifiedBlock { header: genesis.header.clone(), body: Vec::new(), certificate };
        let written = |changes: &[(Vec<u8>, Option<Vec<u8>>)]| {
            changes.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
        };
        Self {
            genesis: genesis.hash,
            blocks: vec![(block, genesis.root)],
            states: vec![written(&genesis.state)],
            pages: written(&genesis.pages),
            reads: Cell::default(),
        }
    }

    /// The newest executed block.
    pub(crate) fn height(&self) -> BlockNumber {
        BlockNumber::try_from(self.blocks.len() - 1).expect("a few blocks")
    }

    /// Root of the state after it.
    pub(crate) fn root(&self) -> H256 {
        self.blocks.last().expect("genesis stays").1
    }

    pub(crate) fn execute(&mut self, job: &ExecuteJob) -> Executed {
        assert_eq!(job.header.number as usize, self.blocks.len(), "blocks come in order, each once");
        let mut state = self.states.last().expect("genesis stays").clone();
        let executed = execute(&state, &self.pages, self.genesis, self.root(), job);
        apply(&mut state, executed.changes);
        apply(&mut self.pages, executed.pages);
        self.states.push(state);
        let body = job.body.iter().map(|checked| checked.bytes.clone()).collect();
        let block = CertifiedBlock { header: job.header.clone(), body, certificate: job.certificate.clone() };
        self.blocks.push((block, executed.root));
        Executed { number: executed.number, root: executed.root }
    }

    /// What a replica starts from.
    pub(crate) fn base(&self) -> (ChainBase, Option<Certificate>) {
        let (newest, root) = self.blocks.last().expect("genesis stays");
        let block = Block::bare(newest.header.clone()).expect("it has consensus data");
        let nonempty = self.blocks.iter().rev().find(|(block, _)| !block.body.is_empty());
        let roots = self.blocks.iter().map(|(block, root)| (block.header.number, *root)).collect();
        let newest_nonempty = nonempty.map_or(0, |(block, _)| block.header.number);
        let certificate = (newest.header.number > 0).then(|| newest.certificate.clone());
        let recent = self.blocks.iter().rev().take(WINDOW as usize).map(|(block, _)| with_body(block)).collect();
        (ChainBase { block, root: *root, newest_nonempty, roots, recent }, certificate)
    }
}

/// A block with its extrinsics.
fn with_body(block: &CertifiedBlock) -> Block {
    let body = block.body.iter().map(|bytes| check(bytes).expect("it was executed")).collect();
    Block::new(block.header.clone(), Arc::new(body), &Weights::new(0)).expect("it has consensus data")
}

fn no_certificate(genesis: &Genesis) -> Certificate {
    let kind = CertificateKind::Committed;
    Certificate { kind, epoch: Epoch(0), view: View(0), number: 0, hash: genesis.hash, votes: Vec::new() }
}

fn apply(table: &mut Table, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) {
    for (key, value) in changes {
        match value {
            Some(value) => table.insert(key, value),
            None => table.remove(&key),
        };
    }
}
