//! The ledger's blocks, packed by the block of the network in which they were derived.
//!
//! Blocks that were derived together share writer, extrinsic and time, so they compress well side by side. A pack is cut
//! into chunks, so that reading one block doesn't mean reading the thousands that a busy block of the network holds.
//!
//! An index leads from a chain and a number to the place. It has one entry per chain and block of the network, under
//! the first number, for all blocks that the chain got there: a batch of 64 events on 16 chains costs 16 entries.

use std::collections::BTreeMap;

use parity_scale_codec::{Decode, Encode};
use rocksdb::{Direction, IteratorMode, ReadOptions};
use tierchain_primitives::ledger::{EntityBlock, MetaBlock};
use tierchain_primitives::limits::LEDGER_PART_BLOCKS;
use tierchain_primitives::{BlockNumber, H256};

use super::columns::Column;
use super::{Database, decode_own};
use crate::fatal::fatal;

/// A block of either tier.
#[derive(Encode, Decode)]
enum Item {
    #[codec(index = 0)]
    Entity(EntityBlock),
    #[codec(index = 1)]
    Meta(MetaBlock),
}

/// The same, borrowed for writing. Its encoding is [`Item`]'s.
enum ItemRef<'a> {
    Entity(&'a EntityBlock),
    Meta(&'a MetaBlock),
}

/// Where one ledger block stands in the pack of its height.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
struct Slot {
    chunk: u16,
    offset: u32,
}

/// Where consecutive blocks of one chain stand, all derived in one block of the network.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(super) struct Run {
    height: BlockNumber,
    slots: Vec<Slot>,
}

/// Ledger blocks that lie together: those of one height, or the next 64 of them. About 20 KiB.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerPart {
    /// The block of the network in which they were derived.
    pub height: BlockNumber,
    /// Which part of that height, from 0.
    pub part: u16,
    /// Entity blocks, in order.
    pub entities: Vec<EntityBlock>,
    /// Meta blocks, in order, after all entity blocks of the height.
    pub metas: Vec<MetaBlock>,
}

/// What one block of the network adds to the two columns.
#[derive(Default)]
pub(super) struct Packed {
    pub(super) chunks: Vec<([u8; 6], Vec<u8>)>,
    pub(super) index: BTreeMap<[u8; 36], Run>,
}

impl ItemRef<'_> {
    fn encode_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Entity(block) => (0u8, block).encode_to(bytes),
            Self::Meta(block) => (1u8, block).encode_to(bytes),
        }
    }

    /// The chain's name and the block's number in it.
    fn name_and_number(&self) -> (H256, u32) {
        match self {
            Self::Entity(block) => (block.chain, block.number),
            Self::Meta(block) => (block.meta, block.number),
        }
    }
}

/// Packs the blocks of both tiers, entity blocks first. Those of one chain come in ascending order without gaps.
pub(super) fn pack(height: BlockNumber, entities: &[EntityBlock], metas: &[MetaBlock]) -> Packed {
    let items = entities.iter().map(ItemRef::Entity).chain(metas.iter().map(ItemRef::Meta)).collect::<Vec<_>>();
    let mut packed = Packed::default();
    let mut firsts = BTreeMap::new();
    for (chunk, items) in (0u16..).zip(items.chunks(LEDGER_PART_BLOCKS)) {
        let mut bytes = Vec::new();
        for item in items {
            let offset = u32::try_from(bytes.len()).expect("a chunk of bounded blocks is small");
            let (name, number) = item.name_and_number();
            let first = *firsts.entry(name).or_insert(number);
            let run = packed.index.entry(index_key(&name, first)).or_insert(Run { height, slots: Vec::new() });
            assert_eq!(first as usize + run.slots.len(), number as usize, "chain {name} grows without gaps");
            run.slots.push(Slot { chunk, offset });
            item.encode_to(&mut bytes);
        }
        packed.chunks.push((chunk_key(height, chunk), bytes));
    }
    packed
}

impl Database {
    /// Up to `count` blocks of an entity chain, from number `from` on.
    #[must_use]
    pub fn entity_blocks(&self, chain: &H256, from: u32, count: usize) -> Vec<EntityBlock> {
        let items = self.items(chain, from, count).into_iter();
        items.map(|item| if let Item::Entity(block) = item { block } else { not_what_was_indexed() }).collect()
    }

    /// Up to `count` blocks of a meta-chain, from number `from` on.
    #[must_use]
    pub fn meta_blocks(&self, meta: &H256, from: u32, count: usize) -> Vec<MetaBlock> {
        let items = self.items(meta, from, count).into_iter();
        items.map(|item| if let Item::Meta(block) = item { block } else { not_what_was_indexed() }).collect()
    }

