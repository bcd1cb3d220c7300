//! Evidence in a file: checked by whoever knows the genesis hash and nothing else.

use parity_scale_codec::{Decode, DecodeAll, Encode};
use tierchain_primitives::H256;
use tierchain_primitives::lineage::{Lineage, LineageError};

use super::{Evidence, EvidenceError, Guilt, Rules, RulesError, Signatures};

/// First bytes of an evidence file: what it is, and the version of its format.
pub const MAGIC: &[u8] = b"tierchain/evidence/2\n";

/// Most bytes of an evidence file. The largest evidence is two NEW-VIEWs or one bundle, and both are below 2 MiB; the
/// rest is for the lineage.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Evidence with all that is needed to check it knowing nothing but the genesis hash.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct EvidenceFile {
    /// The validator sets since genesis.
    pub lineage: Lineage,
    /// The rules by which a bundle is judged. Contradictions are judged by none of them.
    pub rules: Rules,
    /// The evidence.
    pub evidence: Evidence,
}

/// Why a file proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EvidenceFileError {
    /// Too long, or no evidence file of this version.
    #[error("not an evidence file: it doesn't begin with \"tierchain/evidence/2\", is cut off, or has bytes too many")]
    Unreadable,
    /// Its validator sets don't follow from the genesis hash.
    #[error(transparent)]
    Lineage(#[from] LineageError),
    /// It is judged by rules that aren't proven, or aren't known here.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The evidence itself.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
}

impl EvidenceFile {
    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        self.encode_to(&mut bytes);
        bytes
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`EvidenceFileError::Unreadable`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EvidenceFileError> {
        let body = bytes.strip_prefix(MAGIC).filter(|body| body.len() <= FILE_BYTES_MAX);
        let decoded = body.and_then(|mut body| Self::decode_all(&mut body).ok());
        decoded.ok_or(EvidenceFileError::Unreadable)
    }

    /// Checks everything from the genesis hash on.
    ///
    /// # Errors
    /// What doesn't hold.
    pub fn verify(&self, port: &dyn Signatures, genesis: &H256) -> Result<Guilt, EvidenceFileError> {
        let epochs = self.lineage.verify(genesis)?;
        let state_root = &self.lineage.genesis.state_root;
        match &self.evidence {
            Evidence::Bundle(_) => self.rules.ensure_known(state_root)?,
            Evidence::Contradiction(_) => drop(self.rules.versions(state_root)?),
        }
        Ok(self.evidence.verify(port, genesis, &epochs)?)
    }
}
