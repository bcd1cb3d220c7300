//! Answers of `audit_*`.

use std::sync::Arc;

use jsonrpsee::core::RpcResult;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::ServerId;

use crate::api::AuditApiServer;
use crate::backend::Backend;
use crate::error::CountTooLarge;
use crate::limits::AUDIT_EXTRINSICS_MAX;
use crate::types::{Bytes, Hash, ServerUuid};

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
}

impl AuditApiServer for Answer {
    fn audit_bundle(
        &self,
        uuid: ServerUuid,
        generation: Option<u32>,
        with_extrinsics: Option<bool>,
    ) -> RpcResult<Bytes> {
        Ok(Bytes(self.backend.audit_life(uuid.0, generation, with_extrinsics.unwrap_or_default())?))
    }

    fn audit_head(&self, uuid: ServerUuid, generation: u32, visits: Bytes) -> RpcResult<Bytes> {
        Ok(Bytes(self.backend.audit_head(ServerId { uuid: uuid.0, generation }, &visits.0)?))
    }

    fn audit_lineage(&self) -> RpcResult<Bytes> {
        Ok(Bytes(self.backend.audit_lineage()?))
    }

    fn audit_extrinsics(&self, hashes: Vec<Hash>) -> RpcResult<Bytes> {
        CountTooLarge::check("extrinsics", hashes.len(), AUDIT_EXTRINSICS_MAX)?;
        let hashes: Vec<H256> = hashes.into_iter().map(|hash| hash.0).collect();
        Ok(Bytes(self.backend.audit_extrinsics(&hashes)?))
    }

    fn audit_tenant(&self, tenant: Hash) -> RpcResult<Bytes> {
        Ok(Bytes(self.backend.audit_tenant(&tenant.0)?))
    }

    fn audit_tenant_part(&self, tenant: Hash, from: u64, until: Option<u64>) -> RpcResult<Bytes> {
        Ok(Bytes(self.backend.audit_tenant_part(&tenant.0, from, until)?))
    }
}
