//! Nothing is said once: repeats, help for those who lack something, and catch-up.

use tierchain_consensus::VoteKind::{Commit, Prepare};

use super::*;
use crate::cast::{new_view, suspect, view_change};

fn to(peer: u16, message: Message) -> Effect {
    Effect::Send { to: Target::One(ValidatorIndex(peer)), message }
}

/// The sends among the effects.
fn sends(effects: Vec<Effect>) -> Vec<Effect> {
    effects.into_iter().filter(|effect| matches!(effect, Effect::Send { .. })).collect()
}

#[test]
fn on_connect_a_peer_is_told_what_stands() {
    let (mut replica, chain) = (Replica::new(1), blocks(2));
    replica.finalises(&chain[0]);
    replica.prepares(&chain[1]);
    let vote = own(Prepare, 0, &chain[1]);
    let last = committed(&[0, 1, 2], 0, &chain[0]);
    assert_eq!(
        replica.on(Input::Connected(ValidatorIndex(3))),
        [to(3, Message::Vote(vote)), to(3, Message::Certificate(last))],
    );
}

#[test]
fn on_connect_the_primary_repeats_its_proposals_and_a_view_its_opening() {
    let mut replica = Replica::new(1);
    for sender in [2, 3] {
        replica.hears(Message::ViewChange(view_change(sender, 1, None, None)));
    }
    let header = block(&genesis(), 1, 1);
    replica.on(Input::Propose { header: header.clone(), bundles: Vec::new() });
    let proof = [1, 2, 3].map(|sender| view_change(sender, 1, None, None));
    assert_eq!(
        replica.on(Input::Connected(ValidatorIndex(0))),
        [
            to(0, Message::NewView(new_view(1, 1, proof.into()))),
            to(0, Message::Proposal(proposal(1, 1, &header))),
            to(0, Message::Vote(own(Prepare, 1, &header))),
        ],
    );
}

#[test]
fn between_views_the_view_change_is_repeated_while_nothing_moves() {
    let mut replica = Replica::new(2);
    for sender in [0, 3] {
        replica.hears(Message::Suspect(suspect(sender, 0)));
    }
    let mine = send(Message::ViewChange(view_change(2, 1, None, None)));
    let repeats: Vec<u64> = (1..2_000).filter(|now| replica.at(*now).contains(&mine)).collect();
    assert_eq!(repeats, [100, 300, 700, 1_500], "ever more slowly");
}

#[test]
fn an_idle_replica_is_silent() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    replica.finalises(&chain[0]);
    assert_eq!((1..100).flat_map(|second| replica.at(second * 1_000)).count(), 0);
}

#[test]
fn a_peer_that_votes_on_what_was_certified_long_ago_is_given_the_certificates() {
    let (mut replica, chain) = (Replica::new(1), blocks(2));
    chain.iter().for_each(|header| replica.finalises(header));
    replica.now = 99;
    assert_eq!(replica.hears_votes(Commit, &[3], 0, &chain[1]), [], "probably just late");
    replica.now = 100;
    let certificates = chain.iter().map(|header| to(3, Message::Certificate(committed(&[0, 1, 2], 0, header))));
    assert_eq!(replica.hears_votes(Prepare, &[3], 0, &chain[0]), certificates.collect::<Vec<_>>());
    replica.now = 150;
    assert_eq!(replica.hears_votes(Prepare, &[3], 0, &chain[0]), [], "nobody can make it shout");
}

#[test]
fn a_peer_that_suspects_alone_is_given_the_newest_certificate() {
    let (mut replica, chain) = (Replica::new(1), blocks(2));
    assert_eq!(replica.hears(Message::Suspect(suspect(3, 0))), [], "there is none");
    chain.iter().for_each(|header| replica.finalises(header));
    replica.now = 200;
    let newest = to(3, Message::Certificate(committed(&[0, 1, 2], 0, &chain[1])));
    assert_eq!(replica.hears(Message::Suspect(suspect(3, 0))), [newest]);
    replica.now = 250;
    assert_eq!(replica.hears(Message::Suspect(suspect(3, 0))), [], "nobody can make it shout");
}

#[test]
fn a_peer_that_shares_a_suspicion_is_given_nothing() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    replica.finalises(&chain[0]);
    replica.on(Input::SuspectPrimary);
    assert_eq!(replica.hears(Message::Suspect(suspect(3, 0))).len(), 2, "f + 1 leave the view, and that is all");
}

#[test]
fn a_peer_in_a_view_that_is_over_is_given_the_new_view() {
    let mut replica = Replica::new(1);
    for sender in [2, 3] {
        replica.hears(Message::ViewChange(view_change(sender, 1, None, None)));
    }
    let proof = [1, 2, 3].map(|sender| view_change(sender, 1, None, None));
    let opening = to(0, Message::NewView(new_view(1, 1, proof.into())));
    assert_eq!(replica.hears(Message::Suspect(suspect(0, 0))), std::slice::from_ref(&opening));
    replica.now = 200;
    assert_eq!(sends(replica.hears(Message::ViewChange(view_change(0, 1, None, None)))), [opening]);
}

#[test]
fn a_replica_overtaken_by_f_plus_one_shows_that_it_is() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    assert_eq!(replica.hears_votes(Prepare, &[2], 5, &chain[0]), []);
    assert_eq!(replica.hears_votes(Prepare, &[3], 5, &chain[0]), [send(Message::Suspect(suspect(1, 0)))]);
}

#[test]
fn a_certificate_a_window_ahead_means_behind_at_once_and_within_the_window_after_a_while() {
    let chain = blocks(20);
    let behind = |number| Effect::Behind { number, peer: ValidatorIndex(3) };
    let mut replica = Replica::new(1);
    assert_eq!(replica.hears(Message::Certificate(committed(&[0, 2, 3], 0, &chain[19]))), [behind(20)]);
    let mut replica = Replica::new(1);
    assert_eq!(replica.hears(Message::Certificate(committed(&[0, 2, 3], 0, &chain[3]))), []);
    assert!(replica.at(100).contains(&behind(4)));
    assert!(!replica.at(1_000).contains(&behind(4)));
    assert!(replica.at(1_100).contains(&behind(4)), "said again while it lasts");
}

#[test]
fn one_peers_votes_far_ahead_mean_nothing_and_those_of_f_plus_one_do() {
    let (mut replica, chain) = (Replica::new(1), blocks(30));
    assert_eq!(replica.hears_votes(Commit, &[2], 0, &chain[29]), []);
    let behind = Effect::Behind { number: 21, peer: ValidatorIndex(3) };
    assert_eq!(replica.hears_votes(Commit, &[3], 0, &chain[28]), [behind], "29 - W is certified");
}
