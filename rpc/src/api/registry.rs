//! `registry_*`: who validates, what is proposed about it, and who may do what.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{
    AccountGrants, AccountRoles, Address, DataCenterInfo, Electorate, EpochInfo, Grantable, Hash, HostInfo, Page,
    ProposalInfo, ProviderInfo, TrailEntry,
};

/// The registry, as of the newest final block.
#[rpc(server, client, namespace = "registry")]
pub trait RegistryApi {
    /// The validators in force, the observers, and the epoch that is decided to follow.
    #[method(name = "validators", blocking)]
    fn electorate(&self) -> RpcResult<Electorate>;

    /// Proposals, the newest first, or only those that are open: at most 256 per call. The cursor is the number of the
    /// last one on the page before.
    #[method(name = "proposals", blocking)]
    fn proposals(&self, cursor: Option<u32>, count: u32, open: Option<bool>) -> RpcResult<Page<ProposalInfo, u32>>;

    /// A proposal, its votes, and whose are missing; null where there is none of that number.
    #[method(name = "proposal", blocking)]
    fn proposal(&self, id: u32) -> RpcResult<Option<ProposalInfo>>;

    /// Epochs that have begun from `from` on, in order: at most 256 per call; empty above the newest.
    #[method(name = "epochs", blocking)]
    fn epochs(&self, from: u32, count: u32) -> RpcResult<Vec<EpochInfo>>;

    /// What an account may do, and who could let it do more.
    #[method(name = "roles", blocking)]
    fn roles(&self, account: Address) -> RpcResult<AccountRoles>;

    /// Everything that an account was granted; null for one that was never admitted.
    #[method(name = "grants", blocking)]
    fn grants(&self, account: Address) -> RpcResult<Option<AccountGrants>>;

    /// Who could give somebody a role, and by what; of a tenant or an orchestrator where its provider is named.
    #[method(name = "whoMayGrant", blocking)]
    fn who_may_grant(&self, role: String, provider: Option<Hash>) -> RpcResult<Grantable>;

    /// A host; null where there is none.
    #[method(name = "host", blocking)]
    fn host(&self, id: Hash) -> RpcResult<Option<HostInfo>>;

    /// Hosts in the order in which they were registered: at most 256 per call.
    #[method(name = "hosts", blocking)]
    fn hosts(&self, cursor: Option<u64>, count: u32) -> RpcResult<Page<HostInfo, u64>>;

    /// Data centers in the order in which they were registered: at most 256 per call.
    #[method(name = "dataCenters", blocking)]
    fn data_centers(&self, cursor: Option<u64>, count: u32) -> RpcResult<Page<DataCenterInfo, u64>>;

    /// Service providers in the order in which they were admitted: at most 256 per call.
    #[method(name = "providers", blocking)]
    fn providers(&self, cursor: Option<u64>, count: u32) -> RpcResult<Page<ProviderInfo, u64>>;

    /// Who did what to the registry, the newest first: at most 256 per call. The cursor is the place of the last one on
    /// the page before.
    #[method(name = "trail", blocking)]
    fn trail(&self, cursor: Option<u64>, count: u32) -> RpcResult<Page<TrailEntry, u64>>;
}
