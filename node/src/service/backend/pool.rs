//! Extrinsics on their way into the chain.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::SubmitError;
use tierchain_rpc::backend::PoolBackend;
use tierchain_rpc::types::{ExtrinsicStatus, TransactionStatus};
use tokio::sync::mpsc;

use super::NodeApi;
use crate::service::gaps::next_nonce;
use crate::service::gate;

/// Most extrinsics that `author_pendingExtrinsics` lists.
const PENDING_MAX: usize = 4_096;

impl PoolBackend for NodeApi {
    fn submit(&self, extrinsic: Vec<u8>) -> BoxFuture<'_, Result<H256, SubmitError>> {
        async move { gate::submit(&self.shared, extrinsic).await }.boxed()
    }

    fn watch(&self, hash: H256) -> mpsc::Receiver<TransactionStatus> {
        self.shared.watchers.watch(hash)
    }

    fn pending(&self) -> Vec<Vec<u8>> {
        let list = |replica: &tierchain_replica::Replica| {
            replica.pool().iter().take(PENDING_MAX).map(|(checked, _)| checked.bytes.clone()).collect()
        };
        self.shared.driver.ask(list).unwrap_or_default()
    }

    fn next_nonce(&self, account: &AccountId) -> Nonce {
        let (shared, asked) = (Arc::clone(&self.shared), *account);
        let next = self.shared.driver.ask(move |replica| next_nonce(replica, &shared.db, &asked));
        let known = || tierchain_runtime::account(&self.shared.db, account).map_or(0, |info| info.nonce);
        next.unwrap_or_else(known)
    }

    fn extrinsic_status(&self, hash: &H256) -> ExtrinsicStatus {
        self.status_of(*hash)
    }
}
