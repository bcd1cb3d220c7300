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
