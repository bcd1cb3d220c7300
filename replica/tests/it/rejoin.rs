//! Stories of lost vote logs: who forgot its votes doesn't vote before an epoch in which it never did.

use tierchain_primitives::extrinsic::Era;
use tierchain_primitives::{AccountId, Epoch, H256};
use tierchain_runtime::registry;

use crate::cluster::{Cluster, VALIDATORS};
use crate::people::{add, consensus_key, remove, replace_with};
use crate::stories::agree;

const CHALLENGE: H256 = H256([42; 32]);

fn key(who: usize) -> AccountId {
    consensus_key(who, 0).public()
}

/// Four validators with some blocks, of which number 3 loses its disk and comes back with an empty one.
fn after_the_loss() -> Cluster {
    let mut cluster = Cluster::new(0);
    for to in 0..4 {
        cluster.remark(to);
    }
    cluster.pass(200);
    cluster.kill(3);
    cluster.remark(0);
    cluster.pass(200);
    cluster.seen.voted.clear();
    cluster.lose_disk(3, CHALLENGE);
    cluster.start(3);
    cluster.pass(1_500);
    cluster
}

fn ask(cluster: &mut Cluster, to: usize, challenge: H256) {
    cluster.call(to, &consensus_key(3, 0), registry::Call::Rejoin { challenge });
}

#[test]
fn it_catches_up_and_says_nothing_until_its_epoch() {
    let mut cluster = after_the_loss();
    agree(&cluster, 0..VALIDATORS);
    assert_eq!(cluster.epoch(3), (0, false));
    assert_eq!(cluster.replica(3).unanswered_challenge(), Some(CHALLENGE));
    // It has a seat, so it can hand in its own rejoin.
    ask(&mut cluster, 3, CHALLENGE);
    cluster.pass(300);
    (0..VALIDATORS).for_each(|who| assert_eq!(cluster.epoch(who), (1, true), "member {who}"));
    assert_eq!(cluster.replica(3).unanswered_challenge(), None);
    let voted = &cluster.seen.voted;
    assert!(!voted[&Epoch(0)].contains(&key(3)), "nothing it forgot could be contradicted");
    // Now it is needed.
    cluster.kill(1);
    let hash = cluster.remark(2);
    cluster.pass(2_000);
    assert_eq!(cluster.blocks_with(3, hash).len(), 1);
    assert!(cluster.seen.voted[&Epoch(1)].contains(&key(3)));
}

#[test]
fn without_it_a_second_fault_stops_the_chain_rather_than_fork_it() {
    let mut cluster = after_the_loss();
    cluster.kill(1);
    let height = cluster.height(0);
    cluster.remark(0);
    cluster.pass(3_000);
    assert_eq!(cluster.height(0), height);
}

#[test]
fn killed_at_any_moment_it_resumes() {
    for milliseconds in [0, 1, 2, 5, 10, 20, 30, 50, 80, 120] {
        let mut cluster = after_the_loss();
        ask(&mut cluster, 3, CHALLENGE);
        cluster.pass(milliseconds);
        cluster.roll(3);
        cluster.kill(3);
        cluster.start(3);
        cluster.pass(2_500);
        assert_eq!(cluster.epoch(3), (1, true), "after {milliseconds} ms");
        agree(&cluster, 0..VALIDATORS);
    }
}

#[test]
fn another_challenge_than_its_own_gives_it_no_vote() {
    let mut cluster = after_the_loss();
    ask(&mut cluster, 0, H256([43; 32]));
    cluster.pass(300);
    assert_eq!(cluster.epoch(0), (1, true));
    assert_eq!(cluster.epoch(3), (1, false));
}

/// What the log forgot was said with the old key, and the new one never spoke: the log counts for it, at once.
#[test]
fn a_key_that_is_replaced_after_a_rejoin_needs_no_other() {
    let mut cluster = after_the_loss();
    ask(&mut cluster, 3, CHALLENGE);
    cluster.pass(300);
    assert_eq!(cluster.epoch(3), (1, true));
    change_key(&mut cluster, 1);
    assert_eq!((cluster.epoch(3), cluster.replica(3).unanswered_challenge()), ((2, true), None));
}

/// Replaces the key of number 3 by its next one, of this generation, and starts it with that.
fn change_key(cluster: &mut Cluster, generation: u8) {
    let proposal = replace_with(&cluster.genesis.hash, 3, generation);
    cluster.decide(0, &[0, 1, 2], proposal);
    cluster.pass(300);
    cluster.kill(3);
    cluster.change_key(3);
    cluster.start(3);
    cluster.pass(300);
}

