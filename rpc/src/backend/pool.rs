//! Extrinsics on their way into the chain.

use futures::future::BoxFuture;
use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::{AccountId, H256};
use tokio::sync::mpsc;

use crate::submit_error::SubmitError;
use crate::types::{ExtrinsicStatus, TransactionStatus};

/// Takes extrinsics and says what becomes of them.
pub trait PoolBackend: Send + Sync + 'static {
    /// Takes an extrinsic, length prefix included. Answers with its hash once it is in the node's log: after a restart
    /// it is in the pool again.
    fn submit(&self, extrinsic: Vec<u8>) -> BoxFuture<'_, Result<H256, SubmitError>>;

    /// What becomes of an extrinsic from now on. The server asks before it submits, so that no step is lost; the
    /// channel closes after the last step ([`TransactionStatus::is_last`]). [`crate::Watchers`] implements this.
    fn watch(&self, hash: H256) -> mpsc::Receiver<TransactionStatus>;

    /// The extrinsics in the pool, length prefixes included.
    fn pending(&self) -> Vec<Vec<u8>>;

    /// The nonce for an account's next extrinsic, those in the pool counted.
    fn next_nonce(&self, account: &AccountId) -> Nonce;

    /// Everything that is known of an extrinsic.
    fn extrinsic_status(&self, hash: &H256) -> ExtrinsicStatus;
}
