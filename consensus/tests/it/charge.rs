//! What pairs of signed statements prove to somebody who saw nothing else.

use tierchain_consensus::{Charge, ChargeError, Evidence, Message, ViewChange, VoteKind};
use tierchain_primitives::certificate::CertificateKind;
use tierchain_primitives::header::Header;
use tierchain_primitives::{Epoch, ValidatorIndex};

use crate::cast;

const N: u16 = 4;

fn judge(culprit: u16, first: &Message, second: &Message) -> Result<Charge, ChargeError> {
    let evidence = Evidence { culprit: ValidatorIndex(culprit), first: first.clone(), second: second.clone() };
    evidence.verify(&cast::signer(0), &cast::set(N), &cast::GENESIS)
}

fn child(salt: u64) -> Header {
    cast::block(&cast::genesis(), 0, salt)
}

fn vote(kind: VoteKind, voter: u16, view: u64, salt: u64) -> Message {
    Message::Vote(cast::vote(kind, voter, view, &child(salt)))
}

fn proposal(primary: u16, view: u64, salt: u64) -> Message {
    Message::Proposal(cast::proposal(primary, view, &child(salt)))
}

/// A VIEW-CHANGE of validator 3 for view 2 that shows block 1 prepared in `shown`, or nothing.
fn leaving(shown: Option<u64>) -> ViewChange {
    let prepared = shown.map(|view| cast::certificate(CertificateKind::Prepared, &[0, 1, 2], view, &child(1)));
    cast::view_change(3, 2, None, prepared)
}

fn opening(third: u16) -> Message {
    let change = |sender| cast::view_change(sender, 1, None, None);
    Message::NewView(cast::new_view(1, 1, [0, 1, third].map(change).to_vec()))
}

#[test]
fn each_broken_promise_is_named_in_either_order() {
    let prepare = |salt| vote(VoteKind::Prepare, 2, 0, salt);
    let commit = |salt| vote(VoteKind::Commit, 3, 0, salt);
    let table = [
        (0, proposal(0, 0, 1), proposal(0, 0, 2), Charge::TwoProposals),
        (2, prepare(1), prepare(2), Charge::TwoPrepares),
        (3, commit(1), commit(2), Charge::TwoCommits),
        (3, Message::ViewChange(leaving(None)), Message::ViewChange(leaving(Some(0))), Charge::TwoViewChanges),
        (1, opening(2), opening(3), Charge::TwoNewViews),
        (3, commit(1), Message::ViewChange(leaving(None)), Charge::HiddenCommit),
    ];
    for (culprit, first, second, charge) in table {
        assert_eq!(judge(culprit, &first, &second), Ok(charge));
        assert_eq!(judge(culprit, &second, &first), Ok(charge));
        let other = ValidatorIndex((culprit + 1) % N);
        let accused = ChargeError::OtherCulprit { accused: other, found: ValidatorIndex(culprit) };
        assert_eq!(judge(other.0, &first, &second), Err(accused));
    }
}

#[test]
fn what_an_honest_validator_may_say_proves_nothing() {
    let prepare = |view, salt| vote(VoteKind::Prepare, 2, view, salt);
    let shows = Message::ViewChange(leaving(Some(0)));
    let pairs = [
        (proposal(0, 0, 1), proposal(0, 0, 1)),
        (proposal(0, 0, 1), proposal(0, 4, 2)),
        (prepare(0, 1), prepare(0, 1)),
        (prepare(0, 1), prepare(1, 2)),
        (prepare(0, 1), vote(VoteKind::Commit, 2, 0, 2)),
        (prepare(0, 1), vote(VoteKind::Prepare, 3, 0, 2)),
        (vote(VoteKind::Commit, 3, 0, 1), shows.clone()),
        (vote(VoteKind::Commit, 3, 2, 1), Message::ViewChange(leaving(None))),
        (vote(VoteKind::Prepare, 3, 0, 1), Message::ViewChange(leaving(None))),
        (vote(VoteKind::Commit, 2, 0, 1), Message::ViewChange(leaving(None))),
        (opening(2), opening(2)),
        (shows.clone(), shows),
        (Message::Suspect(cast::suspect(2, 0)), Message::Suspect(cast::suspect(2, 1))),
    ];
    for (first, second) in pairs {
        assert_eq!(judge(2, &first, &second), Err(ChargeError::Consistent), "{first:?} and {second:?}");
    }
}

#[test]
fn a_statement_that_nobody_signed_proves_nothing() {
    let (Message::Vote(first), Message::Vote(mut second)) =
        (vote(VoteKind::Commit, 3, 0, 1), vote(VoteKind::Commit, 3, 0, 2))
    else {
        unreachable!("both are votes")
    };
    second.signature.0[0] ^= 1;
    let forged = judge(3, &Message::Vote(first.clone()), &Message::Vote(second.clone()));
    assert!(matches!(forged, Err(ChargeError::Statement(_))));
    second.signature.0[0] ^= 1;
    second.epoch = Epoch(1);
    let foreign = judge(3, &Message::Vote(first), &Message::Vote(second));
    assert!(matches!(foreign, Err(ChargeError::Statement(_))), "no two epochs can be held against each other");
}
