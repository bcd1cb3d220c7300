//! Proofs of many keys at once: what they have in common is said once.
//!
//! The tree is walked from the root down, left before right, into every subtree that has a key in question. One byte
//! says what is met: nothing, the leaf of a key in question, another leaf (its key and value hash follow), or an inner
//! node. Of an inner node's sides that have no key in question only the hash follows, in its place.

use parity_scale_codec::{Decode, Encode, Error, Input};

use super::proof::share_path;
use super::{DEPTH_MAX, EMPTY_ROOT, Proof, bit, inner_hash, leaf_hash};
use crate::hash::H256;

const EMPTY: u8 = 0;
const ASKED: u8 = 1;
const OTHER: u8 = 2;
const INNER: u8 = 3;

/// A key in question, and the hash of the value under it; none where it must be absent.
pub type Asked = (H256, Option<H256>);

/// What the tree with one root holds under several keys.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode)]
pub struct MultiProof(Vec<u8>);

/// Most bytes of a proof of many keys.
pub const MULTI_PROOF_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Why a proof of many keys proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MultiProofError {
    /// It says something else about a key.
    #[error("the proof says something else about the key {0} than what is given")]
    Value(H256),
    /// Another leaf that can't stand where the proof has it.
    #[error("the proof has a leaf {0} where it can't stand")]
    Astray(H256),
    /// Not the form of a proof: cut off, an unknown step, too deep, or with bytes too many.
    #[error("the proof is malformed: {0}")]
    Malformed(&'static str),
    /// It leads to another root.
    #[error("the proof leads to the root {found}, not to {expected}")]
    Root {
        /// Where it leads.
        found: H256,
        /// Where it should lead.
        expected: H256,
    },
}

impl MultiProof {
    /// Joins the proofs of single keys, all of one tree. Keys may come in any order, none twice.
    #[must_use]
    pub fn join(mut proofs: Vec<(H256, Proof)>) -> Self {
        proofs.sort_unstable_by_key(|(key, _)| *key);
        let mut bytes = Vec::new();
        write(&proofs, 0, &mut bytes);
        Self(bytes)
    }

    /// Checks that the tree with `root` holds what is given. Keys may come in any order; one that comes twice is
    /// refused.
    ///
    /// # Errors
    /// What it proves instead, if anything.
    pub fn verify(&self, root: &H256, asked: &[Asked]) -> Result<(), MultiProofError> {
        let mut sorted = asked.to_vec();
        sorted.sort_unstable();
        if sorted.is_empty() || sorted.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(MultiProofError::Malformed("no key is asked for, or one twice"));
        }
        let mut walk = Walk(&self.0);
        let found = walk.subtree(&sorted, 0)?;
        match walk.0 {
            [] if found == *root => Ok(()),
            [] => Err(MultiProofError::Root { found, expected: *root }),
            _ => Err(MultiProofError::Malformed("bytes follow its end")),
        }
    }
}

impl Decode for MultiProof {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let length = parity_scale_codec::Compact::<u32>::decode(input)?.0 as usize;
        if length > MULTI_PROOF_BYTES_MAX {
            return Err("a proof that is too long".into());
        }
        let mut bytes = Vec::new();
        // The length is only announced so far: memory is taken as bytes arrive.
        while bytes.len() < length {
            let mut piece = vec![0; (length - bytes.len()).min(64 * 1024)];
            input.read(&mut piece)?;
            bytes.append(&mut piece);
        }
        Ok(Self(bytes))
    }
}

/// Writes the subtree at `depth` in which these keys lie or would lie.
fn write(proofs: &[(H256, Proof)], depth: usize, bytes: &mut Vec<u8>) {
    let Some((_, first)) = proofs.first() else { return };
    let Some(_) = first.siblings.get(depth) else {
        match first.leaf {
            None => bytes.push(EMPTY),
            Some((leaf, _)) if proofs.iter().any(|(key, _)| *key == leaf) => bytes.push(ASKED),
            Some((leaf, value)) => {
                bytes.push(OTHER);
                bytes.extend_from_slice(&leaf.0);
                bytes.extend_from_slice(&value.0);
            }
        }
        return;
    };
    bytes.push(INNER);
    let (left, right) = proofs.split_at(proofs.partition_point(|(key, _)| !bit(key, depth)));
    let beside = |other: &[(H256, Proof)]| other.first().and_then(|(_, proof)| proof.siblings.get(depth)).copied();
    for (side, other) in [(left, right), (right, left)] {
        if side.is_empty() {
            bytes.extend_from_slice(&beside(other).unwrap_or(EMPTY_ROOT).0);
        } else {
            write(side, depth + 1, bytes);
        }
    }
}

/// What is left of a proof while it is walked.
struct Walk<'a>(&'a [u8]);

