//! Any sequence of updates, in any batching, gives the root of the final set; the store too is a function of it; proofs
//! hold for what is there and what isn't, and for nothing else.

use std::collections::BTreeMap;

use parity_scale_codec::{Decode, Encode};
use proptest::prelude::*;

use super::*;

type Pages = BTreeMap<Vec<u8>, Vec<u8>>;
type Leaves = BTreeMap<H256, H256>;

const LAYOUTS: [Layout; 4] = [
    Layout::CHOSEN,
    Layout { page_levels: 5, inline_leaves_max: 8 },
    Layout { page_levels: 1, inline_leaves_max: 1 },
    Layout { page_levels: 3, inline_leaves_max: 2 },
];

/// A tree with its store and, beside them, the set of leaves they stand for.
#[derive(Default)]
struct Grown {
    root: H256,
    pages: Pages,
    leaves: Leaves,
}

impl Grown {
    fn apply(&mut self, layout: Layout, changes: &BTreeMap<H256, Option<H256>>) {
        let changes: Vec<LeafChange> = changes.iter().map(|(key, value)| (*key, *value)).collect();
        let update = Tree::update_with(layout, &self.pages, self.root, &changes);
        self.root = update.root;
        for (key, page) in update.pages {
            match page {
                Some(page) => self.pages.insert(key, page),
                None => self.pages.remove(&key),
            };
        }
        for (key, value) in changes {
            match value {
                Some(value) => self.leaves.insert(key, value),
                None => self.leaves.remove(&key),
            };
        }
    }

    fn built_at_once(layout: Layout, leaves: &Leaves) -> Self {
        let mut grown = Self::default();
        grown.apply(layout, &leaves.iter().map(|(key, value)| (*key, Some(*value))).collect());
        grown
    }
}

/// Keys that often share long beginnings and often meet again.
fn keys() -> impl Strategy<Value = H256> {
    let near = (0u8..4, 0u8..64).prop_map(|(last, first)| {
        let mut key = H256([first & 3; 32]);
        key.0[1] = first;
        key.0[31] = last;
        key
    });
    let random = (0u32..40).prop_map(|n| leaf_key(&n.to_le_bytes()));
    prop_oneof![near, random, any::<[u8; 32]>().prop_map(H256)]
}

fn batches() -> impl Strategy<Value = Vec<BTreeMap<H256, Option<H256>>>> {
    let value = prop_oneof![3 => (0u8..8).prop_map(|n| Some(H256([n; 32]))), 2 => Just(None)];
    prop::collection::vec(prop::collection::btree_map(keys(), value, 0..24), 1..10)
}

proptest! {
    #[test]
    fn any_updates_in_any_batches_give_the_root_and_the_store_of_the_final_set(batches in batches()) {
        for layout in LAYOUTS {
            let mut grown = Grown::default();
            for batch in &batches {
                grown.apply(layout, batch);
            }
            prop_assert_eq!(grown.root, root_of(grown.leaves.clone()));
            let fresh = Grown::built_at_once(layout, &grown.leaves);
            prop_assert_eq!(&grown.pages, &fresh.pages);
            prop_assert_eq!(grown.root, fresh.root);
        }
    }

    #[test]
    fn proofs_hold_for_what_is_there_and_what_is_not(batches in batches(), absent in keys(), at in any::<usize>()) {
        let mut grown = Grown::default();
        for batch in &batches {
            grown.apply(Layout::CHOSEN, batch);
        }
        let asked: Vec<H256> = grown.leaves.keys().copied().chain([absent]).collect();
        for key in &asked {
            let held = grown.leaves.get(key);
            let proof = Tree::prove(&grown.pages, grown.root, key);
            prop_assert_eq!(proof.verify(&grown.root, key, held), Ok(()));
            let other = H256([0xee; 32]);
            prop_assert!(proof.verify(&grown.root, key, Some(&other)).is_err());
            if held.is_some() {
                prop_assert!(proof.verify(&grown.root, key, None).is_err());
            }
            prop_assert_eq!(Proof::decode(&mut proof.encode().as_slice()), Ok(proof.clone()));
            prop_assert!(!flipped_proof_holds(&proof, at, &grown.root, key, held));
        }
    }
}

