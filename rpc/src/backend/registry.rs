//! The registry, as of the newest final block.

use tierchain_primitives::AccountId;

use crate::types::{AccountRoles, Electorate, EpochInfo, Page, ProposalInfo};

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
}
