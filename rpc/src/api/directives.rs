//! `directives_*`: what providers ask of hosts, and what became of it.

use jsonrpsee::core::{RpcResult, SubscriptionResult};
use jsonrpsee::proc_macros::rpc;

use crate::types::{Address, Cursor, DirectiveFilter, DirectiveInfo, DirectiveStep, Hash, Page};

/// Directives, as of the newest final block.
#[rpc(server, client, namespace = "directives")]
pub trait DirectivesApi {
    /// A directive and what became of it; null where there is none of that number.
    #[method(name = "get", blocking)]
    fn directive(&self, id: u64) -> RpcResult<Option<DirectiveInfo>>;

    /// The directive that an issuer's reference names; null where there is none.
    #[method(name = "find", blocking)]
    fn directive_named(&self, issuer: Address, reference: Hash) -> RpcResult<Option<DirectiveInfo>>;

    /// A host's directives that are issued or accepted, oldest first: 256 at most.
    #[method(name = "open", blocking)]
    fn directives_open(&self, host: Hash) -> RpcResult<Vec<DirectiveInfo>>;

    /// Directives that match the filter, the newest first: at most 256 per call. The cursor is the number of the last
    /// one that was looked at for the page before.
    #[method(name = "list", blocking)]
    fn directives(
        &self,
        cursor: Option<u64>,
        count: u32,
        filter: Option<DirectiveFilter>,
    ) -> RpcResult<Page<DirectiveInfo, u64>>;

    /// Every step of every directive (to one host), once it is final, in order: after the cursor, or from now on. A
    /// client that comes back with the cursor of its last item misses nothing and sees nothing twice.
    #[subscription(
        name = "subscribe" => "change",
        unsubscribe = "unsubscribe",
        item = DirectiveStep
    )]
    async fn subscribe_directives(&self, cursor: Option<Cursor>, host: Option<Hash>) -> SubscriptionResult;
}
