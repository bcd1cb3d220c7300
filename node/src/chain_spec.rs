//! The chain specification: who votes, who is admitted, and what block 0 is made from.
//!
//! A [`Document`] is what the file says. [`ChainSpec::from_document`] believes it after every check and is the only way
//! to one; a node never starts from anything else. All problems are found at once, so that an operator mends a file in
//! one go.

mod builder;
mod development;
mod document;
mod problem;
mod resolve;
mod sites;

pub(crate) use builder::build;
pub(crate) use development::development;
pub(crate) use document::{ChainType, Document, Properties, read};
pub(crate) use problem::Problems;

use std::path::{Path, PathBuf};

use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::{AccountId, Epoch, H256};
use tierchain_replica::genesis::Genesis;
use tierchain_runtime::GenesisConfig;

use crate::peer_id::PeerId;

/// A specification in which everything is parsed and fits together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ChainSpec {
    /// Kind of the chain.
    pub(crate) chain_type: ChainType,
    /// What block 0 is made from; name and id of the chain are part of it.
    pub(crate) genesis: GenesisConfig,
    /// The validators of epoch 0, by index.
    pub(crate) validators: Vec<Validator>,
    /// Who may follow without a vote.
    pub(crate) observers: Vec<PeerId>,
    /// Nodes to dial first, each ending in `/p2p/PEERID`.
    pub(crate) bootnodes: Vec<String>,
    /// What Substrate clients ask for.
    pub(crate) properties: Properties,
}

/// A validator and its three keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Validator {
    /// For people.
    pub(crate) name: String,
    /// Its operator's account.
    pub(crate) operator: AccountId,
    /// Its consensus key.
    pub(crate) consensus: AccountId,
    /// Its libp2p identity.
    pub(crate) peer: PeerId,
    /// Where it listens, as multiaddresses.
    pub(crate) addresses: Vec<String>,
}

/// Why a specification can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChainSpecError {
    /// The file can't be read.
    #[error(transparent)]
    Document(#[from] document::DocumentError),
    /// Its contents contradict themselves.
    #[error("{}: {} (`tierchain chain-spec check {}` names all problems)", .path.display(), .first, .path.display())]
    Problems {
        /// The file.
        path: PathBuf,
        /// Its first error.
        first: String,
    },
}

impl ChainSpec {
    /// Checks a document and parses everything in it. With an error among the problems there is no specification.
    pub(crate) fn from_document(document: &Document) -> (Option<Self>, Problems) {
        resolve::resolve(document)
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ChainSpecError`] names the file and the first problem.
    pub(crate) fn load(path: &Path) -> Result<Self, ChainSpecError> {
        let document: Document = read(path)?;
        let (spec, problems) = Self::from_document(&document);
        spec.ok_or_else(|| ChainSpecError::Problems {
            path: path.to_owned(),
            first: problems.iter().find(|problem| problem.is_error()).map(ToString::to_string).unwrap_or_default(),
        })
    }

    /// Hash of block 0, which names the chain.
    pub(crate) fn genesis_hash(&self) -> H256 {
        Genesis::build(&self.genesis).hash
    }

    /// The validators' consensus keys, by index.
    pub(crate) fn validator_set(&self) -> ValidatorSet {
        ValidatorSet { epoch: Epoch(0), keys: self.validators.iter().map(|validator| validator.consensus).collect() }
    }

    /// The validator that has a consensus key.
    pub(crate) fn validator_of(&self, consensus: &AccountId) -> Option<&Validator> {
        self.validators.iter().find(|validator| validator.consensus == *consensus)
    }
}

#[cfg(test)]
mod tests;
