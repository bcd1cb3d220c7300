//! Proofs: what the tree with a root holds under a key, for whoever knows the root alone.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};

use super::page::{Cursor, Node, missing, page_key};
use super::{DEPTH_MAX, EMPTY_ROOT, bit, inner_hash, leaf_hash};
use crate::hash::H256;
use crate::ports::NodeRead;

/// The way from the root to where a key's leaf stands or would stand.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode)]
pub struct Proof {
    /// The leaf at the end of the way, key and value hash; none if the subtree there is empty. It proves the key absent
    /// when it is another key's: a subtree with one leaf has no place for a second.
    pub leaf: Option<(H256, H256)>,
    /// The hashes beside the way, from the root down: as many as the way is long.
    pub siblings: Vec<H256>,
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProofError {
    /// It says something else about the key.
    #[error("the proof is of value hash {found:?} under the key {key}, not of {expected:?}")]
    Value {
        /// The key in question.
        key: H256,
        /// What the proof would prove.
        found: Option<H256>,
        /// What it should prove.
        expected: Option<H256>,
    },
    /// Its leaf can't stand on the key's way.
    #[error("the proof's leaf {leaf} doesn't lie on the way to the key {key}")]
    Astray {
        /// The leaf's key.
        leaf: H256,
        /// The key in question.
        key: H256,
    },
    /// It is longer than any way can be.
    #[error("the proof has {0} siblings, and a key has 256 bits")]
    Length(usize),
    /// It leads to another root.
    #[error("the proof leads to the root {found}, not to {expected}")]
    Root {
        /// Where it leads.
        found: H256,
        /// Where it should lead.
        expected: H256,
    },
}

impl Proof {
    /// Checks that the tree with `root` holds a value with this hash under `key`, or nothing where there is none.
    ///
    /// # Errors
    /// What it proves instead, if anything.
    pub fn verify(&self, root: &H256, key: &H256, value_hash: Option<&H256>) -> Result<(), ProofError> {
        if self.siblings.len() > DEPTH_MAX {
            return Err(ProofError::Length(self.siblings.len()));
        }
        let found = self.leaf.as_ref().filter(|(leaf, _)| leaf == key).map(|(_, value)| value);
        if found != value_hash {
            let (found, expected) = (found.copied(), value_hash.copied());
            return Err(ProofError::Value { key: *key, found, expected });
        }
        let mut hash = match &self.leaf {
            None => EMPTY_ROOT,
            Some((leaf, _)) if !share_path(leaf, key, self.siblings.len()) => {
                return Err(ProofError::Astray { leaf: *leaf, key: *key });
            }
            Some((leaf, value)) => leaf_hash(leaf, value),
        };
        for (depth, sibling) in self.siblings.iter().enumerate().rev() {
            hash = if bit(key, depth) { inner_hash(sibling, &hash) } else { inner_hash(&hash, sibling) };
        }
        if hash == *root { Ok(()) } else { Err(ProofError::Root { found: hash, expected: *root }) }
    }
}

impl Decode for Proof {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let leaf = Decode::decode(input)?;
        let count = Compact::<u32>::decode(input)?.0 as usize;
        if count > DEPTH_MAX {
            return Err("a proof longer than a key has bits".into());
        }
        let siblings = (0..count).map(|_| H256::decode(input)).collect::<Result<_, _>>()?;
        Ok(Self { leaf, siblings })
    }
}

/// Whether two keys go the same way down to `depth`, at most [`DEPTH_MAX`].
pub(super) fn share_path(one: &H256, other: &H256, depth: usize) -> bool {
    (0..depth).all(|at| bit(one, at) == bit(other, at))
}

/// Builds the proof of a key from the node store.
pub(super) fn build(nodes: &impl NodeRead, root: H256, key: &H256) -> Proof {
    let mut siblings = Vec::new();
    let leaf = if root == EMPTY_ROOT { None } else { descend_page(nodes, &root, key, &mut siblings) };
    Proof { leaf, siblings }
}

/// Goes on in the page whose root stands at the end of the way so far.
fn descend_page(nodes: &impl NodeRead, hash: &H256, key: &H256, siblings: &mut Vec<H256>) -> Option<(H256, H256)> {
    let name = page_key(siblings.len(), key);
    let page = nodes.page(&name).unwrap_or_else(|| missing(&name, hash));
    descend(nodes, &mut Cursor::new(&page), key, siblings)
}

/// Goes down a subtree, gathering the hashes beside the way, to the leaf at its end.
fn descend(
    nodes: &impl NodeRead,
    subtree: &mut Cursor<'_>,
    key: &H256,
    siblings: &mut Vec<H256>,
) -> Option<(H256, H256)> {
    match subtree.node() {
        Node::Empty => None,
        Node::Leaf(leaf, value) => Some((leaf, value)),
        Node::Cut(hash) => descend_page(nodes, &hash, key, siblings),
        Node::Pair | Node::Inner(_) => {
            let (left, _) = subtree.take();
            let (right, _) = subtree.take();
            let (on, beside) = if bit(key, siblings.len()) { (right, left) } else { (left, right) };
            siblings.push(Cursor::new(beside).peek_hash());
            descend(nodes, &mut Cursor::new(on), key, siblings)
        }
    }
}
