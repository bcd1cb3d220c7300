//! Evidence of a validator's fault, as a node lists it.

use serde::{Deserialize, Serialize};

use super::{Address, Bytes, U64};

/// One item of `consensus_evidence`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EvidenceInfo {
    /// Names it for `consensus_evidenceFile`: SCALE of epoch, culprit, charge, view, number.
    pub id: Bytes,
    /// The epoch whose set the culprit belongs to.
    pub epoch: u32,
    /// The culprit's place in that set.
    pub validator: u16,
    /// The culprit's consensus key.
    pub key: Address,
    /// What it did, in one sentence.
    pub fault: String,
    /// The view in which it did; 0 for a bundle.
    pub view: U64,
    /// The block number it was about; the maker's newest final block for a bundle.
    pub number: u32,
}
