//! The executed ledger: as the replica reads it, and as it was after a block.

use std::cell::Cell;

use parity_scale_codec::Decode;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::epoch::EpochChange;
use tierchain_primitives::ports::{ChainRead, StateRead};
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256};
use tierchain_replica::LedgerRead;
use tierchain_runtime::registry::{self, Rejoined};
use tierchain_runtime::{AccountInfo, system};
use tierchain_storage::{Database, View, fatal};

/// The database, read at blocks that are still in its window.
pub(crate) struct ExecutedLedger<'a>(pub(crate) &'a Database);

impl ChainRead for ExecutedLedger<'_> {
    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        self.0.block_hash(number)
    }
}

impl LedgerRead for ExecutedLedger<'_> {
    fn account(&self, account: &AccountId, at: BlockNumber) -> Option<AccountInfo> {
        let key = system::ACCOUNT.key(account);
        let bytes = match self.0.state_at(&key, at) {
            Ok(value) => value?,
            Err(error) => fatal("reading an account within the window of recent blocks", error),
        };
        match AccountInfo::decode(&mut bytes.as_slice()) {
            Ok(info) => Some(info),
            Err(error) => fatal("reading an account that this node wrote", error),
        }
    }

    fn epoch_change(&self) -> Option<EpochChange> {
        registry::epoch_change(self.0)
    }

    fn rejoined(&self, key: &AccountId) -> Option<Rejoined> {
        registry::rejoined(self.0, key)
    }

    fn epoch_set(&self, epoch: Epoch) -> Option<ValidatorSet> {
        registry::epoch(self.0, epoch).map(|record| record.set)
    }
}

/// The state after a retained block. Where it is pruned while it is being read, nothing is found: ask [`Self::is_whole`]
/// when done.
pub(crate) struct StateAt<'a> {
    view: View<'a>,
    number: BlockNumber,
    is_whole: Cell<bool>,
}

impl<'a> StateAt<'a> {
    /// The state after block `number`.
    pub(crate) fn new(db: &'a Database, number: BlockNumber) -> Self {
        Self { view: db.view(), number, is_whole: Cell::new(true) }
    }

    /// Whether everything that was read so far was still there.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole.get()
    }
}

impl StateRead for StateAt<'_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.view.state_at(key, self.number).unwrap_or_else(|_| {
            self.is_whole.set(false);
            None
        })
    }
}
