//! `author_*`: extrinsics on their way into the chain.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{Bytes, ExtrinsicStatus, Hash, TransactionStatus};

/// Submits extrinsics and says what became of them.
#[rpc(server, client, namespace = "author")]
pub trait AuthorApi {
    /// Takes an extrinsic. Answers with its hash once it is in the node's log; a refusal says why, and nothing changes.
    #[method(name = "submitExtrinsic")]
    async fn submit_extrinsic(&self, extrinsic: Bytes) -> RpcResult<Hash>;

    /// The extrinsics in the node's pool.
    #[method(name = "pendingExtrinsics", blocking)]
    fn pending_extrinsics(&self) -> RpcResult<Vec<Bytes>>;

    /// Everything that is known of an extrinsic, and one sentence that says it.
    #[method(name = "extrinsicStatus", blocking)]
    fn extrinsic_status(&self, hash: Hash) -> RpcResult<ExtrinsicStatus>;

    /// Takes an extrinsic and tells each step of its life: ready (future while a lower nonce is missing), inBlock,
    /// finalized. Ends silently after the last.
    #[subscription(
        name = "submitAndWatchExtrinsic" => "extrinsicUpdate",
        unsubscribe = "unwatchExtrinsic",
        item = TransactionStatus
    )]
    async fn submit_and_watch_extrinsic(&self, extrinsic: Bytes);
}
