//! Answers of `registry_*`.

use std::sync::Arc;

use jsonrpsee::core::RpcResult;

use crate::api::RegistryApiServer;
use crate::backend::Backend;
use crate::error::{CountTooLarge, UnknownRole};
use crate::limits::LEDGER_ITEMS_MAX;
use crate::types::{
    AccountGrants, AccountRoles, Address, DataCenterInfo, Electorate, EpochInfo, Grantable, Hash, HostInfo, Page,
    ProposalInfo, ProviderInfo, TrailEntry,
};

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
}

impl RegistryApiServer for Answer {
    fn electorate(&self) -> RpcResult<Electorate> {
        Ok(self.backend.electorate())
    }

    fn proposals(&self, cursor: Option<u32>, count: u32, open: Option<bool>) -> RpcResult<Page<ProposalInfo, u32>> {
        let count = CountTooLarge::check("proposals", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.proposals(cursor, count, open.unwrap_or_default()))
    }

    fn proposal(&self, id: u32) -> RpcResult<Option<ProposalInfo>> {
        Ok(self.backend.proposal(id))
    }

    fn epochs(&self, from: u32, count: u32) -> RpcResult<Vec<EpochInfo>> {
        let count = CountTooLarge::check("epochs", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.epochs(from, count))
    }

    fn roles(&self, account: Address) -> RpcResult<AccountRoles> {
        Ok(self.backend.roles(&account.0))
    }

    fn grants(&self, account: Address) -> RpcResult<Option<AccountGrants>> {
        Ok(self.backend.grants(&account.0))
    }

    fn who_may_grant(&self, role: String, provider: Option<Hash>) -> RpcResult<Grantable> {
        let found = self.backend.who_may_grant(&role, provider.as_ref().map(|provider| &provider.0));
        Ok(found.ok_or_else(|| UnknownRole::new(&role))?)
    }

    fn host(&self, id: Hash) -> RpcResult<Option<HostInfo>> {
        Ok(self.backend.host(&id.0))
    }

    fn hosts(&self, cursor: Option<u64>, count: u32) -> RpcResult<Page<HostInfo, u64>> {
        let count = CountTooLarge::check("hosts", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.hosts(cursor.unwrap_or_default(), count))
    }

    fn data_centers(&self, cursor: Option<u64>, count: u32) -> RpcResult<Page<DataCenterInfo, u64>> {
        let count = CountTooLarge::check("data centers", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.data_centers(cursor.unwrap_or_default(), count))
    }

    fn providers(&self, cursor: Option<u64>, count: u32) -> RpcResult<Page<ProviderInfo, u64>> {
        let count = CountTooLarge::check("providers", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.providers(cursor.unwrap_or_default(), count))
    }

    fn trail(&self, cursor: Option<u64>, count: u32) -> RpcResult<Page<TrailEntry, u64>> {
        let count = CountTooLarge::check("acts", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.trail(cursor, count))
    }
}
