//! Stories of faults: found by one, known to all, held against the culprit, and kept.

use tierchain_consensus::{Message, Signer, Vote, VoteKind};
use tierchain_primitives::certificate::{SignedKind, signed_bytes};
use tierchain_primitives::{Epoch, H256, ValidatorIndex, View};
use tierchain_replica::evidence::Topic;

use crate::cluster::Cluster;
use crate::people::{Keyed, consensus_key};

/// A prepare of validator `voter` for a block that nobody has.
fn prepare(cluster: &Cluster, voter: u16, view: u64, hash: u8) -> Message {
    let (epoch, view, number, hash) = (Epoch(0), View(view), 1, H256([hash; 32]));
    let bytes = signed_bytes(&cluster.genesis.hash, epoch, SignedKind::Prepare, view, number, &hash);
    let signature = Keyed(consensus_key(usize::from(voter), 0).public()).sign(&bytes);
    Message::Vote(Vote { kind: VoteKind::Prepare, epoch, view, number, hash, voter: ValidatorIndex(voter), signature })
}

/// Validator `liar` contradicts itself to the face of member 1 alone.
fn lie(cluster: &mut Cluster, liar: u16) {
    for hash in [1, 2] {
        let message = prepare(cluster, liar, 0, hash);
        cluster.say(usize::from(liar), 1, &message);
    }
}

fn known_to(cluster: &Cluster) -> Vec<usize> {
    let mut who: Vec<usize> = cluster.seen.evidence.iter().map(|(who, _)| *who).collect();
    who.sort_unstable();
    who
}

#[test]
fn what_one_finds_all_know_once_observers_too() {
    let mut cluster = Cluster::new(1);
    cluster.kill(3);
    lie(&mut cluster, 3);
    cluster.pass(200);
    assert_eq!(known_to(&cluster), [0, 1, 2, 4]);
    let (epoch, culprit, view) = (Epoch(0), ValidatorIndex(3), View(0));
    let topic = Topic { epoch, culprit, charge: SignedKind::Prepare as u8, view, number: 1 };
    assert!(cluster.seen.evidence.iter().all(|(_, about)| *about == topic));
    lie(&mut cluster, 3);
    cluster.pass(200);
    assert_eq!(cluster.seen.evidence.len(), 4, "each keeps it once");
}

#[test]
fn who_was_away_hears_of_it_and_who_had_it_on_disk_keeps_it() {
    let mut cluster = Cluster::new(0);
    cluster.kill(2);
    lie(&mut cluster, 3);
    cluster.pass(100);
    assert_eq!(known_to(&cluster), [0, 1, 3]);
    cluster.start(2);
    cluster.pass(100);
    assert_eq!(known_to(&cluster), [0, 1, 2, 3]);
    cluster.kill(2);
    cluster.start(2);
    cluster.pass(100);
    assert_eq!(known_to(&cluster), [0, 1, 2, 3], "a restart makes no news of it");
}

#[test]
fn a_primary_that_is_proven_to_lie_is_left() {
    let mut cluster = Cluster::new(0);
    lie(&mut cluster, 0);
    cluster.pass(300);
    let view = |who: usize| cluster.replica(who).status().consensus.map(|status| status.view);
    assert!((1..4).all(|who| view(who) > Some(View(0))), "the primary of view 0 is validator 0");
    let hash = cluster.submit(1, 0);
    cluster.pass(300);
    assert_eq!(cluster.blocks_with(2, hash).len(), 1);
}
