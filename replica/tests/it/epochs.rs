//! Stories of changing validator sets.
//!
//! ```text
//! block  …  M ───────────────── M + 8 ──────────── …
//!           │ change executed   │ carries the next set, certified by the old one
//!           └ empty blocks ─────┘ the next epoch begins on it at view 0
//! ```

use tierchain_consensus::{Message, Signer, Vote, VoteKind};
use tierchain_primitives::certificate::{SignedKind, signed_bytes};
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::{AccountId, Epoch, H256, ValidatorIndex, View};
use tierchain_runtime::registry;

use crate::cluster::{Cluster, VALIDATORS};
use crate::people::{Keyed, add, consensus_key, remove, replace};
use crate::stories::agree;

fn key(who: usize) -> AccountId {
    consensus_key(who, 0).public()
}

/// The block after which an epoch began, by what a member has executed.
fn began_after(cluster: &Cluster, epoch: u32) -> u32 {
    registry::epoch(cluster.ledger(0), Epoch(epoch)).expect("it has begun").begins_after
}

/// Asserts that each block above genesis is certified by the set of its epoch, and that the ends carry the next set.
fn certified_by_their_sets(cluster: &Cluster, who: usize) {
    let mut epochs = tierchain_primitives::epoch::Epochs::new(0, cluster.first_set());
    for (block, _) in &cluster.ledger(who).blocks[1..] {
        let set = epochs.certifying(block.header.number).expect("above genesis").clone();
        assert_eq!(block.certificate.epoch, set.epoch, "block {}", block.header.number);
        assert!(block.certificate.votes.len() >= set.quorum(), "block {}", block.header.number);
        assert!(block.certificate.votes.iter().all(|(voter, _)| set.key(*voter).is_some()));
        epochs.follow(&block.header).expect("each end is the end of the epoch before");
    }
}

/// Lets a fifth validator be added, and load go on meanwhile.
fn grow(cluster: &mut Cluster) -> usize {
    let who = cluster.join();
    let proposal = add(&cluster.genesis.hash, who);
    cluster.decide(1, &[0, 1, 2], proposal);
    who
}

fn load(cluster: &mut Cluster, remarks: usize) -> Vec<H256> {
    (0..remarks)
        .map(|at| {
            cluster.pass(5);
            cluster.remark(at % VALIDATORS)
        })
        .collect()
}

#[test]
fn the_set_grows_from_4_to_5_under_load() {
    let mut cluster = Cluster::new(0);
    cluster.remark(0);
    cluster.pass(100);
    let new = cluster.join();
    cluster.pass(1_500);
    assert_eq!(cluster.epoch(new), (0, false), "it follows until its epoch");
    assert!(cluster.height(new) > 0);
    let proposal = add(&cluster.genesis.hash, new);
    cluster.decide(1, &[0, 1, 2], proposal);
    let mut hashes = load(&mut cluster, 40);
    cluster.pass(300);
    (0..=new).for_each(|who| assert_eq!(cluster.epoch(who), (1, true), "member {who}"));
    hashes.push(cluster.remark(new));
    cluster.pass(2_000);
    agree(&cluster, 0..=new);
    hashes.iter().for_each(|hash| assert_eq!(cluster.blocks_with(new, *hash).len(), 1));
    certified_by_their_sets(&cluster, 0);
    assert!(cluster.seen.voted[&Epoch(1)].contains(&key(new)));
    assert!(!cluster.seen.voted[&Epoch(0)].contains(&key(new)));
    // Five bear one fault as four do, and a quorum is four of them.
    cluster.kill(0);
    let hash = cluster.remark(1);
    cluster.pass(2_000);
    assert_eq!(cluster.blocks_with(new, hash).len(), 1);
    assert!(
        cluster.ledger(new).blocks.last().expect("genesis").0.certificate.votes.iter().any(|(voter, _)| voter.0 == 4)
    );
}

