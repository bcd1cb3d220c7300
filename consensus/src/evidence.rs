//! Who was caught, and at what. Each contradiction is handed out once.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::certificate::SignedKind;
use tierchain_primitives::{BlockNumber, ValidatorIndex, View};

/// Most contradictions noted of one validator. Nobody needs more to know what it is, and a liar can't fill a disk.
const PLACES_MAX: usize = 64;

/// What a validator may say one thing about.
pub(crate) type Topic = (SignedKind, View, BlockNumber);

/// The contradictions seen so far.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Convictions(BTreeMap<ValidatorIndex, BTreeSet<Topic>>);

impl Convictions {
    /// Notes a contradiction, and says whether it is news.
    pub(crate) fn note(&mut self, culprit: ValidatorIndex, topic: Topic) -> bool {
        let topics = self.0.entry(culprit).or_default();
        topics.len() < PLACES_MAX && topics.insert(topic)
    }

    /// Notes that the validator was caught by somebody else.
    pub(crate) fn convict(&mut self, culprit: ValidatorIndex) {
        self.0.entry(culprit).or_default();
    }

    /// Whether the validator was caught at anything.
    pub(crate) fn has(&self, validator: ValidatorIndex) -> bool {
        self.0.contains_key(&validator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contradiction_is_news_once_and_their_number_is_bounded() {
        let mut convictions = Convictions::default();
        let culprit = ValidatorIndex(3);
        let news = (0..200).filter(|number| convictions.note(culprit, (SignedKind::Prepare, View(0), *number)));
        assert_eq!(news.count(), PLACES_MAX);
        assert!(!convictions.note(culprit, (SignedKind::Prepare, View(0), 1)));
        assert!(convictions.has(culprit) && !convictions.has(ValidatorIndex(0)));
    }
}
