//! From the genesis hash alone to the validator set of any epoch: what a file needs so that nobody has to be asked.
//!
//! The genesis hash fixes the genesis header; its state root fixes the first set; each epoch's last header, certified by
//! that epoch's own set, fixes the next one.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};

use crate::certificate::ValidatorSet;
use crate::epoch::{EpochError, EpochProof, Epochs};
use crate::hash::H256;
use crate::header::Header;
use crate::storage_key::prefix;
use crate::tree::{Proof, ProofError, leaf_key, value_hash};

/// Most changes of the set that a lineage may hold: a set that changes every hour for more than a year.
pub const CHANGES_MAX: usize = 10_000;

/// The validator sets since genesis, each proven by the one before.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct Lineage {
    /// Header of block 0; its hash is the chain's name.
    pub genesis: Header,
    /// The set of epoch 0.
    pub set: ValidatorSet,
    /// That the genesis state holds this set, by the genesis header's state root.
    pub proof: Proof,
    /// The last block of each epoch that is over, oldest first.
    pub changes: Vec<EpochProof>,
}

/// Why a lineage proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LineageError {
    /// It is of another chain.
    #[error("it is of the chain with genesis {found}, not of {expected}")]
    OtherChain {
        /// Hash of the genesis header in it.
        found: H256,
        /// The chain asked for.
        expected: H256,
    },
    /// The genesis state holds another set.
    #[error("the genesis state doesn't hold the validator set that is given with it: {0}")]
    Set(#[from] ProofError),
    /// A change that doesn't hold.
    #[error("the lineage's change {at} doesn't hold: {error}")]
    Change {
        /// Its place, from 0.
        at: usize,
        /// Why not.
        error: EpochError,
    },
}

impl Lineage {
    /// The storage key under which the state holds the set in force.
    #[must_use]
    pub fn set_key() -> [u8; 32] {
        prefix("Registry", "ValidatorSet")
    }

    /// Checks everything from the genesis hash on.
    ///
    /// # Errors
    /// What doesn't hold.
    pub fn verify(&self, genesis: &H256) -> Result<Epochs, LineageError> {
        let found = self.genesis.hash();
        if found != *genesis {
            return Err(LineageError::OtherChain { found, expected: *genesis });
        }
        let set = value_hash(&self.set.encode());
        self.proof.verify(&self.genesis.state_root, &leaf_key(&Self::set_key()), Some(&set))?;
        let mut epochs = Epochs::new(self.genesis.number, self.set.clone());
        for (at, change) in self.changes.iter().enumerate() {
            epochs.prove(genesis, change).map_err(|error| LineageError::Change { at, error })?;
        }
        Ok(epochs)
    }
}

impl Decode for Lineage {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let genesis = Header::decode(input)?;
        let set = ValidatorSet::decode(input)?;
        let proof = Proof::decode(input)?;
        let count = Compact::<u32>::decode(input)?.0 as usize;
        if count > CHANGES_MAX {
            return Err("a lineage with too many changes".into());
        }
        let changes = (0..count).map(|_| EpochProof::decode(input)).collect::<Result<_, _>>()?;
        Ok(Self { genesis, set, proof, changes })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use parity_scale_codec::DecodeAll;

    use super::*;
    use crate::certificate::{Certificate, CertificateKind, signed_bytes};
    use crate::crypto::KeyPair;
    use crate::epoch::next_set_item;
    use crate::header::PreRuntime;
    use crate::numbers::{Epoch, ValidatorIndex, View};
    use crate::ports::StateChange;
    use crate::tree::{EMPTY_ROOT, Tree};

    fn keys(seeds: core::ops::Range<u8>) -> Vec<KeyPair> {
        seeds.map(|seed| KeyPair::from_seed(&[seed; 32])).collect()
    }

    fn set(epoch: u32, keys: &[KeyPair]) -> ValidatorSet {
        ValidatorSet { epoch: Epoch(epoch), keys: keys.iter().map(KeyPair::public).collect() }
    }

    fn header(number: u32, state_root: H256) -> Header {
        let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: 1, executed: 0 };
        Header::new(H256::ZERO, number, state_root, H256::ZERO, pre)
    }

    /// A chain whose set changes once, at block 30.
    fn lineage() -> (H256, Lineage) {
        let (old, new) = (keys(1..5), keys(2..7));
        let first = set(0, &old);
        let state: [StateChange; 2] =
            [(Lineage::set_key().to_vec(), Some(first.encode())), (b"other".to_vec(), Some(vec![1]))];
        let update = Tree::update(&BTreeMap::new(), EMPTY_ROOT, &Tree::leaf_changes(&state));
        let pages: BTreeMap<Vec<u8>, Vec<u8>> =
            update.pages.into_iter().filter_map(|(name, page)| Some((name, page?))).collect();
        let proof = Tree::prove(&pages, update.root, &leaf_key(&Lineage::set_key()));
        let genesis = header(0, update.root);
        let mut end = header(30, H256::ZERO);
        end.digest.push(next_set_item(&set(1, &new)));
        let (kind, view, hash) = (CertificateKind::Committed, View(0), end.hash());
        let bytes = signed_bytes(&genesis.hash(), Epoch(0), kind.vote(), view, 30, &hash);
        let votes = (0u16..).zip(&old).map(|(at, key)| (ValidatorIndex(at), key.sign(&bytes))).collect();
        let certificate = Certificate { kind, epoch: Epoch(0), view, number: 30, hash, votes };
        let changes = vec![EpochProof { header: end, certificate }];
        (genesis.hash(), Lineage { genesis, set: first, proof, changes })
    }

    #[test]
    fn it_leads_from_the_genesis_hash_to_the_newest_set() {
        let (genesis, lineage) = lineage();
        let epochs = lineage.verify(&genesis).expect("it is whole");
        assert_eq!((epochs.current().len(), epochs.begins_after()), (5, 30));
        assert_eq!(Lineage::decode_all(&mut lineage.encode().as_slice()), Ok(lineage));
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let (genesis, lineage) = lineage();
        let bytes = lineage.encode();
        for at in 0..bytes.len() * 8 {
            let mut bent = bytes.clone();
            bent[at / 8] ^= 1 << (at % 8);
            if let Ok(bent) = Lineage::decode_all(&mut bent.as_slice()) {
                assert!(bent.verify(&genesis).is_err(), "bit {at}");
            }
        }
    }

    #[test]
    fn a_lineage_of_another_chain_or_without_its_first_set_is_refused() {
        let (genesis, lineage) = lineage();
        assert!(matches!(lineage.verify(&H256([1; 32])), Err(LineageError::OtherChain { .. })));
        let other = Lineage { set: set(0, &keys(10..14)), ..lineage };
        assert!(matches!(other.verify(&genesis), Err(LineageError::Set(_))));
    }
}
