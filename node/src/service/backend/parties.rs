//! Who is who: hosts and their places, providers, grants, who could grant what, and the trail, in JSON.

use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::types::{
    AccountGrants, Address, DataCenterInfo, Deed, Grantable, Hash, HostEntry, HostInfo, Label, Page, ProviderInfo,
    QuotaInfo, TenantRef, TrailEntry, U64,
};
use tierchain_runtime::quota::Quota;
use tierchain_runtime::registry::{self, Act, DataCenter, Host};
use tierchain_runtime::{Role, query};

use super::beside::committed;
use crate::peer_id::PeerId;

/// A page of a list whose places are numbers.
pub(super) fn page<T>(items: Vec<T>, start: u64, count: u64) -> Page<T, u64> {
    let next = start.saturating_add(items.len() as u64);
    Page { next: Some(next).filter(|next| *next < count && !items.is_empty()), items }
}

pub(super) fn data_centers(state: &dyn StateRead, start: u64, count: usize) -> Page<DataCenterInfo, u64> {
    let items = query::data_centers(state, start, count).into_iter().map(data_center).collect();
    page(items, start, query::data_center_count(state))
}

pub(super) fn hosts(state: &dyn StateRead, start: u64, count: usize) -> Page<HostInfo, u64> {
    let items = query::hosts(state, start, count).into_iter().map(|found| host(state, found)).collect();
    page(items, start, query::host_count(state))
}

pub(super) fn providers(state: &dyn StateRead, start: u64, count: usize) -> Page<ProviderInfo, u64> {
    let found = query::providers(state, start, count).into_iter();
    let info = |(id, account): (H256, Option<AccountId>)| ProviderInfo {
        provider: Hash(id),
        account: account.map(Address),
        sites: sites(state, &id),
    };
    page(found.map(info).collect(), start, query::provider_count(state))
}

/// The data centers in which a provider's servers may begin; none for all of them.
pub(super) fn sites(state: &dyn StateRead, provider: &H256) -> Option<Vec<Hash>> {
    match registry::sites(state, provider) {
        registry::Sites::Everywhere => None,
        registry::Sites::These(named) => Some(named.into_iter().map(Hash).collect()),
    }
}

/// Acts below a place, the newest first.
pub(super) fn trail(state: &dyn StateRead, before: Option<u64>, count: usize) -> Page<TrailEntry, u64> {
    let end = query::trail_count(state).min(before.unwrap_or(u64::MAX));
    let start = end.saturating_sub(count as u64);
    let acts = query::trail(state, start, usize::try_from(end - start).unwrap_or(count));
    let items: Vec<TrailEntry> = acts.into_iter().rev().map(|(place, act)| entry(place, act)).collect();
    Page { items, next: Some(start).filter(|start| *start > 0) }
}

/// What an account was granted.
pub(super) fn grants(state: &dyn StateRead, account: &AccountId) -> Option<AccountGrants> {
    let found = query::grants(state, account)?;
    Some(AccountGrants {
        account: Address(*account),
        roles: found.roles.iter().map(|role| role.name().to_owned()).collect(),
        acts_for: found.acts_for.map(Hash),
        tenant_of: found
            .tenant_of
            .map(|(provider, tenant)| TenantRef { provider: Hash(provider), tenant: Hash(tenant) }),
        data_center: found.data_center.map(Hash),
        hosts: found.hosts.into_iter().map(Hash).collect(),
        quota: quota(&found.quota),
        own_quota: found.own_quota,
        level_us: U64(found.level_us),
    })
}

/// Who could give somebody a role.
pub(super) fn grantable(state: &dyn StateRead, role: Role, provider: Option<&H256>) -> Grantable {
    let granters = query::granters(state, role, provider);
    let how = match role {
        Role::Operator => "a quorum of the operators adds a validator that the account operates",
        Role::Validator => {
            "a quorum of the operators adds a validator with this consensus key, or replaces one's by it"
        }
        Role::Foundry | Role::Hypervisor | Role::Tracker | Role::Auditor => "a quorum of the operators grants the role",
        Role::Provider => "a quorum of the operators admits a provider with this account",
        Role::Tenant => "the provider whose tenant it is admits it",
        Role::Orchestrator => "the provider for which it is to act appoints it",
    };
    Grantable {
        role: role.name().to_owned(),
        grantors: granters.accounts.into_iter().map(Address).collect(),
        votes: granters.quorum,
        how: format!("{how} ({})", granters.how),
    }
}

