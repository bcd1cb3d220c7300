//! Answers of `meta_*`.

use std::sync::Arc;

use jsonrpsee::PendingSubscriptionSink;
use jsonrpsee::core::{RpcResult, SubscriptionResult, async_trait};

use super::blocks::{MetaBlocks, begin};
use crate::api::MetaApiServer;
use crate::backend::Backend;
use crate::error::{CountTooLarge, UnknownChain};
use crate::follow::Follower;
use crate::limits::LEDGER_ITEMS_MAX;
use crate::types::{Cursor, Hash, MetaBlock, MetaChain, MetaFilter, Page};

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) follower: Follower,
}

#[async_trait]
impl MetaApiServer for Answer {
    fn meta_chain(&self, meta: Hash) -> RpcResult<Option<MetaChain>> {
        Ok(self.backend.meta(&meta.0))
    }

    fn meta_blocks(&self, meta: Hash, from: u32, count: u32) -> RpcResult<Vec<MetaBlock>> {
        let count = CountTooLarge::check("blocks", count as usize, LEDGER_ITEMS_MAX)?;
        let Some(blocks) = self.backend.meta_blocks(&meta.0, from, count) else {
            Err(UnknownChain { what: "meta-chain", name: meta.0.to_string(), list: "meta_list" })?
        };
        Ok(blocks.iter().map(MetaBlock::from).collect())
    }

    fn meta_chains(
        &self,
        cursor: Option<Hash>,
        count: u32,
        filter: Option<MetaFilter>,
    ) -> RpcResult<Page<MetaChain, Hash>> {
        let count = CountTooLarge::check("meta-chains", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.metas(cursor.map(|cursor| cursor.0), count, &filter.unwrap_or_default()))
    }

    async fn subscribe_meta_blocks(
        &self,
        pending: PendingSubscriptionSink,
        cursor: Option<Cursor>,
    ) -> SubscriptionResult {
        let next = begin(&*self.backend, cursor);
        self.follower.follow(pending, MetaBlocks { next }).await
    }
}
