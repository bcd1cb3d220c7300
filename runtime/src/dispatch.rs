//! How a call ended, in Substrate's words and byte for byte in its encoding.

use parity_scale_codec::{Decode, Encode, MaxEncodedLen};
use scale_info::{Type, TypeInfo};

use crate::metadata::foreign;

/// Why a call failed. Substrate has more kinds; this runtime fails in no other way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen)]
pub enum DispatchError {
    /// An error of a module.
    #[codec(index = 3)]
    Module(ModuleError),
}

/// An error of a module: `crate::errors::describe` knows its name and its remedy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ModuleError {
    /// Index of the module.
    pub index: u8,
    /// Index of the error and three zero bytes.
    pub error: [u8; 4],
}

impl TypeInfo for DispatchError {
    type Identity = Self;

    /// Clients look for all the variants of Substrate.
    fn type_info() -> Type {
        foreign::DispatchError::type_info()
    }
}

impl DispatchError {
    pub(crate) const fn module(index: u8, error: u8) -> Self {
        Self::Module(ModuleError { index, error: [error, 0, 0, 0] })
    }

    /// The module's error, which is all there is.
    #[must_use]
    pub fn as_module(self) -> ModuleError {
        let Self::Module(error) = self;
        error
    }
}

/// `sp_weights::Weight`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
pub struct Weight {
    /// Time of execution in picoseconds.
    #[codec(compact)]
    pub ref_time: u64,
    /// Always 0: nothing here is proven to a relay chain.
    #[codec(compact)]
    pub proof_size: u64,
}

impl Weight {
    /// The weight of so many microseconds.
    pub(crate) fn of_micros(micros: u64) -> Self {
        Self { ref_time: micros.saturating_mul(1_000_000), proof_size: 0 }
    }
}

/// `frame_support::dispatch::DispatchClass`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum DispatchClass {
    /// Every call of this runtime.
    #[codec(index = 0)]
    Normal,
    /// Not used by us.
    #[codec(index = 1)]
    Operational,
    /// Not used by us.
    #[codec(index = 2)]
    Mandatory,
}

/// `frame_support::dispatch::Pays`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Pays {
    /// Not used by us.
    #[codec(index = 0)]
    Yes,
    /// Every call of this runtime: the members carry the network.
    #[codec(index = 1)]
    No,
}

/// What `ExtrinsicSuccess` and `ExtrinsicFailed` say about a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
pub struct DispatchInfo {
    /// What it cost at most.
    pub weight: Weight,
    /// Its class.
    pub class: DispatchClass,
    /// Whether a fee was due.
    pub pays_fee: Pays,
}

impl DispatchInfo {
    /// The information about a call of so many microseconds.
    pub(crate) fn of_weight(weight_us: u64) -> Self {
        Self { weight: Weight::of_micros(weight_us), class: DispatchClass::Normal, pays_fee: Pays::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_substrates() {
        assert_eq!(DispatchError::module(3, 7).encode(), [3, 3, 7, 0, 0, 0]);
        // Compact 1,000,000 in four-byte mode, compact 0, Normal, No.
        assert_eq!(DispatchInfo::of_weight(1).encode(), [0x02, 0x09, 0x3d, 0x00, 0, 0, 1]);
    }
}
