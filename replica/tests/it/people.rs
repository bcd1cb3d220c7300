//! Who acts in the stories: validators with their operators, and a client. Consensus keys sign with a keyed hash:
//! nobody in these stories forges, and whether ed25519 holds is told elsewhere.

use tierchain_consensus::{Signer, Verify};
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::registry::{Proposal, Validator, possession_bytes};

/// A client's key.
pub(crate) fn client() -> KeyPair {
    KeyPair::from_seed(&[1; 32])
}

/// A validator's consensus key: each may have several in its life.
pub(crate) fn consensus_key(who: usize, generation: u8) -> KeyPair {
    let mut seed = [generation; 32];
    seed[0] = 100 + who as u8;
    KeyPair::from_seed(&seed)
}

/// The key of who runs a validator.
pub(crate) fn operator(who: usize) -> KeyPair {
    KeyPair::from_seed(&[200 + who as u8; 32])
}

/// A validator as the registry holds it.
pub(crate) fn validator(who: usize) -> Validator {
    let node = KeyPair::from_seed(&[50 + who as u8; 32]).public();
    Validator {
        name: format!("validator-{who}"),
        operator: operator(who).public(),
        consensus: consensus_key(who, 0).public(),
        peer_id: [&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..], &node.0].concat(),
        addresses: vec![format!("/ip4/192.0.2.{who}/tcp/10044")],
    }
}

/// The proposal to add a validator.
pub(crate) fn add(genesis: &H256, who: usize) -> Proposal {
    let validator = validator(who);
    let bytes = possession_bytes(genesis, &validator.consensus, &validator.operator);
    Proposal::AddValidator { validator, proof: consensus_key(who, 0).sign(&bytes) }
}

/// The proposal to remove a validator.
pub(crate) fn remove(who: usize) -> Proposal {
    Proposal::RemoveValidator { consensus: consensus_key(who, 0).public() }
}

/// The proposal to let a validator vote with its second key.
pub(crate) fn replace(genesis: &H256, who: usize) -> Proposal {
    replace_with(genesis, who, 1)
}

/// The proposal to let a validator vote with a later key than its first, in place of the one before.
pub(crate) fn replace_with(genesis: &H256, who: usize, generation: u8) -> Proposal {
    let (old, new) = (consensus_key(who, generation - 1).public(), consensus_key(who, generation));
    let proof = new.sign(&possession_bytes(genesis, &new.public(), &operator(who).public()));
    Proposal::ReplaceKey { old, new: new.public(), proof }
}

/// Signs with a hash of the public key.
pub(crate) struct Keyed(pub(crate) AccountId);

impl Signer for Keyed {
    fn sign(&self, bytes: &[u8]) -> Signature {
        seal(&self.0, bytes)
    }
}

/// Judges such signatures.
pub(crate) struct Seals;

impl Verify for Seals {
    fn holds(&self, key: &AccountId, bytes: &[u8], signature: &Signature) -> bool {
        *signature == seal(key, bytes)
    }
}

fn seal(key: &AccountId, bytes: &[u8]) -> Signature {
    let mut signature = Signature::ZERO;
    signature.0[..32].copy_from_slice(&sha256(&[&key.0, bytes]).0);
    signature
}