#[test]
fn the_set_shrinks_from_5_to_4_and_the_one_that_left_follows() {
    let mut cluster = Cluster::of(5, 0);
    cluster.decide(0, &[0, 1, 2, 3], remove(4));
    load(&mut cluster, 20);
    cluster.pass(300);
    (0..4).for_each(|who| assert_eq!(cluster.epoch(who), (1, true), "member {who}"));
    assert_eq!(cluster.epoch(4), (1, false));
    let hash = cluster.remark(0);
    cluster.pass(2_500);
    assert_eq!(cluster.blocks_with(4, hash).len(), 1, "it follows on");
    agree(&cluster, 0..5);
    certified_by_their_sets(&cluster, 0);
    assert!(cluster.seen.voted[&Epoch(0)].contains(&key(4)), "it voted until the end");
    assert!(!cluster.seen.voted[&Epoch(1)].contains(&key(4)));
}

/// What binds in an epoch that is over binds nobody: the log of one that left doesn't keep it, and repeats nothing.
#[test]
fn the_log_of_one_that_left_doesnt_grow() {
    let mut cluster = Cluster::of(5, 0);
    cluster.decide(0, &[0, 1, 2, 3], remove(4));
    load(&mut cluster, 20);
    cluster.pass(300);
    for _ in 0..3 {
        cluster.kill(4);
        cluster.start(4);
        assert_eq!(cluster.replica(4).checkpoint().len(), 1, "the epoch that binds it, and nothing of that");
        cluster.begin_segment(4);
    }
    cluster.pass(1_500);
    assert_eq!(cluster.epoch(4), (1, false));
}

/// What it said in the epochs that are over is in its log no more: where its database is lost, it follows through them.
#[test]
fn one_that_left_and_lost_its_database_votes_in_no_epoch_that_is_over() {
    let mut cluster = Cluster::of(5, 0);
    cluster.decide(0, &[0, 1, 2, 3], remove(4));
    load(&mut cluster, 20);
    cluster.pass(300);
    cluster.roll(4);
    cluster.kill(4);
    cluster.lose_executed(4);
    cluster.cut = vec![4];
    cluster.start(4);
    assert_eq!((cluster.epoch(4), cluster.height(4)), ((0, false), 0), "it is bound to the next epoch");
    cluster.cut.clear();
    cluster.pass(1_500);
    assert_eq!(cluster.epoch(4), (1, false));
    agree(&cluster, 0..5);
}

/// One whose database is lost follows through all epochs, and what binds it in the newest is kept once.
#[test]
fn records_that_wait_for_their_epoch_are_kept_once() {
    let mut cluster = Cluster::new(0);
    grow(&mut cluster);
    cluster.pass(300);
    load(&mut cluster, 5);
    cluster.cut = vec![3];
    let mut lengths = Vec::new();
    for _ in 0..4 {
        cluster.kill(3);
        cluster.lose_executed(3);
        cluster.start(3);
        lengths.push(cluster.replica(3).checkpoint().len());
        cluster.begin_segment(3);
    }
    assert!(lengths[0] > 1 && lengths.iter().all(|length| *length == lengths[0]), "{lengths:?}");
}

#[test]
fn without_load_empty_blocks_lead_to_the_end_at_once() {
    let mut cluster = Cluster::new(0);
    cluster.pass(50);
    let new = grow(&mut cluster);
    cluster.pass(250);
    let end = began_after(&cluster, 1);
    assert!(
        cluster.ledger(0).blocks[(end - WINDOW + 1) as usize..=end as usize]
            .iter()
            .all(|(block, _)| block.body.is_empty())
    );
    assert_eq!(cluster.epoch(new).0, 1);
    let height = cluster.height(0);
    cluster.pass(500);
    assert_eq!(cluster.height(0), height, "and then there is rest");
}

#[test]
fn a_key_is_replaced_and_the_node_restarts_with_the_new_one() {
    let mut cluster = Cluster::new(0);
    let proposal = replace(&cluster.genesis.hash, 2);
    cluster.decide(0, &[0, 1, 3], proposal);
    cluster.pass(300);
    assert_eq!(cluster.epoch(2), (1, false), "its old key votes no more");
    cluster.kill(2);
    cluster.change_key(2);
    cluster.start(2);
    assert_eq!(cluster.epoch(2), (1, true));
    load(&mut cluster, 10);
    cluster.pass(1_500);
    agree(&cluster, 0..VALIDATORS);
    let voted = &cluster.seen.voted;
    assert!(voted[&Epoch(0)].contains(&key(2)) && !voted[&Epoch(1)].contains(&key(2)));
    assert!(voted[&Epoch(1)].contains(&consensus_key(2, 1).public()));
    // With the new key it is needed: three of four are a quorum.
    cluster.kill(0);
    let hash = cluster.remark(1);
    cluster.pass(2_000);
    assert_eq!(cluster.blocks_with(2, hash).len(), 1);
}

