//! State and runtime version, in the shape that Substrate's clients read.

use serde::{Deserialize, Serialize};

use super::{Bytes, Hash};

/// The runtime's version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RuntimeVersion {
    /// The runtime's name.
    pub spec_name: String,
    /// The implementation's name.
    pub impl_name: String,
    /// Version of the authoring interface.
    pub authoring_version: u32,
    /// Moves with every change of a call or a type: clients cache metadata by it.
    pub spec_version: u32,
    /// Version of the implementation.
    pub impl_version: u32,
    /// Runtime APIs that `state_call` answers: first 8 bytes of BLAKE2b-64 of the name, and version.
    pub apis: Vec<(Bytes, u32)>,
    /// Moves with every change of a call's encoding.
    pub transaction_version: u32,
    /// Version of the state's layout.
    pub state_version: u8,
}

/// Keys and their values at one block; null where there is none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StorageChangeSet {
    /// The block.
    pub block: Hash,
    /// Keys and values.
    pub changes: Vec<(Bytes, Option<Bytes>)>,
}
