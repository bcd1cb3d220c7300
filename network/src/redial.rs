//! When to dial a peer next.
//!
//! A peer that went is dialled at once; if that fails, after 50 ms, doubling up to the cap (500 ms by default), for
//! ever: no outage is so long that its end goes unnoticed. A connection that broke as soon as it stood counts as a
//! failure, so two nodes that refuse each other don't spin.
//!
//! After a failure the end with the larger peer id yields: it waits [`YIELD`] longer than the other, so that dials that
//! crossed once don't cross again.

use std::time::{Duration, Instant};

/// The first pause.
const PAUSE_MIN: Duration = Duration::from_millis(50);

/// How much longer the larger peer id waits after a failure: some handshakes.
const YIELD: Duration = Duration::from_millis(100);

/// The dial schedule of one peer.
#[derive(Clone, Debug)]
pub(crate) struct Redial {
    due: Option<Instant>,
    failures: u32,
    pause_max: Duration,
    yields: bool,
}

impl Redial {
    /// Due at once.
    pub(crate) fn now(pause_max: Duration, yields: bool, now: Instant) -> Self {
        Self { due: Some(now), failures: 0, pause_max, yields }
    }

    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// A dial began or a connection came in: nothing is due until that ends.
    pub(crate) fn hold(&mut self) {
        self.due = None;
    }

    /// Whether it failed several times in a row. Once may just be a crossed dial.
    pub(crate) fn keeps_failing(&self) -> bool {
        self.failures > 1
    }

    /// A connection that had stood so long went.
    pub(crate) fn on_lost(&mut self, stood: Duration, now: Instant) {
        if stood < self.pause_max {
            return self.on_failure(now);
        }
        self.failures = 0;
        self.due = Some(now);
    }

    /// A dial failed, or a connection never got its lanes.
    pub(crate) fn on_failure(&mut self, now: Instant) {
        let pause = PAUSE_MIN.saturating_mul(1 << self.failures.min(10)).min(self.pause_max.saturating_sub(YIELD));
        self.failures = self.failures.saturating_add(1);
        self.due = Some(now + pause + if self.yields { YIELD } else { Duration::ZERO });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: Duration = Duration::from_millis(500);

    #[test]
    fn pauses_double_up_to_the_cap_and_the_larger_id_yields() {
        let now = Instant::now();
        for (yields, pauses) in [(false, [50, 100, 200, 400, 400]), (true, [150, 200, 300, 500, 500])] {
            let mut redial = Redial::now(MAX, yields, now);
            assert!(redial.is_due(now));
            for pause in pauses {
                redial.on_failure(now);
                let due = now + Duration::from_millis(pause);
                assert!(!redial.is_due(due - Duration::from_millis(1)) && redial.is_due(due), "{yields}: {pause} ms");
            }
            assert!(redial.keeps_failing());
        }
    }

    #[test]
    fn a_lost_peer_is_dialled_at_once_and_a_flapping_one_is_not() {
        let now = Instant::now();
        let mut redial = Redial::now(MAX, true, now);
        redial.hold();
        assert!(!redial.is_due(now + Duration::from_secs(3600)));
        redial.on_lost(Duration::from_secs(5), now);
        assert!(redial.is_due(now));
        redial.on_lost(Duration::from_millis(5), now);
        assert!(!redial.is_due(now));
    }
}
