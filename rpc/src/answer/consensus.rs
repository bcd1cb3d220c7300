//! Answers of `consensus_*`.

use std::sync::Arc;

use jsonrpsee::core::RpcResult;

use crate::api::ConsensusApiServer;
use crate::backend::Backend;
use crate::error::CountTooLarge;
use crate::limits::LEDGER_ITEMS_MAX;
use crate::types::{Bytes, ConsensusStatus, EvidenceInfo};

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
}

impl ConsensusApiServer for Answer {
    fn consensus_status(&self) -> RpcResult<ConsensusStatus> {
        Ok(self.backend.consensus())
    }

    fn consensus_evidence(&self, from: u32, count: u32) -> RpcResult<Vec<EvidenceInfo>> {
        let count = CountTooLarge::check("pieces of evidence", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.evidence(from as usize, count))
    }

    fn consensus_evidence_file(&self, id: Bytes) -> RpcResult<Option<Bytes>> {
        Ok(self.backend.evidence_file(&id.0).map(Bytes))
    }
}
