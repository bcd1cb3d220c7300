//! What nodes say to each other besides consensus messages: bundles, bodies, ranges of certified blocks.

use std::sync::Arc;

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};
use tierchain_consensus::Verify;
use tierchain_primitives::bundle::{Bundle, decode_extrinsics};
use tierchain_primitives::certificate::{Certificate, SignedKind, ValidatorSet, signed_bytes};
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::header::{Header, extrinsics_root};
use tierchain_primitives::limits::{BLOCK_BYTES_MAX, BLOCK_EXTRINSICS_MAX};
use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};

use crate::evidence::Evidence;
use crate::snapshot;

/// Most blocks of one range.
pub const RANGE_BLOCKS_MAX: usize = 256;

/// Most bytes of one range; one block always fits.
pub const RANGE_BYTES_MAX: usize = BLOCK_BYTES_MAX + 512 * 1024;

/// A bundle with its maker's signature, so that whoever spreads garbage is known.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct SignedBundle {
    /// The epoch of the maker's set.
    pub epoch: Epoch,
    /// Which validator gathered it.
    pub maker: ValidatorIndex,
    /// Its maker's newest final block when it was gathered: each signature in it holds for the birth block that counts
    /// at the next one. So a signature that doesn't is its maker's fault, whenever it is looked at.
    pub at: BlockNumber,
    /// The extrinsics.
    pub bundle: Bundle,
    /// By the maker, over kind Bundle, view 0, number `at` and the bundle's digest.
    pub signature: Signature,
}

impl SignedBundle {
    /// What its maker signs.
    #[must_use]
    pub fn signed_bytes(genesis: &H256, epoch: Epoch, at: BlockNumber, digest: &H256) -> Vec<u8> {
        signed_bytes(genesis, epoch, SignedKind::Bundle, View(0), at, digest)
    }

    /// Whether it is of this set's epoch and its maker's signature holds.
    #[must_use]
    pub fn is_signed(&self, genesis: &H256, set: &ValidatorSet, verify: &dyn Verify) -> bool {
        let Some(key) = set.key(self.maker) else { return false };
        let bytes = Self::signed_bytes(genesis, self.epoch, self.at, &self.bundle.digest());
        self.epoch == set.epoch && verify.holds(key, &bytes, &self.signature)
    }
}

/// A block and the proof that it is final.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct CertifiedBlock {
    /// Its header.
    pub header: Header,
    /// Its extrinsics.
    pub body: Vec<Vec<u8>>,
    /// Its commit certificate.
    pub certificate: Certificate,
}

impl CertifiedBlock {
    /// Whether header, body and certificate belong together. The certificate's signatures are checked elsewhere.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.certificate.hash == self.header.hash()
            && self.certificate.number == self.header.number
            && self.header.extrinsics_root == extrinsics_root(&self.body)
    }
}

impl Decode for CertifiedBlock {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let header = Header::decode(input)?;
        let body = decode_body(input)?;
        let certificate = Certificate::decode(input)?;
        Ok(Self { header, body, certificate })
    }
}

/// Requests and answers between two nodes. A request is answered or said to be unanswerable, never left open.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub enum SyncMessage {
    /// Give me this bundle.
    #[codec(index = 0)]
    BundleRequest {
        /// Its digest.
        digest: H256,
    },
    /// A bundle, asked for or pushed.
    #[codec(index = 1)]
    Bundle(SignedBundle),
    /// Give me header and body of this block that isn't final yet.
    #[codec(index = 2)]
    BlockRequest {
        /// Its number.
        number: BlockNumber,
        /// Its hash.
        hash: H256,
    },
    /// Header and body of a block that was asked for.
    #[codec(index = 3)]
    Block {
        /// Its header.
        header: Header,
        /// Its extrinsics.
        body: Vec<Vec<u8>>,
    },
    /// Give me certified blocks from this number on.
    #[codec(index = 4)]
    RangeRequest {
        /// The first.
        from: BlockNumber,
    },
    /// Certified blocks in order, as many as fit.
    #[codec(index = 5)]
    Range {
        /// The blocks; none when the sender has none from the number on that was asked for.
        blocks: Vec<CertifiedBlock>,
    },
    /// My newest final block, for whoever follows.
    #[codec(index = 6)]
    Height {
        /// Its number.
        number: BlockNumber,
    },
    /// I haven't got what you asked for under this hash.
    #[codec(index = 7)]
    Missing {
        /// A bundle's digest or a block's hash.
        hash: H256,
    },
    /// A validator's fault, proven.
    #[codec(index = 8)]
    Evidence(Arc<Evidence>),
    /// About snapshots.
    #[codec(index = 16)]
    Snapshot(snapshot::Message),
}

impl Decode for SyncMessage {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(match input.read_byte()? {
            0 => Self::BundleRequest { digest: H256::decode(input)? },
            1 => Self::Bundle(SignedBundle::decode(input)?),
            2 => Self::BlockRequest { number: BlockNumber::decode(input)?, hash: H256::decode(input)? },
            3 => Self::Block { header: Header::decode(input)?, body: decode_body(input)? },
            4 => Self::RangeRequest { from: BlockNumber::decode(input)? },
            5 => {
                let count = Compact::<u32>::decode(input)?.0 as usize;
                if count > RANGE_BLOCKS_MAX {
                    return Err("a range that is too long".into());
                }
                Self::Range { blocks: (0..count).map(|_| Decode::decode(input)).collect::<Result<_, _>>()? }
            }
            6 => Self::Height { number: BlockNumber::decode(input)? },
            7 => Self::Missing { hash: H256::decode(input)? },
            8 => Self::Evidence(Arc::new(Evidence::decode(input)?)),
            16 => Self::Snapshot(snapshot::Message::decode(input)?),
            _ => return Err("a message of an unknown kind".into()),
        })
    }
}

/// Decodes a block's extrinsics within a block's limits.
///
/// # Errors
/// When there are too many or they are too long.
pub fn decode_body<I: Input>(input: &mut I) -> Result<Vec<Vec<u8>>, Error> {
    decode_extrinsics(input, BLOCK_EXTRINSICS_MAX, BLOCK_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sync_messages_decode_to_themselves() {
        let bundle = Bundle { extrinsics: vec![vec![1, 2]] };
        let messages = [
            SyncMessage::BundleRequest { digest: H256([1; 32]) },
            SyncMessage::Bundle(SignedBundle {
                epoch: Epoch(0),
                maker: ValidatorIndex(1),
                at: 7,
                bundle,
                signature: Signature::ZERO,
            }),
            SyncMessage::BlockRequest { number: 3, hash: H256([2; 32]) },
            SyncMessage::RangeRequest { from: 4 },
            SyncMessage::Range { blocks: Vec::new() },
            SyncMessage::Height { number: 5 },
            SyncMessage::Missing { hash: H256([3; 32]) },
        ];
        for message in messages {
            assert_eq!(SyncMessage::decode(&mut message.encode().as_slice()), Ok(message));
        }
    }

    #[test]
    fn an_unknown_kind_is_an_error() {
        assert!(SyncMessage::decode(&mut [9u8].as_slice()).is_err());
    }
}
