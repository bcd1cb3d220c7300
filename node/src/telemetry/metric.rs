//! The list of all metrics: their names, what they mean, in which unit. `service` sets them, nobody else.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Number of the newest certified block.
pub(crate) const HEIGHT: &str = "tierchain_height";
/// Number of the newest block that this node has executed.
pub(crate) const EXECUTED_HEIGHT: &str = "tierchain_executed_height";
/// The view the replica is in.
pub(crate) const VIEW: &str = "tierchain_view";
/// The epoch the replica is in.
pub(crate) const EPOCH: &str = "tierchain_epoch";
/// How often this replica sent a VIEW-CHANGE.
pub(crate) const VIEW_CHANGES: &str = "tierchain_view_changes_total";
/// Votes received, by label `kind`: prepare, commit, view_change, suspect.
pub(crate) const VOTES_RECEIVED: &str = "tierchain_votes_received_total";
/// Votes sent, by label `kind`.
pub(crate) const VOTES_SENT: &str = "tierchain_votes_sent_total";
/// Contradictory signed messages seen, by label `validator`.
pub(crate) const EVIDENCE: &str = "tierchain_evidence_total";
/// Validators and observers this node is connected to.
pub(crate) const PEERS: &str = "tierchain_peers";
/// Bytes sent to other nodes.
pub(crate) const BYTES_SENT: &str = "tierchain_network_bytes_sent_total";
/// Bytes received from other nodes.
pub(crate) const BYTES_RECEIVED: &str = "tierchain_network_bytes_received_total";
/// Extrinsics that wait for a block.
pub(crate) const MEMPOOL_EXTRINSICS: &str = "tierchain_mempool_extrinsics";
/// Bytes of the extrinsics that wait.
pub(crate) const MEMPOOL_BYTES: &str = "tierchain_mempool_bytes";
/// Extrinsics refused at the door, by label `reason`.
pub(crate) const REFUSED: &str = "tierchain_extrinsics_refused_total";
/// Extrinsics in certified blocks.
pub(crate) const EXTRINSICS: &str = "tierchain_extrinsics_total";
/// Entity blocks and meta blocks made, by label `tier`: entity, meta.
pub(crate) const LEDGER_BLOCKS: &str = "tierchain_ledger_blocks_total";
/// From a block's time, set by its proposer, to its certificate at this node.
pub(crate) const FINALITY_SECONDS: &str = "tierchain_finality_seconds";
/// Execution of a certified block and its commit to the database.
pub(crate) const EXECUTION_SECONDS: &str = "tierchain_execution_seconds";
/// One fdatasync of the vote log.
pub(crate) const SYNC_SECONDS: &str = "tierchain_sync_seconds";
/// Verification of one batch of signatures.
pub(crate) const VERIFICATION_SECONDS: &str = "tierchain_verification_seconds";
/// Open RPC connections.
pub(crate) const RPC_CONNECTIONS: &str = "tierchain_rpc_connections";
/// RPC calls that are being answered, by label `class`: submission, query, scan, status.
pub(crate) const RPC_RUNNING: &str = "tierchain_rpc_calls_running";
/// RPC calls that wait for a place, by label `class`.
pub(crate) const RPC_WAITING: &str = "tierchain_rpc_calls_waiting";
/// RPC calls that were answered, by label `class`.
pub(crate) const RPC_ANSWERED: &str = "tierchain_rpc_calls_answered_total";
/// RPC calls that were told to come again, by label `class`.
pub(crate) const RPC_REFUSED: &str = "tierchain_rpc_calls_refused_total";
/// Bytes of the database on disk.
pub(crate) const DATABASE_BYTES: &str = "tierchain_database_bytes";
/// Bytes of the vote log on disk.
pub(crate) const VOTE_LOG_BYTES: &str = "tierchain_vote_log_bytes";

/// Upper bounds of the latency histograms: from a hash on a warm cache to a view change.
pub(crate) const LATENCY_BUCKETS_SECONDS: [f64; 14] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Tells the exporter what each metric means.
pub(crate) fn describe() {
    describe_consensus();
    describe_network_and_pool();
    describe_work();
    describe_rpc();
}

fn describe_rpc() {
    describe_gauge!(RPC_CONNECTIONS, "Open RPC connections.");
    describe_gauge!(RPC_RUNNING, "RPC calls that are being answered, by class.");
    describe_gauge!(RPC_WAITING, "RPC calls that wait for a place, by class.");
    describe_counter!(RPC_ANSWERED, "RPC calls that were answered, by class.");
    describe_counter!(RPC_REFUSED, "RPC calls that were told to come again, by class.");
}

fn describe_consensus() {
    describe_gauge!(HEIGHT, "Number of the newest certified block.");
    describe_gauge!(EXECUTED_HEIGHT, "Number of the newest block that this node has executed.");
    describe_gauge!(VIEW, "The view the replica is in.");
    describe_gauge!(EPOCH, "The epoch the replica is in.");
    describe_counter!(VIEW_CHANGES, "How often this replica sent a VIEW-CHANGE.");
    describe_counter!(VOTES_RECEIVED, "Votes received, by kind.");
    describe_counter!(VOTES_SENT, "Votes sent, by kind.");
    describe_counter!(EVIDENCE, "Contradictory signed messages seen, by validator.");
}

fn describe_network_and_pool() {
    describe_gauge!(PEERS, "Nodes this node is connected to.");
    describe_counter!(BYTES_SENT, Unit::Bytes, "Bytes sent to other nodes.");
    describe_counter!(BYTES_RECEIVED, Unit::Bytes, "Bytes received from other nodes.");
    describe_gauge!(MEMPOOL_EXTRINSICS, "Extrinsics that wait for a block.");
    describe_gauge!(MEMPOOL_BYTES, Unit::Bytes, "Bytes of the extrinsics that wait.");
    describe_counter!(REFUSED, "Extrinsics refused at the door, by reason.");
}

fn describe_work() {
    describe_counter!(EXTRINSICS, "Extrinsics in certified blocks.");
    describe_counter!(LEDGER_BLOCKS, "Entity and meta blocks made, by tier.");
    describe_histogram!(FINALITY_SECONDS, Unit::Seconds, "From a block's time to its certificate at this node.");
    describe_histogram!(EXECUTION_SECONDS, Unit::Seconds, "Execution and commit of a certified block.");
    describe_histogram!(SYNC_SECONDS, Unit::Seconds, "One fdatasync of the vote log.");
    describe_histogram!(VERIFICATION_SECONDS, Unit::Seconds, "Verification of a batch of signatures.");
    describe_gauge!(DATABASE_BYTES, Unit::Bytes, "Bytes of the database on disk.");
    describe_gauge!(VOTE_LOG_BYTES, Unit::Bytes, "Bytes of the vote log on disk.");
}
