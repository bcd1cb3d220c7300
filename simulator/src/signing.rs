//! How the members of a run sign: with a keyed hash, which is cheap, or with the ed25519 that ships.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tierchain_consensus::{Signer, Verify};
use tierchain_primitives::crypto::{KeyPair, Signature, verify_strict, verify_zip215};
use tierchain_primitives::extrinsic::{Era, Extrinsic, Nonce, payload};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::{Checked, VERSIONS};

/// What signatures of a run are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// A hash keyed by the public key. Nobody in a run forges, so nobody has to be kept from it.
    KeyedHash,
    /// The real thing.
    Ed25519,
}

/// Somebody who signs.
#[derive(Debug)]
pub enum Identity {
    /// By keyed hash.
    KeyedHash(AccountId),
    /// By ed25519.
    Ed25519(Box<KeyPair>),
}

impl Identity {
    /// The member of this name.
    #[must_use]
    pub fn new(scheme: Scheme, kind: &str, index: usize) -> Self {
        let seed = sha256(&[b"tierchain/simulator", kind.as_bytes(), &(index as u64).to_le_bytes()]);
        match scheme {
            Scheme::KeyedHash => Self::KeyedHash(AccountId(seed.0)),
            Scheme::Ed25519 => Self::Ed25519(Box::new(KeyPair::from_seed(&seed.0))),
        }
    }

    /// The holder of this key, who signs by the scheme.
    #[must_use]
    pub fn of_pair(scheme: Scheme, pair: KeyPair) -> Self {
        match scheme {
            Scheme::KeyedHash => Self::KeyedHash(pair.public()),
            Scheme::Ed25519 => Self::Ed25519(Box::new(pair)),
        }
    }

    /// Its public key.
    #[must_use]
    pub fn public(&self) -> AccountId {
        match self {
            Self::KeyedHash(key) => *key,
            Self::Ed25519(key) => key.public(),
        }
    }

    /// Signs a call.
    #[must_use]
    pub fn extrinsic(&self, call: Vec<u8>, era: Era, nonce: Nonce, genesis: &H256, birth: &H256) -> Extrinsic {
        let signature = self.sign(&payload(&call, era, nonce, VERSIONS, genesis, birth));
        Extrinsic { signer: self.public(), signature, era, nonce, call }
    }
}

impl Signer for Identity {
    fn sign(&self, bytes: &[u8]) -> Signature {
        match self {
            Self::KeyedHash(key) => seal(key, bytes),
            Self::Ed25519(key) => key.sign(bytes),
        }
    }
}

fn seal(key: &AccountId, bytes: &[u8]) -> Signature {
    let mut signature = Signature::ZERO;
    signature.0[..32].copy_from_slice(&sha256(&[&key.0, bytes]).0);
    signature
}

/// Says whether signatures hold. Every replica asks about the same ones, so real ones are verified once for all.
#[derive(Debug)]
pub struct Verifier {
    scheme: Scheme,
    known: RefCell<BTreeMap<H256, bool>>,
}

impl Verifier {
    /// A verifier that knows nothing yet.
    #[must_use]
    pub fn new(scheme: Scheme) -> Self {
        Self { scheme, known: RefCell::default() }
    }

    /// Whether an extrinsic's signature holds for this birth block.
    #[must_use]
    pub fn extrinsic_holds(&self, checked: &Checked, genesis: &H256, birth: &H256) -> bool {
        let it = &checked.extrinsic;
        let message = payload(&it.call, it.era, it.nonce, VERSIONS, genesis, birth);
        match self.scheme {
            Scheme::KeyedHash => seal(&it.signer, &message) == it.signature,
            Scheme::Ed25519 => {
                let label = sha256(&[b"zip215", &it.signer.0, &it.signature.0, &message]);
                self.remember(label, || verify_zip215(&it.signer, &message, &it.signature))
            }
        }
    }

    fn remember(&self, label: H256, verify: impl FnOnce() -> bool) -> bool {
        *self.known.borrow_mut().entry(label).or_insert_with(verify)
    }
}

impl Verify for Verifier {
    fn holds(&self, key: &AccountId, bytes: &[u8], signature: &Signature) -> bool {
        match self.scheme {
            Scheme::KeyedHash => seal(key, bytes) == *signature,
            Scheme::Ed25519 => {
                let label = sha256(&[b"strict", &key.0, &signature.0, bytes]);
                self.remember(label, || verify_strict(key, bytes, signature))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_scheme_tells_right_from_wrong() {
        for scheme in [Scheme::KeyedHash, Scheme::Ed25519] {
            let (identity, verifier) = (Identity::new(scheme, "validator", 0), Verifier::new(scheme));
            let signature = identity.sign(b"this");
            assert!(verifier.holds(&identity.public(), b"this", &signature));
            assert!(!verifier.holds(&identity.public(), b"that", &signature));
            assert!(!verifier.holds(&Identity::new(scheme, "validator", 1).public(), b"this", &signature));
        }
    }
}
