//! The update: rewrites the touched pages from their first byte on, copying what no change touches.
//!
//! No tree of nodes is built in memory: a page is read with a [`Cursor`] while its successor is written, and a node's
//! head is filled in when both of its children are written. Deletions collapse on the way up: an inner node that is
//! left with one leaf *is* that leaf.

use super::page::{CUT, Cursor, EMPTY, INNER, LEAF, Layout, MANY, Node, PAIR, missing, page_key};
use super::{EMPTY_ROOT, LeafChange, PageChange, TreeUpdate, bit, inner_hash, leaf_hash};
use crate::hash::H256;
use crate::ports::NodeRead;

/// Bytes of an inner node before its children: tag and hash.
const INNER_HEAD: usize = 33;

/// Applies sorted changes to the tree with this root.
pub(super) fn run(layout: Layout, nodes: &impl NodeRead, root: H256, changes: &[LeafChange]) -> TreeUpdate {
    assert!(layout.page_levels > 0 && layout.inline_leaves_max > 0, "pages have a level and a leaf");
    // As though a page above the root's held it like any other subtree.
    let mut above = Vec::new();
    if root == EMPTY_ROOT {
        above.push(EMPTY)
    } else {
        push_cut(&mut above, &root)
    }
    let mut update = Update { layout, nodes, pages: Vec::new() };
    let written = update.slot(0, &mut Cursor::new(&above), changes, &mut Vec::new());
    TreeUpdate { root: written.hash, pages: update.pages }
}

/// A subtree that has just been written.
#[derive(Clone, Copy)]
struct Written {
    hash: H256,
    /// Number of its leaves, or [`MANY`].
    leaves: usize,
}

const NOTHING: Written = Written { hash: EMPTY_ROOT, leaves: 0 };

struct Update<'a, N> {
    layout: Layout,
    nodes: &'a N,
    pages: Vec<PageChange>,
}

impl<N: NodeRead> Update<'_, N> {
    /// Rewrites the subtree that comes next in `old`, from its own page if it has one.
    fn slot(&mut self, depth: usize, old: &mut Cursor<'_>, changes: &[LeafChange], out: &mut Vec<u8>) -> Written {
        let Some((some_key, _)) = changes.first() else { return copy(old, out) };
        let start = out.len();
        match old.node() {
            Node::Cut(hash) => {
                let key = page_key(depth, some_key);
                let page = self.nodes.page(&key).unwrap_or_else(|| missing(&key, &hash));
                let mut old = Cursor::new(&page);
                let node = old.node();
                let written = self.rewrite(depth, node, &mut old, changes, out);
                self.settle(depth, some_key, written, start, out).unwrap_or_else(|| {
                    self.pages.push((key, None));
                    written
                })
            }
            node => {
                let written = self.rewrite(depth, node, old, changes, out);
                self.settle(depth, some_key, written, start, out).unwrap_or(written)
            }
        }
    }

    /// Rewrites a node that was just read, and what is below it.
    fn rewrite(
        &mut self,
        depth: usize,
        node: Node,
        old: &mut Cursor<'_>,
        changes: &[LeafChange],
        out: &mut Vec<u8>,
    ) -> Written {
        match node {
            Node::Empty => self.plant(depth, &merge(None, changes), out),
            Node::Leaf(key, value) => self.plant(depth, &merge(Some((key, value)), changes), out),
            Node::Pair | Node::Inner(_) => {
                let (left, right) = changes.split_at(changes.partition_point(|(key, _)| !bit(key, depth)));
                let start = open_inner(out);
                let left = self.slot(depth + 1, old, left, out);
                let middle = out.len();
                let right = self.slot(depth + 1, old, right, out);
                close_inner(left, right, start, middle, out)
            }
            Node::Cut(_) => panic!("no page of the node store begins with a cut: its root would be another page's"),
        }
    }

    /// Writes the subtree of these leaves.
    fn plant(&mut self, depth: usize, leaves: &[(H256, H256)], out: &mut Vec<u8>) -> Written {
        match leaves {
            [] => {
                out.push(EMPTY);
                NOTHING
            }
            [(key, value)] => {
                out.push(LEAF);
                out.extend_from_slice(&key.0);
                out.extend_from_slice(&value.0);
                Written { hash: leaf_hash(key, value), leaves: 1 }
            }
            many => {
                let (left, right) = many.split_at(many.partition_point(|(key, _)| !bit(key, depth)));
                let start = open_inner(out);
                let left = self.plant_slot(depth + 1, left, out);
                let middle = out.len();
                let right = self.plant_slot(depth + 1, right, out);
                close_inner(left, right, start, middle, out)
            }
        }
    }

    fn plant_slot(&mut self, depth: usize, leaves: &[(H256, H256)], out: &mut Vec<u8>) -> Written {
        let start = out.len();
        let written = self.plant(depth, leaves, out);
        let Some((some_key, _)) = leaves.first() else { return written };
        self.settle(depth, some_key, written, start, out).unwrap_or(written)
    }

    /// Moves the subtree written since `start` into a page of its own, if it is to have one.
    fn settle(
        &mut self,
        depth: usize,
        some_key: &H256,
        written: Written,
        start: usize,
        out: &mut Vec<u8>,
    ) -> Option<Written> {
        let leaves_max = if depth == 0 { 0 } else { self.layout.inline_leaves_max };
        if !depth.is_multiple_of(self.layout.page_levels) || written.leaves <= leaves_max {
            return None;
        }
        self.pages.push((page_key(depth, some_key), Some(out[start..].to_vec())));
        out.truncate(start);
        push_cut(out, &written.hash);
        Some(Written { hash: written.hash, leaves: MANY })
    }
}

