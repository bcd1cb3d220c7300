//! State after a block, for as long as it is retained.

use std::sync::Arc;

use tierchain_primitives::ports::StateChange;
use tierchain_primitives::{BlockNumber, H256};

use crate::types::RuntimeVersion;

/// Why state can't be read at a block.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StateError {
    /// No final block has this hash.
    #[error("UnknownBlock: {0} is no final block of this chain")]
    UnknownBlock(H256),
    /// The state after the block is no longer kept.
    #[error(
        "UnknownBlock: State already discarded for {hash}: it is block {number}, and this node keeps state from block \
         {oldest} on: ask a node that keeps everything"
    )]
    Pruned {
        /// The block.
        hash: H256,
        /// Its number.
        number: BlockNumber,
        /// The oldest block whose state is kept.
        oldest: BlockNumber,
    },
}

/// Why a function of the runtime gives no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CallError {
    /// There is no state to call it on.
    #[error(transparent)]
    State(#[from] StateError),
    /// The runtime has no such function, or can't read the arguments.
    #[error("Execution failed: {function}: {reason}")]
    Refused {
        /// The function that was asked for.
        function: String,
        /// Why, and what to do about it.
        reason: String,
    },
}

/// Reads state. State at a block is the state after that block.
pub trait StateBackend: Send + Sync + 'static {
    /// The value under a raw storage key.
    ///
    /// # Errors
    /// [`StateError`] when the state at `at` can't be read.
    fn storage(&self, at: &H256, key: &[u8]) -> Result<Option<Vec<u8>>, StateError>;

    /// At most `count` keys that begin with `prefix` and come after `after`, in ascending order.
    ///
    /// # Errors
    /// [`StateError`] when the state at `at` can't be read.
    fn keys(&self, at: &H256, prefix: &[u8], after: Option<&[u8]>, count: usize) -> Result<Vec<Vec<u8>>, StateError>;

    /// What a block changed; none where that isn't remembered: the server then reads the keys it is interested in.
    fn changes(&self, block: &H256) -> Option<Arc<Vec<StateChange>>>;

    /// The version of the runtime that made the state at `at`.
    ///
    /// # Errors
    /// [`StateError`] when the block isn't known.
    fn runtime_version(&self, at: &H256) -> Result<RuntimeVersion, StateError>;

    /// The metadata, version 14, of the runtime that made the state at `at`.
    ///
    /// # Errors
    /// [`CallError`] when the block isn't known.
    fn metadata(&self, at: &H256) -> Result<Vec<u8>, CallError>;

    /// What a function of the runtime answers on the state at `at`, arguments and answer in SCALE.
    ///
    /// # Errors
    /// [`CallError`] when there is no such state, no such function, or the arguments aren't the function's.
    fn call(&self, at: &H256, function: &str, arguments: &[u8]) -> Result<Vec<u8>, CallError>;
}
