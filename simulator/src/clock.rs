//! Virtual time. It passes from event to event; nothing waits.

/// Microseconds since the run began.
pub type Time = u64;

/// One millisecond.
pub const MS: Time = 1_000;

/// One second.
pub const SECOND: Time = 1_000 * MS;

/// When the run begins, in milliseconds since the Unix epoch; also the time of genesis.
pub const GENESIS_MS: u64 = 1_800_000_000_000;

/// A replica's two clocks: one that starts with its process, one that people set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clocks {
    /// When its process began.
    pub started: Time,
    /// What its monotonic clock showed then.
    pub first_reading_ms: u64,
    /// By how much its wall clock is wrong.
    pub skew_ms: i64,
}

impl Clocks {
    /// What they show at `now`.
    #[must_use]
    pub fn read(&self, now: Time) -> tierchain_replica::Clock {
        let monotonic = self.first_reading_ms + now.saturating_sub(self.started) / MS;
        let wall = (GENESIS_MS + now / MS).saturating_add_signed(self.skew_ms);
        tierchain_replica::Clock { monotonic, wall }
    }

    /// When the monotonic clock shows this or more.
    #[must_use]
    pub fn time_of(&self, monotonic: u64) -> Time {
        self.started + monotonic.saturating_sub(self.first_reading_ms) * MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_shows_what_it_is_woken_for() {
        let clocks = Clocks { started: 1_234_567, first_reading_ms: 77, skew_ms: -30 };
        for monotonic in [77, 78, 1_000] {
            assert_eq!(clocks.read(clocks.time_of(monotonic)).monotonic, monotonic);
        }
        assert_eq!(clocks.read(2_000_000).wall, GENESIS_MS + 2_000 - 30);
    }
}
