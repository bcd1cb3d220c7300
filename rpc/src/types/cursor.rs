//! Places in what a subscription follows, so that a client that comes back goes on where it was.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tierchain_primitives::BlockNumber;
use tierchain_primitives::ledger::BlockKind;

use super::{Address, EntityBlock, Hash, MetaBlock, Named, Ownership, ServerUuid};

/// How the place behind all others of a block is written.
const END: &str = "end";

/// A place in a list that only grows: the block of the network that made the item, and the item's place. Text
/// `BLOCK/PLACE`; clients keep it and give it back. `0/0` stands before everything, `BLOCK/end` behind all of a block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Cursor {
    /// The block of the network.
    pub block: BlockNumber,
    /// The place: within the block for blocks of the ledger, within the list for steps of directives.
    pub place: u64,
}

impl Cursor {
    /// Behind everything that a block of the network made.
    #[must_use]
    pub fn end_of(block: BlockNumber) -> Self {
        Self { block, place: u64::MAX }
    }

    /// Whether it stands behind everything that its block made.
    #[must_use]
    pub fn is_end(self) -> bool {
        self.place == u64::MAX
    }
}

impl core::fmt::Display for Cursor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.is_end() {
            true => write!(f, "{}/{END}", self.block),
            false => write!(f, "{}/{}", self.block, self.place),
        }
    }
}

/// Text that is no cursor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "not a cursor: give that of the last item (BLOCK/PLACE), BLOCK/end for what comes after a block, 0/0 for all there \
     ever was, or null for what is new"
)]
pub struct ParseCursorError;

impl core::str::FromStr for Cursor {
    type Err = ParseCursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (block, place) = text.split_once('/').ok_or(ParseCursorError)?;
        let block = block.parse().map_err(|_| ParseCursorError)?;
        if place == END {
            return Ok(Self::end_of(block));
        }
        Ok(Self { block, place: place.parse().map_err(|_| ParseCursorError)? })
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text::parse(deserializer)
    }
}

/// An item of `chains_subscribeBlocks`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChainItem {
    /// Where to go on after this block.
    pub cursor: Cursor,
    /// The block.
    pub block: EntityBlock,
}

/// An item of `meta_subscribeBlocks`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetaItem {
    /// Where to go on after this block.
    pub cursor: Cursor,
    /// The block.
    pub block: MetaBlock,
}

/// Which blocks `chains_subscribeBlocks` gives: those that match everything that is said. Unknown fields are refused.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BlockFilter {
    /// Of this server, all its lives.
    pub uuid: Option<ServerUuid>,
    /// Of this chain.
    pub chain: Option<Hash>,
    /// Of servers of this provider.
    pub provider: Option<Hash>,
    /// Of servers of this tenant.
    pub tenant: Option<Hash>,
    /// Of servers of this network service.
    pub service: Option<Hash>,
    /// Written by this account.
    pub writer: Option<Address>,
    /// Of this kind: births, ends, or what lies between.
    pub kind: Option<Named<BlockKind>>,
}

impl BlockFilter {
    /// Whether the owners of a block's server must be known to tell whether it matches.
    #[must_use]
    pub fn asks_for_owners(&self) -> bool {
        self.provider.is_some() || self.tenant.is_some() || self.service.is_some()
    }

    /// Whether a block matches in all but its owners.
    #[must_use]
    pub fn matches(&self, block: &tierchain_primitives::ledger::EntityBlock) -> bool {
        let uuid = block.tx.event.server.uuid;
        self.uuid.is_none_or(|wanted| wanted.0 == uuid)
            && self.chain.is_none_or(|wanted| wanted.0 == block.chain)
            && self.writer.is_none_or(|wanted| wanted.0 == block.tx.writer)
            && self.kind.is_none_or(|wanted| wanted.0 == block.kind)
    }

    /// Whether owners match.
    #[must_use]
    pub fn matches_owners(&self, owners: &Ownership) -> bool {
        self.provider.is_none_or(|wanted| wanted == owners.provider)
            && self.tenant.is_none_or(|wanted| wanted == owners.tenant)
            && self.service.is_none_or(|wanted| wanted == owners.service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_text_and_reads_back() {
        let cursor = Cursor { block: 7, place: 1 << 40 };
        let json = serde_json::to_string(&cursor).expect("JSON");
        assert_eq!(json, format!("\"7/{}\"", 1u64 << 40));
        assert_eq!(serde_json::from_str::<Cursor>(&json).expect("ours"), cursor);
        let end = Cursor::end_of(7);
        assert_eq!((end.to_string().as_str(), "7/end".parse()), ("7/end", Ok(end)));
        for wrong in ["\"\"", "\"7\"", "\"7/\"", "\"-1/0\"", "\"4294967296/0\"", "7"] {
            assert!(serde_json::from_str::<Cursor>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_filter_with_an_unknown_field_is_refused() {
        assert!(serde_json::from_str::<BlockFilter>(r#"{"tenat":null}"#).is_err());
    }
}
