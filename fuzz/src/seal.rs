//! Sealed trackers' keys, taken from the agent's sources: they lie on the ledger, where anybody may have put them.

#[path = "../../agent/src/seal.rs"]
mod code;

use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_primitives::{AccountId, H256, crypto::KeyPair};

const GENESIS: H256 = H256([1; 32]);
const SERVER: ServerId = ServerId { uuid: Uuid([3; 16]), generation: 7 };
/// What was sealed for the key of the seed [2; 32], and nothing else was.
const SEALED: &[u8] = include_bytes!("../corpus/seal/seed-00");
const SEED: [u8; 32] = [4; 32];

/// What came as a sealed key, and as an account that one is to be sealed for.
pub fn fuzz_seal(bytes: &[u8]) {
    let key = KeyPair::from_seed(&[2; 32]);
    let opened = code::open(&GENESIS, &SERVER, &key, bytes);
    assert_eq!(opened.is_some(), bytes == SEALED, "what was sealed opens, and nothing else");
    assert!(opened.is_none_or(|seed| *seed == SEED));
    let Some((account, _)) = bytes.split_first_chunk().filter(|(account, _)| **account != key.public().0) else {
        return;
    };
    if let Some(sealed) = code::seal(&GENESIS, &SERVER, &AccountId(*account), &SEED) {
        assert_eq!(sealed.len(), SEALED.len());
        assert!(code::open(&GENESIS, &SERVER, &key, &sealed).is_none(), "it opens for somebody else");
    }
}
