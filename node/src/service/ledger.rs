//! The executed ledger as the replica reads it.

use parity_scale_codec::Decode;
use tierchain_primitives::epoch::EpochChange;
use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::ports::ChainRead;
use tierchain_primitives::{AccountId, BlockNumber, H256};
use tierchain_replica::LedgerRead;
use tierchain_runtime::registry::{self, Rejoined};
use tierchain_runtime::system;
use tierchain_storage::{Database, fatal};

/// The database, read at blocks that are still in its window.
pub(crate) struct ExecutedLedger<'a>(pub(crate) &'a Database);

impl ChainRead for ExecutedLedger<'_> {
    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        self.0.block_hash(number)
    }
}

impl LedgerRead for ExecutedLedger<'_> {
    fn account_nonce(&self, account: &AccountId, at: BlockNumber) -> Option<Nonce> {
        let key = system::ACCOUNT.key(account);
        let bytes = match self.0.state_at(&key, at) {
            Ok(value) => value?,
            Err(error) => fatal("reading an account within the window of recent blocks", error),
        };
        match system::AccountInfo::decode(&mut bytes.as_slice()) {
            Ok(info) => Some(info.nonce),
            Err(error) => fatal("reading an account that this node wrote", error),
        }
    }

    fn epoch_change(&self) -> Option<EpochChange> {
        registry::epoch_change(self.0)
    }

    fn rejoined(&self, key: &AccountId) -> Option<Rejoined> {
        registry::rejoined(self.0, key)
    }
}
