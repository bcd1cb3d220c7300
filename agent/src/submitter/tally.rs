//! How far the submitter is, in numbers, and when that is worth a line in the log.

use std::time::Duration;

use tokio::time::Instant;

/// No two lines come faster, and no more often is counted: a host may have many lives.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// How many of its lives are how far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    /// Lives that it knows.
    pub(super) servers: usize,
    /// Those that are born.
    pub(super) born: usize,
    /// Happenings that aren't on the ledger yet.
    pub(super) waiting: usize,
    /// Lives that ended.
    pub(super) ended: usize,
    /// Lives of which nothing is left to say.
    pub(super) settled: usize,
}

/// What was said last, and when.
#[derive(Debug)]
pub(super) struct Said {
    at: Instant,
    tally: Tally,
}

impl Said {
    /// Nothing yet, and there is nothing to say of nothing.
    pub(super) fn new(now: Instant) -> Self {
        Self { at: now, tally: Tally::default() }
    }

    /// The tally where it is worth a line: when it is news and not too soon after the last count, and as the last word.
    /// In a quiet hour there is no news, whatever the agent attests meanwhile.
    pub(super) fn news(&mut self, now: Instant, is_last: bool, count: impl FnOnce() -> Tally) -> Option<Tally> {
        if !is_last && now.duration_since(self.at) < COUNT_EVERY {
            return None;
        }
        let before = core::mem::replace(self, Self { at: now, tally: count() });
        (is_last || before.tally != self.tally).then_some(self.tally)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_hour_is_quiet() {
        let start = Instant::now();
        let mut said = Said::new(start);
        let mut at = |seconds, tally| said.news(start + Duration::from_secs(seconds), false, || tally);
        assert!((1..3_600).all(|second| at(second, Tally::default()).is_none()), "nothing of nothing");
        let news = Tally { servers: 1, ..Tally::default() };
        assert_eq!(at(3_600, news), Some(news));
        assert!((3_600..7_200).all(|second| at(second, news).is_none()), "once");
        let more = Tally { born: 1, ..news };
        assert_eq!(at(7_200, more), Some(more));
        assert_eq!(at(7_200, news), None, "not faster than once a second");
        assert_eq!(at(7_201, news), Some(news));
        assert_eq!(said.news(start, true, || news), Some(news), "the last word is said in any case");
    }
}
