//! `registry_*`: who validates, what is proposed about it, and who may do what.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{AccountRoles, Address, Electorate, EpochInfo, Page, ProposalInfo};

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
}
