//! Answers of `chain_*`.

use std::sync::Arc;

use jsonrpsee::PendingSubscriptionSink;
use jsonrpsee::core::{RpcResult, async_trait};
use tierchain_primitives::H256;

use crate::api::ChainApiServer;
use crate::backend::Backend;
use crate::error::CountTooLarge;
use crate::feeds::{HeadFeeds, Stage};
use crate::limits::BLOCK_HASHES_MAX;
use crate::types::{AnyNumber, Hash, Header, ListOrValue, SignedBlock};

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) feeds: Arc<HeadFeeds>,
}

impl Answer {
    fn hash_or_newest(&self, hash: Option<Hash>) -> H256 {
        hash.map_or_else(|| self.backend.finalized().hash, |hash| hash.0)
    }

    fn hash_of(&self, number: AnyNumber) -> Option<Hash> {
        let number = number.0.try_into().ok()?;
        self.backend.block_hash(number).map(Hash)
    }

    async fn join(&self, stage: Stage, pending: PendingSubscriptionSink) {
        if let Ok(sink) = pending.accept().await {
            self.feeds.join(stage, sink);
        }
    }
}

#[async_trait]
impl ChainApiServer for Answer {
    fn header(&self, hash: Option<Hash>) -> RpcResult<Option<Header>> {
        let header = self.backend.header(&self.hash_or_newest(hash));
        Ok(header.as_ref().map(Header::from))
    }

    fn block(&self, hash: Option<Hash>) -> RpcResult<Option<SignedBlock>> {
        Ok(self.backend.block(&self.hash_or_newest(hash)).map(SignedBlock::from))
    }

    fn block_hash(&self, number: Option<ListOrValue<AnyNumber>>) -> RpcResult<ListOrValue<Option<Hash>>> {
        Ok(match number {
            None => ListOrValue::Value(Some(Hash(self.backend.finalized().hash))),
            Some(ListOrValue::Value(number)) => ListOrValue::Value(self.hash_of(number)),
            Some(ListOrValue::List(numbers)) => {
                CountTooLarge::check("block numbers", numbers.len(), BLOCK_HASHES_MAX)?;
                ListOrValue::List(numbers.into_iter().map(|number| self.hash_of(number)).collect())
            }
        })
    }

    fn finalized_head(&self) -> RpcResult<Hash> {
        Ok(Hash(self.backend.finalized().hash))
    }

    async fn subscribe_all_heads(&self, pending: PendingSubscriptionSink) {
        self.join(Stage::All, pending).await;
    }

    async fn subscribe_new_heads(&self, pending: PendingSubscriptionSink) {
        self.join(Stage::New, pending).await;
    }

    async fn subscribe_finalized_heads(&self, pending: PendingSubscriptionSink) {
        self.join(Stage::Finalized, pending).await;
    }
}
