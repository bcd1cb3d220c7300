//! `audit_*`: files that prove themselves, and the parts of those that are too long for one answer.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{Bytes, Hash, ServerUuid};

/// Audit files (docs/formats.md, section 17), as of the newest state that a certified block names.
#[rpc(server, client, namespace = "audit")]
pub trait AuditApi {
    /// One life of a server, its newest by default, as a file that proves itself (`tierchain audit verify`). One that is
    /// too long for an answer is refused: `tierchain audit fetch` takes it in parts.
    #[method(name = "bundle", blocking)]
    fn audit_bundle(
        &self,
        uuid: ServerUuid,
        generation: Option<u32>,
        with_extrinsics: Option<bool>,
    ) -> RpcResult<Bytes>;

    /// All of a life's file that changes with each block of the network: headers, server, values, proof, meta block.
    /// `visits` is SCALE: the hosts that the life's chain names, and when the server was there.
    #[method(name = "head", blocking)]
    fn audit_head(&self, uuid: ServerUuid, generation: u32, visits: Bytes) -> RpcResult<Bytes>;

    /// The validator sets since genesis, each proven by the one before: the lineage of every file.
    #[method(name = "lineage", blocking)]
    fn audit_lineage(&self) -> RpcResult<Bytes>;

    /// Signed extrinsics with their places and their blocks' headers, in the order asked for: at most 64 per call, and
    /// fewer where they are long, but one at the least.
    #[method(name = "extrinsics", blocking)]
    fn audit_extrinsics(&self, hashes: Vec<Hash>) -> RpcResult<Bytes>;

    /// All lives of a tenant as a file that proves itself: what isn't in it isn't on this ledger. One that is too long
    /// for an answer is refused: `tierchain audit absence` takes it in parts.
    #[method(name = "tenant", blocking)]
    fn audit_tenant(&self, tenant: Hash) -> RpcResult<Bytes>;

    /// A part of a tenant's file: up to 2,048 entries from `from` on, of the first `until`.
    #[method(name = "tenantPart", blocking)]
    fn audit_tenant_part(&self, tenant: Hash, from: u64, until: Option<u64>) -> RpcResult<Bytes>;
}
