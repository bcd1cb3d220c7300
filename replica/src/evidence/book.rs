//! The evidence a replica holds: each fault once, and of no validator so much that it fills a disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use tierchain_primitives::{Epoch, ValidatorIndex};

use super::{Evidence, Topic};

/// Most pieces kept of one validator in one epoch. Nobody needs more to know what it is.
pub const KEPT_MAX: usize = 64;

/// Most pieces given to a peer that connects: the newest epochs first.
const GIVEN_MAX: usize = 64;

/// The evidence held. All of it was verified.
#[derive(Clone, Debug, Default)]
pub struct Book {
    held: BTreeMap<Topic, Arc<Evidence>>,
}

impl Book {
    /// Takes evidence; says whether it is news.
    pub fn insert(&mut self, evidence: Arc<Evidence>) -> bool {
        let topic = evidence.topic();
        if !self.wants(&topic) {
            return false;
        }
        self.held.insert(topic, evidence);
        true
    }

    /// Whether evidence of this topic would be news: worth verifying.
    #[must_use]
    pub fn wants(&self, topic: &Topic) -> bool {
        !self.held.contains_key(topic) && self.of(topic.epoch, topic.culprit).count() < KEPT_MAX
    }

    /// The faults of one validator of an epoch.
    pub fn of(&self, epoch: Epoch, culprit: ValidatorIndex) -> impl Iterator<Item = &Arc<Evidence>> {
        let is_of = move |topic: &Topic| (topic.epoch, topic.culprit) == (epoch, culprit);
        self.held.iter().filter(move |(topic, _)| is_of(topic)).map(|(_, evidence)| evidence)
    }

    /// What a peer that just connected is given, which may have been away when it was found.
    pub fn newest(&self) -> impl Iterator<Item = &Arc<Evidence>> {
        self.held.values().rev().take(GIVEN_MAX)
    }
}

#[cfg(test)]
mod tests {
    use tierchain_consensus::{Evidence as Contradiction, Message, Suspect};
    use tierchain_primitives::View;
    use tierchain_primitives::bundle::Bundle;
    use tierchain_primitives::crypto::Signature;

    use super::*;
    use crate::evidence::BadBundle;
    use crate::wire::SignedBundle;

    fn bad_bundle(epoch: u32, maker: u16, at: u32) -> Arc<Evidence> {
        let (epoch, maker, signature) = (Epoch(epoch), ValidatorIndex(maker), Signature::ZERO);
        let signed = SignedBundle { epoch, maker, at, bundle: Bundle { extrinsics: Vec::new() }, signature };
        Arc::new(Evidence::Bundle(BadBundle { signed, entry: 0, birth: None }))
    }

    #[test]
    fn each_fault_is_kept_once_and_nobody_fills_the_book() {
        let mut book = Book::default();
        assert!(book.insert(bad_bundle(0, 1, 7)) && !book.insert(bad_bundle(0, 1, 7)));
        let news = (0..200).filter(|at| book.insert(bad_bundle(0, 1, *at)));
        assert_eq!(news.count(), KEPT_MAX - 1);
        assert!(!book.wants(&bad_bundle(0, 1, 999).topic()));
        assert!(book.wants(&bad_bundle(0, 2, 999).topic()) && book.wants(&bad_bundle(1, 1, 999).topic()));
        assert_eq!(book.of(Epoch(0), ValidatorIndex(1)).count(), KEPT_MAX);
    }

    #[test]
    fn a_peer_is_given_the_newest_epochs_first() {
        let mut book = Book::default();
        assert!((0..100).all(|at| book.insert(bad_bundle(0, at % 2, u32::from(at)))));
        assert!(book.insert(bad_bundle(3, 0, 1)));
        let given: Vec<_> = book.newest().map(|evidence| evidence.topic().epoch.0).collect();
        assert_eq!((given.len(), given[0], given[1]), (GIVEN_MAX, 3, 0));
    }

    #[test]
    fn a_pair_that_proves_nothing_has_a_place_of_its_own() {
        let (epoch, view, sender) = (Epoch(0), View(1), ValidatorIndex(1));
        let hint = || Message::Suspect(Suspect { epoch, view, sender, signature: Signature::ZERO });
        let pair = Contradiction { culprit: sender, first: hint(), second: hint() };
        assert_eq!(Evidence::Contradiction(pair).topic().charge, u8::MAX);
    }
}
