//! Who waits for the next step of which extrinsic: a helper for a backend's [`crate::backend::PoolBackend::watch`].

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tierchain_primitives::H256;
use tokio::sync::mpsc;

use crate::types::TransactionStatus;

/// More steps than any extrinsic's life has, so that telling one never waits.
const STEPS_MAX: usize = 16;

/// The watchers of all extrinsics. Whoever hangs up is forgotten with the extrinsic's next step, or by [`Self::sweep`].
#[derive(Debug, Default)]
pub struct Watchers {
    waiting: Mutex<BTreeMap<H256, Vec<mpsc::Sender<TransactionStatus>>>>,
}

impl Watchers {
    /// Watches an extrinsic from now on.
    #[must_use]
    pub fn watch(&self, hash: H256) -> mpsc::Receiver<TransactionStatus> {
        let (sender, receiver) = mpsc::channel(STEPS_MAX);
        self.lock().entry(hash).or_default().push(sender);
        receiver
    }

    /// Tells everybody who watches an extrinsic its next step; after the last one their channels close.
    pub fn tell(&self, hash: &H256, status: &TransactionStatus) {
        let mut waiting = self.lock();
        let Some(senders) = waiting.get_mut(hash) else { return };
        // A full channel belongs to a watcher that doesn't read: it is dropped like one that hung up.
        senders.retain(|sender| sender.try_send(status.clone()).is_ok());
        if senders.is_empty() || status.is_last() {
            waiting.remove(hash);
        }
    }

    /// Whether somebody watches an extrinsic.
    #[must_use]
    pub fn is_watched(&self, hash: &H256) -> bool {
        self.lock().contains_key(hash)
    }

    /// Forgets those who hung up: to be called now and then, since an extrinsic that was refused has no next step.
    pub fn sweep(&self) {
        self.lock().retain(|_, senders| {
            senders.retain(|sender| !sender.is_closed());
            !senders.is_empty()
        });
    }

    /// How many extrinsics are watched.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nobody watches anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<H256, Vec<mpsc::Sender<TransactionStatus>>>> {
        // No step between lock and unlock can leave the map half changed.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: H256 = H256([1; 32]);

    #[test]
    fn each_watcher_hears_every_step_and_then_the_end() {
        let watchers = Watchers::default();
        let mut both = [watchers.watch(HASH), watchers.watch(HASH)];
        let last = TransactionStatus::Finalized(crate::types::Hash(HASH));
        watchers.tell(&HASH, &TransactionStatus::Ready);
        watchers.tell(&HASH, &last);
        for receiver in &mut both {
            assert_eq!(receiver.try_recv(), Ok(TransactionStatus::Ready));
            assert_eq!(receiver.try_recv(), Ok(last.clone()));
            assert_eq!(receiver.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
        }
        assert!(watchers.is_empty());
    }

    #[test]
    fn whoever_hangs_up_is_forgotten() {
        let watchers = Watchers::default();
        drop(watchers.watch(HASH));
        assert_eq!(watchers.len(), 1);
        watchers.sweep();
        assert!(watchers.is_empty());
        drop(watchers.watch(HASH));
        watchers.tell(&HASH, &TransactionStatus::Ready);
        assert!(watchers.is_empty());
    }
}
