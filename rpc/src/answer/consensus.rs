//! Answers of `consensus_*`.

use std::sync::Arc;

use jsonrpsee::core::RpcResult;

use crate::api::ConsensusApiServer;
use crate::backend::Backend;
use crate::types::ConsensusStatus;

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
}

impl ConsensusApiServer for Answer {
    fn consensus_status(&self) -> RpcResult<ConsensusStatus> {
        Ok(self.backend.consensus())
    }
}
