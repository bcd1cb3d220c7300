//! Meta-chains and meta blocks in JSON.

use parity_scale_codec::Encode;
use serde::{Deserialize, Serialize};
use tierchain_primitives::ledger::{self, EndReason, RelationKind};

use super::entity_block::decode_whole;
use super::{Bytes, Hash, Named, Ownership, U64, UnreadableBlock, Usage};

/// A meta-chain: the ended chains of one provider, tenant and service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetaChain {
    /// Its name.
    pub meta: Hash,
    /// Whose chains it links.
    pub ownership: Ownership,
    /// How many blocks it has.
    pub blocks: u32,
    /// Hash of its newest block; zero before the first.
    pub head: Hash,
}

/// A block of a meta-chain: one chain that ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MetaBlock {
    /// The meta-chain's name.
    pub meta: Hash,
    /// From 0 without gaps.
    pub number: u32,
    /// Hash of the meta block before; zero in block 0.
    pub prev: Hash,
    /// What gives the hash its leading zero bits.
    pub block_nonce: U64,
    /// Which chain, and its life in short.
    pub tx: MetaTx,
    /// The block's hash.
    pub hash: Hash,
    /// The whole block in SCALE.
    pub encoded: Bytes,
}

/// The transaction of a meta block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MetaTx {
    /// The chain that ended.
    pub chain: Hash,
    /// Of what it was the chain; servers are kind 0.
    pub kind: u8,
    /// Hash of its birth block.
    pub birth_hash: Hash,
    /// Hash of its end block.
    pub end_hash: Hash,
    /// How many blocks it has.
    pub blocks: u32,
    /// When it was born, in microseconds.
    pub born: U64,
    /// When it ended, in microseconds.
    pub ended: U64,
    /// What it consumed.
    pub usage: Usage,
    /// Why it ended.
    pub reason: Named<EndReason>,
    /// Chains it is related to.
    pub relations: Vec<Relation>,
}

/// A relation to another chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Relation {
    /// Which.
    pub kind: Named<RelationKind>,
    /// The other chain's name.
    pub chain: Hash,
}

impl MetaBlock {
    /// The block as the ledger has it, from `encoded`.
    ///
    /// # Errors
    /// [`UnreadableBlock`] when the bytes aren't exactly one block.
    pub fn decode(&self) -> Result<ledger::MetaBlock, UnreadableBlock> {
        decode_whole(&self.encoded)
    }
}

impl From<&ledger::MetaBlock> for MetaBlock {
    fn from(block: &ledger::MetaBlock) -> Self {
        Self {
            meta: Hash(block.meta),
            number: block.number,
            prev: Hash(block.prev),
            block_nonce: U64(block.nonce),
            tx: (&block.tx).into(),
            hash: Hash(block.hash),
            encoded: Bytes(block.encode()),
        }
    }
}

impl From<&ledger::MetaTx> for MetaTx {
    fn from(tx: &ledger::MetaTx) -> Self {
        let relation = |known: &ledger::Relation| Relation { kind: Named(known.kind), chain: Hash(known.chain) };
        Self {
            chain: Hash(tx.chain),
            kind: tx.kind,
            birth_hash: Hash(tx.birth_hash),
            end_hash: Hash(tx.end_hash),
            blocks: tx.blocks,
            born: U64(tx.born),
            ended: U64(tx.ended),
            usage: (&tx.usage).into(),
            reason: Named(tx.reason),
            relations: tx.relations.iter().map(relation).collect(),
        }
    }
}
