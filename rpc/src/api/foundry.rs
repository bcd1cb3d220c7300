//! `foundry_*`: the images of which servers are born.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{Hash, ImageInfo, Page};

/// Providers' catalogs, as of the newest final block.
#[rpc(server, client, namespace = "foundry")]
pub trait FoundryApi {
    /// An image of a provider's catalog; null where the provider never approved it.
    #[method(name = "image", blocking)]
    fn image(&self, provider: Hash, image: Hash) -> RpcResult<Option<ImageInfo>>;

    /// A provider's images in the order in which they were approved, retired ones included: at most 256 per call.
    #[method(name = "images", blocking)]
    fn images(&self, provider: Hash, cursor: Option<u64>, count: u32) -> RpcResult<Page<ImageInfo, u64>>;
}