fn push_cut(out: &mut Vec<u8>, hash: &H256) {
    out.push(CUT);
    out.extend_from_slice(&hash.0);
}

/// Copies a subtree that no change touches.
fn copy(old: &mut Cursor<'_>, out: &mut Vec<u8>) -> Written {
    let (bytes, leaves) = old.take();
    out.extend_from_slice(bytes);
    Written { hash: Cursor::new(bytes).peek_hash(), leaves }
}

/// What becomes of at most one old leaf by the changes in its place: leaves in ascending order.
fn merge(old: Option<(H256, H256)>, changes: &[LeafChange]) -> Vec<(H256, H256)> {
    let mut leaves: Vec<_> = changes.iter().filter_map(|(key, value)| Some((*key, (*value)?))).collect();
    if let Some(old) = old
        && changes.binary_search_by(|(key, _)| key.cmp(&old.0)).is_err()
    {
        leaves.insert(leaves.partition_point(|(key, _)| *key < old.0), old);
    }
    leaves
}

/// Leaves room for an inner node's head; returns where it is.
fn open_inner(out: &mut Vec<u8>) -> usize {
    out.extend_from_slice(&[INNER; INNER_HEAD]);
    out.len() - INNER_HEAD
}

/// Fills in the head of the node at `start`, whose children meet at `middle`; or takes it away where the node is empty
/// or a leaf.
fn close_inner(left: Written, right: Written, start: usize, middle: usize, out: &mut Vec<u8>) -> Written {
    match (left.leaves, right.leaves) {
        (0, 0) => {
            out.truncate(start);
            out.push(EMPTY);
            NOTHING
        }
        (1, 0) => {
            out.truncate(middle);
            pull(out, start + INNER_HEAD, start);
            left
        }
        (0, 1) => {
            pull(out, middle, start);
            right
        }
        (some, others) => {
            let leaves = some.saturating_add(others);
            let hash = inner_hash(&left.hash, &right.hash);
            if leaves == 2 {
                out[start] = PAIR;
                pull(out, start + INNER_HEAD, start + 1);
            } else {
                out[start + 1..start + INNER_HEAD].copy_from_slice(&hash.0);
            }
            Written { hash, leaves }
        }
    }
}

/// Moves everything from `from` on down to `to`.
fn pull(out: &mut Vec<u8>, from: usize, to: usize) {
    let moved = out.len() - from;
    out.copy_within(from.., to);
    out.truncate(to + moved);
}
