//! The genesis block: a function of the genesis configuration alone.

use std::collections::BTreeMap;

use tierchain_primitives::H256;
use tierchain_primitives::ValidatorIndex;
use tierchain_primitives::header::{Header, PreRuntime, extrinsics_root};
use tierchain_primitives::ports::StateChange;
use tierchain_runtime::{GenesisConfig, genesis_state};

use crate::executor::update_tree;

/// Block 0, the state it begins with, and the tree over that state.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// The header; its hash is the chain's name.
    pub header: Header,
    /// BLAKE2b-256 of the header.
    pub hash: H256,
    /// Root of the authenticated state.
    pub root: H256,
    /// The state.
    pub state: Vec<StateChange>,
    /// The tree's pages.
    pub pages: Vec<StateChange>,
}

impl Genesis {
    /// Builds the genesis block. The same configuration gives the same block everywhere.
    #[must_use]
    pub fn build(config: &GenesisConfig) -> Self {
        let mut state: Vec<StateChange> =
            genesis_state(config).into_iter().map(|(key, value)| (key, Some(value))).collect();
        state.sort_unstable();
        let no_pages: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        let (root, pages) = update_tree(&no_pages, H256::ZERO, &state);
        let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: config.time, executed: 0 };
        let nothing: [&[u8]; 0] = [];
        let header = Header::new(H256::ZERO, 0, root, extrinsics_root(&nothing), pre);
        let hash = header.hash();
        Self { header, hash, root, state, pages }
    }
}
