//! Headers and blocks of the network, in the shape that Substrate's clients read.

use parity_scale_codec::{Decode, Encode};
use serde::{Deserialize, Serialize};
use tierchain_primitives::header::{DigestItem, ENGINE_ID, Header as PlainHeader};

use super::{Bytes, Hash, HexNumber};
use crate::backend::FinalBlock;

/// One value or a list of values: `chain_getBlockHash` takes and answers either.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ListOrValue<T> {
    /// Several.
    List(Vec<T>),
    /// One.
    Value(T),
}

/// A block header.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The parent's hash.
    pub parent_hash: Hash,
    /// The number, as hexadecimal text.
    pub number: HexNumber,
    /// Root of the authenticated state after the block that the header says was executed.
    pub state_root: Hash,
    /// Root over the block's extrinsics.
    pub extrinsics_root: Hash,
    /// Consensus data.
    pub digest: Digest,
}

/// A header's digest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Digest {
    /// Its items, each in SCALE.
    pub logs: Vec<Bytes>,
}

impl From<&PlainHeader> for Header {
    fn from(header: &PlainHeader) -> Self {
        Self {
            parent_hash: Hash(header.parent_hash),
            number: HexNumber(header.number),
            state_root: Hash(header.state_root),
            extrinsics_root: Hash(header.extrinsics_root),
            digest: Digest { logs: header.digest.iter().map(|item| Bytes(item.encode())).collect() },
        }
    }
}

/// A header whose digest holds an item that this version can't read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the header's digest item {0} can't be decoded: the node runs another version than this program")]
pub struct UnreadableDigest(usize);

impl TryFrom<&Header> for PlainHeader {
    type Error = UnreadableDigest;

    fn try_from(header: &Header) -> Result<Self, Self::Error> {
        let read =
            |(at, item): (usize, &Bytes)| DigestItem::decode(&mut item.0.as_slice()).map_err(|_| UnreadableDigest(at));
        Ok(Self {
            parent_hash: header.parent_hash.0,
            number: header.number.0,
            state_root: header.state_root.0,
            extrinsics_root: header.extrinsics_root.0,
            digest: header.digest.logs.iter().enumerate().map(read).collect::<Result<_, _>>()?,
        })
    }
}

/// A block's header and its extrinsics.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The extrinsics, length prefixes included.
    pub extrinsics: Vec<Bytes>,
}

/// Engine id and proof, both as JSON arrays of numbers.
pub type Justification = ([u8; 4], Vec<u8>);

/// A block and why it is final.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SignedBlock {
    /// The block.
    pub block: Block,
    /// The commit certificate in SCALE under the engine id `PBFT`; null for genesis, which needs none.
    pub justifications: Option<Vec<Justification>>,
}

impl From<FinalBlock> for SignedBlock {
    fn from(block: FinalBlock) -> Self {
        let header = Header::from(&block.header);
        let extrinsics = block.extrinsics.into_iter().map(Bytes).collect();
        let justifications = block.certificate.map(|certificate| vec![(ENGINE_ID, certificate.encode())]);
        Self { block: Block { header, extrinsics }, justifications }
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::header::PreRuntime;
    use tierchain_primitives::{H256, ValidatorIndex};

    use super::*;

    #[test]
    fn a_header_reads_back_with_its_hash() {
        let pre_runtime = PreRuntime { proposer: ValidatorIndex(2), timestamp: 5, executed: 25 };
        let header = PlainHeader::new(H256([1; 32]), 26, H256([2; 32]), H256([3; 32]), pre_runtime);
        let text = serde_json::to_string(&Header::from(&header)).expect("JSON");
        assert!(text.contains(r#""number":"0x1a""#), "{text}");
        let read: Header = serde_json::from_str(&text).expect("a header");
        assert_eq!(PlainHeader::try_from(&read).expect("our digest").hash(), header.hash());
    }

    #[test]
    fn an_unknown_digest_item_is_named() {
        let pre_runtime = PreRuntime { proposer: ValidatorIndex(0), timestamp: 0, executed: 0 };
        let mut header = Header::from(&PlainHeader::new(H256::ZERO, 0, H256::ZERO, H256::ZERO, pre_runtime));
        header.digest.logs.push(Bytes(vec![99]));
        assert_eq!(PlainHeader::try_from(&header), Err(UnreadableDigest(1)));
    }
}
