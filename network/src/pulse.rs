//! Signs of life of one connection: when something was last heard, and how long a ping takes.
//!
//! Pings have a lane of their own, so neither a long block on the sync channel nor an owner that doesn't take its
//! events makes a live peer look dead. Anything heard on any lane counts. A ping says `0` and the sender's clock, its
//! answer `1` and the same clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Bytes of a ping or of its answer.
pub(crate) const BEAT_BYTES: usize = 9;

/// A ping or its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Beat {
    /// "Are you there?", at this time of mine.
    Ping(u64),
    /// "Yes", with the time of yours.
    Pong(u64),
}

impl Beat {
    pub(crate) fn encode(self) -> [u8; BEAT_BYTES] {
        let (kind, clock) = match self {
            Self::Ping(clock) => (0, clock),
            Self::Pong(clock) => (1, clock),
        };
        let mut bytes = [kind; BEAT_BYTES];
        bytes[1..].copy_from_slice(&clock.to_be_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, clock) = bytes.split_first()?;
        let clock = u64::from_be_bytes(clock.try_into().ok()?);
        match kind {
            0 => Some(Self::Ping(clock)),
            1 => Some(Self::Pong(clock)),
            _ => None,
        }
    }
}

/// What is known of a connection's life, written by its readers and read by the driver.
#[derive(Debug)]
pub(crate) struct Pulse {
    start: Instant,
    heard_micros: AtomicU64,
    round_trip_micros: AtomicU64,
}

impl Pulse {
    /// A connection that was just made: it counts as heard now.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), heard_micros: AtomicU64::new(0), round_trip_micros: AtomicU64::new(u64::MAX) }
    }

    /// Our clock, to put in a ping.
    pub(crate) fn clock(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX - 1)
    }

    /// Something was heard.
    pub(crate) fn beat(&self) {
        self.heard_micros.store(self.clock(), Ordering::Relaxed);
    }

    /// The answer to a ping sent at `clock` came. The peer chose `clock`; a false one only spoils a figure.
    pub(crate) fn answered(&self, clock: u64) {
        self.round_trip_micros.store(self.clock().saturating_sub(clock), Ordering::Relaxed);
    }

    /// How long nothing was heard.
    pub(crate) fn silence(&self) -> Duration {
        Duration::from_micros(self.clock().saturating_sub(self.heard_micros.load(Ordering::Relaxed)))
    }

    /// The last ping's round trip, once there was one.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        let micros = self.round_trip_micros.load(Ordering::Relaxed);
        (micros != u64::MAX).then(|| Duration::from_micros(micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_read_back_and_nothing_else_does() {
        for beat in [Beat::Ping(7), Beat::Pong(u64::MAX)] {
            assert_eq!(Beat::decode(&beat.encode()), Some(beat));
        }
        for bytes in [&[][..], &[0; 8], &[0; 10], &[2; 9]] {
            assert_eq!(Beat::decode(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_pulse_starts_alive_and_knows_no_round_trip() {
        let pulse = Pulse::new();
        assert!(pulse.silence() < Duration::from_secs(1));
        assert_eq!(pulse.round_trip(), None);
        pulse.answered(u64::MAX);
        assert_eq!(pulse.round_trip(), Some(Duration::ZERO));
    }
}
