//! Cuts a stream of items into chunks: as many in each as fit, so that the same items give the same chunks everywhere.

use parity_scale_codec::{Compact, Encode};
use tierchain_primitives::hash::sha256;

use super::CHUNK_BYTES_MAX;
use super::manifest::{ChunkInfo, ChunkKind};

/// Most bytes that the count in front of a list takes.
const COUNT_BYTES_MAX: usize = 5;

/// An item that fits no chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an item of {0} bytes fits no chunk of a snapshot")]
pub struct PieceTooLong(pub usize);

/// A finished chunk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    /// What the manifest says of it.
    pub info: ChunkInfo,
    /// The chunk.
    pub bytes: Vec<u8>,
}

/// The chunk that is being filled.
#[derive(Clone, Debug)]
pub struct Cutter {
    kind: ChunkKind,
    count: u32,
    items: Vec<u8>,
}

impl Cutter {
    /// Begins with chunks of a kind.
    #[must_use]
    pub fn new(kind: ChunkKind) -> Self {
        Self { kind, count: 0, items: Vec::new() }
    }

    /// Adds an item. Where it doesn't fit into the chunk that is being filled, that one is finished and the item begins
    /// the next.
    ///
    /// # Errors
    /// [`PieceTooLong`] when it fits into none.
    pub fn push(&mut self, item: &impl Encode) -> Result<Option<Cut>, PieceTooLong> {
        let bytes = item.encode();
        if COUNT_BYTES_MAX + bytes.len() > CHUNK_BYTES_MAX {
            return Err(PieceTooLong(bytes.len()));
        }
        let is_full = COUNT_BYTES_MAX + self.items.len() + bytes.len() > CHUNK_BYTES_MAX;
        let cut = if is_full { self.finish() } else { None };
        self.items.extend(bytes);
        self.count += 1;
        Ok(cut)
    }

    /// Finishes the chunk that is being filled; none when nothing was added since the last one.
    pub fn finish(&mut self) -> Option<Cut> {
        if self.count == 0 {
            return None;
        }
        let mut bytes = Compact(core::mem::take(&mut self.count)).encode();
        bytes.append(&mut self.items);
        let length = u32::try_from(bytes.len()).expect("a chunk has at most CHUNK_BYTES_MAX bytes");
        Some(Cut { info: ChunkInfo { kind: self.kind, bytes: length, hash: sha256(&[&bytes]) }, bytes })
    }
}
