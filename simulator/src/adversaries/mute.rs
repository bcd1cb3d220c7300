//! Keeps silent: about everything, to some, or about what others need from it.

use tierchain_consensus::Message;

use super::{Adversary, Letter, Means};
use crate::event::Parcel;
use crate::random::Random;

/// What it doesn't say.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mute {
    Everything,
    ToTheOtherSide,
    Consensus,
    /// What only a primary says.
    AsPrimary,
    Votes,
    /// Answers: it names bundles and claims blocks, and serves nothing.
    Answers,
}

impl Mute {
    pub(super) fn new(random: &mut Random) -> Self {
        let all =
            [Self::Everything, Self::ToTheOtherSide, Self::Consensus, Self::AsPrimary, Self::Votes, Self::Answers];
        random.pick(&all)
    }

    fn withholds(self, letter: &Letter, means: &Means<'_>) -> bool {
        match self {
            Self::Everything => true,
            Self::ToTheOtherSide => means.is_other_side(letter.to),
            Self::Consensus => matches!(letter.parcel, Parcel::Consensus(_)),
            Self::AsPrimary => matches!(letter.message(), Some(Message::Proposal(_) | Message::NewView(_))),
            Self::Votes => matches!(letter.message(), Some(Message::Vote(_))),
            Self::Answers => matches!(letter.parcel, Parcel::Sync(_) | Parcel::Bundle(_)),
        }
    }
}

impl Adversary for Mute {
    fn send(&mut self, letter: Letter, means: &mut Means<'_>) -> Vec<Letter> {
        if self.withholds(&letter, means) { Vec::new() } else { vec![letter] }
    }
}
