//! What a foundry answers: a service of its own, beside the nodes. Server and client from one text, as in [`crate::api`].

use jsonrpsee::core::{ClientError, RpcResult};
use jsonrpsee::proc_macros::rpc;
use jsonrpsee::types::ErrorObjectOwned;
use serde::{Deserialize, Serialize};

use crate::types::{Bytes, Hash, Server};

/// Most bytes of a request, as JSON: a birth request and a signature have a few hundred.
pub const REQUEST_BYTES_MAX: u32 = 4 * 1024;

/// Code of the error that refuses a birth.
pub const REFUSED: i32 = 5_101;

/// Births, for tracking applications.
#[rpc(server, client, namespace = "foundry")]
pub trait FoundryService {
    /// Asks for a birth block: SCALE of the request, and the tracker's 64-byte signature over it. Answered when the block
    /// is final. The same request again has the same answer.
    #[method(name = "requestBirth")]
    async fn request_birth(&self, request: Bytes, signature: Bytes) -> RpcResult<BirthAnswer>;
}

/// A birth block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BirthAnswer {
    /// The server and which of its lives.
    pub server: Server,
    /// Hash of its birth block.
    pub birth_hash: Hash,
    /// Whether it was on the ledger before this request.
    pub repeat: bool,
}

/// Why a foundry refuses: the `data` of the error.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{kind}: {message}")]
pub struct BirthRefused {
    /// By name, of the ledger's errors where it is one of them.
    pub kind: String,
    /// What is wrong, and the remedy.
    pub message: String,
    /// Whether the same request may pass later.
    pub temporary: bool,
}

impl From<BirthRefused> for ErrorObjectOwned {
    fn from(refused: BirthRefused) -> Self {
        Self::owned(REFUSED, refused.to_string(), Some(refused))
    }
}

/// The refusal in a call's error; none where something else went wrong (the connection, the time-out).
#[must_use]
pub fn refusal(error: &ClientError) -> Option<BirthRefused> {
    let ClientError::Call(call) = error else { return None };
    serde_json::from_str(call.data()?.get()).ok()
}
