//! Answers of `system_*`.

use std::sync::Arc;

use jsonrpsee::core::RpcResult;

use crate::api::SystemApiServer;
use crate::backend::Backend;
use crate::types::{Address, ChainType, Health, Peer, Properties, SyncState};

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
}

impl SystemApiServer for Answer {
    fn name(&self) -> RpcResult<String> {
        Ok(self.backend.identity().name)
    }

    fn version(&self) -> RpcResult<String> {
        Ok(self.backend.identity().version)
    }

    fn chain(&self) -> RpcResult<String> {
        Ok(self.backend.identity().chain)
    }

    fn chain_type(&self) -> RpcResult<ChainType> {
        Ok(self.backend.identity().chain_type)
    }

    fn properties(&self) -> RpcResult<Properties> {
        Ok(Properties::default())
    }

    fn health(&self) -> RpcResult<Health> {
        Ok(self.backend.health())
    }

    fn peers(&self) -> RpcResult<Vec<Peer>> {
        Ok(self.backend.peers())
    }

    fn sync_state(&self) -> RpcResult<SyncState> {
        Ok(self.backend.sync_state())
    }

    fn local_peer_id(&self) -> RpcResult<String> {
        Ok(self.backend.identity().peer_id)
    }

    fn node_roles(&self) -> RpcResult<Vec<String>> {
        Ok(self.backend.identity().roles)
    }

    fn account_next_index(&self, account: Address) -> RpcResult<u32> {
        Ok(self.backend.next_nonce(&account.0))
    }
}