/// More epochs begin than a replica starts with, and the log goes on counting.
#[test]
fn a_log_whose_rejoin_is_many_epochs_and_a_key_ago_still_counts() {
    let mut cluster = after_the_loss();
    ask(&mut cluster, 3, CHALLENGE);
    cluster.pass(300);
    change_key(&mut cluster, 1);
    let new = cluster.join();
    for _ in 0..9 {
        let (add, remove) = (add(&cluster.genesis.hash, new), remove(new));
        cluster.decide(0, &[0, 1, 2], add);
        cluster.pass(300);
        cluster.decide(0, &[0, 1, 2, 3], remove);
        cluster.pass(300);
    }
    assert_eq!(cluster.epoch(3), (20, true));
    // All at once; and with one of the others missing the chain goes on only with it.
    for who in 0..VALIDATORS {
        cluster.kill(who);
    }
    for who in 1..VALIDATORS {
        cluster.start(who);
    }
    cluster.pass(1_500);
    assert_eq!((cluster.epoch(3), cluster.replica(3).unanswered_challenge()), ((20, true), None));
    let hash = cluster.remark(2);
    cluster.pass(2_000);
    assert_eq!(cluster.blocks_with(3, hash).len(), 1);
}

/// Each of its first two keys has rejoined: of the two logs the newer one counts for the third.
#[test]
fn of_the_logs_of_replaced_keys_the_one_of_the_newest_rejoin_counts() {
    let (second, never) = (H256([43; 32]), H256([44; 32]));
    let mut cluster = after_the_loss();
    ask(&mut cluster, 3, CHALLENGE);
    cluster.pass(300);
    change_key(&mut cluster, 1);
    cluster.kill(3);
    cluster.lose_disk(3, second);
    cluster.start(3);
    cluster.pass(1_500);
    cluster.call(3, &consensus_key(3, 1), registry::Call::Rejoin { challenge: second });
    cluster.pass(300);
    assert_eq!(cluster.epoch(3), (3, true));
    change_key(&mut cluster, 2);
    assert_eq!((cluster.epoch(3), cluster.replica(3).unanswered_challenge()), ((4, true), None));
    for (challenge, counts) in [(CHALLENGE, false), (never, false), (second, true)] {
        cluster.kill(3);
        cluster.lose_disk(3, challenge);
        cluster.start(3);
        cluster.pass(1_500);
        assert_eq!(cluster.epoch(3), (4, counts), "{challenge}");
        assert_eq!(cluster.replica(3).unanswered_challenge().is_none(), counts);
    }
}

#[test]
fn a_log_that_a_rejoin_has_put_out_of_force_votes_no_more() {
    let mut cluster = Cluster::new(0);
    cluster.remark(0);
    cluster.pass(100);
    // Somebody rejoins with this key elsewhere: the log here is an old copy from then on.
    ask(&mut cluster, 0, CHALLENGE);
    cluster.pass(300);
    assert_eq!((cluster.epoch(0), cluster.epoch(3)), ((1, true), (1, false)));
}

#[test]
fn who_shows_it_the_way_late_lets_it_vote_in_the_middle_of_the_epoch() {
    let mut cluster = after_the_loss();
    cluster.cut = vec![3];
    ask(&mut cluster, 0, CHALLENGE);
    cluster.pass(500);
    for to in 0..3 {
        cluster.remark(to);
    }
    cluster.pass(500);
    assert_eq!((cluster.epoch(0), cluster.epoch(3)), ((1, true), (0, false)));
    cluster.cut.clear();
    cluster.pass(2_000);
    assert_eq!(cluster.epoch(3), (1, true));
    agree(&cluster, 0..VALIDATORS);
    assert!(!cluster.seen.voted.get(&Epoch(0)).is_some_and(|voted| voted.contains(&key(3))));
}

/// An extrinsic of an account that an unexecuted block admits is answered for, and outlives a restart that finds the
/// block proven by the log and not executed.
#[test]
fn an_answer_outlives_the_loss_of_the_block_that_admits_its_account() {
    let mut cluster = Cluster::new(0);
    let new = cluster.join();
    let proposal = crate::people::add(&cluster.genesis.hash, new);
    cluster.decide(1, &[0, 1, 2], proposal);
    cluster.pass(300);
    cluster.cut = vec![1];
    let hash = cluster.call(1, &consensus_key(new, 0), registry::Call::Expire { id: 0 });
    assert_eq!(cluster.seen.answers.last(), Some(&Ok(hash)), "the change admits the validator's own account");
    cluster.kill(1);
    cluster.lose_executed(1);
    cluster.start(1);
    assert!(cluster.replica(1).pool().get(&hash).is_some());
}

/// Of two that were answered for with one nonce, since the first waited for lost blocks, the account's newer one stays.
#[test]
fn what_waits_for_lost_blocks_gives_way_to_what_the_account_signs_anew() {
    let mut cluster = after_the_loss();
    // A nonce too early to be included, and born in a block that is about to be lost.
    let era = Era::mortal(64, cluster.height(3));
    let older = cluster.submit_with(3, 6, era);
    cluster.cut = vec![3];
    cluster.kill(3);
    cluster.lose_executed(3);
    cluster.start(3);
    assert!(cluster.replica(3).holds(&older));
    let newer = cluster.submit(3, 6);
    assert_eq!(cluster.seen.answers.last(), Some(&Ok(newer)));
    assert!(!cluster.replica(3).holds(&older));
    cluster.cut.clear();
    cluster.pass(1_500);
    agree(&cluster, 0..VALIDATORS);
    cluster.kill(3);
    cluster.start(3);
    assert_eq!((cluster.replica(3).holds(&older), cluster.replica(3).holds(&newer)), (false, true));
}
