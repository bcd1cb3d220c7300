//! Why an extrinsic is refused at submission: it is never included, and nothing changes.
//!
//! Everything else that can be wrong with an extrinsic is included and fails with its module's error, where
//! `author_extrinsicStatus` explains it.

use jsonrpsee::types::ErrorObjectOwned;
use tierchain_primitives::extrinsic::{ExtrinsicError, Nonce};
use tierchain_primitives::limits::{BLOCK_HASH_COUNT, EXTRINSIC_BYTES_MAX, NONCE_AHEAD_MAX};
use tierchain_primitives::{AccountId, BlockNumber, H256};

use crate::error::code;
use crate::types::{Address, Hash, Refusal, RefusalKind, U64};

/// A refusal. Its text says what is wrong, with whose extrinsic, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SubmitError {
    /// Not an extrinsic of this chain: form, version, address or signature scheme, or a call that doesn't decode.
    #[error("Invalid extrinsic: {reason}; build it with this chain's metadata, version 4, ed25519")]
    Undecodable {
        /// Which part isn't what this chain accepts.
        reason: String,
    },
    /// Longer than any extrinsic may be.
    #[error(
        "Invalid extrinsic: it has {found} bytes, and at most {EXTRINSIC_BYTES_MAX} are allowed: send fewer events at \
         once"
    )]
    TooLong {
        /// Its length.
        found: usize,
    },
    /// Heavier than a whole block.
    #[error("Invalid extrinsic: it weighs {found} us of execution, and a block holds {max}: send fewer events at once")]
    TooHeavy {
        /// Its weight in microseconds.
        found: u64,
        /// A block's.
        max: u64,
    },
    /// The signature doesn't hold.
    #[error(
        "Invalid Transaction: the signature of {who} doesn't hold: sign with that account's ed25519 key, for this \
         chain's genesis hash and its current spec and transaction version"
    )]
    BadSignature {
        /// The account that the extrinsic names.
        who: AccountId,
    },
    /// The account isn't admitted.
    #[error("Invalid Transaction: the account {who} isn't admitted to this chain: ask an operator to admit it")]
    UnknownAccount {
        /// The account.
        who: AccountId,
    },
    /// Its era is over.
    #[error(
        "Invalid Transaction: the extrinsic of {who} could be included below block {death}, and the next block is \
         {next}: sign it again with a new era"
    )]
    Outdated {
        /// The account.
        who: AccountId,
        /// The first block in which it can't stand any more.
        death: BlockNumber,
        /// The next block's number.
        next: BlockNumber,
    },
    /// Its era starts at a block whose hash the chain doesn't hold.
    #[error(
        "Invalid Transaction: the era of the extrinsic of {who} starts at block {birth}, which is not among the last \
         {BLOCK_HASH_COUNT} blocks: sign it again with an era that starts at or below the newest block"
    )]
    UnknownBirthBlock {
        /// The account.
        who: AccountId,
        /// The block.
        birth: BlockNumber,
    },
    /// The nonce was used.
    #[error(
        "Invalid Transaction: the nonce {got} of {who} was used, the next one is {expected}: ask \
         system_accountNextIndex and sign again"
    )]
    NonceTooLow {
        /// The account.
        who: AccountId,
        /// The account's next nonce.
        expected: Nonce,
        /// The extrinsic's.
        got: Nonce,
    },
    /// The nonce is too far ahead to wait for.
    #[error(
        "Invalid Transaction: the nonce {got} of {who} is more than {NONCE_AHEAD_MAX} ahead of the next one, \
         {expected}: send the extrinsics between first"
    )]
    NonceTooHigh {
        /// The account.
        who: AccountId,
        /// The account's next nonce.
        expected: Nonce,
        /// The extrinsic's.
        got: Nonce,
    },
    /// Another extrinsic of the account with this nonce waits already.
    #[error(
        "Priority is too low: {by} of {who} with nonce {nonce} is in the pool: wait for it, or sign with the next nonce"
    )]
    NonceTaken {
        /// The account.
        who: AccountId,
        /// The nonce.
        nonce: Nonce,
        /// The extrinsic that has it.
        by: H256,
    },
    /// The node votes in no set and proposes nothing.
    #[error("Unknown validity: this node is an observer, which proposes nothing: send the extrinsic to a validator")]
    Observer,
    /// The node has it already.
    #[error("Transaction is already imported: {hash} is in the pool or in the chain: ask author_extrinsicStatus")]
    AlreadyImported {
        /// The extrinsic.
        hash: H256,
    },
    /// The pool has no room.
    #[error("Immediately dropped: the node's pool is full: send it again in {retry_after_ms} ms or to another node")]
    PoolFull {
        /// When to try again.
        retry_after_ms: u64,
    },
    /// The account has its share of the pool.
    #[error(
        "Immediately dropped: {who} has its share of the node's pool: send its next nonce first, and this again in \
         {retry_after_ms} ms"
    )]
    ShareFull {
        /// The account.
        who: AccountId,
        /// When to try again.
        retry_after_ms: u64,
    },
    /// The account has used up its quota.
    #[error(
        "Immediately dropped: {who} has used up its quota: send it again in {retry_after_ms} ms, or ask the operators for \
         a greater quota (registry_grants says what it is)"
    )]
    OverQuota {
        /// The account.
        who: AccountId,
        /// When to try again, if nothing else of the account is included until then.
        retry_after_ms: u64,
    },
    /// The node is catching up and can't judge an extrinsic.
    #[error(
        "Unknown validity: the node is at block {height} and its peers are at {best}: wait until it has caught up or \
         ask another node"
    )]
    NotSynced {
        /// The node's newest final block.
        height: BlockNumber,
        /// The newest known of.
        best: BlockNumber,
    },
    /// The node is stopping.
    #[error("Unknown validity: the node is stopping: send it to another node, or here after its restart")]
    Stopping,
}

