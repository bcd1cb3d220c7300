//! A specification that is believed. Pure: where its file lies is not its business.

use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::{AccountId, Epoch, H256};
use tierchain_replica::genesis::Genesis;
use tierchain_runtime::GenesisConfig;

use super::document::{ChainType, Document, Properties};
use super::problem::Problems;
use super::resolve;
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

impl ChainSpec {
    /// Checks a document and parses everything in it. With an error among the problems there is no specification.
    pub(crate) fn from_document(document: &Document) -> (Option<Self>, Problems) {
        resolve::resolve(document)
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
