//! Storage keys, tree roots, proofs.

use std::collections::BTreeMap;

use parity_scale_codec::Encode;
use tierchain_primitives::H256;
use tierchain_primitives::storage_key::{Hasher, map_key, prefix};
use tierchain_primitives::tree::{EMPTY_ROOT, Tree, leaf_key, root_of, value_hash};

use crate::Golden;

#[test]
fn storage_keys() {
    let mut golden =
        Golden::new("storage_key.txt", "Storage keys: of the value System.Number, of maps with key 010203");
    golden.add("value", prefix("System", "Number"));
    let hashers = [
        ("blake2_128_concat", Hasher::Blake2_128Concat),
        ("twox_64_concat", Hasher::Twox64Concat),
        ("identity", Hasher::Identity),
    ];
    for (name, hasher) in hashers {
        golden.add(&format!("map.{name}"), map_key(&prefix("System", "Account"), hasher, &[1, 2, 3]));
    }
    golden.check();
}

#[test]
fn trees() {
    let mut golden =
        Golden::new("tree.txt", "Trees over the storage keys 00, 01, 02… with values 00, 0101, 020202…; proofs with 8");
    golden.add("leaf_key.00", leaf_key(&[0]));
    golden.add("value_hash.00", value_hash(&[0]));
    let leaf = |n: u8| (leaf_key(&[n]), value_hash(&vec![n; usize::from(n) + 1]));
    for count in [0, 1, 2, 3, 4, 8, 100] {
        golden.add(&format!("root.{count}"), root_of((0..count).map(leaf)));
    }
    let changes: BTreeMap<H256, Option<H256>> = (0..8).map(leaf).map(|(key, value)| (key, Some(value))).collect();
    let changes: Vec<_> = changes.into_iter().collect();
    let update = Tree::update(&BTreeMap::<Vec<u8>, Vec<u8>>::new(), EMPTY_ROOT, &changes);
    assert_eq!(update.root, root_of((0..8).map(leaf)));
    let pages: BTreeMap<Vec<u8>, Vec<u8>> =
        update.pages.into_iter().filter_map(|(key, page)| Some((key, page?))).collect();
    let prove = |key: &H256| Tree::prove(&pages, update.root, key);
    golden.add("proof.included.00", prove(&leaf(0).0).encode());
    golden.add("proof.included.07", prove(&leaf(7).0).encode());
    // The first absent keys whose way ends at an empty subtree, and at another key's leaf.
    let absent = |ends_at_leaf: bool| (8..=255).find(|n| prove(&leaf_key(&[*n])).leaf.is_some() == ends_at_leaf);
    for (name, ends_at_leaf) in [("empty", false), ("other_leaf", true)] {
        let storage_key = [absent(ends_at_leaf).expect("248 keys meet both cases")];
        let proof = prove(&leaf_key(&storage_key));
        assert_eq!(proof.verify(&update.root, &leaf_key(&storage_key), None), Ok(()));
        golden.add(&format!("proof.absent.{name}.storage_key"), storage_key);
        golden.add(&format!("proof.absent.{name}"), proof.encode());
    }
    golden.check();
}
