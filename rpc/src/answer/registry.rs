//! Answers of `registry_*`.

use std::sync::Arc;

use jsonrpsee::core::RpcResult;

use crate::api::RegistryApiServer;
use crate::backend::Backend;
use crate::error::CountTooLarge;
use crate::limits::LEDGER_ITEMS_MAX;
use crate::types::{AccountRoles, Address, Electorate, EpochInfo, Page, ProposalInfo};

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
}
