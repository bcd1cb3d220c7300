//! A machine reduced to what bears on what it may ever say, for whoever explores all that may happen.
//!
//! Left out, because a model decides these itself or because they change nothing but patience and courtesy:
//! - clocks, pauses, doubts and the average commit time: the explorer decides when a time-out strikes;
//! - what the others have shown to have ([`Peers`](crate::peers)) and how far behind this one is: that decides who is
//!   helped and what is asked for, and an explorer may deliver anything at any time;
//! - who signed a certificate: any quorum's is as good as another's, and the votes of a place that has its quorum;
//! - certificates of blocks that are final, kept for the sake of others.

use std::collections::BTreeMap;

use parity_scale_codec::Encode;
use tierchain_primitives::certificate::{Certificate, CertificateKind};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::{BlockNumber, H256, ValidatorIndex, View};

use crate::chain::BlockRef;
use crate::machine::Machine;
use crate::message::{ViewChange, Vote, VoteKind};
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
        let said = |votes: &BTreeMap<BlockNumber, Vote>| -> Vec<_> {
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

#[cfg(test)]
mod tests {
    use tierchain_primitives::certificate::ValidatorSet;
    use tierchain_primitives::crypto::Signature;
    use tierchain_primitives::{AccountId, Epoch};

    use super::*;
    use crate::fixture::genesis;
    use crate::{Base, Config, Input, Message, Parameters, Signer, Suspect};

    struct Blank;

    impl Signer for Blank {
        fn sign(&self, _: &[u8]) -> Signature {
            Signature::ZERO
        }
    }

    fn machine(me: u16) -> Machine {
        let set = ValidatorSet { epoch: Epoch(0), keys: (0..4).map(|key| AccountId([key; 32])).collect() };
        let config = Config { genesis: H256::ZERO, set, me: ValidatorIndex(me), parameters: Parameters::default() };
        Machine::new(config, Base { header: genesis(), certificate: None }, 0)
    }

    fn as_is(index: ValidatorIndex) -> ValidatorIndex {
        index
    }

    fn swapped(index: ValidatorIndex) -> ValidatorIndex {
        match index.0 {
            2 => ValidatorIndex(3),
            3 => ValidatorIndex(2),
            _ => index,
        }
    }

    fn leave(machine: &mut Machine) {
        for sender in [ValidatorIndex(0), ValidatorIndex(1)] {
            let suspect = Suspect { epoch: Epoch(0), view: View(0), sender, signature: Signature::ZERO };
            let input = Input::Message { from: sender, message: Message::Suspect(suspect) };
            let _ = machine.step(0, input, &Blank);
        }
    }

    #[test]
    fn time_and_lost_connections_are_no_part_of_it() {
        let (one, mut other) = (machine(2), machine(2));
        let _ = other.step(5_000, Input::Lost { peer: ValidatorIndex(1), refused: false }, &Blank);
        assert_ne!(one, other);
        assert_eq!(one.essence(&as_is), other.essence(&as_is));
    }

    #[test]
    fn a_promise_is() {
        let (one, mut other) = (machine(2), machine(2));
        leave(&mut other);
        assert_ne!(one.essence(&as_is), other.essence(&as_is));
    }

    #[test]
    fn two_that_differ_in_names_have_the_same_under_other_names() {
        let (mut two, mut three) = (machine(2), machine(3));
        leave(&mut two);
        leave(&mut three);
        assert_ne!(two.essence(&as_is), three.essence(&as_is));
        assert_eq!(two.essence(&swapped), three.essence(&as_is));
    }
}
