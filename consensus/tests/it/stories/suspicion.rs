//! Suspicion is a hint, VIEW-CHANGE a promise; time-outs.

use tierchain_consensus::VoteKind::Prepare;
use tierchain_consensus::{Phase, WaitingFor};
use tierchain_primitives::View;

use super::*;
use crate::cast::{suspect, view_change};

fn suspects(effects: &[Effect]) -> bool {
    effects.contains(&send(Message::Suspect(suspect(1, 0))))
}

fn phase(replica: &Replica) -> (View, Phase) {
    let status = replica.machine.status();
    (status.view, status.phase)
}

#[test]
fn without_work_nothing_is_suspected() {
    let mut replica = Replica::new(1);
    assert_eq!(replica.at(1_000_000), []);
    assert_eq!(replica.machine.status().waiting_for, WaitingFor::Work);
}

#[test]
fn work_without_a_certificate_for_the_time_out_is_a_suspicion_repeated_while_it_lasts() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    replica.on(Input::Work(true));
    assert!(!suspects(&replica.at(99)));
    assert!(suspects(&replica.at(100)));
    assert!(!suspects(&replica.at(150)));
    assert!(suspects(&replica.at(200)));
    let prepare = own(Prepare, 0, &chain[0]);
    assert!(replica.prepares(&chain[0]).contains(&send_vote(&prepare)), "it goes on voting");
}

#[test]
fn a_lost_primary_is_suspected_after_20_ms_or_at_once_when_refused() {
    let mut replica = Replica::new(1);
    let lost = |refused| Input::Lost { peer: ValidatorIndex(0), refused };
    assert!(!suspects(&replica.on(lost(false))));
    assert!(suspects(&replica.at(20)));
    let mut replica = Replica::new(1);
    assert!(suspects(&replica.on(lost(true))));
}

#[test]
fn a_lost_follower_and_a_flapping_link_move_nobody() {
    let mut replica = Replica::new(1);
    for round in 0..50 {
        replica.now = round * 200;
        replica.on(Input::Lost { peer: ValidatorIndex(2), refused: true });
        replica.on(Input::Lost { peer: ValidatorIndex(0), refused: true });
        replica.now += 100;
        replica.on(Input::Connected(ValidatorIndex(2)));
        replica.on(Input::Connected(ValidatorIndex(0)));
    }
    assert_eq!(phase(&replica), (View(0), Phase::Normal));
}

#[test]
fn a_bad_proposal_is_a_suspicion() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    replica.hears(Message::Proposal(proposal(0, 0, &chain[0])));
    assert!(suspects(&replica.on(Input::Invalid { hash: chain[0].hash() })));
}

#[test]
fn f_suspicions_move_nobody_and_f_plus_one_do() {
    let mut replica = Replica::new(2);
    assert_eq!(replica.hears(Message::Suspect(suspect(0, 0))), []);
    let mine = view_change(2, 1, None, None);
    assert_eq!(
        replica.hears(Message::Suspect(suspect(3, 0))),
        [Effect::Record(Record::ViewChange(mine.clone())), send(Message::ViewChange(mine))],
    );
}

#[test]
fn a_suspicion_expires_at_its_receiver() {
    let mut replica = Replica::new(2);
    replica.hears(Message::Suspect(suspect(0, 0)));
    replica.now = 350;
    assert_eq!(replica.hears(Message::Suspect(suspect(3, 0))), []);
    assert_eq!(replica.machine.status().suspicions, [ValidatorIndex(3)]);
}

#[test]
fn f_plus_one_view_changes_are_joined_at_the_highest_view_that_f_plus_one_have_reached() {
    let mut replica = Replica::new(3);
    replica.hears(Message::ViewChange(view_change(0, 9, None, None)));
    assert_eq!(phase(&replica), (View(0), Phase::Normal), "one liar moves nobody");
    replica.hears(Message::ViewChange(view_change(1, 5, None, None)));
    assert_eq!(phase(&replica), (View(0), Phase::ChangingView(View(5))));
}

#[test]
fn between_views_the_time_out_starts_with_a_quorum_and_ends_in_a_suspicion_of_the_new_view() {
    let mut replica = Replica::new(3);
    replica.hears(Message::Suspect(suspect(0, 0)));
    replica.hears(Message::Suspect(suspect(2, 0)));
    assert_eq!(phase(&replica), (View(0), Phase::ChangingView(View(1))));
    let next = |effects: Vec<Effect>| effects.contains(&send(Message::Suspect(suspect(3, 1))));
    assert!(!next(replica.at(60_000)), "no quorum, no time-out: nobody runs away alone");
    for sender in [0, 2] {
        replica.hears(Message::ViewChange(view_change(sender, 1, None, None)));
    }
    assert_eq!(replica.machine.status().deadline, Some(60_200), "doubled: view 0 certified nothing");
    assert!(!next(replica.at(60_199)));
    assert!(next(replica.at(60_200)));
    replica.hears(Message::Suspect(suspect(0, 1)));
    assert_eq!(phase(&replica), (View(0), Phase::ChangingView(View(2))));
}

#[test]
fn the_alarm_is_set_for_the_next_deadline() {
    let mut machine = Machine::new(config(4, 1, 8), base(), 0);
    assert_eq!(machine.step(7, Input::Work(true), &cast::signer(1)), [Effect::WakeAt(107)]);
    assert_eq!(machine.step(8, Input::Tick, &cast::signer(1)), [], "an early tick is harmless");
}

#[test]
fn a_stuck_replica_says_why() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    replica.prepares(&chain[0]);
    replica.hears_votes(Prepare, &[3], 0, &chain[0]);
    let status = replica.machine.status();
    assert_eq!(status.waiting_for, WaitingFor::Prepares(1));
    assert_eq!(status.sentence, "prepares of block 1: 2 of 3, none from validators 0, 2");
    assert_eq!(status.in_flight[0].prepares, [ValidatorIndex(1), ValidatorIndex(3)]);
}
