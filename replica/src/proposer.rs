//! When the primary makes a block.
//!
//! At once when something can be included and nothing is in flight; under load at a steady distance, so that blocks
//! grow instead of multiplying; an empty block when a non-empty one isn't covered by a state root and nothing came for
//! a while; empty blocks up to the end of an epoch that is decided; a heartbeat block on an idle network; and nothing
//! else.

use tierchain_primitives::BlockNumber;
use tierchain_primitives::numbers::Millis;

use crate::clock::Clock;

/// Distances between blocks, in milliseconds: policy of the primary, which nobody validates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// At least this between any two blocks.
    pub spacing_ms: u64,
    /// At least this while the chain has used up its budget of block numbers.
    pub spacing_over_budget_ms: u64,
    /// At least this while blocks are in flight.
    pub spacing_in_flight_ms: u64,
    /// For how long nothing may have been pending before a block is made only to cover a state.
    pub cover_after_ms: u64,
    /// The longest time between two blocks of an idle network.
    pub heartbeat_ms: Millis,
    /// The time of genesis, from which the budget of block numbers counts.
    pub genesis_time: Millis,
}

impl Pace {
    /// The shipped policy for a network born at `genesis_time` with this heartbeat.
    #[must_use]
    pub fn new(genesis_time: Millis, heartbeat_ms: Millis) -> Self {
        Self {
            spacing_ms: 5,
            spacing_over_budget_ms: 50,
            spacing_in_flight_ms: 10,
            cover_after_ms: 50,
            heartbeat_ms,
            genesis_time,
        }
    }

    /// How far apart blocks are, given how many are in flight. A u32 of block numbers lasts 6.8 years at the least:
    /// over 20,000,000 plus 20 a second since genesis, blocks are 50 ms apart.
    fn spacing(&self, number: BlockNumber, wall: Millis, in_flight: u32) -> u64 {
        let seconds = wall.saturating_sub(self.genesis_time) / 1_000;
        if u64::from(number) > 20_000_000 + 20 * seconds {
            self.spacing_over_budget_ms
        } else if in_flight > 0 {
            self.spacing_in_flight_ms
        } else {
            self.spacing_ms
        }
    }
}

/// What the primary looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outlook {
    /// The number of the block to be made.
    pub(crate) number: BlockNumber,
    /// Blocks without certificate below it.
    pub(crate) in_flight: u32,
    /// Whether an extrinsic can be included.
    pub(crate) includable: bool,
    /// Whether a block with extrinsics isn't covered by a state root yet and could be by this one.
    pub(crate) uncovered: bool,
    /// Whether the epoch's end is decided: until it is there, blocks are made without waiting.
    pub(crate) epoch_ends: bool,
    /// The parent's time.
    pub(crate) parent_time: Millis,
}

/// Whether to make a block now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decision {
    /// Make it.
    Now,
    /// Look again at this monotonic time, or when something happens.
    At(u64),
}

/// Remembers when blocks were made and when something was pending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proposer {
    last_made: Option<u64>,
    last_pending: Option<u64>,
}

impl Proposer {
    /// Decides; call it whenever something changed.
    pub(crate) fn decide(&mut self, pace: &Pace, now: Clock, outlook: Outlook) -> Decision {
        let wait = |at: u64| if at <= now.monotonic { Decision::Now } else { Decision::At(at) };
        let spacing = pace.spacing(outlook.number, now.wall, outlook.in_flight);
        let earliest = self.last_made.map_or(0, |at| at + spacing);
        if outlook.includable {
            self.last_pending = Some(now.monotonic);
            return wait(earliest);
        }
        if outlook.epoch_ends {
            return wait(earliest);
        }
        let since_parent = now.wall.saturating_sub(outlook.parent_time);
        let heartbeat = now.monotonic + pace.heartbeat_ms.saturating_sub(since_parent);
        let cover = self.last_pending.map_or(now.monotonic, |at| at + pace.cover_after_ms);
        match outlook.uncovered {
            true => wait(cover.min(heartbeat).max(earliest)),
            false => wait(heartbeat.max(earliest)),
        }
    }

    /// Notes that a block was made.
    pub(crate) fn on_made(&mut self, now: u64) {
        self.last_made = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        spacing_ms: 5,
        spacing_over_budget_ms: 50,
        spacing_in_flight_ms: 10,
        cover_after_ms: 50,
        heartbeat_ms: 6_000,
        genesis_time: 0,
    };

    fn at(ms: u64) -> Clock {
        Clock { monotonic: ms, wall: ms }
    }

    fn outlook() -> Outlook {
        Outlook { number: 9, in_flight: 0, includable: false, uncovered: false, epoch_ends: false, parent_time: 1_000 }
    }

    #[test]
    fn an_idle_network_makes_heartbeats_and_nothing_else() {
        let mut proposer = Proposer::default();
        assert_eq!(proposer.decide(&PACE, at(1_500), outlook()), Decision::At(7_000));
        assert_eq!(proposer.decide(&PACE, at(7_000), outlook()), Decision::Now);
    }

    #[test]
    fn work_is_taken_at_once_but_blocks_keep_their_distance() {
        let mut proposer = Proposer::default();
        let busy = Outlook { includable: true, ..outlook() };
        assert_eq!(proposer.decide(&PACE, at(1_500), busy), Decision::Now);
        proposer.on_made(1_500);
        assert_eq!(proposer.decide(&PACE, at(1_501), busy), Decision::At(1_505));
        assert_eq!(proposer.decide(&PACE, at(1_501), Outlook { in_flight: 1, ..busy }), Decision::At(1_510));
    }

    #[test]
    fn a_state_is_covered_when_nothing_was_pending_for_a_while() {
        let mut proposer = Proposer::default();
        let _ = proposer.decide(&PACE, at(1_500), Outlook { includable: true, ..outlook() });
        proposer.on_made(1_500);
        let uncovered = Outlook { uncovered: true, ..outlook() };
        assert_eq!(proposer.decide(&PACE, at(1_510), uncovered), Decision::At(1_550));
        assert_eq!(proposer.decide(&PACE, at(1_550), uncovered), Decision::Now);
    }

    #[test]
    fn an_epoch_that_ends_isnt_waited_for() {
        let mut proposer = Proposer::default();
        let ending = Outlook { epoch_ends: true, ..outlook() };
        assert_eq!(proposer.decide(&PACE, at(1_500), ending), Decision::Now);
        proposer.on_made(1_500);
        assert_eq!(proposer.decide(&PACE, at(1_501), ending), Decision::At(1_505));
    }

    #[test]
    fn block_numbers_are_a_budget() {
        let mut proposer = Proposer::default();
        proposer.on_made(2_000);
        let spent = Outlook { number: 20_000_100, includable: true, ..outlook() };
        assert_eq!(proposer.decide(&PACE, at(2_001), spent), Decision::At(2_050));
    }
}
