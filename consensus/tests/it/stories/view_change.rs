//! R5 to R7: promises, heads, and where a view starts.

use tierchain_consensus::VoteKind::{Commit, Prepare};
use tierchain_consensus::{Phase, ViewChange};
use tierchain_primitives::View;

use super::*;
use crate::cast::{new_view, view_change};

/// VIEW-CHANGEs for `view` of three, all with this prepared certificate.
fn proof(view: u64, senders: [u16; 3], shown: Option<Certificate>) -> Vec<ViewChange> {
    senders.map(|sender| view_change(sender, view, None, shown.clone())).into()
}

/// Validators 0 and 2 promise to leave view 0, which makes validator 1 follow.
fn leave(replica: &mut Replica) -> Vec<Effect> {
    let mut effects = replica.hears(Message::ViewChange(view_change(2, 1, None, None)));
    effects.extend(replica.hears(Message::ViewChange(view_change(3, 1, None, None))));
    effects
}

#[test]
fn r5_a_view_change_carries_the_last_certificate_and_the_highest_prepared_one() {
    let (mut replica, chain) = (Replica::new(1), blocks(2));
    replica.finalises(&chain[0]);
    replica.prepares(&chain[1]);
    replica.hears_votes(Prepare, &[0, 3], 0, &chain[1]);
    let certified = Some(committed(&[0, 1, 2], 0, &chain[0]));
    let mine = view_change(1, 1, certified.clone(), Some(prepared(&[0, 1, 3], 0, &chain[1])));
    replica.hears(Message::ViewChange(view_change(2, 1, certified.clone(), mine.prepared.clone())));
    let effects = replica.hears(Message::ViewChange(view_change(3, 1, certified, mine.prepared.clone())));
    assert_eq!(effects[0], Effect::Record(Record::ViewChange(mine.clone())));
    assert!(effects.contains(&send(Message::ViewChange(mine))));
}

#[test]
fn r5_and_r3_after_a_view_change_nothing_is_voted_on_below() {
    // Number 2 isn't the primary of view 1, so it stays between the views.
    let (mut replica, chain) = (Replica::new(2), blocks(2));
    replica.prepares(&chain[0]);
    for sender in [0, 3] {
        replica.hears(Message::ViewChange(view_change(sender, 1, None, None)));
    }
    assert_eq!(replica.machine.status().phase, Phase::ChangingView(View(1)));
    let effects = replica.hears_votes(Prepare, &[0, 1], 0, &chain[0]);
    assert!(!effects.iter().any(is_vote), "no commit: {effects:?}");
    assert!(!replica.prepares(&chain[1]).iter().any(is_vote), "no prepare");
}

#[test]
fn r5_a_new_view_below_the_promise_is_not_entered() {
    let mut replica = Replica::new(3);
    for sender in [0, 1] {
        replica.hears(Message::ViewChange(view_change(sender, 2, None, None)));
    }
    assert_eq!(replica.machine.status().phase, Phase::ChangingView(View(2)));
    replica.hears(Message::NewView(new_view(1, 1, proof(1, [0, 1, 2], None))));
    assert_eq!(replica.machine.status().view, View(0));
    replica.hears(Message::NewView(new_view(2, 2, proof(2, [0, 1, 2], None))));
    assert_eq!(replica.machine.status().view, View(2));
}

#[test]
fn r6_the_primary_opens_its_view_with_a_quorum_of_view_changes() {
    let mut replica = Replica::new(1);
    let effects = leave(&mut replica);
    let opened = new_view(1, 1, proof(1, [1, 2, 3], None));
    let mine = view_change(1, 1, None, None);
    assert_eq!(
        effects,
        [
            Effect::Record(Record::ViewChange(mine.clone())),
            Effect::Record(Record::NewView(opened.clone())),
            send(Message::ViewChange(mine)),
            send(Message::NewView(opened)),
        ],
    );
    assert_eq!(replica.machine.slot().map(|slot| (slot.view, slot.number)), Some((View(1), 1)));
}

#[test]
fn r7_the_head_is_prepared_first_and_stands_for_all_below_it() {
    let (mut replica, chain) = (Replica::new(2), blocks(3));
    chain.iter().take(2).for_each(|header| drop(replica.prepares(header)));
    let fresh = block(&chain[1], 1, 7);
    replica.hears_votes(Prepare, &[0, 3], 0, &chain[1]);
    let shown = Some(prepared(&[0, 2, 3], 0, &chain[1]));
    let opened = new_view(1, 1, proof(1, [0, 1, 3], shown));
    let head = vote(Prepare, 2, 1, &chain[1]);
    assert_eq!(
        replica.hears(Message::NewView(opened.clone())),
        [Effect::Record(Record::NewView(opened)), record_vote(&head), send_vote(&head)],
        "block 2, and not block 1",
    );
    assert_eq!(replica.hears(Message::Proposal(proposal(1, 1, &fresh))), [check(1, &fresh)], "fresh ones above it");
    let effects = replica.hears_votes(Prepare, &[0, 1], 1, &chain[1]);
    let commits = [vote(Commit, 2, 1, &chain[0]), vote(Commit, 2, 1, &chain[1])];
    let said: Vec<Effect> = effects.into_iter().filter(is_vote).collect();
    assert_eq!(said, commits.map(|commit| send_vote(&commit)), "each uncertified block gets a commit of its own");
}

