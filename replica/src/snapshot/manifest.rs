//! The manifest: of which block a snapshot is, what certifies it, and the hashes of its chunks.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};
use tierchain_primitives::certificate::{Certificate, CertificateError, CertificateKind};
use tierchain_primitives::epoch::{EpochError, EpochProof, Epochs};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::header::Header;
use tierchain_primitives::{BlockNumber, H256};

use super::{CHUNK_BYTES_MAX, CHUNKS_MAX, EPOCHS_MAX};

/// What a chunk holds. A snapshot's chunks come in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub enum ChunkKind {
    /// Headers, ascending.
    #[codec(index = 0)]
    Headers,
    /// Leaves of the state, ascending by storage key.
    #[codec(index = 1)]
    State,
    /// Entity and meta blocks, ascending by height.
    #[codec(index = 2)]
    Ledger,
}

/// What a manifest says of a chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ChunkInfo {
    /// What it holds.
    pub kind: ChunkKind,
    /// How long it is.
    pub bytes: u32,
    /// Its SHA-256, by which it is asked for.
    pub hash: H256,
}

/// The part of a manifest that is the same on every node.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct Contents {
    /// Hash of block 0.
    pub genesis: H256,
    /// The block after which the state is: e.
    pub height: BlockNumber,
    /// The header that names e as executed and carries the state's root.
    pub header: Header,
    /// Its chunks, in order.
    pub chunks: Vec<ChunkInfo>,
}

/// A manifest: the contents, and what proves its header. Certificates may differ between nodes.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct Manifest {
    /// What the snapshot is.
    pub contents: Contents,
    /// The commit certificate of [`Contents::header`].
    pub certificate: Certificate,
    /// The ends of all epochs before the header, oldest first.
    pub epochs: Vec<EpochProof>,
}

/// Why a manifest proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ManifestError {
    /// Another network's.
    #[error("the manifest is of the chain with genesis {0}")]
    OtherChain(H256),
    /// The header doesn't name the height.
    #[error("the header of block {number} doesn't name block {height} as executed")]
    NotNamed {
        /// The header's number.
        number: BlockNumber,
        /// The snapshot's height.
        height: BlockNumber,
    },
    /// The certificate is of another block, or no commit certificate.
    #[error("the certificate isn't the commit certificate of block {0}")]
    OtherBlock(BlockNumber),
    /// An epoch's proof doesn't hold.
    #[error("an epoch isn't proven: {0}")]
    Epoch(#[from] EpochError),
    /// The certificate doesn't hold.
    #[error("the certificate of block {number} doesn't hold: {error}")]
    Certificate {
        /// The block.
        number: BlockNumber,
        /// Why.
        error: CertificateError,
    },
    /// A chunk is too long or empty, or the kinds are out of order.
    #[error("chunk {0} is empty, too long or out of the order of kinds")]
    Chunk(usize),
}

impl Contents {
    /// The snapshot's name: `SHA-256("tierchain/snapshot/1" ‖ SCALE(contents))`.
    #[must_use]
    pub fn digest(&self) -> H256 {
        sha256(&[b"tierchain/snapshot/1", &self.encode()])
    }

    /// Bytes of all chunks together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.chunks.iter().map(|chunk| u64::from(chunk.bytes)).sum()
    }

    fn check_chunks(&self) -> Result<(), ManifestError> {
        let mut latest = ChunkKind::Headers;
        for (index, chunk) in self.chunks.iter().enumerate() {
            let bytes = chunk.bytes as usize;
            if bytes == 0 || bytes > CHUNK_BYTES_MAX || chunk.kind < latest {
                return Err(ManifestError::Chunk(index));
            }
            latest = chunk.kind;
        }
        Ok(())
    }
}

impl Manifest {
    /// Checks everything that can be checked without the chunks, from the genesis epoch on. Answers with the epochs up
    /// to the naming block.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self, genesis: &H256, mut epochs: Epochs) -> Result<Epochs, ManifestError> {
        let Contents { header, height, .. } = &self.contents;
        let number = header.number;
        if self.contents.genesis != *genesis {
            return Err(ManifestError::OtherChain(self.contents.genesis));
        }
        if *height == 0 || header.pre_runtime().map(|pre| pre.executed) != Ok(*height) || *height >= number {
            return Err(ManifestError::NotNamed { number, height: *height });
        }
        self.contents.check_chunks()?;
        for proof in &self.epochs {
            epochs.prove(genesis, proof)?;
        }
        let certificate = &self.certificate;
        let is_of_header = certificate.number == number && certificate.hash == header.hash();
        let set = epochs.certifying(number).filter(|_| is_of_header && certificate.kind == CertificateKind::Committed);
        let set = set.ok_or(ManifestError::OtherBlock(number))?;
        certificate.verify(genesis, set).map_err(|error| ManifestError::Certificate { number, error })?;
        Ok(epochs)
    }
}

impl Decode for Contents {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let genesis = H256::decode(input)?;
        let height = BlockNumber::decode(input)?;
        let header = Header::decode(input)?;
        Ok(Self { genesis, height, header, chunks: bounded(input, CHUNKS_MAX)? })
    }
}

impl Decode for Manifest {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let contents = Contents::decode(input)?;
        let certificate = Certificate::decode(input)?;
        Ok(Self { contents, certificate, epochs: bounded(input, EPOCHS_MAX)? })
    }
}

/// Decodes a list of at most `max` items.
pub(super) fn bounded<T: Decode, I: Input>(input: &mut I, max: usize) -> Result<Vec<T>, Error> {
    let count = Compact::<u32>::decode(input)?.0 as usize;
    if count > max {
        return Err("a list that is too long".into());
    }
    (0..count).map(|_| T::decode(input)).collect()
}
