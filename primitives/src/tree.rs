//! The authenticated state: a binary sparse Merkle tree with SHA-256.
//!
//! The root function is the format, and says all there is to say about a set of leaves (`docs/formats.md`):
//! - a leaf's place is its key, `SHA-256(storage key)`, read from the top bit of byte 0 (0 = left);
//! - an empty subtree hashes to 32 zero bytes;
//! - a subtree with exactly one leaf, at any depth, hashes to that leaf: `SHA-256(0x00 ‖ key ‖ SHA-256(value))`;
//! - any other to `SHA-256(0x01 ‖ left ‖ right)`.
//!
//! So the root depends on the set of leaves alone: not on the order in which they came, and not on what was deleted.
//! [`root_of`] is that definition as code.
//!
//! [`Tree`] keeps the hashes between blocks in a node store of *pages* (`tree/page.rs`) and hashes only what a change
//! touches. The store is nobody's format: it holds the latest tree only, never travels between nodes, and may be built
//! again from the leaves at any time. It too is a function of the set of leaves, which makes it easy to check.

use std::collections::BTreeMap;

use sha2::block_api::compress256;

use crate::hash::{H256, sha256};
use crate::ports::{NodeRead, StateChange};

mod multi;
mod page;
mod proof;
mod update;

#[cfg(test)]
mod tests;

pub use multi::{Asked, MULTI_PROOF_BYTES_MAX, MultiProof, MultiProofError};
pub use page::Layout;
pub use proof::{Proof, ProofError};

/// Root of the empty tree, and the hash of every empty subtree.
pub const EMPTY_ROOT: H256 = H256::ZERO;

/// Bits of a leaf's key: the greatest depth of the tree.
const DEPTH_MAX: usize = 256;

/// The state in which SHA-256 begins (FIPS 180-4, 5.3.3).
const SHA256_START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// A leaf to be set (its value's hash) or removed (none).
pub type LeafChange = (H256, Option<H256>);

/// A page of the node store to be written, or removed where there are no bytes.
pub type PageChange = (Vec<u8>, Option<Vec<u8>>);

/// Where the value under a storage key stands in the tree.
#[must_use]
pub fn leaf_key(storage_key: &[u8]) -> H256 {
    sha256(&[storage_key])
}

/// What the tree holds of a value.
#[must_use]
pub fn value_hash(value: &[u8]) -> H256 {
    sha256(&[value])
}

/// Root of a set of leaves (key, value hash): the format itself, in the plainest form. Of two leaves with one key the
/// last counts.
#[must_use]
pub fn root_of(leaves: impl IntoIterator<Item = (H256, H256)>) -> H256 {
    let sorted: Vec<(H256, H256)> = leaves.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect();
    subtree_root(&sorted, 0)
}

fn subtree_root(leaves: &[(H256, H256)], depth: usize) -> H256 {
    match leaves {
        [] => EMPTY_ROOT,
        [(key, value)] => leaf_hash(key, value),
        many => {
            let (left, right) = many.split_at(many.partition_point(|(key, _)| !bit(key, depth)));
            inner_hash(&subtree_root(left, depth + 1), &subtree_root(right, depth + 1))
        }
    }
}

/// Which way a key goes at a depth below [`DEPTH_MAX`]: right if so.
fn bit(key: &H256, depth: usize) -> bool {
    key.0[depth / 8] & (0x80 >> (depth % 8)) != 0
}

fn leaf_hash(key: &H256, value: &H256) -> H256 {
    tagged(0, key, value)
}

fn inner_hash(left: &H256, right: &H256) -> H256 {
    tagged(1, left, right)
}

/// SHA-256 of 65 bytes. The tree's whole cost is in here, so the padding is laid by hand and the two blocks go straight
/// to the compression function: a quarter less than the general way, which a test holds against it.
fn tagged(tag: u8, first: &H256, second: &H256) -> H256 {
    let mut blocks = [[0; 64]; 2];
    blocks[0][0] = tag;
    blocks[0][1..33].copy_from_slice(&first.0);
    blocks[0][33..].copy_from_slice(&second.0[..31]);
    blocks[1][0] = second.0[31];
    blocks[1][1] = 0x80;
    blocks[1][62..].copy_from_slice(&(65u16 * 8).to_be_bytes());
    let mut state = SHA256_START;
    compress256(&mut state, &blocks);
    let mut hash = [0; 32];
    for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    H256(hash)
}

/// What one block's changes make of the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TreeUpdate {
    /// The new root.
    pub root: H256,
    /// Changes of the node store, no key twice. They go to disk together with the state they belong to.
    pub pages: Vec<PageChange>,
}

/// The tree over its node store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tree;

impl Tree {
    /// The leaf changes of a block's state changes, in the order that [`Tree::update`] wants. Of several changes of
    /// one storage key the last counts.
    #[must_use]
    pub fn leaf_changes<'a>(state: impl IntoIterator<Item = &'a StateChange>) -> Vec<LeafChange> {
        let change = |(key, value): &StateChange| (leaf_key(key), value.as_deref().map(value_hash));
        state.into_iter().map(change).collect::<BTreeMap<_, _>>().into_iter().collect()
    }

    /// Applies a block's changes to the tree with this root. Removing what isn't there changes nothing.
    ///
    /// # Panics
    /// When the changes aren't in strictly ascending order of their keys, or the store doesn't hold the tree of `root`
    /// whole: state that can't be read can't be guessed ([`crate::ports`]).
    #[must_use]
    pub fn update(nodes: &impl NodeRead, root: H256, changes: &[LeafChange]) -> TreeUpdate {
        Self::update_with(Layout::CHOSEN, nodes, root, changes)
    }

    /// [`Tree::update`] with another layout of the pages, which a store then keeps for good: for measuring layouts.
    ///
    /// # Panics
    /// As [`Tree::update`].
    #[must_use]
    pub fn update_with(layout: Layout, nodes: &impl NodeRead, root: H256, changes: &[LeafChange]) -> TreeUpdate {
        assert!(changes.is_sorted_by(|before, after| before.0 < after.0), "leaf changes are sorted, no key twice");
        update::run(layout, nodes, root, changes)
    }

    /// Proves what the tree with this root holds under `key`: its value's hash, or nothing.
    ///
    /// # Panics
    /// When the store doesn't hold the tree of `root` whole.
    #[must_use]
    pub fn prove(nodes: &impl NodeRead, root: H256, key: &H256) -> Proof {
        proof::build(nodes, root, key)
    }
}
