//! `consensus_*`: where consensus stands, why it is stuck if it is, and who was caught.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{Bytes, ConsensusStatus, EvidenceInfo};

/// Consensus as this node sees it.
#[rpc(server, client, namespace = "consensus")]
pub trait ConsensusApi {
    /// Epoch, view, height, primary, votes present and missing, and what the node waits for.
    #[method(name = "status", blocking)]
    fn consensus_status(&self) -> RpcResult<ConsensusStatus>;

    /// Evidence of faults that this node holds, by epoch and validator, from place `from` on: at most 256 per call.
    #[method(name = "evidence", blocking)]
    fn consensus_evidence(&self, from: u32, count: u32) -> RpcResult<Vec<EvidenceInfo>>;

    /// The evidence with this id as a file that proves itself from the genesis hash on (`tierchain verify evidence`);
    /// null where this node holds none.
    #[method(name = "evidenceFile", blocking)]
    fn consensus_evidence_file(&self, id: Bytes) -> RpcResult<Option<Bytes>>;
}
