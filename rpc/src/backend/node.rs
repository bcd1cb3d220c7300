//! The node itself.

use crate::types::{ConsensusStatus, Health, Identity, Peer, SyncState};

/// Says how the node is.
pub trait NodeBackend: Send + Sync + 'static {
    /// What it calls itself.
    fn identity(&self) -> Identity;

    /// Whether it is well.
    fn health(&self) -> Health;

    /// Whether it can serve clients; else why not, in one sentence. It answers within a moment even when it can't.
    ///
    /// # Errors
    /// The reason, for people.
    fn readiness(&self) -> Result<(), String>;

    /// Adds directives to the filter of the node's log.
    ///
    /// # Errors
    /// What is wrong with the directives.
    fn add_log_filter(&self, directives: &str) -> Result<(), String>;

    /// Sets the filter of the node's log back to what it was at the start.
    fn reset_log_filter(&self);

    /// Who it is connected to.
    fn peers(&self) -> Vec<Peer>;

    /// How far catching up has come.
    fn sync_state(&self) -> SyncState;

    /// Where consensus stands, and why it is stuck if it is.
    fn consensus(&self) -> ConsensusStatus;
}
