//! Is late, with everything or with what matters most: a primary that is as slow as it can be without being suspected.

use tierchain_consensus::Message;

use super::{Adversary, Letter, Means};
use crate::clock::{MS, SECOND, Time};
use crate::random::Random;

/// What it delays.
#[derive(Clone, Copy, Debug)]
enum Delays {
    Everything,
    Proposals,
    Votes,
    OtherSide,
}

/// Holds letters back.
#[derive(Debug)]
pub(super) struct Delayer {
    what: Delays,
    by: (Time, Time),
}

impl Delayer {
    pub(super) fn new(random: &mut Random) -> Self {
        let what = random.pick(&[Delays::Everything, Delays::Proposals, Delays::Votes, Delays::OtherSide]);
        // The shortest time-out is 100 ms; a SUSPECT counts for 350 ms.
        let by = random.pick(&[(60 * MS, 95 * MS), (0, 400 * MS), (SECOND, 3 * SECOND), (0, 15 * SECOND)]);
        Self { what, by }
    }
}

impl Adversary for Delayer {
    fn send(&mut self, mut letter: Letter, means: &mut Means<'_>) -> Vec<Letter> {
        let is_late = match self.what {
            Delays::Everything => true,
            Delays::OtherSide => means.is_other_side(letter.to),
            Delays::Proposals => matches!(letter.message(), Some(Message::Proposal(_) | Message::NewView(_))),
            Delays::Votes => matches!(letter.message(), Some(Message::Vote(_) | Message::ViewChange(_))),
        };
        if is_late {
            letter.delay = means.random.within(self.by);
        }
        vec![letter]
    }
}
