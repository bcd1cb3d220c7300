//! Ranges of certified blocks: who owes us one, and who is being given one. A range costs a request of five bytes, and
//! megabytes and hundreds of certificates after it, so neither is done unless somebody waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use tierchain_network::PeerId;

/// Answers that a peer may owe. It may be asked again before a late answer comes; one that never answers saves up no
/// more than this.
const OWED_MAX: u8 = 4;

/// The ranges under way.
#[derive(Debug, Default)]
pub(crate) struct Ranges {
    owed: Mutex<BTreeMap<PeerId, u8>>,
    served: Mutex<BTreeSet<PeerId>>,
}

impl Ranges {
    /// A range is asked of a peer.
    pub(crate) fn on_asked(&self, peer: PeerId) {
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = owed.entry(peer).or_default();
        *answers = answers.saturating_add(1).min(OWED_MAX);
    }

    /// A range came from a peer: says whether it was asked for.
    pub(crate) fn on_answer(&self, peer: PeerId) -> bool {
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(answers) = owed.get_mut(&peer).filter(|answers| **answers > 0) else { return false };
        *answers -= 1;
        true
    }

    /// A peer is lost, and its answers with it.
    pub(crate) fn on_lost(&self, peer: PeerId) {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner).remove(&peer);
    }

    /// A peer asks for a range: says whether it is to be served. Not while it is served another: it asks again when no
    /// answer comes.
    pub(crate) fn begin(&self, peer: PeerId) -> bool {
        self.served.lock().unwrap_or_else(PoisonError::into_inner).insert(peer)
    }

    /// A peer was served.
    pub(crate) fn end(&self, peer: PeerId) {
        self.served.lock().unwrap_or_else(PoisonError::into_inner).remove(&peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(seed: u8) -> PeerId {
        tierchain_network::peer_id(&[seed; 32])
    }

    #[test]
    fn a_range_is_taken_from_whom_it_was_asked_once_for_each_time() {
        let ranges = Ranges::default();
        assert!(!ranges.on_answer(peer(1)), "nobody asked");
        ranges.on_asked(peer(1));
        ranges.on_asked(peer(1));
        assert!(!ranges.on_answer(peer(2)), "somebody else was asked");
        assert!(ranges.on_answer(peer(1)) && ranges.on_answer(peer(1)), "a late answer, and the one after it");
        assert!(!ranges.on_answer(peer(1)));
        ranges.on_asked(peer(1));
        ranges.on_lost(peer(1));
        assert!(!ranges.on_answer(peer(1)), "it was asked on a connection that is no more");
    }

    #[test]
    fn who_never_answers_saves_up_no_more_than_a_few() {
        let ranges = Ranges::default();
        (0..1_000).for_each(|_| ranges.on_asked(peer(1)));
        assert_eq!((0..1_000).filter(|_| ranges.on_answer(peer(1))).count(), usize::from(OWED_MAX));
    }

    #[test]
    fn a_peer_is_served_one_range_at_a_time() {
        let ranges = Ranges::default();
        assert!(ranges.begin(peer(1)) && !ranges.begin(peer(1)));
        assert!(ranges.begin(peer(2)), "others are served beside it");
        ranges.end(peer(1));
        assert!(ranges.begin(peer(1)) && !ranges.begin(peer(2)));
    }
}
