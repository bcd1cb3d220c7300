//! Watching without a break: what may be attested, and when.

use tierchain_primitives::numbers::Micros;

/// A longer time between two looks is a break.
const BREAK_US: Micros = 5_000_000;

/// The time that was watched and isn't attested.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    every: Micros,
    since: Option<Micros>,
    latest: Micros,
    /// Up to when an attestation is on its way.
    sent: Option<Micros>,
    /// Nothing is said before: what was refused once is refused again until somebody mends the registry.
    not_before: Micros,
}

impl Watch {
    /// Nothing was watched yet; an attestation is due every `every` microseconds.
    pub(super) fn new(every: Micros) -> Self {
        Self { every, since: None, latest: 0, sent: None, not_before: 0 }
    }

    /// There was a look. A clock that went back is a break too: nobody knows how long it was.
    pub(super) fn on_look(&mut self, now: Micros) {
        if now < self.latest || now - self.latest > BREAK_US {
            self.since = None;
            self.not_before = self.not_before.min(now);
        }
        self.latest = now;
        self.since.get_or_insert(now);
    }

    /// What is to be attested now, if anything is.
    pub(super) fn due(&mut self, now: Micros) -> Option<(Micros, Micros)> {
        let is_free = self.sent.is_none() && now >= self.not_before;
        let since = self.since.filter(|since| is_free && now.saturating_sub(*since) >= self.every)?;
        self.sent = Some(now);
        Some((since, now))
    }

    /// The attestation on its way is decided. One that was refused waits a whole period before it is tried again: each
    /// try is an extrinsic that fails, and a line in the log.
    pub(super) fn on_decision(&mut self, taken: bool) {
        if !taken {
            self.not_before = self.latest.saturating_add(self.every);
        }
        let Some(until) = self.sent.take().filter(|_| taken) else { return };
        // After a break the time before it is over: only what was watched since goes on.
        self.since = self.since.map(|since| since.max(until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attestations_join_and_a_break_is_left_out() {
        let mut watch = Watch::new(10_000_000);
        let mut all = Vec::new();
        for second in (1..=24).chain(31..=50) {
            let now = second * 1_000_000;
            watch.on_look(now);
            if let Some((since, until)) = watch.due(now) {
                all.push((since / 1_000_000, until / 1_000_000));
                watch.on_decision(true);
            }
        }
        assert_eq!(all, [(1, 11), (11, 21), (31, 41)], "nobody watched between 24 and 31");
    }

    #[test]
    fn what_was_refused_is_attested_again_with_what_follows() {
        let mut watch = Watch::new(5_000_000);
        (1..=6).for_each(|second| watch.on_look(second * 1_000_000));
        assert_eq!(watch.due(6_000_000), Some((1_000_000, 6_000_000)));
        assert_eq!(watch.due(6_000_000), None, "one at a time");
        watch.on_decision(false);
        let tried = (7..=16).map(|second| second * 1_000_000).find_map(|now| {
            watch.on_look(now);
            watch.due(now)
        });
        assert_eq!(tried, Some((1_000_000, 11_000_000)), "a period later, not at the next look");
    }
}
