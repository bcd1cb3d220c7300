//! Who is who: hosts and their places, parties, what an account was granted, who could grant it, and the trail.

use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};

use super::page;
use crate::quota::Quota;
use crate::registry::{self, Act, DataCenter, Host, Role, Roles};
use crate::{system, timestamp};

/// A data center.
#[must_use]
pub fn data_center(state: &dyn StateRead, id: &H256) -> Option<DataCenter> {
    registry::DATA_CENTERS.get(state, id)
}

/// How many data centers there are.
#[must_use]
pub fn data_center_count(state: &dyn StateRead) -> u64 {
    registry::DATA_CENTER_COUNT.get(state).unwrap_or(0)
}

/// Data centers in the order in which they came: at most `limit`, from place `start` on.
#[must_use]
pub fn data_centers(state: &dyn StateRead, start: u64, limit: usize) -> Vec<DataCenter> {
    let ids = page(start, data_center_count(state), limit).filter_map(|at| registry::DATA_CENTER_LIST.get(state, &at));
    ids.filter_map(|id| data_center(state, &id)).collect()
}

/// A host.
#[must_use]
pub fn host(state: &dyn StateRead, id: &H256) -> Option<Host> {
    registry::HOSTS.get(state, id)
}

/// How many hosts there are.
#[must_use]
pub fn host_count(state: &dyn StateRead) -> u64 {
    registry::HOST_COUNT.get(state).unwrap_or(0)
}

/// Hosts in the order in which they came: at most `limit`, from place `start` on.
#[must_use]
pub fn hosts(state: &dyn StateRead, start: u64, limit: usize) -> Vec<Host> {
    let ids = page(start, host_count(state), limit).filter_map(|at| registry::HOST_LIST.get(state, &at));
    ids.filter_map(|id| host(state, &id)).collect()
}

/// A provider's account; none for an unknown provider, or one whose account lost its role.
#[must_use]
pub fn provider(state: &dyn StateRead, id: &H256) -> Option<AccountId> {
    registry::provider_account(state, id)
}

/// How many providers there have been.
#[must_use]
pub fn provider_count(state: &dyn StateRead) -> u64 {
    registry::PROVIDER_COUNT.get(state).unwrap_or(0)
}

/// Providers with their accounts in the order of their admissions: at most `limit`, from place `start` on.
#[must_use]
pub fn providers(state: &dyn StateRead, start: u64, limit: usize) -> Vec<(H256, Option<AccountId>)> {
    let ids = page(start, provider_count(state), limit).filter_map(|at| registry::PROVIDER_LIST.get(state, &at));
    ids.map(|id| (id, provider(state, &id))).collect()
}

/// The account of a provider's tenant.
#[must_use]
pub fn tenant(state: &dyn StateRead, provider: &H256, tenant: &H256) -> Option<AccountId> {
    registry::TENANTS.get(state, &(*provider, *tenant))
}

/// What an account was granted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grants {
    /// Its roles.
    pub roles: Roles,
    /// The provider that it acts for.
    pub acts_for: Option<H256>,
    /// The provider whose tenant it is, and which.
    pub tenant_of: Option<(H256, H256)>,
    /// Where the hosts stand that it speaks for.
    pub data_center: Option<H256>,
    /// The hosts that it speaks for.
    pub hosts: Vec<H256>,
    /// What it may use.
    pub quota: Quota,
    /// Whether that is a quota of its own.
    pub own_quota: bool,
    /// What it has used of it, by the time of the state's block.
    pub level_us: u64,
}

/// What an account was granted; none for one that was never admitted.
#[must_use]
pub fn grants(state: &dyn StateRead, account: &AccountId) -> Option<Grants> {
    let allowance = system::account(state, account)?.allowance;
    let speaks = registry::HYPERVISORS.get(state, account);
    let quota = allowance.quota.unwrap_or_else(|| registry::quota(state));
    Some(Grants {
        roles: registry::roles(state, account),
        acts_for: registry::ACTS_FOR.get(state, account),
        tenant_of: registry::TENANT_OF.get(state, account),
        data_center: speaks.as_ref().map(|speaks| speaks.data_center),
        hosts: speaks.map(|speaks| speaks.hosts).unwrap_or_default(),
        quota,
        own_quota: allowance.quota.is_some(),
        level_us: allowance.spent.level_at(timestamp::NOW.get(state).unwrap_or(0), &quota),
    })
}

/// Who could give somebody a role, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Granters {
    /// The call that does it, with the proposal where it takes one.
    pub how: &'static str,
    /// Who may sign it.
    pub accounts: Vec<AccountId>,
    /// How many votes it takes: one for each validator whose operator signs.
    pub quorum: u32,
}

/// Who could give somebody a role. Tenants and orchestrators are their provider's to name: none is known where no
/// standing provider is named.
#[must_use]
pub fn granters(state: &dyn StateRead, role: Role, provider_id: Option<&H256>) -> Granters {
    let how = match role {
        Role::Foundry | Role::Hypervisor | Role::Tracker | Role::Auditor => "registry.propose grant_role",
        Role::Provider => "registry.propose admit_provider",
        Role::Operator | Role::Validator => "registry.propose add_validator",
        Role::Tenant => "registry.admit_tenant",
        Role::Orchestrator => "registry.appoint_orchestrator",
    };
    if matches!(role, Role::Tenant | Role::Orchestrator) {
        let accounts = provider_id.and_then(|id| provider(state, id)).into_iter().collect();
        return Granters { how, accounts, quorum: 1 };
    }
    let mut accounts: Vec<AccountId> = registry::validators(state).iter().map(|known| known.operator).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let quorum = u32::try_from(registry::validator_set(state).quorum()).unwrap_or(u32::MAX);
    Granters { how, accounts, quorum }
}

/// How many acts the trail has.
#[must_use]
pub fn trail_count(state: &dyn StateRead) -> u64 {
    registry::TRAIL_COUNT.get(state).unwrap_or(0)
}

/// The trail with the acts' places, oldest first: at most `limit`, from place `start` on.
#[must_use]
pub fn trail(state: &dyn StateRead, start: u64, limit: usize) -> Vec<(u64, Act)> {
    let places = page(start, trail_count(state), limit);
    places.filter_map(|place| Some((place, registry::TRAIL.get(state, &place)?))).collect()
}