impl SubmitError {
    /// The JSON-RPC error code, Substrate's.
    #[must_use]
    pub fn code(&self) -> i32 {
        match self {
            Self::Undecodable { .. } | Self::TooLong { .. } | Self::TooHeavy { .. } => code::BAD_FORMAT,
            Self::BadSignature { .. }
            | Self::UnknownAccount { .. }
            | Self::Outdated { .. }
            | Self::UnknownBirthBlock { .. }
            | Self::NonceTooLow { .. }
            | Self::NonceTooHigh { .. } => code::INVALID_TRANSACTION,
            Self::AlreadyImported { .. } => code::ALREADY_IMPORTED,
            Self::NonceTaken { .. } => code::PRIORITY_TOO_LOW,
            Self::PoolFull { .. } | Self::ShareFull { .. } | Self::OverQuota { .. } => code::IMMEDIATELY_DROPPED,
            Self::NotSynced { .. } | Self::Stopping | Self::Observer => code::UNKNOWN_VALIDITY,
        }
    }

    /// What is wrong, as one word.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        match self {
            Self::Undecodable { .. } => RefusalKind::Undecodable,
            Self::TooLong { .. } => RefusalKind::TooLong,
            Self::TooHeavy { .. } => RefusalKind::TooHeavy,
            Self::BadSignature { .. } => RefusalKind::BadSignature,
            Self::UnknownAccount { .. } => RefusalKind::UnknownAccount,
            Self::Outdated { .. } => RefusalKind::Outdated,
            Self::UnknownBirthBlock { .. } => RefusalKind::UnknownBirthBlock,
            Self::NonceTooLow { .. } => RefusalKind::NonceTooLow,
            Self::NonceTooHigh { .. } => RefusalKind::NonceTooHigh,
            Self::AlreadyImported { .. } => RefusalKind::AlreadyImported,
            Self::NonceTaken { .. } => RefusalKind::NonceTaken,
            Self::Observer => RefusalKind::Observer,
            Self::PoolFull { .. } => RefusalKind::PoolFull,
            Self::ShareFull { .. } => RefusalKind::ShareFull,
            Self::OverQuota { .. } => RefusalKind::OverQuota,
            Self::NotSynced { .. } => RefusalKind::NotSynced,
            Self::Stopping => RefusalKind::Stopping,
        }
    }

    /// Whether the same extrinsic may be accepted later, unchanged.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self.kind() {
            RefusalKind::NonceTooHigh
            | RefusalKind::PoolFull
            | RefusalKind::ShareFull
            | RefusalKind::OverQuota
            | RefusalKind::NotSynced
            | RefusalKind::Stopping
            | RefusalKind::UnknownAccount => true,
            RefusalKind::Undecodable
            | RefusalKind::TooLong
            | RefusalKind::TooHeavy
            | RefusalKind::BadSignature
            | RefusalKind::Outdated
            | RefusalKind::UnknownBirthBlock
            | RefusalKind::NonceTooLow
            | RefusalKind::NonceTaken
            | RefusalKind::Observer
            | RefusalKind::AlreadyImported => false,
        }
    }

    /// The sentence that Substrate's nodes have for it.
    fn reason(&self) -> &'static str {
        match self {
            Self::Undecodable { .. } => "Extrinsic has invalid format",
            Self::TooLong { .. } | Self::TooHeavy { .. } => "Transaction would exhaust the block limits",
            Self::BadSignature { .. } => "Transaction has a bad signature",
            Self::UnknownAccount { .. } => "Invalid signing address",
            Self::Outdated { .. } | Self::UnknownBirthBlock { .. } => "Transaction has an ancient birth block",
            Self::NonceTooLow { .. } => "Transaction is outdated",
            Self::NonceTooHigh { .. } => "Transaction will be valid in the future",
            Self::AlreadyImported { .. } => "Transaction Already Imported",
            Self::PoolFull { .. } | Self::ShareFull { .. } | Self::OverQuota { .. } => "Immediately Dropped",
            Self::NonceTaken { .. } => "Priority is too low",
            Self::NotSynced { .. } | Self::Stopping | Self::Observer => "Unknown Transaction Validity",
        }
    }

    /// The error's data: the refusal for programs.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        let mut refusal = Refusal {
            kind: self.kind(),
            reason: self.reason().into(),
            temporary: self.is_temporary(),
            who: None,
            hash: None,
            expected: None,
            got: None,
            retry_after_ms: None,
        };
        match self {
            Self::Undecodable { .. } | Self::Stopping | Self::Observer => {}
            Self::TooLong { found } => {
                refusal.expected = Some(U64(EXTRINSIC_BYTES_MAX as u64));
                refusal.got = Some(U64(*found as u64));
            }
            Self::TooHeavy { found, max } => {
                refusal.expected = Some(U64(*max));
                refusal.got = Some(U64(*found));
            }
            Self::BadSignature { who } | Self::UnknownAccount { who } => {
                refusal.who = Some(Address(*who));
            }
            Self::Outdated { who, death, next } => {
                refusal.who = Some(Address(*who));
                refusal.expected = Some(U64(u64::from(*death)));
                refusal.got = Some(U64(u64::from(*next)));
            }
            Self::UnknownBirthBlock { who, birth } => {
                refusal.who = Some(Address(*who));
                refusal.got = Some(U64(u64::from(*birth)));
            }
            Self::NonceTooLow { who, expected, got } | Self::NonceTooHigh { who, expected, got } => {
                refusal.who = Some(Address(*who));
                refusal.expected = Some(U64(u64::from(*expected)));
                refusal.got = Some(U64(u64::from(*got)));
            }
            Self::AlreadyImported { hash } => refusal.hash = Some(Hash(*hash)),
            Self::NonceTaken { who, nonce, by } => {
                refusal.who = Some(Address(*who));
                refusal.hash = Some(Hash(*by));
                refusal.got = Some(U64(u64::from(*nonce)));
            }
            Self::OverQuota { who, retry_after_ms } | Self::ShareFull { who, retry_after_ms } => {
                refusal.who = Some(Address(*who));
                refusal.retry_after_ms = Some(U64(*retry_after_ms));
            }
            Self::PoolFull { retry_after_ms } => refusal.retry_after_ms = Some(U64(*retry_after_ms)),
            Self::NotSynced { height, best } => {
                refusal.expected = Some(U64(u64::from(*best)));
                refusal.got = Some(U64(u64::from(*height)));
            }
        }
        refusal
    }
}

