//! What an interrupted fetch leaves behind: blocks and extrinsics never change, so they needn't be fetched twice.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use tierchain_primitives::H256;
use tierchain_primitives::extrinsic::extrinsic_hash;
use tierchain_primitives::ledger::{EntityBlock, ServerId};
use tierchain_runtime::audit::{FILE_BYTES_MAX, Included, Link};

/// First bytes: what it is, and the version of its format, which is nobody else's.
const MAGIC: &[u8] = b"tierchain/audit-part/1\n";

/// Something fetched.
#[derive(Encode, Decode)]
#[expect(clippy::large_enum_variant, reason = "an item lives while it is read or written")]
enum Item {
    #[codec(index = 0)]
    Block(EntityBlock),
    #[codec(index = 1)]
    Extrinsic(Included, Link),
}

/// FILE.part, and what it holds so far.
pub(super) struct PartFile {
    path: PathBuf,
    file: File,
    /// The chain's blocks from 0 on.
    pub(super) blocks: Vec<EntityBlock>,
    /// Extrinsics by their hashes, with their blocks' headers.
    pub(super) extrinsics: BTreeMap<H256, (Included, Link)>,
}

impl PartFile {
    /// Opens what a fetch of this life into `out` left behind, or begins it.
    pub(super) fn open(out: &Path, genesis: &H256, server: ServerId) -> anyhow::Result<Self> {
        let mut path = out.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let cannot = || format!("cannot use {}", path.display());
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = opened.with_context(cannot)?;
        let mut bytes = Vec::new();
        (&file).take(2 * FILE_BYTES_MAX as u64).read_to_end(&mut bytes).with_context(cannot)?;
        let head = [MAGIC, &(genesis, server).encode()].concat();
        let mut part = Self { path: path.clone(), file, blocks: Vec::new(), extrinsics: BTreeMap::new() };
        if bytes.len() < head.len() {
            part.cut(0).and_then(|()| part.file.write_all(&head)).with_context(cannot)?;
            return Ok(part);
        }
        let Some(items) = bytes.strip_prefix(head.as_slice()) else {
            bail!("{} is left of another fetch: remove it, or choose another name", path.display())
        };
        let whole = part.take_all(items, server, genesis);
        part.cut((head.len() + whole) as u64).with_context(cannot)?;
        Ok(part)
    }

    /// Keeps the chain's next blocks.
    pub(super) fn add_blocks(&mut self, blocks: Vec<EntityBlock>) -> anyhow::Result<()> {
        for block in blocks {
            self.write(&Item::Block(block.clone()))?;
            self.blocks.push(block);
        }
        Ok(())
    }

    /// Keeps an extrinsic.
    pub(super) fn add_extrinsic(&mut self, included: Included, link: Link) -> anyhow::Result<()> {
        self.write(&Item::Extrinsic(included.clone(), link.clone()))?;
        self.extrinsics.insert(extrinsic_hash(&included.bytes), (included, link));
        Ok(())
    }

    /// It isn't needed any more.
    pub(super) fn remove(self) -> anyhow::Result<()> {
        std::fs::remove_file(&self.path).with_context(|| format!("cannot remove {}", self.path.display()))
    }

    /// Takes over items up to the first that is cut off or doesn't fit, and says how many bytes they are.
    fn take_all(&mut self, items: &[u8], server: ServerId, genesis: &H256) -> usize {
        let chain = server.chain(genesis);
        let mut left = items;
        while let Some((item, rest)) = next(left) {
            match item {
                Item::Block(block) if self.follows(&block, &chain) => self.blocks.push(block),
                Item::Block(_) => break,
                Item::Extrinsic(included, link) => {
                    self.extrinsics.insert(extrinsic_hash(&included.bytes), (included, link));
                }
            }
            left = rest;
        }
        items.len() - left.len()
    }

