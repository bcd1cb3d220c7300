//! `meta_*`: the second tier, a chain per provider, tenant and service of the chains that ended.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{Hash, MetaBlock, MetaChain, Page};

/// Meta-chains, as of the newest final block.
#[rpc(server, client, namespace = "meta")]
pub trait MetaApi {
    /// A meta-chain; null where there is none.
    #[method(name = "get", blocking)]
    fn meta_chain(&self, meta: Hash) -> RpcResult<Option<MetaChain>>;

    /// Blocks of a meta-chain from `from` on, in order: at most 256 per call; empty above the newest.
    #[method(name = "blocks", blocking)]
    fn meta_blocks(&self, meta: Hash, from: u32, count: u32) -> RpcResult<Vec<MetaBlock>>;

    /// Meta-chains, in an order that never changes (that of storage keys): at most 256 per call.
    #[method(name = "list", blocking)]
    fn meta_chains(&self, cursor: Option<Hash>, count: u32) -> RpcResult<Page<MetaChain, Hash>>;
}
