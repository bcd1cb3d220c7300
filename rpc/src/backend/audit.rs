//! Audit files and their parts.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{ServerId, Uuid};

/// Makes audit files.
pub trait AuditBackend: Send + Sync + 'static {
    /// A life's file; its newest life where no generation is given.
    ///
    /// # Errors
    /// Why there is none now.
    fn audit_life(&self, uuid: Uuid, generation: Option<u32>, with_extrinsics: bool) -> Result<Vec<u8>, AuditError>;

    /// All of a life's file but its blocks, extrinsics and lineage. `visits` are the hosts that its chain names.
    ///
    /// # Errors
    /// Why there is none now.
    fn audit_head(&self, server: ServerId, visits: &[u8]) -> Result<Vec<u8>, AuditError>;

    /// The validator sets since genesis.
    ///
    /// # Errors
    /// When this node lacks the last block of an epoch.
    fn audit_lineage(&self) -> Result<Vec<u8>, AuditError>;

    /// Extrinsics with their places and headers: as many of the first as one answer carries.
    ///
    /// # Errors
    /// When one isn't in a block that this node keeps.
    fn audit_extrinsics(&self, hashes: &[H256]) -> Result<Vec<u8>, AuditError>;

    /// A tenant's file.
    ///
    /// # Errors
    /// Why there is none now.
    fn audit_tenant(&self, tenant: &H256) -> Result<Vec<u8>, AuditError>;

    /// A part of a tenant's file.
    ///
    /// # Errors
    /// Why there is none now.
    fn audit_tenant_part(&self, tenant: &H256, from: u64, until: Option<u64>) -> Result<Vec<u8>, AuditError>;
}

/// Why there is no such file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AuditError {
    /// The server has no such life.
    #[error("there is no such life of server {0} on this ledger: chains_list lists those there are")]
    UnknownLife(String),
    /// No block that this node keeps has the extrinsic.
    #[error("no block that this node keeps has the extrinsic {0}: ask a node that keeps all blocks")]
    UnknownExtrinsic(H256),
    /// `visits` isn't what it should be.
    #[error("visits are no SCALE list of at most {max} hosts with their times: see docs/rpc.md")]
    BadVisits {
        /// Most hosts of one call.
        max: usize,
    },
    /// No certified block names a state that this node can still prove.
    #[error("no certified block names this node's state yet: retry after {retry_after_ms} ms")]
    NotYet {
        /// When one is likely to.
        retry_after_ms: u64,
    },
    /// The file doesn't fit into one answer.
    #[error("the file has more than {max} bytes, which one answer doesn't carry: `{command}` takes it in parts")]
    TooLong {
        /// Most bytes of a file in one answer.
        max: usize,
        /// What fetches it.
        command: &'static str,
    },
    /// Something that the file needs isn't kept here.
    #[error("this node doesn't keep all that the file needs ({0}): ask a node that keeps all blocks")]
    NotKept(String),
}