    /// All ledger blocks of both tiers that were derived in block `height`, in order.
    #[must_use]
    pub fn ledger_blocks_of(&self, height: BlockNumber) -> (Vec<EntityBlock>, Vec<MetaBlock>) {
        let (mut entities, mut metas) = (Vec::new(), Vec::new());
        for part in self.ledger_parts((height, 0)).take_while(|part| part.height == height) {
            entities.extend(part.entities);
            metas.extend(part.metas);
        }
        (entities, metas)
    }

    /// All ledger blocks from a height and a part of it on, as they lie.
    pub fn ledger_parts(&self, from: (BlockNumber, u16)) -> impl Iterator<Item = LedgerPart> {
        let start = chunk_key(from.0, from.1);
        let mode = IteratorMode::From(&start, Direction::Forward);
        let rows = self.db.iterator_cf(self.column(Column::Ledger), mode);
        rows.map(|row| {
            let (key, bytes) = row.unwrap_or_else(|error| fatal("reading the ledger", error));
            part_of(&key, &bytes)
        })
    }

    /// Neighbours in a chain often stand in one chunk, so the last one read is kept.
    fn items(&self, name: &H256, from: u32, count: usize) -> Vec<Item> {
        let mut chunk: Option<([u8; 6], Vec<u8>)> = None;
        let mut items = Vec::new();
        for (height, slot) in self.slots(name, from, count) {
            let key = chunk_key(height, slot.chunk);
            let bytes = match chunk.take() {
                Some((kept, bytes)) if kept == key => bytes,
                _ => self.get(Column::Ledger, &key).unwrap_or_else(|| not_what_was_indexed()),
            };
            items.push(decode_own(bytes.get(slot.offset as usize..).unwrap_or_default()));
            chunk = Some((key, bytes));
        }
        items
    }

    /// The places of up to `count` blocks, beginning in the run that holds number `from`.
    fn slots(&self, name: &H256, from: u32, count: usize) -> Vec<(BlockNumber, Slot)> {
        let first = self.runs(name, from, Direction::Reverse).next().map_or(from, |(first, _)| first);
        let skipped = from.saturating_sub(first) as usize;
        let runs = self.runs(name, first, Direction::Forward);
        let slots = runs.flat_map(|(_, run)| run.slots.into_iter().map(move |slot| (run.height, slot)));
        slots.skip(skipped).take(count).collect()
    }

    /// The runs of one chain, beginning with the one at or next to `number`.
    fn runs<'a>(&'a self, name: &H256, number: u32, towards: Direction) -> impl Iterator<Item = (u32, Run)> + use<'a> {
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(index_key(name, 0).to_vec());
        options.set_iterate_upper_bound([name.as_ref(), &[0xff; 5]].concat());
        let start = index_key(name, number);
        let mode = IteratorMode::From(&start, towards);
        let entries = self.db.iterator_cf_opt(self.column(Column::LedgerIndex), options, mode);
        entries.map(|entry| {
            let (key, run) = entry.unwrap_or_else(|error| fatal("reading the ledger's index", error));
            let number = key.last_chunk().map_or_else(|| not_what_was_indexed(), |bytes| u32::from_be_bytes(*bytes));
            (number, decode_own(&run))
        })
    }
}

fn part_of(key: &[u8], bytes: &[u8]) -> LedgerPart {
    let (Some(height), Some(part)) = (key.first_chunk(), key.last_chunk()) else { not_what_was_indexed() };
    let (height, part) = (BlockNumber::from_be_bytes(*height), u16::from_be_bytes(*part));
    let (mut entities, mut metas) = (Vec::new(), Vec::new());
    let mut input = bytes;
    while !input.is_empty() {
        match Item::decode(&mut input) {
            Ok(Item::Entity(block)) => entities.push(block),
            Ok(Item::Meta(block)) => metas.push(block),
            Err(error) => fatal("reading the ledger", error),
        }
    }
    LedgerPart { height, part, entities, metas }
}

fn chunk_key(height: BlockNumber, chunk: u16) -> [u8; 6] {
    let mut key = [0; 6];
    key[..4].copy_from_slice(&height.to_be_bytes());
    key[4..].copy_from_slice(&chunk.to_be_bytes());
    key
}

/// Chains and meta-chains share the index: their names are hashes of different domains.
fn index_key(name: &H256, number: u32) -> [u8; 36] {
    let mut key = [0; 36];
    key[..32].copy_from_slice(name.as_ref());
    key[32..].copy_from_slice(&number.to_be_bytes());
    key
}

/// Index and pack are written in one batch, so this says that the disk has lost or mixed up something.
fn not_what_was_indexed() -> ! {
    fatal("reading the ledger", "the index and the packed blocks don't agree")
}
