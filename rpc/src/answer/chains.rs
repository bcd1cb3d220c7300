//! Answers of `chains_*`.

use std::sync::Arc;

use jsonrpsee::PendingSubscriptionSink;
use jsonrpsee::core::{RpcResult, SubscriptionResult, async_trait};

use super::blocks::{EntityBlocks, begin};
use crate::api::ChainsApiServer;
use crate::backend::Backend;
use crate::error::{CountTooLarge, UnknownChain};
use crate::follow::Follower;
use crate::limits::LEDGER_ITEMS_MAX;
use crate::types::{
    AnnouncementInfo, AttestationInfo, BlockFilter, ChainRef, Cursor, Dispute, EntityBlock, Hash, NoteInfo, Page,
    ServerCursor, ServerFilter, ServerInfo, ServerUuid,
};

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) follower: Follower,
}

#[async_trait]
impl ChainsApiServer for Answer {
    fn server(&self, uuid: ServerUuid, generation: Option<u32>) -> RpcResult<Option<ServerInfo>> {
        Ok(self.backend.server(uuid.0, generation))
    }

    fn server_blocks(&self, chain: ChainRef, from: u32, count: u32) -> RpcResult<Vec<EntityBlock>> {
        let count = CountTooLarge::check("blocks", count as usize, LEDGER_ITEMS_MAX)?;
        let Some(blocks) = self.backend.entity_blocks(&chain, from, count) else {
            Err(UnknownChain { what: "chain", name: chain.to_string(), list: "chains_list" })?
        };
        Ok(blocks.iter().map(EntityBlock::from).collect())
    }

    fn servers(
        &self,
        cursor: Option<ServerCursor>,
        count: u32,
        filter: Option<ServerFilter>,
    ) -> RpcResult<Page<ServerInfo, ServerCursor>> {
        let count = CountTooLarge::check("servers", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.servers(cursor.map(|cursor| cursor.0), count, &filter.unwrap_or_default()))
    }

    fn announcement(&self, uuid: ServerUuid, generation: Option<u32>) -> RpcResult<Option<AnnouncementInfo>> {
        Ok(self.backend.announcement(uuid.0, generation))
    }

    fn notes(&self, chain: ChainRef, from: u32, count: u32) -> RpcResult<Vec<NoteInfo>> {
        let count = CountTooLarge::check("notes", count as usize, LEDGER_ITEMS_MAX)?;
        let unknown = || UnknownChain { what: "chain", name: chain.to_string(), list: "chains_list" };
        Ok(self.backend.notes(&chain, from, count).ok_or_else(unknown)?)
    }

    fn disputes(&self, cursor: Option<u64>, count: u32) -> RpcResult<Page<Dispute, u64>> {
        let count = CountTooLarge::check("disputes", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.disputes(cursor.unwrap_or_default(), count))
    }

    fn attestation(&self, host: Hash, from: u32, count: u32) -> RpcResult<Option<AttestationInfo>> {
        let count = CountTooLarge::check("gaps", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.attestation(&host.0, from, count))
    }

    async fn subscribe_blocks(
        &self,
        pending: PendingSubscriptionSink,
        cursor: Option<Cursor>,
        filter: Option<BlockFilter>,
    ) -> SubscriptionResult {
        let next = begin(&*self.backend, cursor);
        self.follower.follow(pending, EntityBlocks { next, filter: filter.unwrap_or_default() }).await
    }
}
