//! Answers of `chains_*`.

use std::sync::Arc;

use jsonrpsee::core::RpcResult;

use crate::api::ChainsApiServer;
use crate::backend::Backend;
use crate::error::{CountTooLarge, UnknownChain};
use crate::limits::LEDGER_ITEMS_MAX;
use crate::types::{ChainRef, EntityBlock, Page, ServerCursor, ServerFilter, ServerInfo, ServerUuid};

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
}

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
}
