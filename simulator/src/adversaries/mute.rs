//! Keeps silent, from the beginning or from some moment on: about everything, to some, or about what others need from it.

use tierchain_consensus::Message;

use super::{Adversary, Letter, Means};
use crate::event::Parcel;
use crate::random::Random;

/// What it doesn't say.
#[derive(Clone, Copy, Debug)]
enum Withholds {
    Everything,
    ToTheOtherSide,
    Consensus,
    /// What only a primary says.
    AsPrimary,
    Votes,
    /// Answers: it names bundles and claims blocks, and serves nothing.
    Answers,
}

/// Sends less than its replica writes.
#[derive(Debug)]
pub(super) struct Mute {
    what: Withholds,
    /// How many letters it lets pass before.
    first: u64,
}

impl Mute {
    pub(super) fn new(random: &mut Random) -> Self {
        let what = random.pick(&[
            Withholds::Everything,
            Withholds::ToTheOtherSide,
            Withholds::Consensus,
            Withholds::AsPrimary,
            Withholds::Votes,
            Withholds::Answers,
        ]);
        Self { what, first: random.pick(&[0, 0, 50, 300]) }
    }

    fn withholds(&self, letter: &Letter, means: &Means<'_>) -> bool {
        match self.what {
            Withholds::Everything => true,
            Withholds::ToTheOtherSide => means.is_other_side(letter.to),
            Withholds::Consensus => matches!(letter.parcel, Parcel::Consensus(_)),
            Withholds::AsPrimary => matches!(letter.message(), Some(Message::Proposal(_) | Message::NewView(_))),
            Withholds::Votes => matches!(letter.message(), Some(Message::Vote(_))),
            Withholds::Answers => matches!(letter.parcel, Parcel::Sync(_) | Parcel::Bundle(_)),
        }
    }
}

impl Adversary for Mute {
    fn send(&mut self, letter: Letter, means: &mut Means<'_>) -> Vec<Letter> {
        if self.first > 0 {
            self.first -= 1;
            return vec![letter];
        }
        if self.withholds(&letter, means) { Vec::new() } else { vec![letter] }
    }
}
