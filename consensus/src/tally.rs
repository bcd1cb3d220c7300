//! Counts votes, and decides nothing.
//!
//! Of each voter one vote counts per view, number and kind: the first. A second one for another block is handed back
//! as a contradiction. Each quorum is announced once.

use std::collections::BTreeMap;

use tierchain_primitives::certificate::{Certificate, CertificateKind};
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};

use crate::message::{Vote, VoteKind};

/// What a voter votes on: it has one vote for each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Place {
    pub(crate) view: View,
    pub(crate) number: BlockNumber,
    pub(crate) kind: VoteKind,
}

impl Place {
    /// Where a vote counts.
    pub(crate) fn of(vote: &Vote) -> Self {
        Self { view: vote.view, number: vote.number, kind: vote.kind }
    }
}

/// What became of a vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Counted {
    /// It counts, and there is no quorum yet, or there was one before.
    More,
    /// It counts, and with it there is a quorum for this block.
    Quorum,
    /// It was here already.
    Repeat,
    /// Its voter voted for this other block before. It doesn't count.
    Contradiction(H256, Signature),
}

/// The votes of one place: whose, for which block.
type Ballots = BTreeMap<ValidatorIndex, (H256, Signature)>;

/// All votes that may still matter.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Tally {
    epoch: Epoch,
    quorum: usize,
    places: BTreeMap<Place, Ballots>,
}

impl Tally {
    /// An empty tally.
    pub(crate) fn new(epoch: Epoch, quorum: usize) -> Self {
        Self { epoch, quorum, places: BTreeMap::new() }
    }

    /// Counts a vote.
    pub(crate) fn add(&mut self, vote: &Vote) -> Counted {
        let ballots = self.places.entry(Place::of(vote)).or_default();
        match ballots.get(&vote.voter) {
            Some((hash, _)) if *hash == vote.hash => return Counted::Repeat,
            Some((hash, signature)) => return Counted::Contradiction(*hash, *signature),
            None => ballots.insert(vote.voter, (vote.hash, vote.signature)),
        };
        let count = ballots.values().filter(|(hash, _)| *hash == vote.hash).count();
        if count == self.quorum { Counted::Quorum } else { Counted::More }
    }

    /// Who voted for this block at this place, ascending.
    pub(crate) fn voters(&self, place: Place, hash: &H256) -> Vec<ValidatorIndex> {
        let ballots = self.places.get(&place).into_iter().flatten();
        ballots.filter(|(_, (for_hash, _))| for_hash == hash).map(|(voter, _)| *voter).collect()
    }

    /// The blocks that have a quorum in this view, with their places, ascending.
    pub(crate) fn quorums(&self, view: View) -> Vec<(Place, H256)> {
        let mut found = Vec::new();
        for (place, ballots) in self.places.iter().filter(|(place, _)| place.view == view) {
            let mut counts: BTreeMap<H256, usize> = BTreeMap::new();
            ballots.values().for_each(|(hash, _)| *counts.entry(*hash).or_default() += 1);
            let winner = counts.into_iter().find(|(_, count)| *count >= self.quorum);
            found.extend(winner.map(|(hash, _)| (*place, hash)));
        }
        found
    }

    /// The certificate for this block at this place, if a quorum voted for it.
    pub(crate) fn certificate(&self, place: Place, hash: &H256) -> Option<Certificate> {
        let kind = match place.kind {
            VoteKind::Prepare => CertificateKind::Prepared,
            VoteKind::Commit => CertificateKind::Committed,
        };
        let ballots = self.places.get(&place)?.iter().filter(|(_, (for_hash, _))| for_hash == hash);
        let votes: Vec<_> = ballots.take(self.quorum).map(|(voter, (_, signature))| (*voter, *signature)).collect();
        let (epoch, view, number) = (self.epoch, place.view, place.number);
        (votes.len() == self.quorum).then_some(Certificate { kind, epoch, view, number, hash: *hash, votes })
    }

    /// A voter's commits, with their places, ascending: what it must show when it leaves.
    pub(crate) fn commits_of(&self, voter: ValidatorIndex) -> impl DoubleEndedIterator<Item = Vote> {
        let commits = self.places.iter().filter(|(place, _)| place.kind == VoteKind::Commit);
        commits.filter_map(move |(place, ballots)| {
            let (hash, signature) = ballots.get(&voter)?;
            Some(Vote {
                kind: VoteKind::Commit,
                epoch: self.epoch,
                view: place.view,
                number: place.number,
                hash: *hash,
                voter,
                signature: *signature,
            })
        })
    }

