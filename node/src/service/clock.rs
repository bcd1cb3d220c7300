//! The only clock of the node.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tierchain_replica::Clock;

/// Reads both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic reading begins now.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }

    /// This moment.
    pub(crate) fn now(&self) -> Clock {
        let monotonic = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        // A clock before 1970 reads as 1970: blocks still follow their parents' time.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { monotonic, wall: u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX) }
    }
}
