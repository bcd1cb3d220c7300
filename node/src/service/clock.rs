//! The only clock of the node.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tierchain_replica::Clock;

/// Reads both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock {
    start: Instant,
    /// How far the wall clock is off, for tests.
    offset_ms: i64,
}

impl SystemClock {
    /// A clock whose monotonic reading begins now, and whose wall is off by so much.
    pub(crate) fn new(offset_ms: i64) -> Self {
        Self { start: Instant::now(), offset_ms }
    }

    /// This moment.
    pub(crate) fn now(&self) -> Clock {
        let monotonic = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        // A clock before 1970 reads as 1970: blocks still follow their parents' time.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        Clock { monotonic, wall: wall.saturating_add_signed(self.offset_ms) }
    }
}
