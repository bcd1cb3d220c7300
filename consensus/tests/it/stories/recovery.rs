//! Never twice: what a crash leaves on disk binds the machine that comes back.

use tierchain_consensus::Base;
use tierchain_consensus::VoteKind::{Commit, Prepare};

use super::*;
use crate::cast::view_change;

fn records(effects: &[Effect]) -> Vec<Record> {
    let record = |effect: &Effect| match effect {
        Effect::Record(record) => Some(record.clone()),
        _ => None,
    };
    effects.iter().filter_map(record).collect()
}

fn recover(me: u16, base: Base, records: Vec<Record>, headers: &[Header]) -> Replica {
    let machine = Machine::recover(config(4, me, 8), base, records, headers.to_vec(), 0);
    Replica { machine, me, now: 0 }
}

#[test]
fn a_replica_that_prepared_prepares_no_other_block_after_a_crash() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    let log = records(&replica.prepares(&chain[0]));
    let mut replica = recover(1, base(), log, &chain);
    let other = block(&genesis(), 0, 9);
    assert!(!replica.prepares(&other).iter().any(|effect| effect == &send_vote(&own(Prepare, 0, &other))));
}

#[test]
fn the_first_step_after_a_crash_repeats_what_stands() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    let log = records(&replica.prepares(&chain[0]));
    let mut replica = recover(1, base(), log, &chain);
    assert_eq!(replica.on(Input::Tick), [send_vote(&own(Prepare, 0, &chain[0]))]);
}

#[test]
fn certified_blocks_above_the_base_become_final_again_in_order() {
    let (mut replica, chain) = (Replica::new(1), blocks(2));
    let mut log = Vec::new();
    for header in &chain {
        log.extend(records(&replica.prepares(header)));
        log.extend(records(&replica.hears_votes(Prepare, &[0, 2], 0, header)));
        log.extend(records(&replica.hears_votes(Commit, &[0, 2], 0, header)));
    }
    let mut replica = recover(1, base(), log, &chain);
    let effects = replica.on(Input::Tick);
    assert_eq!(finals(&effects), [1, 2]);
    assert_eq!(records(&effects), [], "their certificates are on disk already");
}

/// A log may lack a block between others: this replica learnt it while it followed. Once it is final to a voter, its
/// certificate is written down like any.
#[test]
fn a_certificate_below_others_in_the_log_is_written_down() {
    let (mut replica, chain) = (Replica::new(1), blocks(2));
    let mut log = Vec::new();
    for header in &chain {
        log.extend(records(&replica.prepares(header)));
        log.extend(records(&replica.hears_votes(Prepare, &[0, 2], 0, header)));
        log.extend(records(&replica.hears_votes(Commit, &[0, 2], 0, header)));
    }
    log.retain(|record| !matches!(record, Record::Certified(it) if it.number == 1));
    let mut replica = recover(1, base(), log, &chain);
    assert_eq!(finals(&replica.on(Input::Tick)), []);
    let first = committed(&[0, 1, 2], 0, &chain[0]);
    let effects = replica.on(Input::Certified { header: chain[0].clone(), certificate: first.clone() });
    assert_eq!(finals(&effects), [1, 2]);
    assert!(records(&effects).contains(&Record::Certified(first)));
}

#[test]
fn a_promise_outlives_a_crash() {
    let mut replica = Replica::new(2);
    let mut log = Vec::new();
    for sender in [0, 3] {
        log.extend(records(&replica.hears(Message::ViewChange(view_change(sender, 1, None, None)))));
    }
    let (mut replica, chain) = (recover(2, base(), log, &[]), blocks(1));
    assert!(!replica.prepares(&chain[0]).iter().any(is_vote));
    let mine = view_change(2, 1, None, None);
    let effects = replica.on(Input::Connected(ValidatorIndex(0)));
    let to = Target::One(ValidatorIndex(0));
    assert_eq!(effects, [Effect::Send { to, message: Message::ViewChange(mine) }]);
}

#[test]
fn a_primary_proposes_no_second_block_for_a_number_after_a_crash() {
    let (mut replica, chain) = (Replica::new(0), blocks(1));
    let effects = replica.on(Input::Propose { header: chain[0].clone(), bundles: Vec::new() });
    let proposal_alone = records(&effects)[..1].to_vec();
    let mut replica = recover(0, base(), proposal_alone, &chain);
    let said = replica.on(Input::Tick);
    assert!(said.contains(&send_vote(&vote(Prepare, 0, 0, &chain[0]))), "it prepares what it proposed");
    assert_eq!(replica.machine.slot().map(|slot| slot.number), Some(2));
}

#[test]
fn what_stands_is_little_and_restores_the_same() {
    let (mut replica, chain) = (Replica::new(1), blocks(5));
    chain[..4].iter().for_each(|header| replica.finalises(header));
    replica.prepares(&chain[4]);
    let standing = replica.machine.standing();
    let certificate = committed(&[0, 1, 2], 0, &chain[3]);
    assert_eq!(
        standing,
        [Record::Prepared(prepared(&[0, 1, 2], 0, &chain[3])), Record::Vote(own(Prepare, 0, &chain[4])),],
    );
    let base = Base { header: chain[3].clone(), certificate: Some(certificate) };
    let again = recover(1, base, standing.clone(), &chain[4..]);
    assert_eq!(again.machine.standing(), standing);
}
