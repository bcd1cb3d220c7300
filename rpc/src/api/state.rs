//! `state_*`: state after a block, the newest final one by default. An unknown block is error 4003.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{Bytes, Hash, RuntimeVersion, StorageChangeSet};

/// Reads state by raw storage key.
#[rpc(server, client, namespace = "state")]
pub trait StateApi {
    /// The value under a key; null where there is none.
    #[method(name = "getStorage", aliases = ["state_getStorageAt"], blocking)]
    fn storage(&self, key: Bytes, at: Option<Hash>) -> RpcResult<Option<Bytes>>;

    /// BLAKE2b-256 of the value under a key; null where there is none.
    #[method(name = "getStorageHash", aliases = ["state_getStorageHashAt"], blocking)]
    fn storage_hash(&self, key: Bytes, at: Option<Hash>) -> RpcResult<Option<Hash>>;

    /// Length of the value under a key; null where there is none.
    #[method(name = "getStorageSize", aliases = ["state_getStorageSizeAt"], blocking)]
    fn storage_size(&self, key: Bytes, at: Option<Hash>) -> RpcResult<Option<u64>>;

    /// Keys with a prefix in ascending order, after `start_key`: at most 1,000 per call.
    #[method(name = "getKeysPaged", aliases = ["state_getKeysPagedAt"], blocking)]
    fn keys_paged(
        &self,
        prefix: Option<Bytes>,
        count: u32,
        start_key: Option<Bytes>,
        at: Option<Hash>,
    ) -> RpcResult<Vec<Bytes>>;

    /// Several values at once, every key that was asked for present: at most 1,000 per call.
    #[method(name = "queryStorageAt", blocking)]
    fn query_storage_at(&self, keys: Vec<Bytes>, at: Option<Hash>) -> RpcResult<Vec<StorageChangeSet>>;

    /// The runtime's metadata, version 14: what every client that knows `state_getMetadata` reads. Later versions are
    /// given by `state_call` of `Metadata_metadata_at_version`.
    #[method(name = "getMetadata", blocking)]
    fn metadata(&self, at: Option<Hash>) -> RpcResult<Bytes>;

    /// What a function of the runtime answers to SCALE-encoded arguments on the state after a block, in SCALE.
    #[method(name = "call", aliases = ["state_callAt"], blocking)]
    fn call(&self, function: String, arguments: Bytes, at: Option<Hash>) -> RpcResult<Bytes>;

    /// The runtime's version.
    #[method(name = "getRuntimeVersion", aliases = ["chain_getRuntimeVersion"], blocking)]
    fn runtime_version(&self, at: Option<Hash>) -> RpcResult<RuntimeVersion>;

    /// The runtime's version now, and again whenever it changes.
    #[subscription(
        name = "subscribeRuntimeVersion" => "runtimeVersion",
        aliases = ["chain_subscribeRuntimeVersion"],
        unsubscribe = "unsubscribeRuntimeVersion",
        unsubscribe_aliases = ["chain_unsubscribeRuntimeVersion"],
        item = RuntimeVersion
    )]
    async fn subscribe_runtime_version(&self);

    /// The values under up to 1,000 keys now, and again those that a block changes.
    #[subscription(name = "subscribeStorage" => "storage", unsubscribe = "unsubscribeStorage", item = StorageChangeSet)]
    async fn subscribe_storage(&self, keys: Option<Vec<Bytes>>);
}
