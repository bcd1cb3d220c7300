//! Extrinsics, blocks and a ledger for the tests of this crate.

use std::collections::BTreeMap;
use std::sync::Arc;

use parity_scale_codec::Encode;
use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::epoch::EpochChange;
use tierchain_primitives::extrinsic::{Era, Extrinsic, Nonce};
use tierchain_primitives::header::{Header, PreRuntime, extrinsics_root};
use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_primitives::ports::ChainRead;
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256, ValidatorIndex};
use tierchain_runtime::registry::Rejoined;
use tierchain_runtime::{AccountInfo, Allowance, Call, Checked, Weights, meta, system};

use crate::accounts::LedgerRead;
use crate::chain::{Block, Chain, ChainBase};
use crate::input::{Entry, OpenBundle, Verdict};
use crate::wire::SignedBundle;

pub(crate) fn account(number: u8) -> AccountId {
    AccountId([number; 32])
}

/// A remark of an account. Whether its signature holds is for the test to say.
pub(crate) fn extrinsic(signer: u8, nonce: Nonce) -> Checked {
    extrinsic_of(signer, nonce, Era::Immortal, 1)
}

pub(crate) fn extrinsic_of(signer: u8, nonce: Nonce, era: Era, remark_bytes: usize) -> Checked {
    extrinsic_with(signer, nonce, era, &Call::System(system::Call::Remark { remark: vec![0; remark_bytes] }))
}

/// A request to link a chain: one of the calls that go first.
pub(crate) fn milestone(signer: u8, nonce: Nonce) -> Checked {
    let server = ServerId { uuid: Uuid([1; 16]), generation: 0 };
    extrinsic_with(signer, nonce, Era::Immortal, &Call::Meta(meta::Call::Anchor { server }))
}

pub(crate) fn extrinsic_with(signer: u8, nonce: Nonce, era: Era, call: &Call) -> Checked {
    let extrinsic = Extrinsic { signer: account(signer), signature: Signature::ZERO, era, nonce, call: call.encode() };
    tierchain_runtime::check(&extrinsic.encode()).expect("it is whole")
}

/// A block without a meaningful root.
pub(crate) fn block(parent: &Block, proposer: u16, executed: BlockNumber, body: Vec<Checked>) -> Block {
    let bytes: Vec<&[u8]> = body.iter().map(|checked| checked.bytes.as_slice()).collect();
    let pre = PreRuntime { proposer: ValidatorIndex(proposer), timestamp: parent.pre.timestamp + 5, executed };
    let root = root(executed);
    let header = Header::new(parent.hash, parent.header.number + 1, root, extrinsics_root(&bytes), pre);
    Block::new(header, Arc::new(body), &Weights::default()).expect("it has consensus data")
}

/// The root that the tests' ledger has after a block.
pub(crate) fn root(number: BlockNumber) -> H256 {
    H256([number as u8; 32])
}

pub(crate) fn genesis() -> Block {
    let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: 1_000, executed: 0 };
    let header = Header::new(H256::ZERO, 0, root(0), H256::ZERO, pre);
    Block::bare(header).expect("it has consensus data")
}

pub(crate) fn chain() -> Chain {
    Chain::new(ChainBase { block: genesis(), root: root(0), newest_nonempty: 0, roots: Vec::new(), recent: Vec::new() })
}

/// Puts a block on top and makes it final.
pub(crate) fn finalise(chain: &mut Chain, body: Vec<Checked>) -> Block {
    let next = block(&chain.last().clone(), 0, chain.executed(), body);
    chain.insert(next.clone());
    chain.finalise(&next.hash).expect("it was put in flight")
}

/// A bundle of a maker, all of whose signatures hold for genesis.
pub(crate) fn bundle(maker: u16, body: &[Checked]) -> OpenBundle {
    let birth = genesis().hash;
    bundle_with(maker, body.iter().map(|checked| (checked.clone(), Verdict::Holds { birth })).collect())
}

pub(crate) fn bundle_with(maker: u16, entries: Vec<(Checked, Verdict)>) -> OpenBundle {
    let bundle = Bundle { extrinsics: entries.iter().map(|(checked, _)| checked.bytes.clone()).collect() };
    let digest = bundle.digest();
    let (epoch, signature) = (Epoch(0), Signature::ZERO);
    let signed = SignedBundle { epoch, maker: ValidatorIndex(maker), at: 0, bundle, signature };
    let entries = entries.into_iter().map(|(checked, verdict)| Entry { checked, verdict }).collect();
    let maker = account(u8::try_from(maker).expect("a handful of makers"));
    OpenBundle { digest, maker, signed: Arc::new(signed), entries, fault: None }
}

/// An executed ledger: since which block each account stands, and its nonce, which no test moves.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) accounts: BTreeMap<AccountId, (BlockNumber, Nonce)>,
    pub(crate) hashes: BTreeMap<BlockNumber, H256>,
    /// What accounts may use and have used in the states after blocks; nothing where it isn't said.
    pub(crate) allowances: BTreeMap<(AccountId, BlockNumber), Allowance>,
}

impl Ledger {
    /// Accounts 1 to 9 stand from genesis on, with nonce 0.
    pub(crate) fn new() -> Self {
        let accounts = (1..10).map(|number| (account(number), (0, 0))).collect();
        Self { accounts, hashes: BTreeMap::from([(0, genesis().hash)]), allowances: BTreeMap::new() }
    }
}

impl ChainRead for Ledger {
    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        self.hashes.get(&number).copied()
    }
}

impl LedgerRead for Ledger {
    fn account(&self, account: &AccountId, at: BlockNumber) -> Option<AccountInfo> {
        let nonce = self.accounts.get(account).filter(|(since, _)| *since <= at).map(|(_, nonce)| *nonce)?;
        let allowance = self.allowances.get(&(*account, at)).copied().unwrap_or_default();
        Some(AccountInfo { nonce, consumers: 0, providers: 1, sufficients: 0, data: (), allowance })
    }

    fn epoch_change(&self) -> Option<EpochChange> {
        None
    }

    fn rejoined(&self, _: &AccountId) -> Option<Rejoined> {
        None
    }

    fn epoch_set(&self, _: Epoch) -> Option<ValidatorSet> {
        None
    }
}