pub(super) fn data_center(found: DataCenter) -> DataCenterInfo {
    DataCenterInfo { id: Hash(found.id), name: found.name, region: found.region }
}

pub(super) fn host(state: &dyn StateRead, found: Host) -> HostInfo {
    let region = query::data_center(state, &found.data_center).map(|center| center.region).unwrap_or_default();
    let committed = committed(&query::committed(state, &found.id));
    let attested_until = query::attested(state, &found.id).map(|attested| U64(attested.until));
    HostInfo { entry: host_entry(&found), region, committed, attested_until }
}

pub(super) fn host_entry(found: &Host) -> HostEntry {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let label =
        |(name, value): &(tierchain_primitives::ledger::Identifier, tierchain_primitives::ledger::Identifier)| Label {
            name: text(name.as_bytes()),
            value: text(value.as_bytes()),
        };
    HostEntry {
        id: Hash(found.id),
        data_center: Hash(found.data_center),
        hypervisor: Address(found.hypervisor),
        capacity: found.capacity.map(Into::into),
        cpu_permille: found.overcommit.cpu_permille,
        memory_permille: found.overcommit.memory_permille,
        labels: found.labels.0.iter().map(label).collect(),
    }
}

pub(super) fn quota(quota: &Quota) -> QuotaInfo {
    QuotaInfo { burst_us: U64(quota.burst_us), rate_permille: quota.rate_permille }
}

fn entry(place: u64, act: Act) -> TrailEntry {
    let Act { block, at, by, proposal, deed: done } = act;
    TrailEntry { place: U64(place), block, at: U64(at), by: Address(by), proposal, deed: deed(&done) }
}

fn deed(done: &registry::Deed) -> Deed {
    use registry::Deed as Done;
    match *done {
        Done::RoleGranted { account, role } => {
            Deed::RoleGranted { account: Address(account), role: role.name().to_owned() }
        }
        Done::RoleRevoked { account, role } => {
            Deed::RoleRevoked { account: Address(account), role: role.name().to_owned() }
        }
        Done::AccountAdmitted { account } => Deed::AccountAdmitted { account: Address(account) },
        Done::ProviderAdmitted { provider, account } => {
            Deed::ProviderAdmitted { provider: Hash(provider), account: Address(account) }
        }
        Done::DataCenterSet { data_center } => Deed::DataCenterSet { data_center: Hash(data_center) },
        Done::HostSet { host, hypervisor } => Deed::HostSet { host: Hash(host), hypervisor: Address(hypervisor) },
        Done::QuotaSet { account, quota: given } => {
            Deed::QuotaSet { account: Address(account), quota: given.as_ref().map(quota) }
        }
        Done::TenantAdmitted { provider, tenant, account } => {
            Deed::TenantAdmitted { provider: Hash(provider), tenant: Hash(tenant), account: Address(account) }
        }
        Done::OrchestratorAppointed { provider, account } => {
            Deed::OrchestratorAppointed { provider: Hash(provider), account: Address(account) }
        }
        Done::Dismissed { provider, account } => {
            Deed::Dismissed { provider: Hash(provider), account: Address(account) }
        }
        Done::GrantsMoved { from, to } => Deed::GrantsMoved { from: Address(from), to: Address(to) },
        Done::SetDecided { epoch } => Deed::SetDecided { epoch: epoch.0 },
        Done::ObserverAdded { network_key } => Deed::ObserverAdded { peer_id: PeerId(network_key).to_string() },
        Done::ObserverRemoved { network_key } => Deed::ObserverRemoved { peer_id: PeerId(network_key).to_string() },
        Done::SitesSet { provider } => Deed::SitesSet { provider: Hash(provider) },
    }
}
