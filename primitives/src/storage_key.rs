//! Storage keys, byte-identical to Substrate's: twox128(pallet) ‖ twox128(item) ‖ hashed key.

use crate::hash::{blake2_128, twox_64, twox_128};

/// The first 32 bytes of all keys of one storage item.
#[must_use]
pub fn prefix(pallet: &str, item: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out[..16].copy_from_slice(&twox_128(pallet.as_bytes()));
    out[16..].copy_from_slice(&twox_128(item.as_bytes()));
    out
}

/// How a map's key becomes part of its storage key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hasher {
    /// 16 bytes of BLAKE2b, then the key: for keys that an attacker can choose.
    Blake2_128Concat,
    /// 8 bytes of XXH64, then the key: for keys that nobody can choose.
    Twox64Concat,
    /// The key itself: for keys that are hashes already.
    Identity,
}

impl Hasher {
    /// Appends the hashed form of `key` to `out`.
    pub fn append(self, out: &mut Vec<u8>, key: &[u8]) {
        match self {
            Self::Blake2_128Concat => out.extend_from_slice(&blake2_128(key)),
            Self::Twox64Concat => out.extend_from_slice(&twox_64(key)),
            Self::Identity => {}
        }
        out.extend_from_slice(key);
    }
}

/// The whole key of a plain value or of a map's entry under one encoded key.
#[must_use]
pub fn map_key(prefix: &[u8; 32], hasher: Hasher, key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 + 16 + key.len());
    out.extend_from_slice(prefix);
    hasher.append(&mut out, key);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_account_has_substrates_prefix() {
        let expected = "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9";
        assert_eq!(hex::encode(prefix("System", "Account")), expected);
    }

    #[test]
    fn concat_hashers_keep_the_key_readable() {
        let key = map_key(&[0; 32], Hasher::Twox64Concat, &[1, 2, 3]);
        assert_eq!(key.len(), 32 + 8 + 3);
        assert_eq!(key[40..], [1, 2, 3]);
    }
}
