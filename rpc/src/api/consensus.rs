//! `consensus_*`: where consensus stands, and why it is stuck if it is.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::ConsensusStatus;

/// Consensus as this node sees it.
#[rpc(server, client, namespace = "consensus")]
pub trait ConsensusApi {
    /// Epoch, view, height, primary, votes present and missing, and what the node waits for.
    #[method(name = "status", blocking)]
    fn consensus_status(&self) -> RpcResult<ConsensusStatus>;
}
