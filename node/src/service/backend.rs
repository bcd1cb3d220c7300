//! Who answers the RPC server: the node's database, its driver and its network.

mod chain;
mod ledger;
mod node;
mod outcome;
mod pool;
mod registry;
mod state;

use std::sync::Arc;

use super::shared::Shared;

/// The node as the RPC server sees it.
pub(crate) struct NodeApi {
    shared: Arc<Shared>,
}

impl NodeApi {
    /// The interface of a node.
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}
