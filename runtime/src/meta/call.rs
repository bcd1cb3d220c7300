//! The calls of [`crate::meta`].

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::ledger::ServerId;

use crate::weights::Weights;

/// What hypervisors and foundries ask of meta-chains.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Call {
    /// The agent of the server's last host has the ended chain linked into its meta-chain; later, any foundry may.
    #[codec(index = 0)]
    Anchor {
        /// Whose chain ended.
        server: ServerId,
    },
}

impl Call {
    pub(crate) fn weight(&self, weights: &Weights) -> u64 {
        match self {
            Self::Anchor { .. } => weights.blocks(1),
        }
    }
}
