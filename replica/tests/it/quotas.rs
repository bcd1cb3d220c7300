//! Quotas among whole replicas: who floods is slowed, nobody else is, and all derive the same bodies.

use tierchain_primitives::H256;
use tierchain_replica::Refusal;
use tierchain_runtime::Quota;
use tierchain_runtime::registry::{self, Proposal};

use crate::cluster::{Cluster, VALIDATORS};
use crate::people::{client, operator};
use crate::stories::agree;

/// How many remarks the flood has.
const FLOOD: u32 = 60;

/// A cluster in which the client's quota is ten remarks at once and one in 4 ms, and a flood of its remarks.
fn flooded() -> (Cluster, Vec<H256>) {
    let mut cluster = Cluster::new(0);
    let quota = Some(Quota { burst_us: 10 * 37, rate_permille: 10 });
    cluster.decide(0, &[0, 1, 2], Proposal::SetQuota { account: client().public(), quota });
    cluster.pass(50);
    let hashes = (0..FLOOD).map(|nonce| cluster.submit(nonce as usize % VALIDATORS, nonce)).collect();
    (cluster, hashes)
}

fn included(cluster: &Cluster, hashes: &[H256]) -> usize {
    hashes.iter().filter(|hash| !cluster.blocks_with(0, **hash).is_empty()).count()
}

#[test]
fn who_floods_is_slowed_and_nobody_else() {
    let (mut cluster, flood) = flooded();
    cluster.pass(40);
    let soon = included(&cluster, &flood);
    assert!((10..FLOOD as usize / 2).contains(&soon), "{soon} of them");
    let other = cluster.call(1, &operator(3), registry::Call::Expire { id: 99 });
    cluster.pass(20);
    assert_eq!(cluster.blocks_with(0, other).len(), 1, "it overtakes the flood");
    assert!(included(&cluster, &flood) < FLOOD as usize);
    cluster.pass(1_000);
    assert_eq!(included(&cluster, &flood), FLOOD as usize, "slowed, not refused: nothing else had to wake the primary");
    agree(&cluster, 0..VALIDATORS);
}

#[test]
fn what_is_over_the_quota_is_told_when_to_come_again() {
    let (mut cluster, _) = flooded();
    cluster.pass(40);
    cluster.submit(1, FLOOD);
    let Some(Err(Refusal::OverQuota { who, retry_after_ms })) = cluster.seen.answers.last().cloned() else {
        panic!("{:?}", cluster.seen.answers.last());
    };
    assert_eq!(who, client().public());
    assert!((1..100).contains(&retry_after_ms), "{retry_after_ms}");
    cluster.pass(1_000);
    let again = cluster.submit(1, FLOOD);
    assert_eq!(cluster.seen.answers.last(), Some(&Ok(again)));
}

#[test]
fn a_replica_that_restarts_in_a_flood_derives_the_same_bodies() {
    let (mut cluster, flood) = flooded();
    for round in 0..6 {
        let who = round % VALIDATORS;
        cluster.pass(11);
        cluster.kill(who);
        cluster.pass(7);
        cluster.start(who);
    }
    cluster.pass(2_000);
    assert_eq!(included(&cluster, &flood), FLOOD as usize);
    agree(&cluster, 0..VALIDATORS);
}
