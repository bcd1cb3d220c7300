//! `rpc.discover`: the document that describes all of this, by which programs generate clients.

use jsonrpsee::core::{JsonRawValue, RpcResult};
use jsonrpsee::proc_macros::rpc;

/// OpenRPC's service discovery.
#[rpc(server, client, namespace = "rpc", namespace_separator = ".")]
pub trait DiscoverApi {
    /// The OpenRPC document of this server: every method with its parameters, its result and their schemas.
    #[method(name = "discover")]
    fn discover(&self) -> RpcResult<Box<JsonRawValue>>;
}
