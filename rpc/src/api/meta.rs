//! `meta_*`: the second tier, a chain per provider, tenant and service of the chains that ended.

use jsonrpsee::core::{RpcResult, SubscriptionResult};
use jsonrpsee::proc_macros::rpc;

use crate::types::{Cursor, Hash, MetaBlock, MetaChain, MetaFilter, MetaItem, Page};

/// Meta-chains, as of the newest final block.
#[rpc(server, client, namespace = "meta")]
pub trait MetaApi {
    /// A meta-chain; null where there is none.
    #[method(name = "get", blocking)]
    fn meta_chain(&self, meta: Hash) -> RpcResult<Option<MetaChain>>;

    /// Blocks of a meta-chain from `from` on, in order: at most 256 per call; empty above the newest.
    #[method(name = "blocks", blocking)]
    fn meta_blocks(&self, meta: Hash, from: u32, count: u32) -> RpcResult<Vec<MetaBlock>>;

    /// Meta-chains that match the filter, in an order that never changes (that of storage keys): at most 256 per call.
    #[method(name = "list", blocking)]
    fn meta_chains(
        &self,
        cursor: Option<Hash>,
        count: u32,
        filter: Option<MetaFilter>,
    ) -> RpcResult<Page<MetaChain, Hash>>;

    /// Every meta block, once it is final, in the order in which the network derived them: after the cursor, or from
    /// now on. A client that comes back with the cursor of its last item misses nothing and sees nothing twice.
    #[subscription(
        name = "subscribeBlocks" => "block",
        unsubscribe = "unsubscribeBlocks",
        item = MetaItem
    )]
    async fn subscribe_meta_blocks(&self, cursor: Option<Cursor>) -> SubscriptionResult;
}
