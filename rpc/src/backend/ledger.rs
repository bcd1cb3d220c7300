//! The tiered ledger: servers' chains and meta-chains, as of the newest final block.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EntityBlock, MetaBlock, ServerId, Uuid};

use crate::types::{
    AnnouncementInfo, AttestationInfo, ChainRef, Cursor, Dispute, Hash, MetaChain, MetaFilter, NoteInfo, Ownership,
    Page, ServerCursor, ServerFilter, ServerInfo,
};

/// A block of either tier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LedgerBlock {
    /// Of a server's chain.
    Entity(EntityBlock),
    /// Of a meta-chain.
    Meta(MetaBlock),
}

/// A block of the ledger and its place in the order in which the network derived them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Derived {
    /// Its place.
    pub cursor: Cursor,
    /// The block.
    pub block: LedgerBlock,
}

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

    /// At most `count` meta-chains that match, after `after`, in an order that never changes (that of storage keys).
    fn metas(&self, after: Option<H256>, count: usize, filter: &MetaFilter) -> Page<MetaChain, Hash>;

    /// At most `count` blocks of a meta-chain from `from` on, in order; none where there is no such meta-chain.
    fn meta_blocks(&self, meta: &H256, from: u32, count: usize) -> Option<Vec<MetaBlock>>;

    /// Blocks of both tiers at `from` and after it, in the order in which the network derived them: as many as are read
    /// at once. None when there are none yet.
    fn derived(&self, from: Cursor) -> Vec<Derived>;

    /// Whose a server is.
    fn ownership(&self, server: &ServerId) -> Option<Ownership>;

    /// What was announced of a life, the newest that was where no generation is given.
    fn announcement(&self, uuid: Uuid, generation: Option<u32>) -> Option<AnnouncementInfo>;

    /// At most `count` notes beside a chain from number `from` on; none where there is no such chain.
    fn notes(&self, chain: &ChainRef, from: u32, count: usize) -> Option<Vec<NoteInfo>>;

    /// At most `count` lives with open discrepancies, from place `start` on.
    fn disputes(&self, start: u64, count: usize) -> Page<Dispute, u64>;

    /// When a host was watched, with at most `count` of the gaps from number `from` on.
    fn attestation(&self, host: &H256, from: u32, count: usize) -> Option<AttestationInfo>;
}