/// Flips one bit of the encoded proof and asks whether it still says the same.
fn flipped_proof_holds(proof: &Proof, at: usize, root: &H256, key: &H256, held: Option<&H256>) -> bool {
    let mut bytes = proof.encode();
    let bit = at % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    let mut input = bytes.as_slice();
    match Proof::decode(&mut input) {
        Ok(flipped) => input.is_empty() && flipped.verify(root, key, held).is_ok(),
        Err(_) => false,
    }
}

#[test]
fn the_root_of_small_trees_is_as_written() {
    assert_eq!(root_of([]), EMPTY_ROOT);
    let (left, right, value) = (H256([0x00; 32]), H256([0xff; 32]), H256([7; 32]));
    let leaf = |key: &H256| sha256(&[&[0], key.as_ref(), value.as_ref()]);
    assert_eq!(root_of([(left, value)]), leaf(&left), "a lone leaf stands at the root");
    let two = sha256(&[&[1], leaf(&left).as_ref(), leaf(&right).as_ref()]);
    assert_eq!(root_of([(right, value), (left, value)]), two);
    // Two leaves that part at bit 1 only: the root has an empty right side.
    let mut near = left;
    near.0[0] = 0x40;
    let below = sha256(&[&[1], leaf(&left).as_ref(), leaf(&near).as_ref()]);
    assert_eq!(root_of([(near, value), (left, value)]), sha256(&[&[1], below.as_ref(), &[0; 32]]));
}

#[test]
fn the_padding_laid_by_hand_is_sha_256s() {
    let (first, second) = (leaf_key(b"first"), leaf_key(b"second"));
    assert_eq!(leaf_hash(&first, &second), sha256(&[&[0], first.as_ref(), second.as_ref()]));
    assert_eq!(inner_hash(&first, &second), sha256(&[&[1], first.as_ref(), second.as_ref()]));
}

#[test]
fn the_last_change_of_a_key_counts_and_changes_come_sorted() {
    let state = [(vec![1], Some(vec![1])), (vec![2], Some(vec![2])), (vec![1], None)];
    let changes = Tree::leaf_changes(&state);
    assert_eq!(changes.len(), 2);
    assert!(changes.contains(&(leaf_key(&[1]), None)));
    assert!(changes.is_sorted());
}

#[test]
fn a_thousand_leaves_come_and_go() {
    let leaf = |n: u32| (leaf_key(&n.to_le_bytes()), Some(value_hash(&n.to_le_bytes())));
    for layout in LAYOUTS {
        let mut grown = Grown::default();
        grown.apply(layout, &(0..1_000).map(leaf).collect());
        assert_eq!(grown.root, root_of(grown.leaves.clone()));
        for start in (0..1_000).step_by(100) {
            grown.apply(layout, &(start..start + 100).map(|n| (leaf(n).0, None)).collect());
            assert_eq!(grown.root, root_of(grown.leaves.clone()));
        }
        assert_eq!((grown.root, grown.pages.len()), (EMPTY_ROOT, 0));
    }
}

#[test]
#[should_panic(expected = "sorted")]
fn a_key_that_comes_twice_is_refused() {
    let change = (H256([1; 32]), None);
    let _ = Tree::update(&Pages::new(), EMPTY_ROOT, &[change, change]);
}

#[test]
#[should_panic(expected = "is missing")]
fn a_store_without_the_tree_ends_the_process() {
    let _ = Tree::update(&Pages::new(), H256([1; 32]), &[(H256([1; 32]), None)]);
}

#[test]
fn a_proof_longer_than_a_key_is_refused() {
    let long = Proof { leaf: None, siblings: vec![H256::ZERO; 257] };
    assert!(Proof::decode(&mut long.encode().as_slice()).is_err());
    assert_eq!(long.verify(&EMPTY_ROOT, &H256::ZERO, None), Err(ProofError::Length(257)));
}

#[test]
fn a_leaf_in_the_wrong_place_proves_nothing_even_under_its_own_root() {
    let (right, value, absent) = (H256([0xff; 32]), H256([7; 32]), H256::ZERO);
    let root = inner_hash(&leaf_hash(&right, &value), &EMPTY_ROOT);
    let proof = Proof { leaf: Some((right, value)), siblings: vec![EMPTY_ROOT] };
    assert_eq!(proof.verify(&root, &absent, None), Err(ProofError::Astray { leaf: right, key: absent }));
}
