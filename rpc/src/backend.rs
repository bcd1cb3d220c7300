//! Who answers: what the namespaces ask of the node behind them.
//!
//! All reads are plain and synchronous and may touch the disk: the server calls them off the async reactor. A backend
//! commits the state of a block before it announces the block.

mod chain;
mod directives;
mod foundry;
mod ledger;
mod node;
mod pool;
mod registry;
mod state;

pub use self::chain::{ChainBackend, FinalBlock, FinalHead};
pub use self::directives::DirectivesBackend;
pub use self::foundry::FoundryBackend;
pub use self::ledger::{Derived, LedgerBackend, LedgerBlock};
pub use self::node::NodeBackend;
pub use self::pool::PoolBackend;
pub use self::registry::RegistryBackend;
pub use self::state::{CallError, StateBackend, StateError};

/// Everything the server needs.
pub trait Backend:
    ChainBackend
    + StateBackend
    + PoolBackend
    + NodeBackend
    + LedgerBackend
    + RegistryBackend
    + DirectivesBackend
    + FoundryBackend
{
}

impl<T> Backend for T where
    T: ChainBackend
        + StateBackend
        + PoolBackend
        + NodeBackend
        + LedgerBackend
        + RegistryBackend
        + DirectivesBackend
        + FoundryBackend
{
}
