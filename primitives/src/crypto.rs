//! ed25519: keys, signatures, and the two predicates that say whether a signature holds.
//!
//! There are two on purpose, and each is used everywhere for its kind, alone or in a batch, so that no two validators
//! can disagree about a signature:
//! - extrinsics and trackers: ZIP-215 (cofactored, non-canonical points accepted), as Substrate's, because its batched
//!   form accepts exactly the same signatures ([`verify_zip215`], [`verify_zip215_batch`]);
//! - consensus: `verify_strict`, one by one, which also refuses keys and points of small order ([`verify_strict`]).

use core::fmt;

use ed25519_dalek::{Signer, SigningKey};
use parity_scale_codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::account::AccountId;

mod batch;
pub mod secret;

pub use batch::{BatchItem, verify_zip215_batch};

/// An ed25519 signature, as bytes: whether it holds is for a predicate to say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Signature(pub [u8; 64]);

impl Signature {
    /// 64 zero bytes, which sign nothing.
    pub const ZERO: Self = Self([0; 64]);
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}…", hex::encode(&self.0[..4]))
    }
}

/// Whether the signature holds by ZIP-215: the predicate for extrinsics and trackers.
#[must_use]
pub fn verify_zip215(key: &AccountId, message: &[u8], signature: &Signature) -> bool {
    let Ok(key) = ed25519_zebra::VerificationKey::try_from(key.0) else { return false };
    key.verify(&ed25519_zebra::Signature::from(signature.0), message).is_ok()
}

/// Whether the signature holds strictly: the predicate for consensus.
#[must_use]
pub fn verify_strict(key: &AccountId, message: &[u8], signature: &Signature) -> bool {
    let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&key.0) else { return false };
    key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature.0)).is_ok()
}

/// A secret key. Its bytes are wiped when it is dropped, and it has no `Debug` that shows them.
#[derive(Clone)]
pub struct KeyPair(SigningKey);

impl KeyPair {
    /// The key pair of a 32-byte seed (RFC 8032's private key).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public key, which is the account.
    #[must_use]
    pub fn public(&self) -> AccountId {
        AccountId(self.0.verifying_key().to_bytes())
    }

    /// Signs a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }

    /// The seed, for writing key files.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({})", self.public())
    }
}