impl Walk<'_> {
    /// The hash of the subtree at `depth` in which these keys lie or would lie.
    fn subtree(&mut self, asked: &[Asked], depth: usize) -> Result<H256, MultiProofError> {
        let present = |asked: &[Asked]| asked.iter().find(|(_, value)| value.is_some()).map(|(key, _)| *key);
        let [tag] = self.take::<1>()?;
        match tag {
            EMPTY => match present(asked) {
                None => Ok(EMPTY_ROOT),
                Some(key) => Err(MultiProofError::Value(key)),
            },
            ASKED => {
                // A subtree with one leaf has no place for a second: all others in question are absent.
                let mut given = asked.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
                match (given.next(), given.next()) {
                    (Some((key, value)), None) => Ok(leaf_hash(key, value)),
                    (_, Some((key, _))) => Err(MultiProofError::Value(*key)),
                    (None, None) => Err(MultiProofError::Value(asked.first().map_or(H256::ZERO, |(key, _)| *key))),
                }
            }
            OTHER => {
                let (leaf, value) = (H256(self.take()?), H256(self.take()?));
                if let Some(key) = present(asked) {
                    return Err(MultiProofError::Value(key));
                }
                let lies_here = asked.iter().all(|(key, _)| *key != leaf && share_path(key, &leaf, depth));
                if lies_here { Ok(leaf_hash(&leaf, &value)) } else { Err(MultiProofError::Astray(leaf)) }
            }
            INNER if depth < DEPTH_MAX => {
                let (left, right) = asked.split_at(asked.partition_point(|(key, _)| !bit(key, depth)));
                let left = self.side(left, depth + 1)?;
                let right = self.side(right, depth + 1)?;
                Ok(inner_hash(&left, &right))
            }
            INNER => Err(MultiProofError::Malformed("it is deeper than a key has bits")),
            _ => Err(MultiProofError::Malformed("an unknown step")),
        }
    }

    fn side(&mut self, asked: &[Asked], depth: usize) -> Result<H256, MultiProofError> {
        if asked.is_empty() { Ok(H256(self.take()?)) } else { self.subtree(asked, depth) }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], MultiProofError> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(MultiProofError::Malformed("it is cut off"))?;
        self.0 = rest;
        Ok(*bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use parity_scale_codec::DecodeAll;

    use super::*;
    use crate::hash::sha256;
    use crate::tree::Tree;

    /// A tree of so many leaves, its root, and proofs of some keys that it has and some that it lacks.
    fn sample(leaves: u32, present: u32, absent: u32) -> (H256, Vec<Asked>, MultiProof) {
        let key = |at: u32| sha256(&[&at.to_le_bytes()]);
        let mut changes: Vec<_> = (0..leaves).map(|at| (key(at), Some(key(at + 1_000_000)))).collect();
        changes.sort_unstable();
        let update = Tree::update(&BTreeMap::new(), EMPTY_ROOT, &changes);
        let pages: BTreeMap<Vec<u8>, Vec<u8>> =
            update.pages.into_iter().filter_map(|(name, page)| Some((name, page?))).collect();
        let there = (0..present).map(|at| (key(at), Some(key(at + 1_000_000))));
        let asked: Vec<Asked> = there.chain((leaves..leaves + absent).map(|at| (key(at), None))).collect();
        let proofs = asked.iter().map(|(key, _)| (*key, Tree::prove(&pages, update.root, key))).collect();
        (update.root, asked, MultiProof::join(proofs))
    }

    #[test]
    fn it_holds_for_what_is_there_and_what_is_not_in_trees_of_any_size() {
        for (leaves, present, absent) in [(0, 0, 3), (1, 1, 4), (1, 0, 2), (2, 2, 5), (300, 40, 40), (5_000, 9, 0)] {
            let (root, asked, proof) = sample(leaves, present, absent);
            assert_eq!(proof.verify(&root, &asked), Ok(()), "{leaves} leaves");
            assert_eq!(MultiProof::decode_all(&mut proof.encode().as_slice()), Ok(proof));
        }
    }

    #[test]
    fn another_value_absence_or_presence_is_refused() {
        let (root, asked, proof) = sample(60, 6, 6);
        for at in 0..asked.len() {
            let (mut other, mut turned) = (asked.clone(), asked.clone());
            other[at].1 = Some(H256([0x5a; 32]));
            turned[at].1 = if turned[at].1.is_some() { None } else { Some(H256::ZERO) };
            assert!(proof.verify(&root, &other).is_err() && proof.verify(&root, &turned).is_err(), "{at}");
            let fewer: Vec<Asked> = asked.iter().enumerate().filter(|(it, _)| *it != at).map(|(_, one)| *one).collect();
            // A key that shares its end with another one may go unasked; then what is left is still true.
            let _ = proof.verify(&root, &fewer);
        }
        assert!(proof.verify(&root, &[asked.clone(), asked[..1].to_vec()].concat()).is_err());
        assert!(proof.verify(&H256([1; 32]), &asked).is_err());
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let (root, asked, proof) = sample(40, 4, 4);
        for at in 0..proof.0.len() * 8 {
            let mut bent = proof.clone();
            bent.0[at / 8] ^= 1 << (at % 8);
            assert!(bent.verify(&root, &asked).is_err(), "bit {at}");
        }
        let mut longer = proof.clone();
        longer.0.push(0);
        assert!(longer.verify(&root, &asked).is_err());
    }

    #[test]
    fn it_is_shorter_than_its_parts() {
        let (_, asked, proof) = sample(5_000, 20, 0);
        assert!(proof.0.len() < asked.len() * 12 * 32, "{} bytes", proof.0.len());
    }
}
