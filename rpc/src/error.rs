//! The error table: every code this server answers with, and the errors of reading. Refusals of extrinsics are in
//! [`crate::SubmitError`].

use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::types::error::{INVALID_PARAMS_CODE, METHOD_NOT_FOUND_CODE};
use serde::{Deserialize, Serialize};
use tierchain_primitives::BlockNumber;

use crate::backend::{CallError, StateError};
use crate::types::{Cursor, Hash};

/// Most symbols of a name that is repeated in an error.
const NAME_SHOWN_MAX: usize = 80;

/// JSON-RPC error codes. Up to 4003 they are Substrate's, so that its clients know them; from 5001 on they are ours.
pub mod code {
    /// An extrinsic that doesn't decode.
    pub const BAD_FORMAT: i32 = 1001;
    /// An extrinsic that can't be included, now or ever.
    pub const INVALID_TRANSACTION: i32 = 1010;
    /// An extrinsic that this node can't judge now.
    pub const UNKNOWN_VALIDITY: i32 = 1011;
    /// An extrinsic that the node has already.
    pub const ALREADY_IMPORTED: i32 = 1013;
    /// Another extrinsic of the account has its nonce.
    pub const PRIORITY_TOO_LOW: i32 = 1014;
    /// An extrinsic that the pool has no room for.
    pub const IMMEDIATELY_DROPPED: i32 = 1016;
    /// More asked for than one call gives.
    pub const INVALID_COUNT: i32 = 4002;
    /// State at a block that isn't known or no longer kept.
    pub const CLIENT_ERROR: i32 = 4003;
    /// No such chain or meta-chain.
    pub const UNKNOWN_CHAIN: i32 = 5001;
    /// Too many calls of a class at once.
    pub const BUSY: i32 = 5002;
    /// A web page that may not talk to the node.
    pub const FORBIDDEN_ORIGIN: i32 = 5003;
    /// More connections than the node serves.
    pub const TOO_MANY_CONNECTIONS: i32 = 5004;
    /// A cursor that no item of the ledger has.
    pub const UNKNOWN_CURSOR: i32 = 5005;
    /// A subscriber that doesn't take what it is sent.
    pub const SLOW_READER: i32 = 5006;
}

/// More was asked for than one call gives.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("count exceeds maximum value. value: {found}, max: {max}: ask for at most {max} {what} per call")]
pub(crate) struct CountTooLarge {
    what: &'static str,
    found: usize,
    max: usize,
}

impl CountTooLarge {
    /// Lets a count pass that is within its bound.
    pub(crate) fn check(what: &'static str, found: usize, max: usize) -> Result<usize, Self> {
        if found <= max { Ok(found) } else { Err(Self { what, found, max }) }
    }
}

impl From<CountTooLarge> for ErrorObjectOwned {
    fn from(error: CountTooLarge) -> Self {
        Self::owned(code::INVALID_COUNT, error.to_string(), None::<()>)
    }
}

impl From<StateError> for ErrorObjectOwned {
    fn from(error: StateError) -> Self {
        let data = match error {
            StateError::UnknownBlock(hash) => UnreadableState::UnknownBlock { hash: Hash(hash) },
            StateError::Pruned { hash, number, oldest } => {
                UnreadableState::StatePruned { hash: Hash(hash), number, oldest }
            }
        };
        Self::owned(code::CLIENT_ERROR, format!("Client error: {error}"), Some(data))
    }
}

impl From<CallError> for ErrorObjectOwned {
    fn from(error: CallError) -> Self {
        match error {
            CallError::State(error) => error.into(),
            CallError::Refused { .. } => Self::owned(code::CLIENT_ERROR, format!("Client error: {error}"), None::<()>),
        }
    }
}

/// The `data` of the error that answers a read at a block without readable state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum UnreadableState {
    /// No final block has this hash.
    UnknownBlock {
        /// The hash that was asked for.
        hash: Hash,
    },
    /// The state after the block is no longer kept.
    StatePruned {
        /// The block's hash.
        hash: Hash,
        /// Its number.
        number: BlockNumber,
        /// The oldest block whose state is kept.
        oldest: BlockNumber,
    },
}

