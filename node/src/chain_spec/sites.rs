//! Data centers, hosts, providers and quotas as they stand in the file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tierchain_runtime::Quota;
use tierchain_runtime::genesis::LedgerBounds;

/// A data center: its name or 32-byte id alone, or with what else is known of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum DataCenterEntry {
    /// By name or 32-byte id.
    Id(String),
    /// With its region.
    Described(DescribedDataCenter),
}

/// A data center and where it lies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DescribedDataCenter {
    /// By name or 32-byte id.
    pub(crate) id: String,
    /// For people; the id's own text where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// As contracts call it: EU, eu-central… What servers prove about their custody.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) region: String,
}

impl DataCenterEntry {
    /// Its name or 32-byte id.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Described(described) => &described.id,
        }
    }

    /// Its name for people.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Described(described) => described.name.as_deref().unwrap_or(&described.id),
        }
    }

    /// Its region; empty where nobody said.
    pub(crate) fn region(&self) -> &str {
        match self {
            Self::Id(_) => "",
            Self::Described(described) => &described.region,
        }
    }
}

/// A compute host.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HostEntry {
    /// By name or 32-byte id.
    pub(crate) id: String,
    /// The data center it stands in, by name or 32-byte id.
    pub(crate) data_center: String,
    /// The account of its hypervisor's agent.
    pub(crate) agent: String,
    /// What it can give to servers, where that is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) capacity: Option<CapacityEntry>,
    /// How much more than that it may promise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) overcommit: Option<OvercommitEntry>,
    /// What it is like, for whoever places servers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) labels: BTreeMap<String, String>,
}

impl HostEntry {
    /// A host of which nothing else is declared.
    pub(crate) fn new(id: &str, data_center: &str, agent: &str) -> Self {
        let [id, data_center, agent] = [id, data_center, agent].map(str::to_owned);
        Self { id, data_center, agent, capacity: None, overcommit: None, labels: BTreeMap::new() }
    }
}

/// What a host can give.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CapacityEntry {
    /// CPUs.
    pub(crate) vcpus: u32,
    /// Memory in MiB.
    pub(crate) memory_mib: u64,
    /// Disk in GiB.
    pub(crate) disk_gib: u64,
}

/// How much of its capacity a host may promise, in thousandths.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OvercommitEntry {
    /// Of its CPUs.
    pub(crate) cpu_permille: u32,
    /// Of its memory.
    pub(crate) memory_permille: u32,
}

/// A service provider and its account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProviderEntry {
    /// By name or 32-byte id.
    pub(crate) id: String,
    /// Its account, which has the role provider without being told so.
    pub(crate) account: String,
}

/// What an account may use that has no quota of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct QuotaEntry {
    /// How much at once, in microseconds of weight.
    pub(crate) burst_us: u64,
    /// How much in the long run, in thousandths of real time.
    pub(crate) rate_permille: u32,
}

impl Default for QuotaEntry {
    fn default() -> Self {
        let Quota { burst_us, rate_permille } = Quota::default();
        Self { burst_us, rate_permille }
    }
}

/// How long what may be missing, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct BoundsEntry {
    /// A host's sign of life, before its servers may be suspected.
    pub(crate) silence_ms: u64,
    /// Agreement of a server's witnesses.
    pub(crate) witness_ms: u64,
    /// The second half of a move.
    pub(crate) move_ms: u64,
}

impl Default for BoundsEntry {
    fn default() -> Self {
        let LedgerBounds { silence_ms, witness_ms, move_ms } = LedgerBounds::default();
        Self { silence_ms, witness_ms, move_ms }
    }
}
