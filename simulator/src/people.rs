//! Who can come to validate: for each candidate its consensus keys, one after the other, its operator, and how the
//! registry holds it.
//!
//! A consensus key is always one of ed25519, because the registry asks for a proof that a new one is held. With keyed
//! hashes it signs everything else by hash.

use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::Validator;
use tierchain_runtime::registry::possession_bytes;

use crate::signing::{Identity, Scheme};

/// How many consensus keys a candidate has in its life.
pub const KEYS: usize = 3;

/// What the peer id of an ed25519 key begins with.
const PEER_ID_PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// Somebody who validates or may come to.
#[derive(Debug)]
pub struct Candidate {
    number: usize,
    scheme: Scheme,
}

impl Candidate {
    /// The candidate of this number.
    #[must_use]
    pub fn new(scheme: Scheme, number: usize) -> Self {
        Self { number, scheme }
    }

    fn pair(&self, generation: usize) -> KeyPair {
        KeyPair::from_seed(&self.seed("consensus", generation))
    }

    fn seed(&self, what: &str, generation: usize) -> [u8; 32] {
        let (number, generation) = ((self.number as u64).to_le_bytes(), (generation as u64).to_le_bytes());
        sha256(&[b"tierchain/simulator/candidate", what.as_bytes(), &number, &generation]).0
    }

    /// Its consensus keys.
    #[must_use]
    pub fn identities(&self) -> Vec<Identity> {
        (0..KEYS).map(|generation| Identity::of_pair(self.scheme, self.pair(generation))).collect()
    }

    /// Who runs it.
    #[must_use]
    pub fn operator(&self) -> Identity {
        Identity::new(self.scheme, "operator", self.number)
    }

    /// The bytes of its peer id.
    #[must_use]
    pub fn peer_id(&self) -> Vec<u8> {
        [&PEER_ID_PREFIX[..], &self.seed("node", 0)].concat()
    }

    /// As the registry holds it, with this consensus key.
    #[must_use]
    pub fn validator(&self, generation: usize) -> Validator {
        let Self { number, .. } = self;
        Validator {
            name: format!("validator-{number}"),
            operator: self.operator().public(),
            consensus: self.pair(generation).public(),
            peer_id: self.peer_id(),
            addresses: vec![format!("/ip4/192.0.2.{number}/tcp/10044")],
        }
    }

    /// The proof that this consensus key is held.
    #[must_use]
    pub fn proof(&self, generation: usize, genesis: &H256) -> Signature {
        let pair = self.pair(generation);
        pair.sign(&possession_bytes(genesis, &pair.public(), &self.operator().public()))
    }
}

/// All consensus keys of some candidates: by candidate, oldest first.
#[must_use]
pub fn keys(candidates: &[Candidate]) -> Vec<Vec<AccountId>> {
    let of = |candidate: &Candidate| candidate.identities().iter().map(Identity::public).collect();
    candidates.iter().map(of).collect()
}