    /// Makes room for a vote of a view above `current`: of each voter the votes of one such view are kept, the
    /// highest. Says whether that is the view.
    pub(crate) fn admits_future(&mut self, voter: ValidatorIndex, view: View, current: View) -> bool {
        let start = Place { view: current.next(), number: 0, kind: VoteKind::Prepare };
        let above =
            self.places.range(start..).any(|(place, ballots)| place.view > view && ballots.contains_key(&voter));
        if !above {
            for (_, ballots) in self.places.range_mut(start..).filter(|(place, _)| place.view < view) {
                ballots.remove(&voter);
            }
            self.places.retain(|_, ballots| !ballots.is_empty());
        }
        !above
    }

    /// Forgets all votes whose place isn't wanted any more.
    pub(crate) fn retain(&mut self, wanted: impl Fn(&Place) -> bool) {
        self.places.retain(|place, _| wanted(place));
    }

    /// All places with votes, ascending.
    pub(crate) fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.keys()
    }

    /// The blocks voted for at a number of a view.
    pub(crate) fn blocks_at(&self, view: View, number: BlockNumber) -> Vec<H256> {
        let at = [VoteKind::Prepare, VoteKind::Commit].map(|kind| Place { view, number, kind });
        let ballots = at.iter().filter_map(|place| self.places.get(place));
        let mut hashes: Vec<H256> = ballots.flat_map(BTreeMap::values).map(|(hash, _)| *hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    }
}

#[cfg(feature = "bugs")]
impl Tally {
    /// A commit certificate of votes of any view, if a quorum has committed the block in some view.
    pub(crate) fn mixed_certificate(&self, at: Place, hash: &H256) -> Option<Certificate> {
        let places =
            self.places.iter().filter(|(place, _)| (place.number, place.kind) == (at.number, VoteKind::Commit));
        let ballots = places.flat_map(|(_, ballots)| ballots).filter(|(_, (for_hash, _))| for_hash == hash);
        let votes: BTreeMap<_, _> = ballots.map(|(voter, (_, signature))| (*voter, *signature)).collect();
        let votes: Vec<_> = votes.into_iter().take(self.quorum).collect();
        let (kind, epoch) = (CertificateKind::Committed, self.epoch);
        let certificate = Certificate { kind, epoch, view: at.view, number: at.number, hash: *hash, votes };
        (certificate.votes.len() == self.quorum).then_some(certificate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(voter: u16, view: u64, hash: u8) -> Vote {
        Vote {
            kind: VoteKind::Commit,
            epoch: Epoch(0),
            view: View(view),
            number: 1,
            hash: H256([hash; 32]),
            voter: ValidatorIndex(voter),
            signature: Signature([voter as u8; 64]),
        }
    }

    #[test]
    fn a_quorum_is_announced_once() {
        let mut tally = Tally::new(Epoch(0), 3);
        let counted: Vec<_> = [0, 1, 1, 2, 3].map(|voter| tally.add(&vote(voter, 0, 7))).into();
        assert_eq!(counted, [Counted::More, Counted::More, Counted::Repeat, Counted::Quorum, Counted::More]);
        let certificate = tally.certificate(Place::of(&vote(0, 0, 7)), &H256([7; 32]));
        assert_eq!(certificate.map(|certificate| certificate.votes.len()), Some(3));
    }

    #[test]
    fn a_voters_second_vote_for_another_block_does_not_count() {
        let mut tally = Tally::new(Epoch(0), 2);
        assert_eq!(tally.add(&vote(0, 0, 7)), Counted::More);
        let first = vote(0, 0, 7);
        assert_eq!(tally.add(&vote(0, 0, 8)), Counted::Contradiction(first.hash, first.signature));
        assert_eq!(tally.add(&vote(1, 0, 8)), Counted::More, "the contradiction didn't count");
    }

    #[test]
    fn votes_of_different_views_never_add_up() {
        let mut tally = Tally::new(Epoch(0), 2);
        assert_eq!(tally.add(&vote(0, 0, 7)), Counted::More);
        assert_eq!(tally.add(&vote(1, 1, 7)), Counted::More);
        assert!(tally.quorums(View(0)).is_empty() && tally.quorums(View(1)).is_empty());
    }

    #[test]
    fn of_each_voter_one_future_view_is_kept() {
        let mut tally = Tally::new(Epoch(0), 2);
        for view in [3, 9, 5] {
            if tally.admits_future(ValidatorIndex(1), View(view), View(0)) {
                tally.add(&vote(1, view, 7));
            }
        }
        assert_eq!(tally.places().map(|place| place.view.0).collect::<Vec<_>>(), [9]);
    }
}
