//! A machine reduced to what bears on what it may ever say, for whoever explores all that may happen.
//!
//! Left out, because a model decides these itself or because they change nothing but patience and courtesy:
//! - clocks, pauses, doubts and the average commit time: the explorer decides when a time-out strikes;
//! - what the others have shown to have ([`Peers`](crate::peers)) and how far behind this one is: that decides who is
//!   helped and what is asked for, and an explorer may deliver anything at any time;
//! - who signed a certificate: any quorum's is as good as another's, and the votes of a place that has its quorum;
//! - certificates of blocks that are final, kept for the sake of others.

use parity_scale_codec::Encode;
use tierchain_primitives::certificate::{Certificate, CertificateKind};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::{BlockNumber, H256, ValidatorIndex, View};

use crate::chain::BlockRef;
use crate::machine::Machine;
use crate::message::{ViewChange, VoteKind};
use crate::tally::Place;
use crate::term::CheckState;

/// Other names for the validators: two machines that differ in names alone have the same essence under some of them.
pub type Naming<'a> = &'a dyn Fn(ValidatorIndex) -> ValidatorIndex;

/// What a certificate says, whoever signed it.
type Mark = (CertificateKind, View, BlockNumber, H256);

impl Machine {
    /// Hash of the essence, with every validator called by its other name.
    ///
    /// Two machines of one configuration with the same essence answer any sequence of inputs alike, but for what the
    /// module leaves out.
    #[must_use]
    pub fn essence(&self, naming: Naming<'_>) -> H256 {
        let place = (naming(self.config.me), self.view, self.previous, self.promised);
        let views = (
            self.view_change.as_ref().map(|change| describe_change(change, naming)),
            self.prepared.as_ref().map(mark),
            self.changes_as(naming),
        );
        let early: Vec<_> = self.early.iter().map(|(number, proposal)| (number, proposal.header.hash())).collect();
        let parts = (place, views, self.describe_chain(), self.describe_term(), early, self.ballots_as(naming));
        sha256(&[&parts.encode()])
    }

    /// The VIEW-CHANGEs with which this replica will open views of its own.
    fn changes_as(&self, naming: Naming<'_>) -> Vec<impl Encode + use<>> {
        let own = self.changes.values().filter(|change| self.config.primary(change.view) == self.config.me);
        let mut changes: Vec<_> = own.map(|change| describe_change(change, naming)).collect();
        changes.sort_unstable();
        changes
    }

    fn describe_chain(&self) -> impl Encode + use<> {
        let mut held: Vec<H256> = self.chain.held_hashes().collect();
        held.sort_unstable();
        let waiting: Vec<Mark> = self.chain.waiting().map(mark).collect();
        (encoded(self.chain.tip()), self.chain.view(), held, waiting)
    }

    fn describe_term(&self) -> impl Encode + use<> {
        let term = &self.term;
        let said = |votes: &std::collections::BTreeMap<BlockNumber, crate::message::Vote>| -> Vec<_> {
            votes.values().map(|vote| (vote.number, vote.hash)).collect()
        };
        let proposals: Vec<_> =
            term.proposals.iter().map(|(number, proposal)| (*number, proposal.header.hash())).collect();
        let check = term.check.map(|check| match check {
            CheckState::Asked(block) => (0u8, encoded(block)),
            CheckState::Passed(block) => (1, encoded(block)),
            CheckState::Refused(block) => (2, encoded(block)),
        });
        let start = (term.head.block.map(encoded), term.head.certified, term.last.map(encoded), term.floor);
        let prepared: Vec<_> = term.prepared.iter().map(|(number, hash)| (*number, *hash)).collect();
        (start, said(&term.prepares), said(&term.commits), proposals, check, prepared)
    }

    /// The votes that count, by place; where there is a quorum, only for what.
    fn ballots_as(&self, naming: Naming<'_>) -> Vec<impl Encode + use<>> {
        self.tally.places().map(|place| (encoded_place(*place), self.ballots_at(*place, naming))).collect()
    }

    fn ballots_at(&self, place: Place, naming: Naming<'_>) -> Vec<(H256, Option<Vec<ValidatorIndex>>)> {
        let describe = |hash: H256| {
            let mut voters: Vec<_> = self.tally.voters(place, &hash).into_iter().map(naming).collect();
            voters.sort_unstable();
            (hash, (voters.len() < self.config.set.quorum()).then_some(voters))
        };
        let ballots = self.tally.blocks_at(place.view, place.number).into_iter().map(describe);
        ballots.filter(|(_, voters)| voters.as_ref().is_none_or(|voters| !voters.is_empty())).collect()
    }
}

fn mark(certificate: &Certificate) -> Mark {
    (certificate.kind, certificate.view, certificate.number, certificate.hash)
}

fn encoded(block: BlockRef) -> (BlockNumber, H256) {
    (block.number, block.hash)
}

fn encoded_place(place: Place) -> (View, BlockNumber, bool) {
    (place.view, place.number, place.kind == VoteKind::Commit)
}

fn describe_change(change: &ViewChange, naming: Naming<'_>) -> (View, ValidatorIndex, Option<Mark>, Option<Mark>) {
    let (certified, prepared) = (change.certified.as_ref().map(mark), change.prepared.as_ref().map(mark));
    (change.view, naming(change.sender), certified, prepared)
}