#[test]
fn a_node_that_has_its_new_key_too_early_waits_for_it() {
    let mut cluster = Cluster::new(0);
    cluster.kill(2);
    cluster.change_key(2);
    cluster.start(2);
    assert_eq!(cluster.epoch(2), (0, false));
    let proposal = replace(&cluster.genesis.hash, 2);
    cluster.decide(0, &[0, 1, 3], proposal);
    cluster.pass(300);
    assert_eq!(cluster.epoch(2), (1, true));
}

#[test]
fn a_laggard_that_missed_the_whole_change_catches_up_across_it() {
    let mut cluster = Cluster::new(0);
    cluster.cut = vec![3];
    let new = cluster.join();
    let proposal = add(&cluster.genesis.hash, new);
    cluster.decide(1, &[0, 1, 2], proposal);
    load(&mut cluster, 12);
    cluster.pass(300);
    assert_eq!((cluster.epoch(0).0, cluster.epoch(3)), (1, (0, true)));
    assert_eq!(cluster.height(3), 0);
    cluster.cut.clear();
    cluster.pass(3_000);
    (0..=new).for_each(|who| assert_eq!(cluster.epoch(who), (1, true), "member {who}"));
    agree(&cluster, 0..=new);
    let hash = cluster.remark(3);
    cluster.pass(300);
    assert_eq!(cluster.blocks_with(0, hash).len(), 1);
}

#[test]
fn two_changes_in_a_row_are_two_epochs() {
    let mut cluster = Cluster::new(0);
    let new = grow(&mut cluster);
    cluster.pass(200);
    cluster.decide(1, &[0, 1, 2, 3], remove(0));
    load(&mut cluster, 10);
    cluster.pass(1_500);
    assert_eq!(cluster.epoch(0), (2, false));
    (1..=new).for_each(|who| assert_eq!(cluster.epoch(who), (2, true), "member {who}"));
    agree(&cluster, 0..=new);
    certified_by_their_sets(&cluster, 0);
}

#[test]
fn a_message_of_another_epoch_is_no_offence_and_shows_who_is_behind() {
    let mut cluster = Cluster::new(0);
    let new = grow(&mut cluster);
    cluster.pass(300);
    let height = cluster.height(0);
    // From an epoch that is over: the sender learns how far the others are, and the vote counts nowhere.
    let vote = |epoch: u32, number: u32| {
        let (epoch, view, hash, kind) = (Epoch(epoch), View(0), H256([7; 32]), VoteKind::Commit);
        let bytes = signed_bytes(&cluster.genesis.hash, epoch, SignedKind::Commit, view, number, &hash);
        let signature = Keyed(key(3)).sign(&bytes);
        Message::Vote(Vote { kind, epoch, view, number, hash, voter: ValidatorIndex(3), signature })
    };
    let (old, future) = (vote(0, height + 1), vote(9, height + 1));
    cluster.say(3, 0, &old);
    // From an epoch that isn't here yet: whoever is there has a block more, so it is asked. This one says nothing.
    cluster.cut = vec![3];
    cluster.say(3, 0, &future);
    assert_eq!(cluster.replica(0).status().highest_known, height + 1);
    cluster.cut.clear();
    cluster.pass(1_500);
    agree(&cluster, 0..=new);
}

