//! Stories of whole replicas.

use tierchain_primitives::extrinsic::Era;
use tierchain_replica::{DropReason, Refusal};

use crate::cluster::{Cluster, VALIDATORS};

/// Asserts that these members are at one height with one root, and have the extrinsics once.
pub(crate) fn agree(cluster: &Cluster, members: impl Iterator<Item = usize> + Clone) {
    let first = members.clone().next().expect("there is one");
    for who in members {
        assert_eq!(cluster.height(who), cluster.height(first), "member {who}");
        assert_eq!(cluster.root(who), cluster.root(first), "member {who}");
    }
}

#[test]
fn a_submission_is_answered_and_final_everywhere_at_once() {
    let mut cluster = Cluster::new(0);
    let hash = cluster.submit(2, 0);
    assert_eq!(cluster.seen.answers, [Ok(hash)]);
    cluster.pass(20);
    (0..VALIDATORS).for_each(|who| assert_eq!(cluster.blocks_with(who, hash), [1], "member {who}"));
    assert!(cluster.replica(2).pool().is_empty());
}

#[test]
fn its_state_is_covered_by_one_empty_block_and_then_there_is_rest() {
    let mut cluster = Cluster::new(0);
    cluster.submit(0, 0);
    cluster.pass(200);
    assert_eq!(cluster.height(0), 2, "the block and its cover");
    cluster.pass(700);
    assert_eq!(cluster.height(0), 2, "nothing happens on an idle network");
    cluster.pass(400);
    assert_eq!(cluster.height(0), 3, "but a heartbeat");
    agree(&cluster, 0..VALIDATORS);
}

#[test]
fn one_extrinsic_at_every_validator_is_included_once() {
    let mut cluster = Cluster::new(0);
    let hashes: Vec<_> = (0..VALIDATORS).map(|to| cluster.submit(to, 0)).collect();
    cluster.pass(100);
    assert_eq!(cluster.blocks_with(0, hashes[0]).len(), 1);
    (0..VALIDATORS).for_each(|who| assert!(cluster.replica(who).pool().is_empty(), "member {who}"));
}

#[test]
fn nonces_wait_for_the_gap_before_them() {
    let mut cluster = Cluster::new(0);
    let later = cluster.submit(1, 1);
    cluster.pass(500);
    assert_eq!((cluster.blocks_with(0, later).len(), cluster.height(0)), (0, 0), "a gap is no work");
    let first = cluster.submit(3, 0);
    cluster.pass(100);
    assert_eq!((cluster.blocks_with(0, first).len(), cluster.blocks_with(0, later).len()), (1, 1));
}

#[test]
fn refusals_say_what_is_wrong() {
    let mut cluster = Cluster::new(0);
    let hash = cluster.submit(0, 0);
    cluster.pass(50);
    cluster.submit(0, 0);
    cluster.submit(0, 258);
    assert_eq!(
        cluster.seen.answers,
        [
            Ok(hash),
            Err(Refusal::NonceTooLow { expected: 1, found: 0 }),
            Err(Refusal::NonceTooHigh { expected: 1, found: 258 }),
        ]
    );
}

#[test]
fn a_bundle_that_gossip_lost_is_fetched_or_pushed() {
    let mut cluster = Cluster::new(0);
    cluster.gossip_is_lost = true;
    let (at_primary, elsewhere) = (cluster.submit(0, 0), cluster.submit(1, 1));
    cluster.pass(100);
    assert_eq!(cluster.blocks_with(3, at_primary).len(), 1, "replicas fetch what the primary names");
    cluster.pass(2_000);
    assert_eq!(cluster.blocks_with(3, elsewhere).len(), 1, "its maker pushes what isn't included");
}

#[test]
fn a_dead_primary_is_replaced() {
    let mut cluster = Cluster::new(0);
    cluster.kill(0);
    let hash = cluster.submit(2, 0);
    cluster.pass(500);
    assert_eq!(cluster.blocks_with(1, hash).len(), 1);
    agree(&cluster, 1..VALIDATORS);
    cluster.start(0);
    cluster.pass(1_500);
    agree(&cluster, 0..VALIDATORS);
    assert_eq!(cluster.blocks_with(0, hash).len(), 1);
}

