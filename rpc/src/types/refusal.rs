//! Why an extrinsic was refused at submission, as data for programs.

use serde::{Deserialize, Serialize};

use super::{Address, Hash, U64};

/// What is wrong with a refused extrinsic.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum RefusalKind {
    /// It isn't an extrinsic of this chain.
    Undecodable,
    /// It is longer than any extrinsic may be.
    TooLong,
    /// It is heavier than a whole block.
    TooHeavy,
    /// Its signature doesn't hold.
    BadSignature,
    /// Its account isn't admitted.
    UnknownAccount,
    /// Its era is over.
    Outdated,
    /// Its era starts at a block this chain doesn't know.
    UnknownBirthBlock,
    /// Its nonce was used.
    NonceTooLow,
    /// Its nonce is too far ahead.
    NonceTooHigh,
    /// The node has it already: not a fault.
    AlreadyImported,
    /// Another extrinsic of the account with its nonce waits.
    NonceTaken,
    /// The node is an observer.
    Observer,
    /// The pool has no room.
    PoolFull,
    /// The account has its share of the pool.
    ShareFull,
    /// The account has used up its quota.
    OverQuota,
    /// The node is catching up.
    NotSynced,
    /// The node is stopping.
    Stopping,
}

/// The `data` of the error that answers a refused extrinsic.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// What is wrong.
    pub kind: RefusalKind,
    /// The same in the words that Substrate's nodes use for it.
    pub reason: String,
    /// The same extrinsic may be accepted later, unchanged.
    pub temporary: bool,
    /// The account that signed, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub who: Option<Address>,
    /// The extrinsic's hash, where it is already known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hash: Option<Hash>,
    /// What would have been accepted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected: Option<U64>,
    /// What came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub got: Option<U64>,
    /// When to try again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_after_ms: Option<U64>,
}
