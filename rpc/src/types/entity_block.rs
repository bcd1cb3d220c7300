//! Entity blocks in JSON.

use parity_scale_codec::{Decode, Encode};
use serde::{Deserialize, Serialize};
use tierchain_primitives::ledger::{self, BlockKind, Precision};

use super::{Address, Bytes, EventKind, Hash, Meter, Named, Server, U64};

/// A block of a server's own chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EntityBlock {
    /// The chain's name.
    pub chain: Hash,
    /// From 0 without gaps.
    pub number: u32,
    /// Its place in the chain.
    pub kind: Named<BlockKind>,
    /// Hash of the block before; zero in block 0.
    pub prev: Hash,
    /// What gives the hash its leading zero bits.
    pub block_nonce: U64,
    /// What happened.
    pub tx: EntityTx,
    /// The block's hash.
    pub hash: Hash,
    /// The whole block in SCALE.
    pub encoded: Bytes,
}

/// The transaction of an entity block: the event as signed, and what the ledger adds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EntityTx {
    /// Whose account signed the extrinsic.
    pub writer: Address,
    /// The server and which of its lives.
    pub server: Server,
    /// The writer's number for the event, per server.
    pub number: U64,
    /// When it happened, in microseconds since the Unix epoch.
    pub occurred_at: U64,
    /// How that is known.
    pub precision: Named<Precision>,
    /// What happened.
    pub event: EventKind,
    /// What the server has consumed, where known.
    pub meter: Option<Meter>,
    /// SHA-256 of what the source said.
    pub evidence: Hash,
    /// More about it.
    pub detail: Bytes,
    /// Hash of the extrinsic that carried it.
    pub extrinsic: Hash,
    /// The block of the network that included it.
    pub block_number: u32,
    /// That block's time in milliseconds.
    pub block_timestamp: U64,
}

/// A block whose `encoded` isn't what this version writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the block's encoding can't be decoded to its end: the node runs another version than this program")]
pub struct UnreadableBlock;

impl EntityBlock {
    /// The block as the ledger has it, from `encoded`.
    ///
    /// # Errors
    /// [`UnreadableBlock`] when the bytes aren't exactly one block.
    pub fn decode(&self) -> Result<ledger::EntityBlock, UnreadableBlock> {
        decode_whole(&self.encoded)
    }
}

/// Decodes bytes that must be one value to their end.
pub(super) fn decode_whole<T: Decode>(bytes: &Bytes) -> Result<T, UnreadableBlock> {
    let mut input = bytes.0.as_slice();
    let value = T::decode(&mut input).map_err(|_| UnreadableBlock)?;
    if input.is_empty() { Ok(value) } else { Err(UnreadableBlock) }
}

impl From<&ledger::EntityBlock> for EntityBlock {
    fn from(block: &ledger::EntityBlock) -> Self {
        Self {
            chain: Hash(block.chain),
            number: block.number,
            kind: Named(block.kind),
            prev: Hash(block.prev),
            block_nonce: U64(block.nonce),
            tx: (&block.tx).into(),
            hash: Hash(block.hash),
            encoded: Bytes(block.encode()),
        }
    }
}

impl From<&ledger::EntityTx> for EntityTx {
    fn from(tx: &ledger::EntityTx) -> Self {
        let event = &tx.event;
        Self {
            writer: Address(tx.writer),
            server: event.server.into(),
            number: U64(event.number),
            occurred_at: U64(event.occurred_at),
            precision: Named(event.precision),
            event: (&event.event).into(),
            meter: event.meter.map(Into::into),
            evidence: Hash(event.evidence),
            detail: Bytes(event.detail.0.clone()),
            extrinsic: Hash(tx.extrinsic),
            block_number: tx.block_number,
            block_timestamp: U64(tx.block_timestamp),
        }
    }
}
