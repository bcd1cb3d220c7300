//! Numbers that JSON's own can't hold, or that Substrate's clients expect in another form.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use tierchain_primitives::BlockNumber;

/// The largest integer up to which every JSON reader keeps each value exactly.
const EXACT_MAX: u64 = 1 << 53;

/// Either form in which a client writes a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(u64),
    Text(String),
}

/// A block number in a header: `"0x1a"`, without leading zeros; a JSON number there breaks clients.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct HexNumber(pub BlockNumber);

impl Serialize for HexNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:#x}", self.0))
    }
}

impl<'de> Deserialize<'de> for HexNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = AnyNumber::deserialize(deserializer)?.0;
        BlockNumber::try_from(number).map(Self).map_err(|_| D::Error::custom("a block number has 32 bits"))
    }
}

/// A block number that a client asks for: a JSON number, or hexadecimal text with or without `0x`. Larger than any
/// block number is no error: there is no such block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnyNumber(pub u64);

impl From<BlockNumber> for AnyNumber {
    fn from(number: BlockNumber) -> Self {
        Self(u64::from(number))
    }
}

impl Serialize for AnyNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for AnyNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match NumberOrText::deserialize(deserializer)? {
            NumberOrText::Number(number) => Ok(Self(number)),
            NumberOrText::Text(text) => {
                let digits = text.strip_prefix("0x").unwrap_or(&text);
                u64::from_str_radix(digits, 16).map(Self).map_err(|_| D::Error::custom("not a hexadecimal number"))
            }
        }
    }
}

/// A u64 of the ledger: a JSON number up to 2^53, decimal text above, so that no reader rounds it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct U64(pub u64);

impl Serialize for U64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 <= EXACT_MAX { serializer.serialize_u64(self.0) } else { serializer.collect_str(&self.0) }
    }
}

impl<'de> Deserialize<'de> for U64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match NumberOrText::deserialize(deserializer)? {
            NumberOrText::Number(number) => Ok(Self(number)),
            NumberOrText::Text(text) => text.parse().map(Self).map_err(|_| D::Error::custom("not a decimal u64")),
        }
    }
}

/// A u128 of the ledger: always decimal text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct U128(pub u128);

impl Serialize for U128 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for U128 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text::parse(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_numbers_have_no_leading_zeros() {
        for (number, text) in [(0, "\"0x0\""), (26, "\"0x1a\""), (u32::MAX, "\"0xffffffff\"")] {
            assert_eq!(serde_json::to_string(&HexNumber(number)).expect("JSON"), text);
            assert_eq!(serde_json::from_str::<HexNumber>(text).expect("a number"), HexNumber(number));
        }
        assert!(serde_json::from_str::<HexNumber>("\"0x100000000\"").is_err());
    }

    #[test]
    fn a_client_may_ask_by_number_or_by_hexadecimal_text() {
        for (text, number) in [("30", 30), ("\"0x1e\"", 30), ("\"1e\"", 30), ("5000000000", 5_000_000_000)] {
            assert_eq!(serde_json::from_str::<AnyNumber>(text).expect("a number"), AnyNumber(number));
        }
        assert!(serde_json::from_str::<AnyNumber>("-1").is_err());
        assert!(serde_json::from_str::<AnyNumber>("\"0x\"").is_err());
    }

    #[test]
    fn numbers_that_readers_would_round_are_text() {
        for (number, text) in [(EXACT_MAX, "9007199254740992"), (EXACT_MAX + 1, "\"9007199254740993\"")] {
            assert_eq!(serde_json::to_string(&U64(number)).expect("JSON"), text);
            assert_eq!(serde_json::from_str::<U64>(text).expect("a number"), U64(number));
        }
        assert_eq!(serde_json::to_string(&U128(7)).expect("JSON"), "\"7\"");
        assert_eq!(serde_json::from_str::<U128>(&format!("\"{}\"", u128::MAX)).expect("a number"), U128(u128::MAX));
    }
}
