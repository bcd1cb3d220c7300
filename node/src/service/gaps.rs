//! Watched extrinsics that wait for a lower nonce: who is told when the gap is closed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::{AccountId, H256};
use tierchain_replica::{LedgerRead, Replica};
use tierchain_rpc::types::TransactionStatus;
use tierchain_storage::Database;

use super::ledger::ExecutedLedger;
use super::shared::Shared;

/// The watched extrinsics of each account that were last told to be future.
#[derive(Default)]
pub(crate) struct Gaps {
    waiting: Mutex<BTreeMap<AccountId, BTreeSet<H256>>>,
}

impl Gaps {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountId, BTreeSet<H256>>> {
        // No step between lock and unlock can leave the map half changed.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, account: &AccountId) -> Vec<H256> {
        self.lock().get(account).map(|hashes| hashes.iter().copied().collect()).unwrap_or_default()
    }

    fn set(&self, account: AccountId, waiting: BTreeSet<H256>) {
        if waiting.is_empty() {
            self.lock().remove(&account);
        } else {
            self.lock().insert(account, waiting);
        }
    }

    /// Forgets what nobody watches any more.
    pub(crate) fn sweep(&self, is_watched: impl Fn(&H256) -> bool) {
        self.lock().retain(|_, hashes| {
            hashes.retain(&is_watched);
            !hashes.is_empty()
        });
    }
}

/// Tells those who watch a new extrinsic whether it is ready, and those who wait for a gap of its account that it is
/// closed, if it is.
pub(crate) fn on_pooled(shared: &Arc<Shared>, account: AccountId, hash: H256) {
    let mut concerned = shared.gaps.of(&account);
    if shared.watchers.is_watched(&hash) {
        concerned.push(hash);
    }
    tell(shared, account, concerned, Some(hash));
}

/// Tells those who wait for a gap of one of these accounts that a block closed it, if it has.
pub(crate) fn on_included(shared: &Arc<Shared>, accounts: impl Iterator<Item = AccountId>) {
    for account in accounts {
        tell(shared, account, shared.gaps.of(&account), None);
    }
}

/// Tells what the pool says of extrinsics of one account, those that are `new` even when it is that they wait. On the
/// driver's thread, so that nobody hears that an extrinsic is ready after having heard that it is included.
fn tell(shared: &Arc<Shared>, account: AccountId, concerned: Vec<H256>, new: Option<H256>) {
    if concerned.is_empty() {
        return;
    }
    let told = Arc::clone(shared);
    shared.driver.look(move |replica| {
        let next = next_nonce(replica, &told.db, &account);
        let mut waiting = BTreeSet::new();
        for hash in concerned {
            // What isn't in the pool any more, whoever took it out tells why.
            let Some(checked) = replica.pool().get(&hash) else { continue };
            if checked.extrinsic.nonce < next {
                told.watchers.tell(&hash, &TransactionStatus::Ready);
                continue;
            }
            if new == Some(hash) {
                told.watchers.tell(&hash, &TransactionStatus::Future);
            }
            waiting.insert(hash);
        }
        told.gaps.set(account, waiting);
    });
}

/// The account's next nonce, final blocks that aren't executed yet and the pool counted.
pub(crate) fn next_nonce(replica: &Replica, db: &Database, account: &AccountId) -> Nonce {
    let chain = replica.chain();
    let executed = ExecutedLedger(db).account(account, chain.executed()).map_or(0, |info| info.nonce);
    let included = chain.unexecuted().flatten().filter(|checked| checked.extrinsic.signer == *account).count();
    let included = Nonce::try_from(included).unwrap_or(Nonce::MAX);
    replica.pool().next_nonce(account, executed.saturating_add(included))
}