#[test]
fn r7_the_first_prepare_is_for_the_heads_child_when_the_new_view_shows_the_head_certified() {
    let (mut replica, chain) = (Replica::new(2), blocks(1));
    replica.finalises_as(2, &chain[0]);
    let certified = Some(committed(&[0, 1, 2], 0, &chain[0]));
    let proof = [0, 1, 3].map(|sender| view_change(sender, 1, certified.clone(), None));
    let opened = new_view(1, 1, proof.into());
    assert_eq!(replica.hears(Message::NewView(opened.clone())), [Effect::Record(Record::NewView(opened))]);
    let fresh = block(&chain[0], 1, 7);
    assert_eq!(replica.hears(Message::Proposal(proposal(1, 1, &fresh))), [check(1, &fresh)]);
}

#[test]
fn r7_a_head_that_is_final_here_is_prepared_for_the_others_sake() {
    let (mut replica, chain) = (Replica::new(2), blocks(1));
    replica.finalises_as(2, &chain[0]);
    let shown = Some(prepared(&[0, 1, 2], 0, &chain[0]));
    let effects = replica.hears(Message::NewView(new_view(1, 1, proof(1, [0, 1, 3], shown))));
    let head = vote(Prepare, 2, 1, &chain[0]);
    assert_eq!(effects[1..], [record_vote(&head), send_vote(&head)]);
}

#[test]
fn r7_a_head_that_is_missing_is_fetched_with_all_below_it_before_it_is_prepared() {
    let (mut replica, chain) = (Replica::new(2), blocks(2));
    let shown = Some(prepared(&[0, 1, 3], 0, &chain[1]));
    let effects = replica.hears(Message::NewView(new_view(1, 1, proof(1, [0, 1, 3], shown))));
    let holders = [0, 1, 3].map(ValidatorIndex).to_vec();
    let obtain =
        |at: usize| Effect::Obtain { number: chain[at].number, hash: chain[at].hash(), holders: holders.clone() };
    assert_eq!(effects[1..], [obtain(1)]);
    assert_eq!(replica.on(Input::Obtained { header: chain[1].clone() }), [obtain(0)]);
    let head = vote(Prepare, 2, 1, &chain[1]);
    assert_eq!(replica.on(Input::Obtained { header: chain[0].clone() }), [record_vote(&head), send_vote(&head)],);
}

#[test]
fn r7_the_primary_proposes_above_the_head_once_it_has_prepared_it() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    let shown = Some(prepared(&[0, 2, 3], 0, &chain[0]));
    replica.hears(Message::ViewChange(view_change(2, 1, None, shown.clone())));
    replica.hears(Message::ViewChange(view_change(3, 1, None, shown)));
    assert_eq!(replica.machine.status().view, View(1));
    assert_eq!(replica.machine.slot(), None, "the head isn't here");
    replica.on(Input::Obtained { header: chain[0].clone() });
    assert_eq!(replica.machine.slot().map(|slot| (slot.number, slot.parent)), Some((2, chain[0].hash())));
}

#[test]
#[should_panic(expected = "R6: the head of view 1 extends every block that is final here")]
fn r6_a_head_that_forgets_a_final_block_proves_that_more_than_f_lie() {
    let (mut replica, chain) = (Replica::new(2), blocks(1));
    replica.finalises_as(2, &chain[0]);
    replica.hears(Message::NewView(new_view(1, 1, proof(1, [0, 1, 3], None))));
}

impl Replica {
    /// As [`Replica::finalises`], for a replica with this number.
    fn finalises_as(&mut self, me: u16, header: &Header) {
        let others: Vec<u16> = (0..3).filter(|other| *other != me).collect();
        self.prepares(header);
        self.hears_votes(Prepare, &others, 0, header);
        self.hears_votes(Commit, &others, 0, header);
        assert_eq!(self.machine.status().final_hash, header.hash());
    }
}

/// The primary of view 1 lacks the head, block 2, and gets the certificate of block 1, which the others committed in
/// this view on the head's prepared certificate.
#[test]
fn r7_a_block_certified_below_the_head_is_no_start_for_another_branch() {
    let (mut replica, chain) = (Replica::new(1), blocks(2));
    let shown = Some(prepared(&[0, 2, 3], 0, &chain[1]));
    for sender in [2, 3] {
        replica.hears(Message::ViewChange(view_change(sender, 1, None, shown.clone())));
    }
    assert_eq!(replica.machine.status().view, View(1));
    let certificate = committed(&[0, 2, 3], 1, &chain[0]);
    let effects = replica.on(Input::Certified { header: chain[0].clone(), certificate });
    assert_eq!((finals(&effects), replica.machine.slot()), (vec![1], None), "the head is still the first");
    let effects = replica.on(Input::Obtained { header: chain[1].clone() });
    assert!(effects.contains(&send_vote(&own(Prepare, 1, &chain[1]))), "{effects:?}");
    assert_eq!(replica.machine.slot().map(|slot| slot.number), Some(3));
}
