//! The horizon: which old state stays readable, and which history may go.
//!
//! Two heights, both rising only. The *lowest* is what readers may ask for. The *prunable* is what compaction may act on:
//! a lowest that is on stable storage, so that no restart ever finds a lower one than history was pruned to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tierchain_primitives::BlockNumber;
use tierchain_primitives::numbers::Millis;

/// Which heights' state stays readable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Retention {
    /// All of them.
    Archive,
    /// The last `blocks` and the last `millis` of block time, whichever is longer.
    Window {
        /// How many blocks below the newest.
        blocks: u32,
        /// How much time below the newest block's.
        millis: Millis,
    },
}

impl Default for Retention {
    /// 4,096 blocks and an hour.
    fn default() -> Self {
        Self::Window { blocks: 4_096, millis: 3_600_000 }
    }
}

impl Retention {
    /// Whether the state below `lowest` may go, now that `best` is the newest block.
    pub(super) fn permits(self, lowest: (BlockNumber, Millis), best: (BlockNumber, Millis)) -> bool {
        match self {
            Self::Archive => false,
            Self::Window { blocks, millis } => {
                best.0.saturating_sub(lowest.0) > blocks && best.1.saturating_sub(lowest.1) > millis
            }
        }
    }
}

/// The two heights.
pub(super) struct Horizon {
    retention: Retention,
    lowest: AtomicU32,
    prunable: Prunable,
}

/// The height up to which history records may be dropped, shared with the compaction filter.
#[derive(Clone, Default)]
pub(super) struct Prunable(Arc<AtomicU32>);

impl Prunable {
    /// Whether a history record serves no readable height: the one of height r serves heights below r only.
    pub(super) fn drops(&self, key: &[u8]) -> bool {
        let height = key.last_chunk().map(|bytes| BlockNumber::from_be_bytes(*bytes));
        height.is_some_and(|height| height <= self.0.load(Ordering::SeqCst))
    }
}

impl Horizon {
    pub(super) fn new(retention: Retention) -> Self {
        Self { retention, lowest: AtomicU32::new(0), prunable: Prunable::default() }
    }

    pub(super) fn prunable(&self) -> Prunable {
        self.prunable.clone()
    }

    pub(super) fn retention(&self) -> Retention {
        self.retention
    }

    pub(super) fn lowest(&self) -> BlockNumber {
        self.lowest.load(Ordering::SeqCst)
    }

    pub(super) fn raise(&self, lowest: BlockNumber) {
        self.lowest.fetch_max(lowest, Ordering::SeqCst);
    }

    /// Takes over what the database says after opening, which is on stable storage.
    pub(super) fn recover(&self, lowest: BlockNumber) {
        self.raise(lowest);
        self.permit_pruning(lowest);
    }

    /// Lets compaction drop what serves heights below `lowest` only. That `lowest` must be on stable storage.
    pub(super) fn permit_pruning(&self, lowest: BlockNumber) {
        self.prunable.0.fetch_max(lowest, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_goes_when_both_blocks_and_time_are_exceeded() {
        let retention = Retention::Window { blocks: 10, millis: 1_000 };
        assert!(retention.permits((4, 0), (15, 1_001)));
        assert!(!retention.permits((5, 0), (15, 1_001)), "too few blocks");
        assert!(!retention.permits((4, 1), (15, 1_001)), "too little time");
        assert!(!Retention::Archive.permits((0, 0), (u32::MAX, u64::MAX)));
    }

    #[test]
    fn only_records_at_or_below_the_durable_lowest_are_dropped() {
        let horizon = Horizon::new(Retention::default());
        let key = |height: u32| [b"key".as_slice(), &height.to_be_bytes()].concat();
        horizon.raise(7);
        assert!(!horizon.prunable().drops(&key(7)));
        horizon.permit_pruning(7);
        assert!(horizon.prunable().drops(&key(7)));
        assert!(!horizon.prunable().drops(&key(8)));
        assert!(!horizon.prunable().drops(b"odd"));
    }
}
