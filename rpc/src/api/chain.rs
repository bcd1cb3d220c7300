//! `chain_*`: the network's own chain, as Substrate's clients ask for it.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{AnyNumber, Hash, Header, ListOrValue, SignedBlock};

/// Final blocks and their heads.
#[rpc(server, client, namespace = "chain")]
pub trait ChainApi {
    /// The header of a block, the newest final one by default; null where there is none.
    #[method(name = "getHeader", blocking)]
    fn header(&self, hash: Option<Hash>) -> RpcResult<Option<Header>>;

    /// A block, the newest final one by default; null where there is none.
    #[method(name = "getBlock", blocking)]
    fn block(&self, hash: Option<Hash>) -> RpcResult<Option<SignedBlock>>;

    /// Hash of the block with a number, of those with several, or of the newest final one; null where there is none.
    #[method(name = "getBlockHash", aliases = ["chain_getHead"], blocking)]
    fn block_hash(&self, number: Option<ListOrValue<AnyNumber>>) -> RpcResult<ListOrValue<Option<Hash>>>;

    /// Hash of the newest final block.
    #[method(name = "getFinalizedHead", aliases = ["chain_getFinalisedHead"], blocking)]
    fn finalized_head(&self) -> RpcResult<Hash>;

    /// The head of every block from the newest on, first of the three head subscriptions of a connection.
    #[subscription(
        name = "subscribeAllHeads" => "allHead",
        unsubscribe = "unsubscribeAllHeads",
        item = Header
    )]
    async fn subscribe_all_heads(&self);

    /// The head of every block from the newest on, second of the three head subscriptions of a connection.
    #[subscription(
        name = "subscribeNewHeads" => "newHead",
        aliases = ["subscribe_newHead", "chain_subscribeNewHead"],
        unsubscribe = "unsubscribeNewHeads",
        unsubscribe_aliases = ["unsubscribe_newHead", "chain_unsubscribeNewHead"],
        item = Header
    )]
    async fn subscribe_new_heads(&self);

    /// The head of every final block from the newest on, last of the three head subscriptions of a connection.
    #[subscription(
        name = "subscribeFinalizedHeads" => "finalizedHead",
        aliases = ["chain_subscribeFinalisedHeads"],
        unsubscribe = "unsubscribeFinalizedHeads",
        unsubscribe_aliases = ["chain_unsubscribeFinalisedHeads"],
        item = Header
    )]
    async fn subscribe_finalized_heads(&self);
}
