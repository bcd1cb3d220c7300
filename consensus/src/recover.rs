//! What binds a machine across a crash: the records that restore it, and the machine that they restore.
//!
//! A log may hold more than stands (all votes of all views) or just what [`Machine::standing`] names; both restore the
//! same promises. Records of another epoch bind nobody in this one.

use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::header::Header;

use crate::config::{Base, Config};
use crate::effect::Record;
use crate::input::Now;
use crate::machine::Machine;
use crate::message::{NewView, Proposal, ViewChange, Vote, VoteKind};
use crate::tally::{Counted, Place};
use crate::term::Term;

impl Machine {
    /// A machine with the past that its log holds.
    ///
    /// `base` is the last block whose execution is on disk, `headers` are the blocks above it that are held here with
    /// their bodies. Certified blocks above the base become final in the first step; what stands is said again in that
    /// step too.
    #[must_use]
    pub fn recover(
        config: Config,
        base: Base,
        records: impl IntoIterator<Item = Record>,
        headers: Vec<Header>,
        now: Now,
    ) -> Self {
        let mut machine = Self::new(config, base, now);
        headers.into_iter().for_each(|header| machine.chain.hold(header));
        records.into_iter().for_each(|record| machine.replay(record));
        machine.recount();
        machine.anchor();
        machine.pace.repeat_soon(now);
        machine
    }

    /// The fewest records that restore what binds this machine, in the order of their replay: for the start of a new
    /// log segment. Certificates of final blocks aren't among them; they belong to the base.
    #[must_use]
    pub fn standing(&self) -> Vec<Record> {
        let term = &self.term;
        let votes = term.prepares.values().chain(term.commits.values()).cloned();
        let own = term.proposals.values().filter(|_| self.is_primary()).cloned();
        let mut records: Vec<Record> = term.new_view.iter().cloned().map(Record::NewView).collect();
        records.extend(self.prepared.iter().cloned().map(Record::Prepared));
        records.extend(own.map(Record::Proposal));
        records.extend(votes.map(Record::Vote));
        records.extend(self.view_change.iter().cloned().map(Record::ViewChange));
        records
    }

    fn replay(&mut self, record: Record) {
        if record.epoch() != self.config.set.epoch {
            return;
        }
        match record {
            Record::Proposal(proposal) => self.replay_proposal(proposal),
            Record::Vote(vote) => self.replay_vote(vote),
            Record::Prepared(certificate) => self.replay_prepared(certificate),
            Record::Certified(certificate) => {
                // Only without a gap: a block between may have been learnt while this replica followed, with no record.
                if self.logged.checked_add(1) == Some(certificate.number) {
                    self.logged = certificate.number;
                }
                self.chain.wait(certificate);
            }
            Record::ViewChange(change) => self.replay_view_change(change),
            Record::NewView(new_view) => self.replay_new_view(new_view),
        }
    }

    fn replay_proposal(&mut self, proposal: Proposal) {
        if proposal.view == self.view && proposal.header.number > self.chain.tip().number {
            self.term.proposals.insert(proposal.header.number, proposal);
        }
    }

    /// A prepare binds even where its block is final by now: it says how far this replica is in the view.
    fn replay_vote(&mut self, vote: Vote) {
        if vote.view != self.view {
            return;
        }
        match vote.kind {
            VoteKind::Prepare => self.term.on_prepare(vote, self.chain.tip().number, self.now),
            VoteKind::Commit => drop(self.term.commits.insert(vote.number, vote)),
        }
    }

    fn replay_prepared(&mut self, certificate: Certificate) {
        let order = |certificate: &Certificate| (certificate.view, certificate.number);
        if certificate.view == self.view {
            self.term.prepared.insert(certificate.number, certificate.hash);
        }
        if self.prepared.as_ref().map(order) < Some(order(&certificate)) {
            self.prepared = Some(certificate);
        }
    }

    fn replay_view_change(&mut self, change: ViewChange) {
        if change.view > self.promised {
            self.promised = change.view;
            self.changes.insert(self.config.me, change.clone());
            self.view_change = Some(change);
        }
    }

    fn replay_new_view(&mut self, new_view: NewView) {
        if new_view.view <= self.view || new_view.view < self.promised {
            return;
        }
        self.view = new_view.view;
        self.promised = new_view.view;
        self.view_change = None;
        self.changes.clear();
        let head = self.head_of(&new_view.proof);
        self.term = Term::new(Some(new_view), head, self.now);
    }

    /// Forgets what the base settles, and counts the own votes and the certificates again.
    fn recount(&mut self) {
        let tip = self.chain.tip().number;
        self.term.on_final(tip);
        let votes = self.term.prepares.values().chain(self.term.commits.values());
        for vote in votes.filter(|vote| vote.number > tip) {
            // Only a single validator is a quorum by itself; its certificate may be what the crash tore off.
            if self.tally.add(vote) == Counted::Quorum && vote.kind == VoteKind::Commit {
                let certificate = self.tally.certificate(Place::of(vote), &vote.hash);
                certificate.into_iter().for_each(|certificate| self.chain.wait(certificate));
            }
        }
        let proven = self.term.new_view.iter().flat_map(|new_view| &new_view.proof);
        let certified = proven.filter_map(|change| change.certified.clone());
        certified.for_each(|certificate| self.chain.wait(certificate));
    }
}
