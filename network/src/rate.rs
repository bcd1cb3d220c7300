//! A token bucket for what an observer sends: its rate per second, with one second's worth saved up at most.

use std::time::{Duration, Instant};

use crate::config::Limits;

/// How much one peer may still send.
#[derive(Clone, Debug)]
pub(crate) struct Rate {
    bytes: Bucket,
    messages: Bucket,
}

impl Rate {
    pub(crate) fn for_observer(limits: &Limits, now: Instant) -> Self {
        Self {
            bytes: Bucket::full(limits.observer_bytes_per_second, now),
            messages: Bucket::full(limits.observer_messages_per_second, now),
        }
    }

    /// Takes one message of `bytes`; how long to wait before reading the next one.
    pub(crate) fn take(&mut self, bytes: usize, now: Instant) -> Duration {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes.take(bytes, now).max(self.messages.take(1, now))
    }
}

/// When all that was taken is paid for; up to a second ahead of now is credit.
#[derive(Clone, Debug)]
struct Bucket {
    per_second: u64,
    free_at: Instant,
}

impl Bucket {
    fn full(per_second: u64, now: Instant) -> Self {
        Self { per_second: per_second.max(1), free_at: now }
    }

    /// Books `amount` and says how long it overdraws the bucket.
    fn take(&mut self, amount: u64, now: Instant) -> Duration {
        let cost = u128::from(amount) * 1_000_000_000 / u128::from(self.per_second);
        let cost = Duration::from_nanos(u64::try_from(cost).unwrap_or(u64::MAX).min(3_600_000_000_000));
        self.free_at = self.free_at.max(now) + cost;
        (self.free_at - now).saturating_sub(Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_one_second_is_free_and_the_rest_waits() {
        let now = Instant::now();
        let limits =
            Limits { observer_bytes_per_second: 1_000, observer_messages_per_second: 1_000, ..Limits::default() };
        let mut rate = Rate::for_observer(&limits, now);
        assert_eq!(rate.take(1_000, now), Duration::ZERO);
        assert_eq!(rate.take(500, now), Duration::from_millis(500));
        assert_eq!(rate.take(0, now + Duration::from_secs(2)), Duration::ZERO);
    }

    #[test]
    fn small_messages_count_too() {
        let now = Instant::now();
        let limits = Limits { observer_messages_per_second: 10, ..Limits::default() };
        let mut rate = Rate::for_observer(&limits, now);
        let waits: Vec<_> = (0..12).map(|_| rate.take(1, now).as_millis()).collect();
        assert_eq!(waits[..10], [0; 10]);
        assert_eq!(waits[10..], [100, 200]);
    }
}
