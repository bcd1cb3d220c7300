//! Which storage items the authenticated tree commits to.

use std::sync::LazyLock;

use tierchain_primitives::storage_key::prefix;

/// Readable state that is no leaf: the header or the block says it anyway, and it changes with every block.
static NO_LEAVES: LazyLock<[[u8; 32]; 8]> = LazyLock::new(|| {
    [
        prefix("System", "Number"),
        prefix("System", "ParentHash"),
        prefix("System", "Digest"),
        prefix("System", "BlockHash"),
        prefix("System", "EventCount"),
        prefix("System", "ExtrinsicCount"),
        prefix("System", "Events"),
        prefix("Timestamp", "Now"),
    ]
});

/// Whether the value under a storage key is a leaf of the authenticated tree.
#[must_use]
pub fn is_leaf(key: &[u8]) -> bool {
    match key.get(..32) {
        Some(item) => !NO_LEAVES.iter().any(|prefix| prefix.as_slice() == item),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system;

    #[test]
    fn accounts_and_code_are_leaves_and_block_facts_are_not() {
        assert!(is_leaf(&system::ACCOUNT.key(&tierchain_primitives::AccountId([1; 32]))));
        assert!(is_leaf(system::CODE_KEY));
        assert!(!is_leaf(&system::BLOCK_HASH.key(&7)));
        assert!(!is_leaf(&crate::timestamp::NOW.key()));
    }
}
