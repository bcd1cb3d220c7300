//! Answers of `state_*`.

use std::sync::Arc;

use jsonrpsee::core::{RpcResult, async_trait};
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::{PendingSubscriptionSink, SubscriptionSink};
use tierchain_primitives::H256;
use tierchain_primitives::hash::blake2_256;
use tierchain_primitives::header::DigestItem;

use super::{notify, read};
use crate::api::StateApiServer;
use crate::backend::{Backend, FinalHead};
use crate::error::{CountTooLarge, code};
use crate::heads::HeadFollower;
use crate::limits::{ARGUMENTS_BYTES_MAX, FUNCTION_NAME_BYTES_MAX, KEYS_PAGE_MAX, KEYS_QUERY_MAX};
use crate::storage_watch::StorageWatch;
use crate::types::{Bytes, Hash, RuntimeVersion, StorageChangeSet};

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
}

impl Answer {
    fn at(&self, at: Option<Hash>) -> H256 {
        at.map_or_else(|| self.backend.finalized().hash, |hash| hash.0)
    }

    fn value(&self, key: &Bytes, at: Option<Hash>) -> RpcResult<Option<Vec<u8>>> {
        Ok(self.backend.storage(&self.at(at), &key.0)?)
    }
}

#[async_trait]
impl StateApiServer for Answer {
    fn storage(&self, key: Bytes, at: Option<Hash>) -> RpcResult<Option<Bytes>> {
        Ok(self.value(&key, at)?.map(Bytes))
    }

    fn storage_hash(&self, key: Bytes, at: Option<Hash>) -> RpcResult<Option<Hash>> {
        Ok(self.value(&key, at)?.map(|value| Hash(blake2_256(&value))))
    }

    fn storage_size(&self, key: Bytes, at: Option<Hash>) -> RpcResult<Option<u64>> {
        Ok(self.value(&key, at)?.map(|value| value.len() as u64))
    }

    fn keys_paged(
        &self,
        prefix: Option<Bytes>,
        count: u32,
        start_key: Option<Bytes>,
        at: Option<Hash>,
    ) -> RpcResult<Vec<Bytes>> {
        let count = CountTooLarge::check("keys", count as usize, KEYS_PAGE_MAX)?;
        let prefix = prefix.unwrap_or_default();
        let after = start_key.as_ref().map(|key| key.0.as_slice());
        let keys = self.backend.keys(&self.at(at), &prefix.0, after, count)?;
        Ok(keys.into_iter().map(Bytes).collect())
    }

    fn query_storage_at(&self, keys: Vec<Bytes>, at: Option<Hash>) -> RpcResult<Vec<StorageChangeSet>> {
        CountTooLarge::check("keys", keys.len(), KEYS_QUERY_MAX)?;
        let at = self.at(at);
        let value = |key: Bytes| -> RpcResult<_> {
            let value = self.backend.storage(&at, &key.0)?.map(Bytes);
            Ok((key, value))
        };
        let changes = keys.into_iter().map(value).collect::<RpcResult<_>>()?;
        Ok(vec![StorageChangeSet { block: Hash(at), changes }])
    }

    fn metadata(&self, at: Option<Hash>) -> RpcResult<Bytes> {
        Ok(Bytes(self.backend.metadata(&self.at(at))?))
    }

    fn call(&self, function: String, arguments: Bytes, at: Option<Hash>) -> RpcResult<Bytes> {
        CountTooLarge::check("bytes of a function's name", function.len(), FUNCTION_NAME_BYTES_MAX)?;
        CountTooLarge::check("bytes of arguments", arguments.0.len(), ARGUMENTS_BYTES_MAX)?;
        Ok(Bytes(self.backend.call(&self.at(at), &function, &arguments.0)?))
    }

    fn runtime_version(&self, at: Option<Hash>) -> RpcResult<RuntimeVersion> {
        Ok(self.backend.runtime_version(&self.at(at))?)
    }

