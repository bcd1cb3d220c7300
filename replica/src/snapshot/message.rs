//! What nodes say to each other about snapshots.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};
use tierchain_primitives::{BlockNumber, H256};

use super::manifest::{Manifest, bounded};
use super::{CHUNK_BYTES_MAX, OFFERS_MAX};

/// A snapshot that somebody has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct Offer {
    /// The block after which its state is.
    pub height: BlockNumber,
    /// Its name: [`Contents::digest`](super::Contents::digest).
    pub digest: H256,
}

/// Requests and answers. A request is answered at a bounded rate: whoever gets no answer asks somebody else.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub enum Message {
    /// Which snapshots have you got?
    #[codec(index = 0)]
    OffersRequest,
    /// These; at most 8.
    #[codec(index = 1)]
    Offers(Vec<Offer>),
    /// Give me the manifest of this snapshot.
    #[codec(index = 2)]
    ManifestRequest {
        /// Its digest.
        digest: H256,
    },
    /// A manifest that was asked for.
    #[codec(index = 3)]
    Manifest(Box<Manifest>),
    /// Give me this chunk.
    #[codec(index = 4)]
    ChunkRequest {
        /// Its hash.
        hash: H256,
    },
    /// A chunk that was asked for.
    #[codec(index = 5)]
    Chunk {
        /// The hash by which it was asked for.
        hash: H256,
        /// The chunk.
        bytes: Vec<u8>,
    },
    /// I haven't got what you asked for, or not any more.
    #[codec(index = 6)]
    Gone {
        /// A manifest's digest or a chunk's hash.
        hash: H256,
    },
}

impl Decode for Message {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(match input.read_byte()? {
            0 => Self::OffersRequest,
            1 => Self::Offers(bounded(input, OFFERS_MAX)?),
            2 => Self::ManifestRequest { digest: H256::decode(input)? },
            3 => Self::Manifest(Box::new(Manifest::decode(input)?)),
            4 => Self::ChunkRequest { hash: H256::decode(input)? },
            5 => Self::Chunk { hash: H256::decode(input)?, bytes: chunk_bytes(input)? },
            6 => Self::Gone { hash: H256::decode(input)? },
            _ => return Err("a message about snapshots of an unknown kind".into()),
        })
    }
}

fn chunk_bytes<I: Input>(input: &mut I) -> Result<Vec<u8>, Error> {
    let length = Compact::<u32>::decode(input)?.0 as usize;
    if length > CHUNK_BYTES_MAX {
        return Err("a chunk that is too long".into());
    }
    let mut bytes = vec![0; length];
    input.read(&mut bytes)?;
    Ok(bytes)
}
