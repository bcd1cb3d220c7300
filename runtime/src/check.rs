//! The stateless half of validity: is this a whole extrinsic with a whole call of this runtime?
//!
//! Signature, nonce order and mortality need the chain and are settled by whoever holds it, before execution.

use std::ops::Deref;
use std::sync::Arc;

use tierchain_primitives::H256;
use tierchain_primitives::extrinsic::{Extrinsic, ExtrinsicError, Nonce, call_of, extrinsic_hash};

use crate::call::{Call, CallError};
use crate::weights::Weights;

/// An extrinsic that decodes to its end. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked(Arc<CheckedParts>);

/// What is known of an extrinsic without any state.
#[derive(PartialEq, Eq, Debug)]
pub struct CheckedParts {
    /// Its hash.
    pub hash: H256,
    /// The whole extrinsic as it stands in a block, length prefix included.
    pub bytes: Vec<u8>,
    /// The envelope: signer, signature, era, nonce.
    pub extrinsic: Extrinsic,
    /// What it asks for.
    pub call: Call,
    /// What it costs at most on a chain with the default block nonces; [`CheckedParts::weight_at`] knows the others.
    pub weight: u64,
}

impl CheckedParts {
    /// What it costs at most on a chain with these prices, in microseconds.
    #[must_use]
    pub fn weight_at(&self, weights: &Weights) -> u64 {
        self.call.weight(weights)
    }
}

impl Deref for Checked {
    type Target = CheckedParts;

    fn deref(&self) -> &CheckedParts {
        &self.0
    }
}

/// Why bytes are refused before any state is read. They are never included.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckError {
    /// Not an extrinsic of this chain.
    #[error(transparent)]
    Extrinsic(#[from] ExtrinsicError),
    /// An extrinsic with something else than a call.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The last nonce there is: using it would leave the account without a next one.
    #[error("the nonce {} is the last there is and can't be used; use another account", Nonce::MAX)]
    NonceSpent,
}

/// Decodes an extrinsic and its call completely.
///
/// # Errors
/// [`CheckError`] says which part isn't what this runtime accepts.
pub fn check(bytes: &[u8]) -> Result<Checked, CheckError> {
    let extrinsic = Extrinsic::decode(bytes)?;
    if extrinsic.nonce == Nonce::MAX {
        return Err(CheckError::NonceSpent);
    }
    let call = Call::decode_exact(&extrinsic.call)?;
    let weight = call.weight(&Weights::default());
    let hash = extrinsic_hash(bytes);
    Ok(Checked(Arc::new(CheckedParts { hash, bytes: bytes.to_vec(), extrinsic, call, weight })))
}

/// What the call of a signed extrinsic costs at most, in microseconds, by whichever scheme it is signed: for those who
/// ask for the price before they sign.
///
/// # Errors
/// [`CheckError`] says which part isn't what this runtime accepts.
pub fn price(bytes: &[u8], weights: &Weights) -> Result<u64, CheckError> {
    Ok(Call::decode_exact(call_of(bytes)?)?.weight(weights))
}

#[cfg(test)]
mod tests {
    use parity_scale_codec::Encode;
    use tierchain_primitives::crypto::KeyPair;
    use tierchain_primitives::extrinsic::Era;

    use super::*;
    use crate::version::VERSIONS;

    fn signed(call: Vec<u8>, nonce: Nonce) -> Vec<u8> {
        let key = KeyPair::from_seed(&[7; 32]);
        Extrinsic::sign(&key, call, Era::Immortal, nonce, VERSIONS, &H256::ZERO, &H256::ZERO).encode()
    }

    #[test]
    fn a_whole_extrinsic_passes_and_keeps_its_bytes() {
        let call = Call::System(crate::system::Call::Remark { remark: vec![1] });
        let bytes = signed(call.encode(), 5);
        let checked = check(&bytes).expect("it is whole");
        assert_eq!((&checked.call, &checked.bytes, checked.extrinsic.nonce), (&call, &bytes, 5));
        assert_eq!(checked.hash, extrinsic_hash(&bytes));
        assert_eq!(checked.weight, checked.weight_at(&Weights::new(4)));
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        assert!(matches!(check(&[1, 2, 3]), Err(CheckError::Extrinsic(_))));
        assert!(matches!(check(&signed(vec![9, 9], 0)), Err(CheckError::Call(_))));
        let call = Call::System(crate::system::Call::Remark { remark: vec![1] });
        assert_eq!(check(&signed(call.encode(), u32::MAX)), Err(CheckError::NonceSpent));
    }
}
