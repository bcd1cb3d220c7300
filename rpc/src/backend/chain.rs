//! The network's own chain: final blocks only, for none other is executed.

use std::sync::Arc;

use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::header::Header;
use tierchain_primitives::{BlockNumber, H256};
use tokio::sync::broadcast;

/// The head of a final block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FinalHead {
    /// The block's hash.
    pub hash: H256,
    /// Its header.
    pub header: Header,
}

/// A final block and why it is final.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FinalBlock {
    /// The header.
    pub header: Header,
    /// The extrinsics, length prefixes included.
    pub extrinsics: Vec<Vec<u8>>,
    /// The commit certificate that this node holds; none for genesis.
    pub certificate: Option<Certificate>,
}

/// Reads final blocks and hears of new ones.
pub trait ChainBackend: Send + Sync + 'static {
    /// The newest block that is final and whose state is committed.
    fn finalized(&self) -> Arc<FinalHead>;

    /// Hash of the final block with a number; none above the newest or where it is pruned.
    fn block_hash(&self, number: BlockNumber) -> Option<H256>;

    /// Header of a final block.
    fn header(&self, hash: &H256) -> Option<Header>;

    /// A final block.
    fn block(&self, hash: &H256) -> Option<FinalBlock>;

    /// Hears of each block once it is final and its state committed, in order. A receiver that falls behind loses
    /// some: the server then reads what it missed.
    fn heads(&self) -> broadcast::Receiver<Arc<FinalHead>>;
}