    async fn subscribe_runtime_version(&self, pending: PendingSubscriptionSink) {
        let (follower, current) = HeadFollower::start(Arc::clone(&self.backend));
        match version_at(&self.backend, current.hash).await {
            Err(error) => pending.reject(error).await,
            Ok(version) => {
                if let Ok(sink) = pending.accept().await {
                    tell_versions(&self.backend, &sink, follower, version).await;
                }
            }
        }
    }

    async fn subscribe_storage(&self, pending: PendingSubscriptionSink, keys: Option<Vec<Bytes>>) {
        let keys = match wanted_keys(keys) {
            Ok(keys) => keys,
            Err(error) => return pending.reject(error).await,
        };
        let (follower, current) = HeadFollower::start(Arc::clone(&self.backend));
        let watch = StorageWatch::new(keys.into_iter().map(|key| key.0));
        match next_changes(&self.backend, watch, current).await {
            Err(error) => pending.reject(error).await,
            Ok((watch, set)) => {
                if let Ok(sink) = pending.accept().await {
                    tell_changes(&self.backend, &sink, follower, watch, set).await;
                }
            }
        }
    }
}

/// The keys of a storage subscription: some, and not too many.
fn wanted_keys(keys: Option<Vec<Bytes>>) -> Result<Vec<Bytes>, ErrorObjectOwned> {
    let keys = keys.unwrap_or_default();
    if keys.is_empty() {
        let message = "Client error: a subscription to the whole state isn't offered: name the keys to watch";
        return Err(ErrorObjectOwned::owned(code::CLIENT_ERROR, message, None::<()>));
    }
    CountTooLarge::check("keys", keys.len(), KEYS_QUERY_MAX)?;
    Ok(keys)
}

async fn version_at(backend: &Arc<dyn Backend>, at: H256) -> Result<RuntimeVersion, ErrorObjectOwned> {
    Ok(read(backend, move |backend| backend.runtime_version(&at)).await??)
}

/// Tells the version, and again after each block that changes it, which its digest says.
async fn tell_versions(
    backend: &Arc<dyn Backend>,
    sink: &SubscriptionSink,
    mut follower: HeadFollower,
    mut version: RuntimeVersion,
) {
    while notify(sink, &version).await {
        version = loop {
            let Some(head) = next_head(sink, &mut follower).await else { return };
            if !head.header.digest.contains(&DigestItem::RuntimeEnvironmentUpdated) {
                continue;
            }
            let Ok(found) = version_at(backend, head.hash).await else { return };
            if found != version {
                break found;
            }
        };
    }
}

/// What changed with a block of what is watched; the watch travels to the reading thread and back.
async fn next_changes(
    backend: &Arc<dyn Backend>,
    mut watch: StorageWatch,
    head: Arc<FinalHead>,
) -> Result<(StorageWatch, StorageChangeSet), ErrorObjectOwned> {
    let changes = move |backend: &dyn Backend| watch.changes(backend, &head.hash).map(|changes| (watch, changes, head));
    let (watch, changes, head) = read(backend, changes).await??;
    let changes = changes.into_iter().map(|(key, value)| (Bytes(key), value.map(Bytes))).collect();
    Ok((watch, StorageChangeSet { block: Hash(head.hash), changes }))
}

/// Tells the first values, and again those that a block changes.
async fn tell_changes(
    backend: &Arc<dyn Backend>,
    sink: &SubscriptionSink,
    mut follower: HeadFollower,
    mut watch: StorageWatch,
    mut set: StorageChangeSet,
) {
    loop {
        if !set.changes.is_empty() && !notify(sink, &set).await {
            return;
        }
        let Some(head) = next_head(sink, &mut follower).await else { return };
        match next_changes(backend, watch, head).await {
            Ok(next) => (watch, set) = next,
            Err(error) => {
                tracing::warn!(%error, "a storage subscription ends: the state of a new block can't be read");
                return;
            }
        }
    }
}

/// The next head; none once the subscriber is gone or the node stops.
async fn next_head(sink: &SubscriptionSink, follower: &mut HeadFollower) -> Option<Arc<FinalHead>> {
    tokio::select! {
        head = follower.next() => head,
        () = sink.closed() => None,
    }
}
