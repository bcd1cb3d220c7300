//! Who answers the RPC server: the node's database, its driver and its network.

mod audit;
mod beside;
mod chain;
mod directives;
mod foundry;
mod ledger;
mod node;
mod outcome;
mod parties;
mod pool;
mod registry;
mod state;
mod values;
mod values_beside;
mod values_of_directives;
mod values_of_registry;
mod writers;

use std::sync::Arc;
use std::time::Duration;

use super::shared::Shared;
use crate::telemetry::LogFilter;

/// The node as the RPC server sees it.
pub(crate) struct NodeApi {
    shared: Arc<Shared>,
    log: LogFilter,
    /// After how long without a block an idle network makes one.
    heartbeat: Duration,
}

impl NodeApi {
    /// The interface of a node.
    pub(crate) fn new(shared: Arc<Shared>, log: LogFilter, heartbeat: Duration) -> Self {
        Self { shared, log, heartbeat }
    }
}
