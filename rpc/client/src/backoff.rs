//! How long to wait for what, and waiting longer each time, with jitter, so that a crowd of agents doesn't come back
//! at once.

use std::time::Duration;

use rand::RngExt;

/// A program's patience.
#[derive(Clone, Copy, Debug)]
pub struct Pacing {
    /// How often the ledger is asked while something is on its way.
    pub look_every: Duration,
    /// How long an extrinsic that was taken may need before it is sent again.
    pub final_after: Duration,
    /// The first wait after a failure.
    pub wait_first: Duration,
    /// The longest wait after a failure.
    pub wait_longest: Duration,
}

impl Pacing {
    /// That of agents and foundries.
    pub const NORMAL: Self = Self {
        look_every: Duration::from_millis(30),
        final_after: Duration::from_secs(2),
        wait_first: Duration::from_millis(200),
        wait_longest: Duration::from_secs(30),
    };
}

/// How long to wait next.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// Starts with the shortest wait.
    #[must_use]
    pub fn new(pacing: &Pacing) -> Self {
        Self { next: pacing.wait_first, longest: pacing.wait_longest }
    }

    /// The next wait: between half of its length and all of it; the one after is twice as long, up to a bound.
    #[expect(clippy::should_implement_trait, reason = "there is always a next wait")]
    pub fn next(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.longest);
        rand::rng().random_range(wait / 2..=wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_within_bounds() {
        let mut backoff = Backoff::new(&Pacing::NORMAL);
        for expected_ms in [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000] {
            let (wait, whole) = (backoff.next(), Duration::from_millis(expected_ms));
            assert!(whole / 2 <= wait && wait <= whole, "{wait:?}");
        }
    }
}
