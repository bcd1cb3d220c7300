//! Which storage items the authenticated tree commits to, and what the headers say of the others.

use std::sync::LazyLock;

use parity_scale_codec::Encode;
use tierchain_primitives::header::{Header, NoPreRuntime};
use tierchain_primitives::storage_key::prefix;
use tierchain_primitives::{BlockNumber, H256};

use crate::{system, timestamp};

/// A storage key and the value under it.
type Entry = (Vec<u8>, Vec<u8>);

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

/// State that is no leaf and stands in the header of the block that made it: number, parent, digest and time.
///
/// # Errors
/// [`NoPreRuntime`] when the header doesn't carry the consensus data.
pub fn facts_of(header: &Header) -> Result<[Entry; 4], NoPreRuntime> {
    let timestamp = header.pre_runtime()?.timestamp;
    Ok([
        (system::NUMBER.key().to_vec(), header.number.encode()),
        (system::PARENT_HASH.key().to_vec(), header.parent_hash.encode()),
        (system::DIGEST.key().to_vec(), header.digest.encode()),
        (timestamp::NOW.key().to_vec(), timestamp.encode()),
    ])
}

/// State that is no leaf: the hash of an earlier block, which the next header names as its parent. The state after
/// block n has those of the last [`BLOCK_HASH_COUNT`](tierchain_primitives::limits::BLOCK_HASH_COUNT) blocks before
/// it, and of genesis.
#[must_use]
pub fn block_hash_fact(number: BlockNumber, hash: H256) -> Entry {
    (system::BLOCK_HASH.key(&number), hash.encode())
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::ValidatorIndex;
    use tierchain_primitives::header::PreRuntime;

    use super::*;
    use crate::{BlockContext, GenesisConfig, execute, genesis_state};

    #[test]
    fn what_is_no_leaf_is_known_from_headers_but_for_what_happened_in_the_block() {
        let state = genesis_state(&GenesisConfig::default());
        let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: 77, executed: 0 };
        let header = Header::new(H256([5; 32]), 1, H256::ZERO, H256::ZERO, pre);
        let block = BlockContext::new(&header, H256([5; 32])).expect("it has consensus data");
        let state: std::collections::BTreeMap<_, _> = state.into_iter().collect();
        let made = execute(&state, &block, &[]).changes;
        let happened = [system::EVENTS.key(), system::EVENT_COUNT.key(), system::EXTRINSIC_COUNT.key()];
        let no_leaf =
            made.into_iter().filter(|(key, _)| !is_leaf(key) && happened.iter().all(|other| other != &key[..]));
        let mut known: Vec<Entry> = facts_of(&header).expect("it has consensus data").into();
        known.push(block_hash_fact(0, header.parent_hash));
        known.sort_unstable();
        assert_eq!(no_leaf.map(|(key, value)| (key, value.expect("set"))).collect::<Vec<_>>(), known);
    }

    #[test]
    fn accounts_and_code_are_leaves_and_block_facts_are_not() {
        assert!(is_leaf(&system::ACCOUNT.key(&tierchain_primitives::AccountId([1; 32]))));
        assert!(is_leaf(system::CODE_KEY));
        assert!(!is_leaf(&system::BLOCK_HASH.key(&7)));
        assert!(!is_leaf(&crate::timestamp::NOW.key()));
    }
}
