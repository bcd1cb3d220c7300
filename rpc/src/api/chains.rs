//! `chains_*`: the first tier, a hash chain per server.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{ChainRef, EntityBlock, Page, ServerCursor, ServerFilter, ServerInfo, ServerUuid};

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
}
