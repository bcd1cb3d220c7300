//! The registry, as of the newest final block.

use tierchain_primitives::{AccountId, H256};

use crate::types::{
    AccountGrants, AccountRoles, DataCenterInfo, Electorate, EpochInfo, Grantable, HostInfo, Page, ProposalInfo,
    ProviderInfo, TrailEntry,
};

/// Reads the registry.
pub trait RegistryBackend: Send + Sync + 'static {
    /// The validators in force, the observers, and the epoch that is decided to follow.
    fn electorate(&self) -> Electorate;

    /// At most `count` proposals below the number `before`, the newest first; only the open ones if that is asked for.
    fn proposals(&self, before: Option<u32>, count: usize, open: bool) -> Page<ProposalInfo, u32>;

    /// A proposal.
    fn proposal(&self, id: u32) -> Option<ProposalInfo>;

    /// At most `count` epochs from `from` on, in order.
    fn epochs(&self, from: u32, count: usize) -> Vec<EpochInfo>;

    /// What an account may do, and who could let it do more.
    fn roles(&self, account: &AccountId) -> AccountRoles;

    /// Everything that an account was granted; none for one that was never admitted.
    fn grants(&self, account: &AccountId) -> Option<AccountGrants>;

    /// Who could give somebody a role; none for a name that is no role's.
    fn who_may_grant(&self, role: &str, provider: Option<&H256>) -> Option<Grantable>;

    /// A host.
    fn host(&self, id: &H256) -> Option<HostInfo>;

    /// At most `count` hosts from place `start` on, in the order in which they were registered.
    fn hosts(&self, start: u64, count: usize) -> Page<HostInfo, u64>;

    /// At most `count` data centers from place `start` on, in the order in which they were registered.
    fn data_centers(&self, start: u64, count: usize) -> Page<DataCenterInfo, u64>;

    /// At most `count` providers from place `start` on, in the order in which they were admitted.
    fn providers(&self, start: u64, count: usize) -> Page<ProviderInfo, u64>;

    /// At most `count` acts of the trail below the place `before`, the newest first.
    fn trail(&self, before: Option<u64>, count: usize) -> Page<TrailEntry, u64>;
}
