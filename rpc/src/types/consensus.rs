//! Consensus as one node sees it: enough to say at any moment why it is stuck.

use serde::{Deserialize, Serialize};

use super::{Address, Hash, U64};

/// Answer of `consensus_status`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConsensusStatus {
    /// The epoch.
    pub epoch: u32,
    /// The view.
    pub view: U64,
    /// Number of the newest final block.
    pub height: u32,
    /// Hash of the newest final block.
    pub final_hash: Hash,
    /// The newest executed block, and the root of the state after it.
    pub executed: ExecutedBlock,
    /// The view's primary, by its index.
    pub primary: u16,
    /// This node's index; null for an observer.
    pub me: Option<u16>,
    /// The epoch's validators, in order.
    pub validators: Vec<ValidatorStatus>,
    /// Blocks that are proposed and not yet final, by ascending number.
    pub in_flight: Vec<InFlight>,
    /// In one sentence: what the node waits for, and from whom.
    pub waiting_for: String,
}

/// How far execution has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExecutedBlock {
    /// The block.
    pub number: u32,
    /// Root of the authenticated state after it.
    pub state_root: Hash,
}

/// A validator as this node sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ValidatorStatus {
    /// Its place in the set.
    pub index: u16,
    /// The name the chain spec gives it.
    pub name: Option<String>,
    /// Its consensus key.
    pub key: Address,
    /// Whether this node is connected to it; true for itself.
    pub connected: bool,
    /// Whether it is known to suspect the primary of this view.
    pub suspects: bool,
}

/// A block that isn't final yet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InFlight {
    /// Its number.
    pub number: u32,
    /// Its hash.
    pub hash: Hash,
    /// The prepares for it in this view.
    pub prepares: Votes,
    /// The commits for it in this view.
    pub commits: Votes,
}

/// Whose votes are here and whose are missing, by validator index.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Votes {
    /// Here.
    pub have: Vec<u16>,
    /// Missing.
    pub missing: Vec<u16>,
}
