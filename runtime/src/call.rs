//! What an extrinsic asks for: `pallet u8 ‖ call u8 ‖ arguments`.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

use crate::weights::Weights;
use crate::{chains, directives, foundry, meta, registry, system};

/// A call of one of the modules. The wire index is the module's.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Call {
    /// A call of [`crate::system`].
    #[codec(index = 0)]
    System(system::Call),
    /// A call of [`crate::registry`].
    #[codec(index = 2)]
    Registry(registry::Call),
    /// A call of [`crate::chains`].
    #[codec(index = 3)]
    Chains(chains::Call),
    /// A call of [`crate::meta`].
    #[codec(index = 4)]
    Meta(meta::Call),
    /// A call of [`crate::foundry`].
    #[codec(index = 5)]
    Foundry(foundry::Call),
    /// A call of [`crate::directives`].
    #[codec(index = 8)]
    Directives(directives::Call),
}

/// Bytes that are no call of this runtime.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CallError {
    /// They don't decode within the limits.
    #[error("cannot decode the call: {0}; encode it with the metadata of this runtime version")]
    Malformed(String),
    /// Something follows the call.
    #[error("{0} bytes follow the call's last argument; encode it with the metadata of this runtime version")]
    Trailing(usize),
}

impl Call {
    /// Reads a call that takes up all of `bytes`.
    ///
    /// # Errors
    /// [`CallError`] when the bytes aren't exactly one call of this runtime.
    pub fn decode_exact(bytes: &[u8]) -> Result<Self, CallError> {
        let mut input = bytes;
        let call = Self::decode(&mut input).map_err(|error| CallError::Malformed(error.to_string()))?;
        if input.is_empty() { Ok(call) } else { Err(CallError::Trailing(input.len())) }
    }

    /// Whether it begins, ends or links a life: such calls aren't held up by a quota as soon as others, and go first when
    /// a block is full.
    #[must_use]
    pub fn is_milestone(&self) -> bool {
        match self {
            Self::Chains(call) => call.is_milestone(),
            Self::Meta(meta::Call::Anchor { .. }) => true,
            _ => false,
        }
    }

    /// What the call costs at most, in microseconds on the reference machine.
    #[must_use]
    pub fn weight(&self, weights: &Weights) -> u64 {
        match self {
            Self::System(call) => call.weight(weights),
            Self::Registry(call) => call.weight(weights),
            Self::Chains(call) => call.weight(weights),
            Self::Meta(call) => call.weight(weights),
            Self::Foundry(call) => call.weight(weights),
            Self::Directives(call) => call.weight(weights),
        }
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::limits::{EXTRINSIC_BYTES_MAX, REMARK_BYTES_MAX};

    use super::*;

    #[test]
    fn a_call_decodes_to_itself_and_to_its_end_only() {
        let call = Call::System(system::Call::Remark { remark: b"hello".to_vec() });
        let mut bytes = call.encode();
        assert_eq!(bytes, [&[0, 0, 20][..], b"hello"].concat());
        assert_eq!(Call::decode_exact(&bytes), Ok(call));
        bytes.push(0);
        assert_eq!(Call::decode_exact(&bytes), Err(CallError::Trailing(1)));
    }

    #[test]
    fn unknown_indices_and_oversized_arguments_are_refused() {
        let remark = |bytes: usize| Call::System(system::Call::Remark { remark: vec![7; bytes] }).encode();
        assert!(Call::decode_exact(&remark(REMARK_BYTES_MAX)).is_ok());
        for bytes in [
            &[1, 0][..],
            &[2, 9],
            &[5, 2],
            &[0, 1],
            &[3, 10],
            &[4, 1],
            &[6, 0],
            &[8, 6],
            &[],
            &remark(REMARK_BYTES_MAX + 1),
        ] {
            assert!(matches!(Call::decode_exact(bytes), Err(CallError::Malformed(_))), "{bytes:?}");
        }
    }

    #[test]
    fn a_batch_has_items_and_no_more_than_fit_an_extrinsic() {
        let empty = Call::Chains(chains::Call::AppendBatch { events: Vec::new() }).encode();
        assert!(Call::decode_exact(&empty).is_err());
        let mut announced = vec![3, 3];
        parity_scale_codec::Compact(EXTRINSIC_BYTES_MAX as u32 / 64).encode_to(&mut announced);
        let found = Call::decode_exact(&announced);
        assert!(matches!(found, Err(CallError::Malformed(why)) if why.contains("too long")));
    }
}
