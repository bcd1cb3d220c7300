//! Evidence: two statements of which an honest validator makes at most one, reported once; only the first counts.

use tierchain_consensus::Evidence;
use tierchain_consensus::VoteKind::{Commit, Prepare};

use super::*;
use crate::cast::{new_view, view_change};

fn against(culprit: u16, first: Message, second: Message) -> Effect {
    Effect::Evidence(Evidence { culprit: ValidatorIndex(culprit), first, second })
}

fn siblings() -> (Header, Header) {
    (block(&genesis(), 0, 1), block(&genesis(), 0, 2))
}

#[test]
fn two_proposals_for_one_number() {
    let (mut replica, (one, other)) = (Replica::new(1), siblings());
    let pair = [&one, &other].map(|header| Message::Proposal(proposal(0, 0, header)));
    replica.hears(pair[0].clone());
    let effects = replica.hears(pair[1].clone());
    assert_eq!(effects[0], against(0, pair[0].clone(), pair[1].clone()));
    assert_eq!(effects[1], send(Message::Suspect(cast::suspect(1, 0))), "and the primary is suspected");
    assert_eq!(replica.hears(pair[1].clone()), [], "reported once");
}

#[test]
fn two_prepares_or_two_commits_for_one_number() {
    for kind in [Prepare, Commit] {
        let (mut replica, (one, other)) = (Replica::new(1), siblings());
        let pair = [&one, &other].map(|header| Message::Vote(vote(kind, 3, 0, header)));
        replica.hears(pair[0].clone());
        assert_eq!(replica.hears(pair[1].clone()), [against(3, pair[0].clone(), pair[1].clone())]);
        assert_eq!(replica.hears(pair[1].clone()), []);
        assert_eq!(replica.hears(pair[0].clone()), [], "the first still counts");
    }
}

#[test]
fn two_view_changes_with_different_contents_for_one_view() {
    let (mut replica, (one, _)) = (Replica::new(1), siblings());
    let shown = prepared(&[0, 2, 3], 0, &one);
    let pair = [None, Some(shown)].map(|shown| Message::ViewChange(view_change(3, 1, None, shown)));
    replica.hears(pair[0].clone());
    assert_eq!(replica.hears(pair[1].clone()), [against(3, pair[0].clone(), pair[1].clone())]);
}

#[test]
fn two_new_views_with_different_proofs_for_one_view() {
    let mut replica = Replica::new(2);
    let proof = |senders: [u16; 3]| senders.map(|sender| view_change(sender, 1, None, None)).to_vec();
    let pair = [[0, 1, 2], [0, 1, 3]].map(|senders| Message::NewView(new_view(1, 1, proof(senders))));
    replica.hears(pair[0].clone());
    assert_eq!(replica.hears(pair[1].clone())[0], against(1, pair[0].clone(), pair[1].clone()));
}

#[test]
fn a_view_change_that_hides_a_commit_in_whichever_order_they_come() {
    let (one, _) = siblings();
    let commit = Message::Vote(vote(Commit, 3, 0, &one));
    let hiding = Message::ViewChange(view_change(3, 1, None, None));
    for order in [[&commit, &hiding], [&hiding, &commit]] {
        let mut replica = Replica::new(2);
        replica.hears(order[0].clone());
        assert_eq!(replica.hears(order[1].clone()), [against(3, commit.clone(), hiding.clone())]);
    }
}

#[test]
fn a_view_change_that_shows_its_commits_is_honest() {
    let (mut replica, chain) = (Replica::new(2), blocks(2));
    replica.hears_votes(Commit, &[3], 0, &chain[0]);
    let covering = prepared(&[0, 1, 3], 0, &chain[1]);
    assert_eq!(replica.hears(Message::ViewChange(view_change(3, 1, None, Some(covering)))), []);
}
