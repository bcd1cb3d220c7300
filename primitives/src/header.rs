//! The block header: Substrate's, byte for byte, with the consensus data in a pre-runtime digest.
//!
//! Nothing in a header depends on the view, so a block that a later primary proposes again keeps its hash. View and
//! commit certificate travel beside the block, as its justification.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input, Output};
use scale_info::TypeInfo;

use crate::hash::{H256, blake2_256};
use crate::limits::{DIGEST_ITEM_BYTES_MAX, DIGEST_ITEMS_MAX};
use crate::numbers::{BlockNumber, Millis, ValidatorIndex};

/// The consensus engine's id in digests and justifications.
pub const ENGINE_ID: [u8; 4] = *b"PBFT";

/// What a header says, in the order of its SCALE encoding: `parent_hash ‖ compact(number) ‖ state_root ‖
/// extrinsics_root ‖ digest`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Header {
    /// BLAKE2b-256 of the parent's header; zero in genesis.
    pub parent_hash: H256,
    /// The parent's number plus one; 0 in genesis.
    pub number: BlockNumber,
    /// Root of the authenticated state after block [`PreRuntime::executed`].
    pub state_root: H256,
    /// SHA-256 Merkle root over the extrinsics of this block ([`extrinsics_root`]).
    pub extrinsics_root: H256,
    /// Consensus data, first of it the pre-runtime item.
    pub digest: Vec<DigestItem>,
}

/// An item of a header's digest. Only the kinds that Substrate clients know.
#[derive(Clone, PartialEq, Eq, Hash, Debug, TypeInfo)]
pub enum DigestItem {
    /// Not used by us; clients know it.
    #[codec(index = 0)]
    Other(Vec<u8>),
    /// A message to whoever follows consensus: the next validator set.
    #[codec(index = 4)]
    Consensus([u8; 4], Vec<u8>),
    /// Not used by us: the certificate isn't part of the header.
    #[codec(index = 5)]
    Seal([u8; 4], Vec<u8>),
    /// What must be known before execution: [`PreRuntime`].
    #[codec(index = 6)]
    PreRuntime([u8; 4], Vec<u8>),
    /// The runtime's version changes with this block.
    #[codec(index = 8)]
    RuntimeEnvironmentUpdated,
}

/// The consensus data every header carries in `PreRuntime("PBFT")`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct PreRuntime {
    /// Who made the block; a block that is proposed again keeps its first proposer.
    pub proposer: ValidatorIndex,
    /// The block's time in milliseconds since the Unix epoch, later than the parent's.
    pub timestamp: Millis,
    /// The block whose state [`Header::state_root`] is the root of.
    pub executed: BlockNumber,
}

/// Why a header's digest is not one of this chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the header has no PreRuntime(\"PBFT\") digest of the form (proposer, timestamp, executed) as its first item")]
pub struct NoPreRuntime;

impl Header {
    /// The block's hash: BLAKE2b-256 of the SCALE encoding.
    #[must_use]
    pub fn hash(&self) -> H256 {
        blake2_256(&self.encode())
    }

    /// Builds a header with its consensus data in place.
    #[must_use]
    pub fn new(
        parent_hash: H256,
        number: BlockNumber,
        state_root: H256,
        extrinsics_root: H256,
        pre_runtime: PreRuntime,
    ) -> Self {
        let digest = vec![DigestItem::PreRuntime(ENGINE_ID, pre_runtime.encode())];
        Self { parent_hash, number, state_root, extrinsics_root, digest }
    }

    /// The consensus data.
    ///
    /// # Errors
    /// [`NoPreRuntime`] when the first digest item isn't ours or doesn't decode to its end.
    pub fn pre_runtime(&self) -> Result<PreRuntime, NoPreRuntime> {
        match self.digest.first() {
            Some(DigestItem::PreRuntime(ENGINE_ID, bytes)) => {
                let mut input = bytes.as_slice();
                let decoded = PreRuntime::decode(&mut input).map_err(|_| NoPreRuntime)?;
                if input.is_empty() { Ok(decoded) } else { Err(NoPreRuntime) }
            }
            _ => Err(NoPreRuntime),
        }
    }
}

impl Encode for Header {
    fn encode_to<T: Output + ?Sized>(&self, dest: &mut T) {
        self.parent_hash.encode_to(dest);
        Compact(self.number).encode_to(dest);
        self.state_root.encode_to(dest);
        self.extrinsics_root.encode_to(dest);
        self.digest.encode_to(dest);
    }
}