impl From<ExtrinsicError> for SubmitError {
    fn from(error: ExtrinsicError) -> Self {
        match error {
            ExtrinsicError::TooLong { found } => Self::TooLong { found },
            other => Self::Undecodable { reason: other.to_string() },
        }
    }
}

impl From<SubmitError> for ErrorObjectOwned {
    fn from(error: SubmitError) -> Self {
        Self::owned(error.code(), error.to_string(), Some(error.refusal()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_carries_code_message_and_data() {
        let who = AccountId([7; 32]);
        let error = ErrorObjectOwned::from(SubmitError::NonceTooLow { who, expected: 5, got: 3 });
        assert_eq!(error.code(), 1010);
        assert!(error.message().contains("the next one is 5"), "{}", error.message());
        let data: serde_json::Value = serde_json::from_str(error.data().expect("data").get()).expect("JSON");
        let expected = serde_json::json!({
            "kind": "NonceTooLow", "reason": "Transaction is outdated", "temporary": false,
            "who": who.to_ss58(), "expected": 5, "got": 3,
        });
        assert_eq!(data, expected);
    }

    #[test]
    fn codes_are_substrates() {
        let who = AccountId([7; 32]);
        let check = |error: SubmitError, code: i32| assert_eq!(error.code(), code, "{error}");
        check(ExtrinsicError::Version(0x85).into(), 1001);
        check(ExtrinsicError::TooLong { found: 400_000 }.into(), 1001);
        check(SubmitError::TooHeavy { found: 2, max: 1 }, 1001);
        check(SubmitError::NonceTaken { who, nonce: 1, by: H256::ZERO }, 1014);
        check(SubmitError::Observer, 1011);
        check(SubmitError::BadSignature { who }, 1010);
        check(SubmitError::UnknownAccount { who }, 1010);
        check(SubmitError::Outdated { who, death: 1, next: 2 }, 1010);
        check(SubmitError::UnknownBirthBlock { who, birth: 9 }, 1010);
        check(SubmitError::NonceTooHigh { who, expected: 1, got: 1_000 }, 1010);
        check(SubmitError::AlreadyImported { hash: H256::ZERO }, 1013);
        check(SubmitError::PoolFull { retry_after_ms: 200 }, 1016);
        check(SubmitError::OverQuota { who, retry_after_ms: 200 }, 1016);
        check(SubmitError::ShareFull { who, retry_after_ms: 200 }, 1016);
        check(SubmitError::NotSynced { height: 1, best: 100 }, 1011);
        check(SubmitError::Stopping, 1011);
    }
}
