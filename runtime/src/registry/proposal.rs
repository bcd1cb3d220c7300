//! What operators decide about together.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::{AccountId, BlockNumber, H256};

use super::{DataCenter, Host, Role, Validator};
use crate::quota::Quota;

/// A proposal's number: they are numbered from 0.
pub type ProposalId = u32;

/// First bytes of what a proposal's hash is made from.
const DOMAIN: &[u8; 20] = b"tierchain/proposal/1";

/// Something that a quorum of operators can have done. Later kinds get the indices that follow.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Proposal {
    /// One validator more, with the next epoch.
    #[codec(index = 0)]
    AddValidator {
        /// Who.
        validator: Validator,
        /// Its consensus key's signature under [`possession_bytes`](super::possession_bytes).
        proof: Signature,
    },
    /// One validator less, with the next epoch. Its node may follow on as an observer.
    #[codec(index = 1)]
    RemoveValidator {
        /// Its consensus key.
        consensus: AccountId,
    },
    /// A validator votes with another key, with the next epoch.
    #[codec(index = 2)]
    ReplaceKey {
        /// The key it votes with now.
        old: AccountId,
        /// The key it will vote with.
        new: AccountId,
        /// The new key's signature under [`possession_bytes`](super::possession_bytes).
        proof: Signature,
    },
    /// An account gets a role: foundry, hypervisor, auditor or tracker. It is admitted by that.
    #[codec(index = 3)]
    GrantRole {
        /// The account.
        account: AccountId,
        /// The role.
        role: Role,
    },
    /// An account loses a role, other than operator and validator. What it spoke or acted for by that role stays without
    /// a voice until somebody else is named.
    #[codec(index = 4)]
    RevokeRole {
        /// The account.
        account: AccountId,
        /// The role.
        role: Role,
    },
    /// A service provider gets its account. One whose account was revoked gets another.
    #[codec(index = 5)]
    AdmitProvider {
        /// The provider's id.
        id: H256,
        /// Its account.
        account: AccountId,
    },
    /// A data center is registered, or described anew.
    #[codec(index = 6)]
    SetDataCenter {
        /// The data center.
        data_center: DataCenter,
    },
    /// A host is registered, or described anew.
    #[codec(index = 7)]
    SetHost {
        /// The host.
        host: Host,
    },
    /// An account gets a quota of its own.
    #[codec(index = 8)]
    SetQuota {
        /// The account.
        account: AccountId,
        /// The quota; none for the network's again.
        quota: Option<Quota>,
    },
    /// An account is admitted without a role: it may only remark.
    #[codec(index = 9)]
    AdmitAccount {
        /// The account.
        account: AccountId,
    },
    /// A node may follow the chain without a vote: the validators let it in.
    #[codec(index = 10)]
    AddObserver {
        /// Its network key, an ed25519 public key: the end of its peer id.
        network_key: AccountId,
    },
    /// A node may follow no more, as one that was a validator may: the validators close its connections.
    #[codec(index = 11)]
    RemoveObserver {
        /// Its network key.
        network_key: AccountId,
    },
}

impl Proposal {
    /// Whether it is about validators: then it takes effect with the next epoch, and one at a time is decided.
    #[must_use]
    pub fn ends_epoch(&self) -> bool {
        matches!(self, Self::AddValidator { .. } | Self::RemoveValidator { .. } | Self::ReplaceKey { .. })
    }

    /// What it is approved by: SHA-256 of `"tierchain/proposal/1" ‖ SCALE(proposal)`.
    #[must_use]
    pub fn hash(&self) -> H256 {
        sha256(&[DOMAIN, &self.encode()])
    }
}

/// A proposal and what became of it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ProposalRecord {
    /// What is proposed.
    pub proposal: Proposal,
    /// Who proposed it.
    pub by: AccountId,
    /// The block in which that was.
    pub made_in: BlockNumber,
    /// The block time after which it can't be approved any more.
    pub deadline: Millis,
    /// The operators that approved it, the proposer first. Those without a validator don't count.
    pub approvals: Vec<AccountId>,
    /// Whether it is open.
    pub status: Status,
}

/// What became of a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Status {
    /// It can be approved until its deadline.
    #[codec(index = 0)]
    Open,
    /// It was done.
    #[codec(index = 1)]
    Enacted {
        /// The block in which its quorum was complete.
        block: BlockNumber,
    },
    /// Its deadline was over first.
    #[codec(index = 2)]
    Expired,
}

/// An open proposal as the list of them holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct OpenProposal {
    /// Its number.
    pub id: ProposalId,
    /// Its hash.
    pub hash: H256,
    /// Who proposed it.
    pub by: AccountId,
}
