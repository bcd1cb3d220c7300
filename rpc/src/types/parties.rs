//! Data centers, hosts, providers, what an account was granted, and the trail of who did what.

use serde::{Deserialize, Serialize};

use super::{Address, Committed, Hash, Resources, U64};

/// A data center.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DataCenterInfo {
    /// Its 32-byte id.
    pub id: Hash,
    /// Its name.
    pub name: String,
    /// The region it lies in; empty where nobody said.
    pub region: String,
}

/// A host as it is registered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HostEntry {
    /// Its 32-byte id.
    pub id: Hash,
    /// Where it stands.
    pub data_center: Hash,
    /// The account of its agent.
    pub hypervisor: Address,
    /// What it can give to servers, where it is declared.
    pub capacity: Option<Resources>,
    /// How much of its CPUs it may promise, in thousandths.
    pub cpu_permille: u32,
    /// How much of its memory it may promise, in thousandths.
    pub memory_permille: u32,
    /// What it is like.
    pub labels: Vec<Label>,
}

/// A label of a host, as text where it is UTF-8, else with replacement characters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A host, and what it does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HostInfo {
    /// As it is registered.
    #[serde(flatten)]
    pub entry: HostEntry,
    /// The region of its data center; empty where nobody said.
    pub region: String,
    /// What its living servers were promised, as far as that is known.
    pub committed: Committed,
    /// Up to when it was watched, in microseconds; null where nothing was ever attested.
    pub attested_until: Option<U64>,
}

/// A service provider.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProviderInfo {
    /// Its 32-byte id.
    pub provider: Hash,
    /// Its account; null where that lost its role.
    pub account: Option<Address>,
    /// The data centers in which its servers may begin; null for all of them.
    pub sites: Option<Vec<Hash>>,
}

/// How much an account may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct QuotaInfo {
    /// Weight in microseconds at once.
    pub burst_us: U64,
    /// Weight that comes back, in thousandths of the time that passes.
    pub rate_permille: u32,
}

/// A tenant of a provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TenantRef {
    /// The provider.
    pub provider: Hash,
    /// The tenant.
    pub tenant: Hash,
}

/// Answer of `registry_grants`: everything that an account was granted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AccountGrants {
    /// The account.
    pub account: Address,
    /// Its roles.
    pub roles: Vec<String>,
    /// The provider that it acts for.
    pub acts_for: Option<Hash>,
    /// Whose tenant it is.
    pub tenant_of: Option<TenantRef>,
    /// Where the hosts stand that it speaks for.
    pub data_center: Option<Hash>,
    /// The hosts that it speaks for.
    pub hosts: Vec<Hash>,
    /// What it may use.
    pub quota: QuotaInfo,
    /// Whether that is a quota of its own.
    pub own_quota: bool,
    /// What it has used of it, in microseconds of weight.
    pub level_us: U64,
}

/// An act of the trail.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TrailEntry {
    /// Its place, from 0 without gaps.
    pub place: U64,
    /// The block in which it was done.
    pub block: u32,
    /// That block's time, in milliseconds.
    pub at: U64,
    /// Who signed what did it.
    pub by: Address,
    /// The proposal that asked for it, where it took one.
    pub proposal: Option<u32>,
    /// What was done.
    pub deed: Deed,
}

/// What was done to the registry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Deed {
    /// An account got a role.
    RoleGranted {
        /// The account.
        account: Address,
        /// The role.
        role: String,
    },
    /// An account lost a role.
    RoleRevoked {
        /// The account.
        account: Address,
        /// The role.
        role: String,
    },
    /// An account was admitted without a role.
    AccountAdmitted {
        /// The account.
        account: Address,
    },
    /// A provider got its account.
    ProviderAdmitted {
        /// The provider.
        provider: Hash,
        /// Its account.
        account: Address,
    },
    /// A data center was registered or described anew.
    DataCenterSet {
        /// The data center.
        data_center: Hash,
    },
    /// A host was registered or described anew.
    HostSet {
        /// The host.
        host: Hash,
        /// Who speaks for it.
        hypervisor: Address,
    },
    /// An account got a quota of its own, or the network's again.
    QuotaSet {
        /// The account.
        account: Address,
        /// The quota; null for the network's.
        quota: Option<QuotaInfo>,
    },
    /// A tenant got its account.
    TenantAdmitted {
        /// The provider whose tenant it is.
        provider: Hash,
        /// The tenant.
        tenant: Hash,
        /// Its account.
        account: Address,
    },
    /// An account acts for a provider.
    OrchestratorAppointed {
        /// The provider.
        provider: Hash,
        /// The account.
        account: Address,
    },
    /// A provider took what it had given to an account.
    Dismissed {
        /// The provider.
        provider: Hash,
        /// The account.
        account: Address,
    },
    /// An account handed everything to a new key.
    GrantsMoved {
        /// The old key's account.
        from: Address,
        /// The new key's.
        to: Address,
    },
    /// The next set of validators was decided.
    SetDecided {
        /// Its epoch.
        epoch: u32,
    },
    /// A provider said where its servers may begin.
    SitesSet {
        /// The provider.
        provider: Hash,
    },
    /// A node may follow without a vote.
    ObserverAdded {
        /// Its libp2p peer id.
        peer_id: String,
    },
    /// A node may follow no more.
    ObserverRemoved {
        /// Its libp2p peer id.
        peer_id: String,
    },
}