#[test]
fn without_a_quorum_nothing_is_final_and_with_one_all_goes_on() {
    let mut cluster = Cluster::new(0);
    cluster.kill(2);
    cluster.kill(3);
    let hash = cluster.submit(0, 0);
    cluster.pass(3_000);
    assert_eq!((cluster.height(0), cluster.height(1)), (0, 0));
    cluster.start(2);
    cluster.pass(3_000);
    assert_eq!(cluster.blocks_with(0, hash).len(), 1);
    agree(&cluster, 0..3);
}

#[test]
fn all_at_once_come_back_with_what_was_answered() {
    let mut cluster = Cluster::new(0);
    cluster.cut = vec![0, 1, 2, 3];
    let hash = cluster.submit(1, 0);
    assert_eq!(cluster.seen.answers, [Ok(hash)]);
    (0..VALIDATORS).for_each(|who| cluster.kill(who));
    cluster.cut.clear();
    (0..VALIDATORS).for_each(|who| cluster.start(who));
    assert!(cluster.replica(1).pool().get(&hash).is_some() || !cluster.blocks_with(1, hash).is_empty());
    cluster.pass(3_000);
    (0..VALIDATORS).for_each(|who| assert_eq!(cluster.blocks_with(who, hash).len(), 1, "member {who}"));
}

#[test]
fn the_log_gives_back_what_the_database_lost() {
    let mut cluster = Cluster::new(0);
    let hashes: Vec<_> = (0..5).map(|nonce| cluster.submit(nonce as usize % VALIDATORS, nonce)).collect();
    cluster.pass(300);
    let (height, root) = (cluster.height(0), cluster.root(0));
    cluster.kill(0);
    cluster.lose_executed(0);
    cluster.cut = vec![0];
    cluster.start(0);
    assert_eq!((cluster.height(0), cluster.root(0)), (height, root), "by itself");
    hashes.iter().for_each(|hash| assert_eq!(cluster.blocks_with(0, *hash).len(), 1));
}

/// A pooled extrinsic may be born in a block that the log proves final and the database lost.
#[test]
fn an_answer_outlives_the_loss_of_its_birth_block() {
    let mut cluster = Cluster::new(0);
    cluster.submit(0, 0);
    cluster.pass(300);
    cluster.cut = vec![0];
    let born = cluster.height(0);
    let hash = cluster.submit_with(0, 1, Era::Mortal { period: 64, phase: born });
    cluster.kill(0);
    cluster.lose_executed(0);
    cluster.start(0);
    assert!(cluster.replica(0).pool().get(&hash).is_some());
}

#[test]
fn a_checkpoint_stands_for_the_log_before_it() {
    let mut cluster = Cluster::new(0);
    cluster.cut = vec![3];
    let hash = cluster.submit(3, 1);
    cluster.cut.clear();
    cluster.submit(0, 0);
    cluster.roll(3);
    cluster.kill(3);
    cluster.start(3);
    cluster.pass(3_000);
    assert_eq!(cluster.blocks_with(0, hash).len(), 1);
    agree(&cluster, 0..VALIDATORS);
}

#[test]
fn who_was_cut_off_catches_up_by_ranges() {
    let mut cluster = Cluster::new(0);
    cluster.cut = vec![3];
    for nonce in 0..30 {
        cluster.submit(0, nonce);
        cluster.pass(20);
    }
    assert!(cluster.height(0) > 20, "far more than a window");
    assert_eq!(cluster.height(3), 0);
    cluster.cut.clear();
    cluster.pass(3_000);
    agree(&cluster, 0..VALIDATORS);
}

#[test]
fn an_observer_follows_and_says_nothing() {
    let mut cluster = Cluster::new(1);
    let hash = cluster.submit(1, 0);
    cluster.pass(1_500);
    assert_eq!(cluster.blocks_with(VALIDATORS, hash).len(), 1);
    cluster.kill(VALIDATORS);
    cluster.submit(1, 1);
    cluster.pass(300);
    cluster.start(VALIDATORS);
    cluster.pass(1_500);
    agree(&cluster, [0, VALIDATORS].into_iter());
    assert!(cluster.replica(VALIDATORS).me().is_none());
}

#[test]
fn an_era_that_ends_lets_the_extrinsic_go() {
    let mut cluster = Cluster::new(0);
    // Behind a gap, so that it is never included; four heartbeats end its era.
    cluster.submit_with(1, 1, Era::Mortal { period: 4, phase: 0 });
    cluster.pass(5_000);
    assert_eq!(cluster.seen.dropped, [DropReason::Expired]);
    assert!(cluster.replica(1).pool().is_empty());
}
