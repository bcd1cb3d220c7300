//! The node itself.

use crate::types::{ConsensusStatus, EvidenceInfo, Health, Identity, Peer, SyncState};

/// Says how the node is.
pub trait NodeBackend: Send + Sync + 'static {
    /// What it calls itself.
    fn identity(&self) -> Identity;

    /// Whether it is well.
    fn health(&self) -> Health;

    /// Who it is connected to.
    fn peers(&self) -> Vec<Peer>;

    /// How far catching up has come.
    fn sync_state(&self) -> SyncState;

    /// Where consensus stands, and why it is stuck if it is.
    fn consensus(&self) -> ConsensusStatus;

    /// Evidence held, by epoch and validator, from place `from` on.
    fn evidence(&self, from: usize, count: usize) -> Vec<EvidenceInfo>;

    /// The evidence with this id as a file that proves itself.
    fn evidence_file(&self, id: &[u8]) -> Option<Vec<u8>>;
}
