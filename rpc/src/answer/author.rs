//! Answers of `author_*`.

use std::sync::Arc;

use jsonrpsee::core::{RpcResult, async_trait};
use jsonrpsee::{PendingSubscriptionSink, SubscriptionSink};
use tierchain_primitives::extrinsic::extrinsic_hash;
use tierchain_primitives::limits::EXTRINSIC_BYTES_MAX;
use tokio::sync::mpsc;

use super::notify;
use crate::SubmitError;
use crate::api::AuthorApiServer;
use crate::backend::Backend;
use crate::types::{Bytes, ExtrinsicStatus, Hash, TransactionStatus};

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
}

impl Answer {
    /// Submits what is short enough to be looked at.
    async fn submit(&self, extrinsic: Bytes) -> Result<Hash, SubmitError> {
        let found = extrinsic.0.len();
        if found > EXTRINSIC_BYTES_MAX {
            return Err(SubmitError::TooLong { found });
        }
        self.backend.submit(extrinsic.0).await.map(Hash)
    }
}

#[async_trait]
impl AuthorApiServer for Answer {
    async fn submit_extrinsic(&self, extrinsic: Bytes) -> RpcResult<Hash> {
        Ok(self.submit(extrinsic).await?)
    }

    fn pending_extrinsics(&self) -> RpcResult<Vec<Bytes>> {
        Ok(self.backend.pending().into_iter().map(Bytes).collect())
    }

    fn extrinsic_status(&self, hash: Hash) -> RpcResult<ExtrinsicStatus> {
        Ok(self.backend.extrinsic_status(&hash.0))
    }

    async fn submit_and_watch_extrinsic(&self, pending: PendingSubscriptionSink, extrinsic: Bytes) {
        // Watching comes first: the extrinsic may be final before submitting returns.
        let steps = self.backend.watch(extrinsic_hash(&extrinsic.0));
        match self.submit(extrinsic).await {
            Err(error) => pending.reject(error).await,
            Ok(_) => {
                if let Ok(sink) = pending.accept().await {
                    tell_steps(&sink, steps).await;
                }
            }
        }
    }
}

/// Tells each step as it comes and ends silently: some clients can't read an error that closes a subscription.
async fn tell_steps(sink: &SubscriptionSink, mut steps: mpsc::Receiver<TransactionStatus>) {
    loop {
        let step = tokio::select! {
            step = steps.recv() => step,
            () = sink.closed() => None,
        };
        let Some(step) = step else { return };
        if !notify(sink, &step).await {
            return;
        }
    }
}
