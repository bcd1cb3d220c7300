//! Bytes and hashes: hexadecimal text, `0x` and lower case on the way out, with or without `0x` on the way in.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use tierchain_primitives::H256;

/// A hash in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Hash(pub H256);

impl From<H256> for Hash {
    fn from(hash: H256) -> Self {
        Self(hash)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text::parse(deserializer).map(Self)
    }
}

/// A byte string in JSON. The empty string means no bytes, as one client writes them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Bytes(pub Vec<u8>);

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(2 + self.0.len() * 2);
        text.push_str("0x");
        text.push_str(&hex::encode(&self.0));
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        let bytes = hex::decode(digits)
            .map_err(|error| D::Error::custom(format!("not a hexadecimal byte string ({error}): write it as 0x…")))?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_with_and_without_its_prefix() {
        let check = |text: &str, expected: &[u8]| {
            let read: Bytes = serde_json::from_str(text).expect("hexadecimal");
            assert_eq!(read.0, expected);
        };
        check(r#""0x0aFf""#, &[0x0a, 0xff]);
        check(r#""0aff""#, &[0x0a, 0xff]);
        check(r#""0x""#, &[]);
        check(r#""""#, &[]);
        for wrong in [r#""0x1""#, r#""0xzz""#, "7"] {
            assert!(serde_json::from_str::<Bytes>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_hash_is_exactly_32_bytes() {
        let hash = Hash(H256([0xab; 32]));
        let text = serde_json::to_string(&hash).expect("JSON");
        assert_eq!(text, format!("\"0x{}\"", "ab".repeat(32)));
        assert_eq!(serde_json::from_str::<Hash>(&text).expect("a hash"), hash);
        assert_eq!(serde_json::from_str::<Hash>(&text.replace("0x", "")).expect("a hash"), hash);
        assert!(serde_json::from_str::<Hash>(&text.replace("0xab", "0x")).is_err());
    }
}
