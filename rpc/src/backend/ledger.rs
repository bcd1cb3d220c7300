//! The tiered ledger: servers' chains and meta-chains, as of the newest final block.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EntityBlock, MetaBlock, ServerId, Uuid};

use crate::types::{ChainRef, Hash, MetaChain, Page, ServerCursor, ServerFilter, ServerInfo};

/// Reads the ledger.
pub trait LedgerBackend: Send + Sync + 'static {
    /// One life of a server, the newest where no generation is given.
    fn server(&self, uuid: Uuid, generation: Option<u32>) -> Option<ServerInfo>;

    /// At most `count` servers that match, after `after`, in an order that never changes (that of storage keys).
    fn servers(&self, after: Option<ServerId>, count: usize, filter: &ServerFilter) -> Page<ServerInfo, ServerCursor>;

    /// At most `count` blocks of a chain from `from` on, in order; none where there is no such chain.
    fn entity_blocks(&self, chain: &ChainRef, from: u32, count: usize) -> Option<Vec<EntityBlock>>;

    /// A meta-chain.
    fn meta(&self, meta: &H256) -> Option<MetaChain>;

    /// At most `count` meta-chains after `after`, in an order that never changes (that of storage keys).
    fn metas(&self, after: Option<H256>, count: usize) -> Page<MetaChain, Hash>;

    /// At most `count` blocks of a meta-chain from `from` on, in order; none where there is no such meta-chain.
    fn meta_blocks(&self, meta: &H256, from: u32, count: usize) -> Option<Vec<MetaBlock>>;
}