/// Too many calls of a class at once.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "busy: the node answers {running_max} calls of class {class} at once and enough wait: retry after \
     {retry_after_ms} ms, or ask another node"
)]
pub(crate) struct Busy {
    pub(crate) class: &'static str,
    pub(crate) running_max: usize,
    pub(crate) retry_after_ms: u64,
}

/// The `data` of the error that answers a call when the node is busy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BusyData {
    /// `Busy`.
    pub kind: String,
    /// The class of calls of which there are too many.
    pub class: String,
    /// When a place is likely to be free.
    pub retry_after_ms: u64,
}

impl From<Busy> for ErrorObjectOwned {
    fn from(error: Busy) -> Self {
        let Busy { class, retry_after_ms, .. } = error;
        let data = BusyData { kind: "Busy".into(), class: class.into(), retry_after_ms };
        Self::owned(code::BUSY, error.to_string(), Some(data))
    }
}

/// A method that changes the node, asked for where anybody may ask.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{method} is unsafe to be called externally: it is answered on the administration's listener only, which \
     `tierchain run --rpc-admin-port` opens on loopback"
)]
pub(crate) struct Unsafe {
    pub(crate) method: String,
}

impl From<Unsafe> for ErrorObjectOwned {
    fn from(error: Unsafe) -> Self {
        Self::owned(METHOD_NOT_FOUND_CODE, error.to_string(), None::<()>)
    }
}

/// A chain or meta-chain that the ledger doesn't have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no {what} {name} on this ledger: {list} lists those there are")]
pub(crate) struct UnknownChain {
    pub(crate) what: &'static str,
    pub(crate) name: String,
    pub(crate) list: &'static str,
}

impl From<UnknownChain> for ErrorObjectOwned {
    fn from(error: UnknownChain) -> Self {
        Self::owned(code::UNKNOWN_CHAIN, error.to_string(), None::<()>)
    }
}

/// A name that is no role's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{0:?} is no role; the roles are operator, validator, foundry, hypervisor, tracker, provider, tenant, auditor and \
     orchestrator"
)]
pub(crate) struct UnknownRole(String);

impl UnknownRole {
    /// The error about a name that may be anybody's text.
    pub(crate) fn new(name: &str) -> Self {
        Self(name.chars().take(NAME_SHOWN_MAX).collect())
    }
}

impl From<UnknownRole> for ErrorObjectOwned {
    fn from(error: UnknownRole) -> Self {
        Self::owned(INVALID_PARAMS_CODE, error.to_string(), None::<()>)
    }
}

/// A cursor that no item of this ledger has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "UnknownCursor: no step of a directive on this ledger has the cursor {found}: is it of another network? Read \
     directives_open and subscribe without a cursor, or with 0/0 for all there ever was"
)]
pub(crate) struct UnknownCursor {
    pub(crate) found: Cursor,
}

/// The `data` of errors about subscriptions with a cursor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CursorData {
    /// `UnknownCursor` or `SlowReader`.
    pub kind: String,
    /// The cursor that was given, or that of the last item which was sent.
    pub cursor: Option<Cursor>,
}

impl From<UnknownCursor> for ErrorObjectOwned {
    fn from(error: UnknownCursor) -> Self {
        let data = CursorData { kind: "UnknownCursor".into(), cursor: Some(error.found) };
        Self::owned(code::UNKNOWN_CURSOR, error.to_string(), Some(data))
    }
}

/// A subscriber that doesn't take what it is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "SlowReader: the subscriber didn't take an item for {waited_ms} ms and is cut off: read faster or filter more, and \
     subscribe again with the cursor of the last item that arrived"
)]
pub(crate) struct SlowReader {
    pub(crate) waited_ms: u128,
    pub(crate) last: Option<Cursor>,
}

impl From<SlowReader> for ErrorObjectOwned {
    fn from(error: SlowReader) -> Self {
        let data = CursorData { kind: "SlowReader".into(), cursor: error.last };
        Self::owned(code::SLOW_READER, error.to_string(), Some(data))
    }
}
