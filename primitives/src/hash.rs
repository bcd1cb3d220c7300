//! Hashes: the 32-byte value and the functions that make it.

use core::fmt;

use blake2::Blake2b;
use blake2::digest::consts::{U8, U16, U32};
use parity_scale_codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sha2::{Digest, Sha256};
use twox_hash::XxHash64;

/// A 32-byte hash. Which function made it is said where it is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct H256(pub [u8; 32]);

impl H256 {
    /// 32 zero bytes: the parent of genesis, the `prev` of block 0.
    pub const ZERO: Self = Self([0; 32]);

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Number of leading zero bits, counted from the top bit of byte 0 (decisions on block nonces).
    #[must_use]
    pub fn leading_zero_bits(&self) -> u32 {
        let mut bits = 0;
        for byte in self.0 {
            bits += byte.leading_zeros();
            if byte != 0 {
                break;
            }
        }
        bits
    }
}

impl From<[u8; 32]> for H256 {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for H256 {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for H256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for H256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

/// Text that isn't the hexadecimal form of 32 bytes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a hash: expected 64 hexadecimal digits, with or without 0x, and got {0:?}")]
pub struct ParseHashError(String);

impl core::str::FromStr for H256 {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| ParseHashError(text.chars().take(80).collect()))?;
        Ok(Self(bytes))
    }
}

/// BLAKE2b with 32 bytes of output: whatever Substrate clients hash.
#[must_use]
pub fn blake2_256(data: &[u8]) -> H256 {
    H256(Blake2b::<U32>::digest(data).into())
}

/// BLAKE2b with 16 bytes of output: the hashed part of a `Blake2_128Concat` storage key.
#[must_use]
pub fn blake2_128(data: &[u8]) -> [u8; 16] {
    Blake2b::<U16>::digest(data).into()
}

/// BLAKE2b with 8 bytes of output: by which Substrate clients know a runtime API.
#[must_use]
pub fn blake2_64(data: &[u8]) -> [u8; 8] {
    Blake2b::<U8>::digest(data).into()
}

/// SHA-256 of the concatenation of `parts`: whatever the ledger hashes.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> H256 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    H256(hasher.finalize().into())
}

/// XXH64 with seed 0, little endian: the hashed part of a `Twox64Concat` storage key.
#[must_use]
pub fn twox_64(data: &[u8]) -> [u8; 8] {
    XxHash64::oneshot(0, data).to_le_bytes()
}

/// XXH64 with seeds 0 and 1: the prefixes of storage keys.
#[must_use]
pub fn twox_128(data: &[u8]) -> [u8; 16] {
    let mut out = [0; 16];
    out[..8].copy_from_slice(&XxHash64::oneshot(0, data).to_le_bytes());
    out[8..].copy_from_slice(&XxHash64::oneshot(1, data).to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twox_128_matches_substrates_prefix_of_system() {
        assert_eq!(hex::encode(twox_128(b"System")), "26aa394eea5630e07c48ae0c9558cef7");
    }

    #[test]
    fn leading_zero_bits_count_from_the_top() {
        let mut bytes = [0; 32];
        assert_eq!(H256(bytes).leading_zero_bits(), 256);
        bytes[1] = 0x10;
        assert_eq!(H256(bytes).leading_zero_bits(), 11);
    }

    #[test]
    fn a_hash_reads_back_from_its_text() {
        let hash = blake2_256(b"tierchain");
        assert_eq!(hash.to_string().parse::<H256>(), Ok(hash));
        assert!("0x12".parse::<H256>().is_err());
    }
}
