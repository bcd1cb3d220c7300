//! What this replica knows of the others: how far each has shown itself to be.

use std::collections::BTreeMap;

use tierchain_primitives::{BlockNumber, ValidatorIndex, View};

use crate::input::Now;

/// One of the others.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Peer {
    /// The highest view it has shown to be in.
    pub(crate) view: View,
    /// The highest block it has voted on.
    pub(crate) number: BlockNumber,
    /// Its last SUSPECT: of which view, and until when it counts.
    pub(crate) suspect: Option<(View, Now)>,
    /// When it was last given what it lacks.
    pub(crate) helped_at: Option<Now>,
}

/// All of the others.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Peers(BTreeMap<ValidatorIndex, Peer>);

impl Peers {
    /// Everybody in the set but this replica, nothing known of them.
    pub(crate) fn new(others: impl Iterator<Item = ValidatorIndex>) -> Self {
        Self(others.map(|peer| (peer, Peer::default())).collect())
    }

    /// One of them; none for this replica itself and for strangers.
    pub(crate) fn get_mut(&mut self, peer: ValidatorIndex) -> Option<&mut Peer> {
        self.0.get_mut(&peer)
    }

    /// All of them, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ValidatorIndex, &Peer)> {
        self.0.iter().map(|(index, peer)| (*index, peer))
    }

    /// It showed that it votes in a view, on a block.
    pub(crate) fn saw(&mut self, peer: ValidatorIndex, view: View, number: BlockNumber) {
        if let Some(known) = self.0.get_mut(&peer) {
            known.view = known.view.max(view);
            known.number = known.number.max(number);
        }
    }

    /// The block that `count` of them have voted on or above, and one of those who have.
    pub(crate) fn reached(&self, count: usize) -> Option<(BlockNumber, ValidatorIndex)> {
        let mut numbers: Vec<_> = self.0.iter().map(|(index, peer)| (peer.number, *index)).collect();
        numbers.sort_unstable_by(|left, right| right.cmp(left));
        numbers.get(count.checked_sub(1)?).copied()
    }

    /// How many have shown to be in a view above.
    pub(crate) fn above(&self, view: View) -> usize {
        self.0.values().filter(|peer| peer.view > view).count()
    }

    /// Whose suspicions of the view are live.
    pub(crate) fn suspecting(&self, view: View, now: Now) -> impl Iterator<Item = ValidatorIndex> {
        let live = move |peer: &Peer| peer.suspect.is_some_and(|(of, until)| of == view && now < until);
        self.0.iter().filter(move |(_, peer)| live(peer)).map(|(index, _)| *index)
    }
}
