//! `chains_*`: the first tier, a hash chain per server.

use jsonrpsee::core::{RpcResult, SubscriptionResult};
use jsonrpsee::proc_macros::rpc;

use crate::types::{
    AnnouncementInfo, AttestationInfo, BlockFilter, ChainItem, ChainRef, Cursor, Dispute, EntityBlock, Hash, NoteInfo,
    Page, ServerCursor, ServerFilter, ServerInfo, ServerUuid,
};

/// Servers and their chains, as of the newest final block.
#[rpc(server, client, namespace = "chains")]
pub trait ChainsApi {
    /// One life of a server, its newest by default; null where there is none.
    #[method(name = "get", blocking)]
    fn server(&self, uuid: ServerUuid, generation: Option<u32>) -> RpcResult<Option<ServerInfo>>;

    /// Blocks of a chain from `from` on, in order: at most 256 per call; empty above the newest.
    #[method(name = "blocks", blocking)]
    fn server_blocks(&self, chain: ChainRef, from: u32, count: u32) -> RpcResult<Vec<EntityBlock>>;

    /// Servers that match the filter, in an order that never changes (that of storage keys): at most 256 per call.
    #[method(name = "list", blocking)]
    fn servers(
        &self,
        cursor: Option<ServerCursor>,
        count: u32,
        filter: Option<ServerFilter>,
    ) -> RpcResult<Page<ServerInfo, ServerCursor>>;

    /// What was announced of a life of a server, its newest by default; null where nothing was. Of several announcements
    /// that wait for a birth, the first that came.
    #[method(name = "announcement", blocking)]
    fn announcement(&self, uuid: ServerUuid, generation: Option<u32>) -> RpcResult<Option<AnnouncementInfo>>;

    /// Notes beside a chain from number `from` on, in order: at most 256 per call; empty above the newest.
    #[method(name = "notes", blocking)]
    fn notes(&self, chain: ChainRef, from: u32, count: u32) -> RpcResult<Vec<NoteInfo>>;

    /// Lives with open discrepancies, in no order: at most 256 per call.
    #[method(name = "disputes", blocking)]
    fn disputes(&self, cursor: Option<u64>, count: u32) -> RpcResult<Page<Dispute, u64>>;

    /// When a host was watched, with the gaps from number `from` on: at most 256 per call; null where nobody ever
    /// attested it.
    #[method(name = "attestation", blocking)]
    fn attestation(&self, host: Hash, from: u32, count: u32) -> RpcResult<Option<AttestationInfo>>;

    /// Every block of every chain that matches, once it is final, in the order in which the network derived them: after
    /// the cursor, or from now on. A client that comes back with the cursor of its last item misses nothing and sees
    /// nothing twice.
    #[subscription(
        name = "subscribeBlocks" => "block",
        unsubscribe = "unsubscribeBlocks",
        item = ChainItem
    )]
    async fn subscribe_blocks(&self, cursor: Option<Cursor>, filter: Option<BlockFilter>) -> SubscriptionResult;
}
