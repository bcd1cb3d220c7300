//! `rpc_*`: what this server answers. Clients choose their way of talking by it.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::Methods;

/// The server's own table of contents.
#[rpc(server, client, namespace = "rpc")]
pub trait RpcApi {
    /// Every name that is answered, aliases and unsubscribe names included, in order.
    #[method(name = "methods")]
    fn methods(&self) -> RpcResult<Methods>;
}
