//! Who validates, what is proposed about it, and who may do what.

use serde::{Deserialize, Serialize};

use super::{Address, Bytes, DataCenterInfo, Hash, HostEntry, QuotaInfo, U64};

/// Answer of `registry_validators`: the epoch in force and the one that is decided to follow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Electorate {
    /// The epoch in force.
    pub epoch: u32,
    /// The block after which it began.
    pub begins_after: u32,
    /// How many votes a proposal or a block needs.
    pub quorum: u32,
    /// Its validators, by index.
    pub validators: Vec<ValidatorInfo>,
    /// Peer ids of those who may follow without a vote.
    pub observers: Vec<String>,
    /// The epoch that follows, once the end of this one is decided.
    pub pending: Option<PendingEpoch>,
}

/// A validator's entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ValidatorInfo {
    /// Its place in the set.
    pub index: u16,
    /// Its name.
    pub name: String,
    /// The account of who runs it, and votes on proposals for it.
    pub operator: Address,
    /// Its consensus key.
    pub consensus: Address,
    /// Its libp2p peer id.
    pub peer_id: String,
    /// Where it listens, as multiaddresses.
    pub addresses: Vec<String>,
    /// Its newest rejoin after a lost vote log.
    pub rejoined: Option<Rejoin>,
}

/// A validator's newest rejoin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rejoin {
    /// What its vote log begins with.
    pub challenge: Hash,
    /// The epoch from which on it votes again.
    pub epoch: u32,
}

/// An epoch that is decided and hasn't begun.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PendingEpoch {
    /// The last block of the epoch in force: the next change can be decided from this block on.
    pub end: u32,
    /// The epoch that follows.
    pub epoch: u32,
    /// Its validators, by index.
    pub validators: Vec<ValidatorInfo>,
}

/// One epoch of `registry_epochs`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EpochInfo {
    /// The epoch.
    pub epoch: u32,
    /// The block after which it began; its set certifies every block above, up to the next epoch's.
    pub begins_after: u32,
    /// Its consensus keys, by index.
    pub validators: Vec<Address>,
}

/// Answer of `registry_proposal`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProposalInfo {
    /// Its number.
    pub id: u32,
    /// Its hash, by which it is approved: SHA-256 of `"tierchain/proposal/1"` and `encoded`.
    pub hash: Hash,
    /// What is proposed.
    pub proposal: ProposedChange,
    /// The same in SCALE.
    pub encoded: Bytes,
    /// Who proposed it.
    pub by: Address,
    /// The block in which that was.
    pub made_in: u32,
    /// The block time in milliseconds after which it can't be approved any more.
    pub deadline: U64,
    /// What became of it.
    pub status: ProposalStatus,
    /// The block in which its quorum was complete.
    pub enacted_in: Option<u32>,
    /// Votes of validators in force whose operators approved it.
    pub votes: u32,
    /// How many it needs.
    pub quorum: u32,
    /// Who approved it, the proposer first.
    pub approvals: Vec<Address>,
    /// Operators of validators in force that haven't.
    pub missing: Vec<Address>,
}

/// What a proposal would change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ProposedChange {
    /// One validator more.
    AddValidator {
        /// Its name.
        name: String,
        /// The account of who runs it.
        operator: Address,
        /// Its consensus key.
        consensus: Address,
        /// Its libp2p peer id.
        peer_id: String,
        /// Where it listens.
        addresses: Vec<String>,
    },
    /// One validator less.
    RemoveValidator {
        /// Its consensus key.
        consensus: Address,
    },
    /// Another consensus key for a validator.
    ReplaceKey {
        /// The key it votes with.
        old: Address,
        /// The key it will vote with.
        new: Address,
    },
    /// An account gets a role.
    GrantRole {
        /// The account.
        account: Address,
        /// The role.
        role: String,
    },
    /// An account loses a role.
    RevokeRole {
        /// The account.
        account: Address,
        /// The role.
        role: String,
    },
    /// A service provider gets its account.
    AdmitProvider {
        /// The provider.
        provider: Hash,
        /// Its account.
        account: Address,
    },
    /// A data center is registered, or described anew.
    SetDataCenter {
        /// The data center.
        data_center: DataCenterInfo,
    },
    /// A host is registered, or described anew.
    SetHost {
        /// The host.
        host: HostEntry,
    },
    /// An account gets a quota of its own.
    SetQuota {
        /// The account.
        account: Address,
        /// The quota; null for the network's again.
        quota: Option<QuotaInfo>,
    },
    /// An account is admitted without a role.
    AdmitAccount {
        /// The account.
        account: Address,
    },
    /// A node may follow without a vote.
    AddObserver {
        /// Its libp2p peer id.
        peer_id: String,
    },
    /// A node may follow no more.
    RemoveObserver {
        /// Its libp2p peer id.
        peer_id: String,
    },
}

/// What became of a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ProposalStatus {
    /// It can be approved.
    Open,
    /// Its deadline is over; anybody may have it expired.
    Overdue,
    /// It was done.
    Enacted,
    /// It was closed after its deadline.
    Expired,
}

/// Answer of `registry_roles`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AccountRoles {
    /// The account.
    pub account: Address,
    /// Whether it stands: what others sign isn't included.
    pub admitted: bool,
    /// Its roles.
    pub roles: Vec<String>,
    /// Names of the validators in force that it operates.
    pub operates: Vec<String>,
    /// The roles it lacks and who could grant each.
    pub lacks: Vec<Grantable>,
}

/// A role that an account lacks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Grantable {
    /// The role.
    pub role: String,
    /// The accounts that could grant it together; empty where only a genesis does.
    pub grantors: Vec<Address>,
    /// How many votes of theirs it takes.
    pub votes: u32,
    /// In one sentence: by what.
    pub how: String,
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::AccountId;

    use super::*;

    #[test]
    fn a_change_is_told_by_its_kind() {
        let change = ProposedChange::ReplaceKey { old: Address(AccountId([1; 32])), new: Address(AccountId([2; 32])) };
        let json = serde_json::to_value(&change).expect("JSON");
        assert_eq!(json["kind"], "replaceKey");
        assert_eq!(serde_json::from_value::<ProposedChange>(json).expect("ours"), change);
    }
}