#[test]
fn votes_of_an_epoch_that_is_over_count_no_more() {
    let mut cluster = Cluster::of(5, 0);
    cluster.decide(0, &[0, 1, 2, 3], remove(4));
    cluster.pass(300);
    // Three of the four are a quorum of the new set, and two and the one that left are none.
    cluster.kill(0);
    cluster.kill(1);
    let height = cluster.height(2);
    cluster.remark(2);
    cluster.pass(3_000);
    assert_eq!((cluster.height(2), cluster.height(4)), (height, height));
    cluster.start(0);
    cluster.pass(3_000);
    assert!(cluster.height(2) > height);
}

#[test]
fn an_observer_follows_across_the_end() {
    let mut cluster = Cluster::new(1);
    cluster.decide(0, &[0, 1, 2], replace(&cluster.genesis.hash.clone(), 3));
    cluster.pass(1_500);
    assert_eq!(cluster.epoch(VALIDATORS), (1, false));
    agree(&cluster, [0, VALIDATORS].into_iter());
}

/// Runs a change of the set in which one member stops after `steps` more things it does, and starts again.
fn crash_around_the_end(who: usize, steps: u32, loses_state: bool) -> bool {
    let mut cluster = Cluster::new(0);
    let new = cluster.join();
    cluster.pass(20);
    let proposal = add(&cluster.genesis.hash, new);
    cluster.decide(1, &[0, 1], proposal.clone());
    cluster.pass(30);
    cluster.fuse = Some((who, steps));
    cluster.call(1, &crate::people::operator(2), registry::Call::Approve { id: 0, hash: proposal.hash() });
    cluster.pass(150);
    let burnt = cluster.fuse.take().is_none();
    if !cluster.runs(who) {
        if loses_state {
            cluster.lose_executed(who);
        }
        cluster.start(who);
    }
    cluster.pass(1_500);
    let hash = cluster.remark(2);
    cluster.pass(2_500);
    (0..=new).for_each(|who| assert_eq!(cluster.epoch(who), (1, true), "member {who}, {steps} steps"));
    agree(&cluster, 0..=new);
    assert_eq!(cluster.blocks_with(new, hash).len(), 1);
    certified_by_their_sets(&cluster, who);
    burnt
}

/// Every point: before and after each sync, and between any two things a member says, from the block that decides the
/// change to the first ones of the next epoch.
fn crash_at_every_point(who: usize) {
    let mut steps = 0;
    while crash_around_the_end(who, steps, steps % 2 == 1) {
        steps += 1;
    }
    assert!(steps > 50, "the end takes more than {steps} steps");
}

#[test]
fn the_primary_may_crash_at_every_point_around_the_end() {
    crash_at_every_point(0);
}

#[test]
fn a_follower_may_crash_at_every_point_around_the_end() {
    crash_at_every_point(3);
}

#[test]
fn the_new_validator_may_crash_at_every_point_around_the_end() {
    crash_at_every_point(VALIDATORS);
}

#[test]
fn all_may_crash_at_once_around_the_end_and_lose_what_they_executed() {
    for milliseconds in (0..60).step_by(3) {
        let mut cluster = Cluster::new(0);
        let new = grow(&mut cluster);
        cluster.pass(milliseconds);
        (0..=new).for_each(|who| cluster.kill(who));
        (0..=new).for_each(|who| cluster.lose_executed(who));
        (0..=new).for_each(|who| cluster.start(who));
        cluster.pass(3_000);
        (0..=new).for_each(|who| assert_eq!(cluster.epoch(who), (1, true), "member {who} after {milliseconds} ms"));
        agree(&cluster, 0..=new);
    }
}

/// A log may span several epochs: its checkpoint says in which one it binds, and records of an epoch that the database
/// has lost wait until others have led there.
#[test]
fn a_log_binds_in_its_own_epoch_though_the_database_is_lost() {
    let mut cluster = Cluster::new(0);
    let new = grow(&mut cluster);
    cluster.pass(300);
    load(&mut cluster, 5);
    cluster.roll(3);
    cluster.kill(3);
    cluster.lose_executed(3);
    cluster.cut = vec![3];
    cluster.start(3);
    assert_eq!(cluster.epoch(3), (0, false), "it votes in no epoch below");
    cluster.roll(3);
    cluster.cut.clear();
    cluster.pass(2_500);
    assert_eq!(cluster.epoch(3), (1, true));
    agree(&cluster, 0..=new);
}
