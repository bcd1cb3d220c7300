//! Ports: what the pure heart asks of whatever remembers for it.
//!
//! A port answers or the process ends: state that can't be read can't be guessed, so an implementation over a disk
//! stops the node on an I/O error or a corrupt record instead of returning one.

use crate::hash::H256;
use crate::numbers::BlockNumber;

/// Reads the latest state by raw storage key.
pub trait StateRead {
    /// The value under `key`, if there is one.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;
}

/// Reads the node store of the authenticated tree.
pub trait NodeRead {
    /// The page under `key` ([`crate::tree`] defines both), if there is one.
    fn page(&self, key: &[u8]) -> Option<Vec<u8>>;
}

/// Reads what the chain has already fixed.
pub trait ChainRead {
    /// The hash of the certified block `number`, for the last [`crate::limits::BLOCK_HASH_COUNT`] blocks.
    fn block_hash(&self, number: BlockNumber) -> Option<H256>;
}

/// The files of the write-ahead log: numbered segments, of which the newest is appended to.
///
/// The log's framing and healing are pure code of the replica's; whoever implements this only stores bytes. A segment
/// may be longer than what was written into it: the rest is zeros.
pub trait LogDisk {
    /// The numbers of the segments there are, ascending.
    fn segments(&self) -> Vec<u64>;
    /// The whole content of a segment, the zeros at its end included.
    fn read(&self, segment: u64) -> Vec<u8>;
    /// Makes a new segment, of which `content` is the beginning, the one that is appended to. It exists with all of
    /// `content` on stable storage when this returns, and not at all if the machine stops before.
    fn start(&mut self, segment: u64, content: &[u8]);
    /// Makes the newest segment the one that is appended to, from the offset `end` on. What lies beyond is zero, on
    /// stable storage, when this returns.
    fn resume(&mut self, segment: u64, end: usize);
    /// Appends bytes, which are on stable storage when this returns. Until then any part of them may be.
    fn append(&mut self, bytes: &[u8]);
    /// Removes a segment that isn't needed any more.
    fn remove(&mut self, segment: u64);
    /// A number that nobody outside can foresee: it keys the checksums of a new segment.
    fn salt(&mut self) -> u64;
}

/// One change of state: a raw storage key and its new value, or none where it is removed.
pub type StateChange = (Vec<u8>, Option<Vec<u8>>);

impl<T: StateRead + ?Sized> StateRead for &T {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        (**self).get(key)
    }
}

impl<T: NodeRead + ?Sized> NodeRead for &T {
    fn page(&self, key: &[u8]) -> Option<Vec<u8>> {
        (**self).page(key)
    }
}

impl StateRead for std::collections::BTreeMap<Vec<u8>, Vec<u8>> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get(key).cloned()
    }
}

impl NodeRead for std::collections::BTreeMap<Vec<u8>, Vec<u8>> {
    fn page(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get(key).cloned()
    }
}
