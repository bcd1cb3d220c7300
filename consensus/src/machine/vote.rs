//! Votes: cast and counted (R1-R4).

use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::{BlockNumber, H256};

use super::Machine;
use super::turn::Turn;
use crate::chain::{BlockRef, Path};
use crate::charge::hides;
use crate::effect::{Record, Target};
use crate::input::Now;
use crate::message::{Message, Vote, VoteKind};
use crate::tally::{Counted, Place};

impl Machine {
    /// Counted: a vote on a block between the last final one and the horizon, of the view entered, of the one before
    /// (R4: its certificate is valid whenever completed), or of its voter's one view above. Others show that the voter
    /// lacks something.
    pub(super) fn on_vote(&mut self, vote: &Vote, turn: &mut Turn<'_>) {
        if vote.voter == self.config.me {
            return;
        }
        self.peers.saw(vote.voter, vote.view, vote.number);
        if self.is_stale(vote) {
            self.help(vote.voter, vote.number, turn);
        }
        if vote.number <= self.chain.tip().number || vote.number > self.horizon() {
            return;
        }
        let known = vote.view == self.view || Some(vote.view) == self.previous;
        let future = vote.view > self.view && self.tally.admits_future(vote.voter, vote.view, self.view);
        if known || future {
            self.count(vote, turn);
        }
    }

    /// Signs a vote of this view, and counts it.
    pub(super) fn cast(&mut self, kind: VoteKind, block: BlockRef, turn: &mut Turn<'_>) -> Vote {
        assert!(!self.is_changing(), "R5: no vote below a view that was promised");
        let BlockRef { number, hash } = block;
        let signature = turn.sign(&self.config, kind.signed(), self.view, number, &hash);
        let epoch = self.config.set.epoch;
        let vote = Vote { kind, epoch, view: self.view, number, hash, voter: self.config.me, signature };
        turn.record(Record::Vote(vote.clone()));
        turn.send(Target::All, Message::Vote(vote.clone()));
        // The head may be final here already and still has to be prepared for the others' sake.
        if number > self.chain.tip().number {
            self.count(&vote, turn);
        }
        vote
    }

    fn count(&mut self, vote: &Vote, turn: &mut Turn<'_>) {
        let place = Place::of(vote);
        match self.tally.add(vote) {
            Counted::More | Counted::Repeat => {}
            Counted::Quorum => self.on_quorum(place, vote.hash, turn),
            Counted::Contradiction(hash, signature) => {
                let first = Vote { hash, signature, ..vote.clone() };
                return self.accuse_of_votes(first, vote, turn);
            }
        }
        #[cfg(feature = "bugs")]
        if self.config.parameters.bug == Some(crate::Bug::ViewsMixed) {
            let certificate = self.tally.mixed_certificate(place, &vote.hash);
            certificate.into_iter().for_each(|certificate| self.chain.wait(certificate));
        }
        let hidden =
            self.changes.get(&vote.voter).filter(|change| vote.kind == VoteKind::Commit && hides(change, vote));
        if let Some(change) = hidden.cloned() {
            self.accuse_of_hiding(vote.clone(), change, turn);
        }
    }

    /// R2: q prepares of one (view, number, hash) are a prepared certificate. R4: q commits are the certificate.
    pub(super) fn on_quorum(&mut self, place: Place, hash: H256, turn: &mut Turn<'_>) {
        let Some(certificate) = self.tally.certificate(place, &hash) else { return };
        match place.kind {
            VoteKind::Commit => self.chain.wait(certificate),
            VoteKind::Prepare if place.view == self.view => self.on_prepared(certificate, turn),
            VoteKind::Prepare => {}
        }
    }

    fn on_prepared(&mut self, certificate: Certificate, turn: &mut Turn<'_>) {
        self.term.prepared.insert(certificate.number, certificate.hash);
        let order = |certificate: &Certificate| (certificate.view, certificate.number);
        if self.prepared.as_ref().map(order) < Some(order(&certificate)) {
            #[cfg(feature = "bugs")]
            if self.config.parameters.bug == Some(crate::Bug::CommitBeforePrepared) {
                self.prepared = Some(certificate);
                return;
            }
            turn.record(Record::Prepared(certificate.clone()));
            self.prepared = Some(certificate);
        }
    }

    /// R3: with a prepared certificate of this view for a block, the block and every uncertified ancestor is committed,
    /// unless the view was left. The certificate is on disk before: it was recorded when it was completed, or one of
    /// this view above it was, which covers more.
    pub(super) fn try_commit(&mut self, turn: &mut Turn<'_>) -> bool {
        if !self.may_vote() {
            return false;
        }
        let prepared: Vec<_> = self.term.prepared.iter().map(|(number, hash)| (*number, *hash)).collect();
        let mut moved = false;
        for (number, hash) in prepared {
            for block in self.covered(BlockRef { number, hash }) {
                if !self.term.commits.contains_key(&block.number) {
                    let vote = self.cast(VoteKind::Commit, block, turn);
                    self.term.commits.insert(block.number, vote);
                    moved = true;
                }
            }
        }
        moved
    }

    /// The uncertified blocks that a prepared certificate for `block` covers, as far down as they are known here.
    fn covered(&self, block: BlockRef) -> Vec<BlockRef> {
        match self.chain.path(block) {
            Path::Complete(blocks) => blocks,
            Path::Missing(missing, above) if above.is_empty() => vec![missing],
            Path::Missing(missing, mut above) => {
                // The missing block's hash is known: it is the parent of a held one.
                above.insert(0, missing);
                above
            }
            Path::Elsewhere => panic!("R2: a prepared block extends every final one, or more than f lie"),
        }
    }

    /// Whether a vote shows that its voter lacks a certificate or a NEW-VIEW that has been here for a while.
    fn is_stale(&self, vote: &Vote) -> bool {
        let below = vote.view < self.view && self.is_long_ago(self.term.entered_at);
        below || self.has_had(vote.number)
    }

    /// Whether a certificate of this block or a later one has been here for longer than it takes to get around.
    pub(super) fn has_had(&self, number: BlockNumber) -> bool {
        self.chain.recent().any(|(certificate, at)| certificate.number >= number && self.is_long_ago(*at))
    }

    fn is_long_ago(&self, at: Now) -> bool {
        self.now >= at.saturating_add(self.config.parameters.repeat_ms_min)
    }
}
