//! Whether a message is what it says: one message of each kind, broken in one place each.

use tierchain_consensus::{
    Effect, Input, Machine, Message, NewView, VerifyError, ViewChange, VoteKind, verify, verify_certificate,
};
use tierchain_primitives::certificate::{Certificate, CertificateError, CertificateKind};
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::{Epoch, ValidatorIndex, View};

use crate::cast::{
    GENESIS, base, block, certificate, check, config, genesis, new_view, proposal, set, signer, suspect, view_change,
    vote,
};

fn prepared() -> Certificate {
    certificate(CertificateKind::Prepared, &[0, 1, 2], 0, &block(&genesis(), 0, 1))
}

fn committed() -> Certificate {
    certificate(CertificateKind::Committed, &[0, 1, 2], 0, &block(&genesis(), 0, 1))
}

fn change(sender: u16) -> ViewChange {
    view_change(sender, 1, Some(committed()), Some(prepared()))
}

fn opening() -> NewView {
    new_view(1, 1, [0, 1, 2].map(change).into())
}

#[test]
fn what_is_whole_verifies() {
    let header = block(&genesis(), 0, 1);
    let messages = [
        Message::Proposal(proposal(0, 0, &header)),
        Message::Vote(vote(VoteKind::Prepare, 2, 0, &header)),
        Message::ViewChange(change(3)),
        Message::NewView(opening()),
        Message::Suspect(suspect(2, 7)),
        Message::Certificate(committed()),
    ];
    messages.iter().for_each(|message| assert_eq!(check(message, 4), Ok(()), "{message:?}"));
}

#[test]
fn a_proposal_is_signed_by_the_primary_of_its_view() {
    let stolen = proposal(2, 1, &block(&genesis(), 2, 1));
    assert_eq!(check(&Message::Proposal(stolen), 4), Err(VerifyError::Signature(ValidatorIndex(1))));
}

#[test]
fn a_votes_signature_covers_kind_view_number_hash_and_voter() {
    let whole = vote(VoteKind::Prepare, 2, 0, &block(&genesis(), 0, 1));
    let broken = [
        {
            let mut it = whole.clone();
            it.kind = VoteKind::Commit;
            it
        },
        {
            let mut it = whole.clone();
            it.view = View(1);
            it
        },
        {
            let mut it = whole.clone();
            it.number = 2;
            it
        },
        {
            let mut it = whole.clone();
            it.hash.0[0] ^= 1;
            it
        },
        {
            let mut it = whole.clone();
            it.signature.0[0] ^= 1;
            it
        },
    ];
    for it in broken {
        assert_eq!(check(&Message::Vote(it), 4), Err(VerifyError::Signature(ValidatorIndex(2))));
    }
    let stranger = vote(VoteKind::Prepare, 4, 0, &block(&genesis(), 0, 1));
    assert_eq!(check(&Message::Vote(stranger), 4), Err(VerifyError::Stranger(ValidatorIndex(4))));
    let mut other = whole;
    other.epoch = Epoch(1);
    let expected = VerifyError::Epoch { found: Epoch(1), expected: Epoch(0) };
    assert_eq!(check(&Message::Vote(other), 4), Err(expected));
}

#[test]
fn a_view_changes_certificates_are_of_their_kind_below_its_view_and_whole() {
    let of = |certified, prepared| check(&Message::ViewChange(view_change(3, 1, certified, prepared)), 4);
    let kind = |found, expected| Err(VerifyError::Kind { found, expected });
    assert_eq!(of(Some(prepared()), None), kind(CertificateKind::Prepared, CertificateKind::Committed));
    assert_eq!(of(None, Some(committed())), kind(CertificateKind::Committed, CertificateKind::Prepared));
    let late = certificate(CertificateKind::Prepared, &[0, 1, 2], 1, &block(&genesis(), 0, 1));
    assert_eq!(of(None, Some(late)), Err(VerifyError::ViewTooHigh { view: View(1), found: View(1) }));
    let mut forged = prepared();
    forged.votes[2].1 = Signature::ZERO;
    assert_eq!(of(None, Some(forged)), Err(CertificateError::Signature(ValidatorIndex(2)).into()));
    let zero = Message::ViewChange(view_change(3, 0, None, None));
    assert_eq!(check(&zero, 4), Err(VerifyError::ViewZero));
}

#[test]
fn a_new_view_proves_a_quorum_of_distinct_senders_for_exactly_its_view() {
    let of = |sender, proof| check(&Message::NewView(new_view(sender, 1, proof)), 4);
    assert_eq!(of(1, vec![change(0), change(2)]), Err(VerifyError::Quorum { found: 2, quorum: 3 }));
    assert_eq!(of(1, vec![change(0), change(2), change(2)]), Err(VerifyError::Order));
    let other = VerifyError::OtherView { opened: View(1), sender: ValidatorIndex(3), found: View(2) };
    assert_eq!(of(1, vec![change(0), change(2), view_change(3, 2, None, None)]), Err(other));
    let usurper = VerifyError::NotPrimary { sender: ValidatorIndex(2), view: View(1), primary: ValidatorIndex(1) };
    assert_eq!(of(2, [0, 1, 2].map(change).into()), Err(usurper));
    let mut swapped = opening();
    swapped.proof[0] = view_change(0, 1, None, None);
    let expected = Err(VerifyError::Signature(ValidatorIndex(1)));
    assert_eq!(check(&Message::NewView(swapped), 4), expected, "the primary signs the proof too");
}

#[test]
fn a_certificate_for_a_peer_that_is_behind_is_a_commit_certificate() {
    let expected = VerifyError::Kind { found: CertificateKind::Prepared, expected: CertificateKind::Committed };
    assert_eq!(check(&Message::Certificate(prepared()), 4), Err(expected));
    assert_eq!(verify_certificate(&signer(0), &prepared(), &set(4), &GENESIS), Ok(()), "elsewhere its kind may be any");
}

#[test]
fn what_a_machine_says_verifies_with_the_keys_that_ship() {
    let keys: Vec<KeyPair> = (0..4).map(|seed| KeyPair::from_seed(&[seed; 32])).collect();
    let mut config = config(4, 0, 8);
    config.set.keys = keys.iter().map(KeyPair::public).collect();
    let set = config.set.clone();
    let mut machine = Machine::new(config, base(), 0);
    let header = block(&genesis(), 0, 1);
    let mut effects = machine.step(0, Input::Propose { header, bundles: Vec::new() }, &keys[0]);
    effects.extend(machine.step(0, Input::SuspectPrimary, &keys[0]));
    let mut said = 0;
    for effect in effects {
        if let Effect::Send { message, .. } = effect {
            said += 1;
            assert_eq!(verify(&message, &set, &GENESIS), Ok(()), "{message:?}");
        }
    }
    assert_eq!(said, 3, "proposal, prepare, SUSPECT");
}
