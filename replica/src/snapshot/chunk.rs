//! A chunk: at most 512 KiB, checked alone by its hash and its form.

use parity_scale_codec::{Decode, DecodeAll, Encode};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::header::Header;
use tierchain_primitives::ledger::{EntityBlock, MetaBlock};
use tierchain_primitives::{BlockNumber, H256};
use tierchain_runtime::is_leaf;

use super::CHUNK_BYTES_MAX;
use super::manifest::{ChunkInfo, ChunkKind};

/// Ledger blocks that were derived in one block of the network: all of them, or the next 64.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LedgerPart {
    /// The block of the network.
    pub height: BlockNumber,
    /// Entity blocks, in the order in which they were derived.
    pub entities: Vec<EntityBlock>,
    /// Meta blocks, likewise; they come after all entity blocks of the height.
    pub metas: Vec<MetaBlock>,
}

/// What a chunk holds. Its bytes are the SCALE encoding of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Chunk {
    /// Headers, each the parent of the next.
    Headers(Vec<Header>),
    /// Leaves, ascending by storage key.
    State(Vec<(Vec<u8>, Vec<u8>)>),
    /// Ledger blocks, ascending by height.
    Ledger(Vec<LedgerPart>),
}

/// What is wrong with a chunk.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChunkFault {
    /// Not the bytes that the manifest names.
    #[error("its hash is {found}, and the manifest names {expected}")]
    Hash {
        /// The hash of what came.
        found: H256,
        /// The hash in the manifest.
        expected: H256,
    },
    /// Bytes that don't decode to a list of its kind, or to none at all.
    #[error("it doesn't decode to items of its kind")]
    Undecodable,
    /// A header that isn't the child of the one before.
    #[error("the header of block {0} doesn't follow on the one before")]
    Unlinked(BlockNumber),
    /// A storage key out of order.
    #[error("a storage key isn't above the one before")]
    KeyOrder,
    /// State that the tree doesn't authenticate.
    #[error("it holds state that is no leaf")]
    NoLeaf,
    /// A part out of order, or empty.
    #[error("the ledger's part of height {0} is empty or out of order")]
    Height(BlockNumber),
    /// A ledger block whose hash isn't that of its contents, or that names another height.
    #[error("block {number} of chain {chain} isn't what its hash says")]
    LedgerBlock {
        /// The chain or meta-chain.
        chain: H256,
        /// The block in it.
        number: u32,
    },
}

impl Chunk {
    /// Takes the bytes of a chunk apart. Whoever sent them is to blame for an error of the hash alone; for the others,
    /// whoever made the manifest.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(info: &ChunkInfo, bytes: &[u8]) -> Result<Self, ChunkFault> {
        // Long ones aren't even hashed.
        let found = if bytes.len() <= CHUNK_BYTES_MAX { sha256(&[bytes]) } else { H256::ZERO };
        if found != info.hash || bytes.len() != info.bytes as usize {
            return Err(ChunkFault::Hash { found, expected: info.hash });
        }
        match info.kind {
            ChunkKind::Headers => open_headers(&list(bytes)?),
            ChunkKind::State => open_state(list(bytes)?),
            ChunkKind::Ledger => open_ledger(list(bytes)?),
        }
    }
}

fn list<T: Decode>(bytes: &[u8]) -> Result<Vec<T>, ChunkFault> {
    let items = Vec::<T>::decode_all(&mut &*bytes).map_err(|_| ChunkFault::Undecodable)?;
    if items.is_empty() { Err(ChunkFault::Undecodable) } else { Ok(items) }
}

fn open_headers(headers: &[Header]) -> Result<Chunk, ChunkFault> {
    for pair in headers.windows(2) {
        let follows = Some(pair[1].number) == pair[0].number.checked_add(1) && pair[1].parent_hash == pair[0].hash();
        if !follows {
            return Err(ChunkFault::Unlinked(pair[1].number));
        }
    }
    Ok(Chunk::Headers(headers.to_vec()))
}

fn open_state(entries: Vec<(Vec<u8>, Vec<u8>)>) -> Result<Chunk, ChunkFault> {
    if !entries.is_sorted_by(|before, after| before.0 < after.0) {
        return Err(ChunkFault::KeyOrder);
    }
    if entries.iter().any(|(key, _)| !is_leaf(key)) {
        return Err(ChunkFault::NoLeaf);
    }
    Ok(Chunk::State(entries))
}

fn open_ledger(parts: Vec<LedgerPart>) -> Result<Chunk, ChunkFault> {
    let mut latest = 0;
    for part in &parts {
        if part.height < latest || (part.entities.is_empty() && part.metas.is_empty()) {
            return Err(ChunkFault::Height(part.height));
        }
        latest = part.height;
        check_blocks(part)?;
    }
    Ok(Chunk::Ledger(parts))
}

fn check_blocks(part: &LedgerPart) -> Result<(), ChunkFault> {
    let fault = |chain: H256, number: u32| Err(ChunkFault::LedgerBlock { chain, number });
    for block in &part.entities {
        if block.hash != block.computed_hash() || block.tx.block_number != part.height {
            return fault(block.chain, block.number);
        }
    }
    for block in &part.metas {
        if block.hash != block.computed_hash() {
            return fault(block.meta, block.number);
        }
    }
    Ok(())
}
