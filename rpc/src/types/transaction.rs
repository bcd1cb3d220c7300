//! What became of an extrinsic.

use serde::{Deserialize, Serialize};

use super::{Hash, U64};

/// A step in the life of a submitted extrinsic, as `author_submitAndWatchExtrinsic` tells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum TransactionStatus {
    /// It waits for a lower nonce of the same account.
    Future,
    /// It can be included now.
    Ready,
    /// It was sent to these peers.
    Broadcast(Vec<String>),
    /// It stands in this block.
    InBlock(Hash),
    /// The block it stood in was given up. Never said here: only final blocks are executed.
    Retracted(Hash),
    /// The block it stands in didn't become final in time. Never said here.
    FinalityTimeout(Hash),
    /// The block it stands in is final.
    Finalized(Hash),
    /// Another extrinsic of the same account and nonce took its place.
    Usurped(Hash),
    /// The pool gave it up for want of room.
    Dropped,
    /// It can no longer be included.
    Invalid,
}

impl TransactionStatus {
    /// Whether nothing follows.
    #[must_use]
    pub fn is_last(&self) -> bool {
        match self {
            Self::Future | Self::Ready | Self::Broadcast(_) | Self::InBlock(_) | Self::Retracted(_) => false,
            Self::FinalityTimeout(_) | Self::Finalized(_) | Self::Usurped(_) | Self::Dropped | Self::Invalid => true,
        }
    }
}

/// Where an extrinsic stands now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ExtrinsicState {
    /// The node knows nothing of it.
    Unknown,
    /// It waits for a lower nonce of the same account.
    Future,
    /// It waits for inclusion.
    Ready,
    /// It is final and was applied.
    Succeeded,
    /// It is final and changed nothing but its account's nonce.
    Failed,
    /// It was accepted here, and its era ended before it was included.
    Expired,
    /// It was accepted here, and another extrinsic took its account's nonce.
    Usurped,
    /// It was accepted here, and the pool had to give it up.
    Dropped,
    /// It was accepted here, and can no longer be included.
    Invalid,
}

impl ExtrinsicState {
    /// Whether it will never change again: final, or out of the pool for good.
    #[must_use]
    pub fn is_last(self) -> bool {
        match self {
            Self::Unknown | Self::Future | Self::Ready | Self::Dropped => false,
            Self::Succeeded | Self::Failed | Self::Expired | Self::Usurped | Self::Invalid => true,
        }
    }
}

/// Answer of `author_extrinsicStatus`: everything that is known of an extrinsic, and one sentence that says it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExtrinsicStatus {
    /// The extrinsic's hash.
    pub hash: Hash,
    /// Where it stands.
    pub state: ExtrinsicState,
    /// Where it was included.
    pub included: Option<Inclusion>,
    /// Why it failed.
    pub error: Option<DispatchError>,
    /// Items of a batch that were refused.
    pub items_refused: Vec<ItemRefused>,
    /// How it left the pool without having been included.
    #[serde(default)]
    pub left: Option<Departure>,
    /// All of this for people: what happened, to whom, and the remedy.
    pub explanation: String,
}

/// How an accepted extrinsic left the pool without having been included.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Departure {
    /// Why.
    pub reason: String,
    /// The newest final block at that time.
    pub block_number: u32,
    /// When, in milliseconds since 1970 by the node's clock.
    pub at: U64,
    /// The extrinsic that took its nonce.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<Hash>,
}

/// Where an extrinsic stands in the chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Inclusion {
    /// The block's hash.
    pub block_hash: Hash,
    /// The block's number.
    pub block_number: u32,
    /// Place among the block's extrinsics.
    pub index: u32,
}

/// An error on record in a block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DispatchError {
    /// The pallet whose error it is.
    pub pallet: String,
    /// The error's name.
    pub name: String,
    /// What to do about it.
    pub remedy: String,
}

/// An item of a batch that was refused while others were applied.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ItemRefused {
    /// Place in the batch.
    pub index: u32,
    /// The error's name.
    pub error: String,
    /// The writer's next number for that server.
    pub expected: U64,
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::H256;

    use super::*;

    #[test]
    fn statuses_have_substrates_form() {
        let hash = Hash(H256([1; 32]));
        let digits = "01".repeat(32);
        let check = |status: TransactionStatus, expected: &str| {
            let text = serde_json::to_string(&status).expect("JSON");
            assert_eq!(text, expected);
            assert_eq!(serde_json::from_str::<TransactionStatus>(&text).expect("a status"), status);
        };
        check(TransactionStatus::Future, r#""future""#);
        check(TransactionStatus::Ready, r#""ready""#);
        check(TransactionStatus::Broadcast(vec!["p".into()]), r#"{"broadcast":["p"]}"#);
        check(TransactionStatus::InBlock(hash), &format!(r#"{{"inBlock":"0x{digits}"}}"#));
        check(TransactionStatus::Finalized(hash), &format!(r#"{{"finalized":"0x{digits}"}}"#));
        check(TransactionStatus::Dropped, r#""dropped""#);
        check(TransactionStatus::Invalid, r#""invalid""#);
    }
}