impl Decode for Header {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let parent_hash = H256::decode(input)?;
        let number = Compact::<BlockNumber>::decode(input)?.0;
        let state_root = H256::decode(input)?;
        let extrinsics_root = H256::decode(input)?;
        let items = Compact::<u32>::decode(input)?.0;
        if items > DIGEST_ITEMS_MAX {
            return Err("a header with too many digest items".into());
        }
        let digest = (0..items).map(|_| DigestItem::decode(input)).collect::<Result<_, _>>()?;
        Ok(Self { parent_hash, number, state_root, extrinsics_root, digest })
    }
}

impl Encode for DigestItem {
    fn encode_to<T: Output + ?Sized>(&self, dest: &mut T) {
        match self {
            Self::Other(bytes) => (0u8, bytes).encode_to(dest),
            Self::Consensus(engine, bytes) => (4u8, engine, bytes).encode_to(dest),
            Self::Seal(engine, bytes) => (5u8, engine, bytes).encode_to(dest),
            Self::PreRuntime(engine, bytes) => (6u8, engine, bytes).encode_to(dest),
            Self::RuntimeEnvironmentUpdated => 8u8.encode_to(dest),
        }
    }
}

impl Decode for DigestItem {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(match input.read_byte()? {
            0 => Self::Other(item_bytes(input)?),
            4 => Self::Consensus(<[u8; 4]>::decode(input)?, item_bytes(input)?),
            5 => Self::Seal(<[u8; 4]>::decode(input)?, item_bytes(input)?),
            6 => Self::PreRuntime(<[u8; 4]>::decode(input)?, item_bytes(input)?),
            8 => Self::RuntimeEnvironmentUpdated,
            _ => return Err("a digest item of an unknown kind".into()),
        })
    }
}

fn item_bytes<I: Input>(input: &mut I) -> Result<Vec<u8>, Error> {
    let length = Compact::<u32>::decode(input)?.0;
    if length > DIGEST_ITEM_BYTES_MAX {
        return Err("a digest item that is too long".into());
    }
    let mut bytes = vec![0; length as usize];
    input.read(&mut bytes)?;
    Ok(bytes)
}

/// The SHA-256 Merkle root over the extrinsics' bytes (as in a block, length prefix included), after RFC 6962: a leaf
/// is `SHA-256(0x00 ‖ bytes)`, a node `SHA-256(0x01 ‖ left ‖ right)`, split at the largest power of two below the
/// count; without extrinsics it is the SHA-256 of nothing.
#[must_use]
pub fn extrinsics_root<T: AsRef<[u8]>>(extrinsics: &[T]) -> H256 {
    use crate::hash::sha256;
    match extrinsics {
        [] => sha256(&[]),
        [one] => sha256(&[&[0], one.as_ref()]),
        many => {
            let split = many.len().next_power_of_two() / 2;
            let (left, right) = many.split_at(split);
            sha256(&[&[1], extrinsics_root(left).as_ref(), extrinsics_root(right).as_ref()])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let pre = PreRuntime { proposer: ValidatorIndex(2), timestamp: 1_795_227_255_965, executed: 6 };
        Header::new(H256([1; 32]), 7, H256([2; 32]), H256([3; 32]), pre)
    }

    #[test]
    fn a_header_decodes_to_itself() {
        let bytes = header().encode();
        assert_eq!(Header::decode(&mut bytes.as_slice()), Ok(header()));
        assert_eq!(header().pre_runtime().map(|pre| pre.executed), Ok(6));
    }

    #[test]
    fn a_digest_is_bounded_before_it_is_read() {
        let mut bytes = header().encode();
        let items_at = 32 + 1 + 32 + 32;
        bytes[items_at] = 0xfc; // compact 63
        assert!(Header::decode(&mut bytes.as_slice()).is_err());
    }

    #[test]
    fn trailing_bytes_in_the_pre_runtime_item_are_refused() {
        let mut header = header();
        if let Some(DigestItem::PreRuntime(_, bytes)) = header.digest.first_mut() {
            bytes.push(0);
        }
        assert_eq!(header.pre_runtime(), Err(NoPreRuntime));
    }

    #[test]
    fn the_extrinsics_root_depends_on_order_and_shape() {
        let empty: [&[u8]; 0] = [];
        assert_eq!(
            extrinsics_root(&empty).to_string(),
            "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_ne!(extrinsics_root(&[b"a", b"b", b"c"]), extrinsics_root(&[b"a", b"c", b"b"]));
        assert_ne!(extrinsics_root(&[b"a", b"b"]), extrinsics_root(&[b"a", b"b", b"b"]));
    }
}
