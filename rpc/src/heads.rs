//! The final heads one after the other, none left out however slow the follower is.

use std::collections::VecDeque;
use std::sync::Arc;

use tierchain_primitives::BlockNumber;
use tokio::sync::broadcast::{self, error::RecvError};

use crate::backend::{Backend, FinalHead};

/// How many missed heads are read at once: enough to catch up fast, few enough to hold.
const MISSED_MAX: BlockNumber = 64;

/// Follows the final heads. What its channel drops because it fell behind, it reads from the backend.
pub(crate) struct HeadFollower {
    backend: Arc<dyn Backend>,
    receiver: broadcast::Receiver<Arc<FinalHead>>,
    /// Number of the head to give next.
    next: BlockNumber,
    /// Number of the newest head that is known of.
    newest: BlockNumber,
    /// Heads that were read from the backend and not given yet.
    missed: VecDeque<Arc<FinalHead>>,
}

impl HeadFollower {
    /// Begins after the newest final head, which it gives back.
    pub(crate) fn start(backend: Arc<dyn Backend>) -> (Self, Arc<FinalHead>) {
        // Listening comes first, so that no head can fall between the two.
        let receiver = backend.heads();
        let current = backend.finalized();
        let newest = current.header.number;
        let follower = Self { backend, receiver, next: newest.saturating_add(1), newest, missed: VecDeque::new() };
        (follower, current)
    }

    /// The next head; none once the node stops. May be dropped at any point and called again.
    pub(crate) async fn next(&mut self) -> Option<Arc<FinalHead>> {
        loop {
            if let Some(head) = self.missed.pop_front() {
                return Some(self.give(head));
            }
            if self.next <= self.newest {
                self.read_missed().await?;
                continue;
            }
            match self.receiver.recv().await {
                Ok(head) if head.header.number == self.next => return Some(self.give(head)),
                Ok(head) => self.newest = self.newest.max(head.header.number),
                Err(RecvError::Lagged(_)) => self.newest = self.newest.max(self.backend.finalized().header.number),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn give(&mut self, head: Arc<FinalHead>) -> Arc<FinalHead> {
        self.next = head.header.number.saturating_add(1);
        self.newest = self.newest.max(head.header.number);
        head
    }

    /// Reads the next missed heads. Those that were pruned meanwhile are passed over: nobody can give them any more.
    async fn read_missed(&mut self) -> Option<()> {
        let backend = Arc::clone(&self.backend);
        let (first, last) = (self.next, self.newest.min(self.next.saturating_add(MISSED_MAX - 1)));
        let read = move || -> VecDeque<_> { (first..=last).filter_map(|number| head_at(&*backend, number)).collect() };
        self.missed = tokio::task::spawn_blocking(read).await.ok()?;
        if self.missed.is_empty() {
            self.next = last.saturating_add(1);
        }
        Some(())
    }
}

fn head_at(backend: &dyn Backend, number: BlockNumber) -> Option<Arc<FinalHead>> {
    let hash = backend.block_hash(number)?;
    let header = backend.header(&hash)?;
    Some(Arc::new(FinalHead { hash, header }))
}
