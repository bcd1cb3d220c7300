//! Pages of the node store: how a piece of the tree lies in bytes.
//!
//! A page holds a subtree in preorder. Where the subtree reaches a depth that is a multiple of
//! [`Layout::page_levels`], whatever has more than [`Layout::inline_leaves_max`] leaves there is cut out into a page of
//! its own and its hash stays behind. Small subtrees stay inline, or every few leaves would cost a page.
//!
//! | tag | node | bytes after the tag |
//! |---|---|---|
//! | 0 | empty | none |
//! | 1 | leaf | key\[32\] ‖ value hash\[32\] |
//! | 2 | pair: exactly two leaves below | left node ‖ right node |
//! | 3 | inner: more leaves below | its hash\[32\] ‖ left node ‖ right node |
//! | 4 | cut: the subtree is the root of another page | its hash\[32\] |
//!
//! Half of the inner nodes of a random tree are pairs: two hashes more when one is a sibling of the touched path save
//! 23 bytes a leaf. A page's key is its depth (one byte) and the bits of its path, padded with zeros to whole bytes.

use super::{EMPTY_ROOT, inner_hash, leaf_hash};
use crate::hash::H256;

pub(super) const EMPTY: u8 = 0;
pub(super) const LEAF: u8 = 1;
pub(super) const PAIR: u8 = 2;
pub(super) const INNER: u8 = 3;
pub(super) const CUT: u8 = 4;

/// Number of leaves of a subtree with a cut in it: not counted, and more than any bound.
pub(super) const MANY: usize = usize::MAX;

/// What a page that doesn't read as one means.
const WHOLE: &str = "the node store returns pages as this module wrote them, or ends the process";

/// How the tree is cut into pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Levels of the tree per page.
    pub page_levels: usize,
    /// A subtree with at most so many leaves never has a page of its own.
    pub inline_leaves_max: usize,
}

impl Layout {
    /// What the node uses. With a million leaves (`benches/tree.rs`, two-core virtual machine) a leaf takes 92 bytes, and
    /// an update in a batch of 200 costs 2.9 us a leaf. 5 levels cost 19 % more CPU and write 43 % more bytes; 3 levels
    /// write 21 % fewer at the same CPU, and keep nearly twice as many pages.
    pub const CHOSEN: Self = Self { page_levels: 4, inline_leaves_max: 8 };
}

/// The store's key of the page whose root stands at `depth` on the way to `leaf_key`.
pub(super) fn page_key(depth: usize, leaf_key: &H256) -> Vec<u8> {
    let bytes = depth.div_ceil(8);
    let mut key = Vec::with_capacity(1 + bytes);
    key.push(u8::try_from(depth).expect("pages begin above the leaves' greatest depth, 256"));
    key.extend_from_slice(&leaf_key.0[..bytes]);
    if !depth.is_multiple_of(8) {
        key[bytes] &= 0xff << (8 - depth % 8);
    }
    key
}

/// Ends the process over a page that should be there.
pub(super) fn missing(key: &[u8], hash: &H256) -> ! {
    panic!("the node store holds every page of its tree, yet 0x{} with hash {hash} is missing", hex::encode(key))
}

/// A node as it lies in a page, without what is below it.
pub(super) enum Node {
    Empty,
    Leaf(H256, H256),
    Pair,
    Inner(H256),
    Cut(H256),
}

/// Reads the nodes of a page from its first byte on.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(page: &'a [u8]) -> Self {
        Self { rest: page }
    }

    /// Reads a node; what is below it comes next, left before right.
    pub(super) fn node(&mut self) -> Node {
        match self.tag() {
            EMPTY => Node::Empty,
            LEAF => Node::Leaf(self.hash(), self.hash()),
            PAIR => Node::Pair,
            INNER => Node::Inner(self.hash()),
            CUT => Node::Cut(self.hash()),
            tag => panic!("{WHOLE}: tag {tag}"),
        }
    }

    /// The hash of the subtree that comes next, read no further than that takes.
    pub(super) fn peek_hash(mut self) -> H256 {
        self.small_hash()
    }

    /// Hashes a leaf or pair by reading all of it. An inner node or cut says its hash itself and never stands below a
    /// pair, so that its children can stay unread.
    fn small_hash(&mut self) -> H256 {
        match self.node() {
            Node::Empty => EMPTY_ROOT,
            Node::Leaf(key, value) => leaf_hash(&key, &value),
            Node::Pair => {
                let left = self.small_hash();
                inner_hash(&left, &self.small_hash())
            }
            Node::Inner(hash) | Node::Cut(hash) => hash,
        }
    }

    /// Passes over the subtree that comes next: its bytes and the number of its leaves.
    pub(super) fn take(&mut self) -> (&'a [u8], usize) {
        let before = self.rest;
        let leaves = self.skip();
        (&before[..before.len() - self.rest.len()], leaves)
    }

    /// Passes over a subtree and counts its leaves; a cut counts as [`MANY`].
    fn skip(&mut self) -> usize {
        let (mut pending, mut leaves) = (1, 0usize);
        while pending > 0 {
            pending -= 1;
            match self.tag() {
                EMPTY => {}
                LEAF => {
                    self.bytes(64);
                    leaves = leaves.saturating_add(1);
                }
                PAIR => pending += 2,
                INNER => {
                    self.bytes(32);
                    pending += 2;
                }
                CUT => {
                    self.bytes(32);
                    leaves = MANY;
                }
                tag => panic!("{WHOLE}: tag {tag}"),
            }
        }
        leaves
    }

    fn tag(&mut self) -> u8 {
        self.bytes(1)[0]
    }

    fn hash(&mut self) -> H256 {
        H256(self.bytes(32).try_into().expect("32 bytes were read"))
    }

    fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (read, rest) = self.rest.split_at_checked(count).expect(WHOLE);
        self.rest = rest;
        read
    }
}