    fn follows(&self, block: &EntityBlock, chain: &H256) -> bool {
        let prev = self.blocks.last().map_or(H256::ZERO, |before| before.hash);
        let number = u32::try_from(self.blocks.len()).ok();
        block.chain == *chain
            && Some(block.number) == number
            && block.prev == prev
            && block.hash == block.computed_hash()
    }

    fn write(&mut self, item: &Item) -> anyhow::Result<()> {
        let written = self.file.write_all(&item.encode().encode());
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }

    fn cut(&mut self, length: u64) -> std::io::Result<()> {
        self.file.set_len(length)?;
        self.file.seek(SeekFrom::Start(length)).map(drop)
    }
}

/// The first whole item, and what follows it.
fn next(bytes: &[u8]) -> Option<(Item, &[u8])> {
    let mut left = bytes;
    let item = Vec::<u8>::decode(&mut left).ok()?;
    Some((Item::decode_all(&mut item.as_slice()).ok()?, left))
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::AccountId;
    use tierchain_primitives::ledger::{BlockKind, Detail, EntityTx, Event, EventKind, Precision, Uuid};

    use super::*;

    const GENESIS: H256 = H256([3; 32]);
    const SERVER: ServerId = ServerId { uuid: Uuid([7; 16]), generation: 0 };

    /// The first blocks of a chain, as far as their links go.
    fn blocks(count: u32) -> Vec<EntityBlock> {
        let mut blocks: Vec<EntityBlock> = Vec::new();
        for number in 0..count {
            let event = Event {
                server: SERVER,
                number: number.into(),
                occurred_at: 1,
                precision: Precision::Event,
                event: EventKind::Rebooted,
                meter: None,
                evidence: H256::ZERO,
                detail: Detail::default(),
            };
            let (writer, extrinsic) = (AccountId([1; 32]), H256([2; 32]));
            let tx = EntityTx { writer, event, extrinsic, block_number: 4, block_timestamp: 5 };
            let prev = blocks.last().map_or(H256::ZERO, |before| before.hash);
            blocks.push(EntityBlock::seal(SERVER.chain(&GENESIS), number, BlockKind::State, prev, tx, 0));
        }
        blocks
    }

    #[test]
    fn a_fetch_goes_on_behind_the_last_whole_block() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let out = folder.path().join("x.audit");
        let kept = folder.path().join("x.audit.part");
        let mut part = PartFile::open(&out, &GENESIS, SERVER).expect("a new one");
        part.add_blocks(blocks(5)).expect("a temporary folder");
        drop(part);
        let whole = std::fs::read(&kept).expect("it was written");
        for length in 0..whole.len() {
            std::fs::write(&kept, &whole[..length]).expect("a temporary folder");
            let mut part = PartFile::open(&out, &GENESIS, SERVER).expect("what is left of it");
            let left = part.blocks.len();
            assert!(part.blocks == blocks(5)[..left] && left < 5, "cut to {length}");
            part.add_blocks(blocks(5)[left..].to_vec()).expect("a temporary folder");
            assert!(std::fs::read(&kept).expect("it was written") == whole, "cut to {length}");
        }
    }

    #[test]
    fn what_is_left_of_another_fetch_is_refused_and_damage_is_cut_off() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let out = folder.path().join("x.audit");
        let kept = folder.path().join("x.audit.part");
        let mut part = PartFile::open(&out, &GENESIS, SERVER).expect("a new one");
        part.add_blocks(blocks(5)).expect("a temporary folder");
        let other = ServerId { generation: 1, ..SERVER };
        assert!(PartFile::open(&out, &GENESIS, other).is_err() && PartFile::open(&out, &H256::ZERO, SERVER).is_err());
        let mut bent = std::fs::read(&kept).expect("it was written");
        let at = bent.len() - 40;
        bent[at] ^= 1;
        std::fs::write(&kept, bent).expect("a temporary folder");
        assert_eq!(PartFile::open(&out, &GENESIS, SERVER).expect("most of it").blocks.len(), 4);
        PartFile::open(&out, &GENESIS, SERVER).expect("most of it").remove().expect("it is there");
        assert!(!kept.exists());
    }
}
