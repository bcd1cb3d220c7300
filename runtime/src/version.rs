//! Which runtime this is: the numbers that every signature covers and that clients cache metadata by.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::extrinsic::RuntimeVersions;

use crate::api;

/// The versions under every signature. `spec` moves with every change of behaviour or of a type, `transaction` with
/// every change of a call's encoding.
pub const VERSIONS: RuntimeVersions = RuntimeVersions { spec: 5, transaction: 2 };

/// Substrate's `sp_version::RuntimeVersion`: what `state_getRuntimeVersion` answers and what lies under `:code`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct RuntimeVersion {
    /// Name of the runtime.
    pub spec_name: String,
    /// Name of this implementation of it.
    pub impl_name: String,
    /// Version of the interface to block authors.
    pub authoring_version: u32,
    /// [`RuntimeVersions::spec`].
    pub spec_version: u32,
    /// Version of this implementation, without a change of behaviour.
    pub impl_version: u32,
    /// Runtime APIs: the first 8 bytes of the BLAKE2b hash of a name, and a version.
    pub apis: Vec<([u8; 8], u32)>,
    /// [`RuntimeVersions::transaction`].
    pub transaction_version: u32,
    /// Version of the state's layout, as Substrate counts it.
    pub state_version: u8,
}

/// The version of this runtime.
#[must_use]
pub fn runtime_version() -> RuntimeVersion {
    RuntimeVersion {
        spec_name: "tierchain".to_owned(),
        impl_name: "tierchain".to_owned(),
        authoring_version: 1,
        spec_version: VERSIONS.spec,
        impl_version: 1,
        apis: api::ids(),
        transaction_version: VERSIONS.transaction,
        state_version: 1,
    }
}
