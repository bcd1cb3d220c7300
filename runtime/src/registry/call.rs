//! The calls of [`crate::registry`].

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::{AccountId, H256};

use super::{HYPERVISOR_HOSTS_MAX, Proposal, ProposalId, Sites};
use crate::weights::Weights;

/// What operators and validators ask of the registry.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Call {
    /// An operator of a validator proposes something, and approves it by that.
    #[codec(index = 0)]
    Propose {
        /// What.
        proposal: Proposal,
    },
    /// An operator of a validator approves a proposal. When a quorum has, it is enacted.
    #[codec(index = 1)]
    Approve {
        /// The proposal's number.
        id: ProposalId,
        /// Its hash, so that nobody approves what they didn't read.
        hash: H256,
    },
    /// Anybody closes a proposal whose deadline is over.
    #[codec(index = 2)]
    Expire {
        /// The proposal's number.
        id: ProposalId,
    },
    /// A validator that lost its vote log has the epoch ended, signed by its consensus key.
    #[codec(index = 3)]
    Rejoin {
        /// What its new vote log begins with.
        challenge: H256,
    },
    /// A provider gives one of its tenants an account.
    #[codec(index = 4)]
    AdmitTenant {
        /// What the provider calls the tenant.
        tenant: H256,
        /// The tenant's account.
        account: AccountId,
    },
    /// A provider has an account act for it.
    #[codec(index = 5)]
    AppointOrchestrator {
        /// The account.
        account: AccountId,
    },
    /// A provider takes what it gave to an account: a tenant, the acting for it, or both.
    #[codec(index = 6)]
    Dismiss {
        /// The account.
        account: AccountId,
    },
    /// An account hands everything that was granted to it to a new key.
    #[codec(index = 7)]
    MoveGrants {
        /// The new key's account.
        to: AccountId,
        /// The new key's signature under [`move_bytes`](super::move_bytes).
        proof: Signature,
    },
    /// A provider says in which data centers its servers may begin.
    #[codec(index = 8)]
    SetSites {
        /// Where, from now on.
        sites: Sites,
    },
}

impl Call {
    pub(crate) fn weight(&self, weights: &Weights) -> u64 {
        match self {
            Self::Propose { .. } => weights.governance() + Weights::SIGNATURE_US,
            Self::Approve { .. } | Self::Rejoin { .. } => weights.governance(),
            Self::Expire { .. }
            | Self::AdmitTenant { .. }
            | Self::AppointOrchestrator { .. }
            | Self::Dismiss { .. } => weights.entry(),
            Self::MoveGrants { .. } => {
                weights.governance() + Weights::SIGNATURE_US + weights.records(HYPERVISOR_HOSTS_MAX)
            }
            Self::SetSites { sites } => weights.entry() + weights.records(sites.count()),
        }
    }
}
