//! Stories of a primary that passes over what others gathered, and of what nobody honest gathers.

use core::ops::Range;

use parity_scale_codec::Encode;
use tierchain_consensus::Signer;
use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::extrinsic::{Era, Extrinsic, Nonce};
use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};
use tierchain_replica::wire::SignedBundle;
use tierchain_runtime::registry;
use tierchain_runtime::{Call, VERSIONS, meta, system};

use crate::cluster::Cluster;
use crate::people::{Keyed, consensus_key, operator};

/// A bundle of validator `maker` with an extrinsic that can't be included, as there is none before its nonce. Every
/// other one is a request to link a chain, which goes first.
fn decoy(genesis: &H256, maker: usize, at: Nonce) -> SignedBundle {
    let call = match at % 2 {
        0 => Call::Meta(meta::Call::Anchor { server: ServerId { uuid: Uuid([1; 16]), generation: 0 } }),
        _ => Call::System(system::Call::Remark { remark: vec![1] }),
    };
    let extrinsic = Extrinsic::sign(&operator(3), call.encode(), Era::Immortal, 1 + at, VERSIONS, genesis, genesis);
    gathered(genesis, maker, 0, vec![extrinsic.encode()])
}

/// A bundle of validator `maker` with extrinsics of accounts that nobody has registered.
fn of_nobody(genesis: &H256, maker: usize, gathered_after: BlockNumber, accounts: Range<u16>) -> SignedBundle {
    let extrinsic = |at: u16| {
        let call = Call::System(system::Call::Remark { remark: vec![1] }).encode();
        let key = KeyPair::from_seed(&at.to_be_bytes().repeat(16).try_into().expect("32 bytes"));
        Extrinsic::sign(&key, call, Era::Immortal, 0, VERSIONS, genesis, genesis).encode()
    };
    gathered(genesis, maker, gathered_after, accounts.map(extrinsic).collect())
}

fn gathered(genesis: &H256, maker: usize, at: BlockNumber, extrinsics: Vec<Vec<u8>>) -> SignedBundle {
    let bundle = Bundle { extrinsics };
    let bytes = SignedBundle::signed_bytes(genesis, Epoch(0), at, &bundle.digest());
    let signature = Keyed(consensus_key(maker, 0).public()).sign(&bytes);
    let maker = ValidatorIndex(u16::try_from(maker).expect("a handful of validators"));
    SignedBundle { epoch: Epoch(0), maker, at, bundle, signature }
}

fn view(cluster: &Cluster, who: usize) -> Option<View> {
    cluster.replica(who).status().consensus.map(|status| status.view)
}

/// The primary includes what is submitted to it, and nothing that others gather.
fn go_on_without_the_others(cluster: &mut Cluster, nonces: Range<Nonce>) {
    for nonce in nonces {
        cluster.submit(0, nonce);
        cluster.pass(20);
    }
}

#[test]
fn a_liars_bundles_hide_none_that_the_primary_passes_over() {
    let mut cluster = Cluster::new(0);
    let liar = 3;
    cluster.kill(liar);
    cluster.deaf_to_bundles = Some(0);
    let genesis = cluster.genesis.hash;
    for decoy in (0..100).map(|at| decoy(&genesis, liar, at)) {
        (1..3).for_each(|to| cluster.gossip(liar, to, &decoy));
    }
    let passed_over = cluster.call(1, &operator(2), registry::Call::Expire { id: 99 });
    go_on_without_the_others(&mut cluster, 0..100);
    let views = |cluster: &Cluster| [view(cluster, 1), view(cluster, 2)];
    assert_eq!(views(&cluster), [Some(View(0)); 2], "it isn't passed over before it is left behind for as long again");
    go_on_without_the_others(&mut cluster, 100..250);
    assert!(views(&cluster).iter().all(|view| *view > Some(View(0))), "the primary of view 0 is validator 0");
    cluster.deaf_to_bundles = None;
    cluster.pass(1_000);
    assert_eq!(cluster.blocks_with(2, passed_over).len(), 1);
}

#[test]
fn what_no_honest_validator_gathers_is_held_by_nobody_and_slows_nobody() {
    let mut cluster = Cluster::new(0);
    let liar = 3;
    cluster.kill(liar);
    let genesis = cluster.genesis.hash;
    for decoys in (0..8).map(|at| of_nobody(&genesis, liar, 0, 500 * at..500 * (at + 1))) {
        (0..3).for_each(|to| cluster.gossip(liar, to, &decoys));
    }
    let maker = consensus_key(liar, 0).public();
    assert_eq!(cluster.seen.implausible, [(0, maker), (1, maker), (2, maker)], "each says so once");
    let before = cluster.ledger(0).reads.get();
    for _ in 0..100 {
        let submitted = cluster.remark(1);
        cluster.pass(20);
        assert_eq!(cluster.blocks_with(2, submitted).len(), 1);
    }
    let reads = cluster.ledger(0).reads.get() - before;
    assert!(reads < 1_000, "the primary read {reads} accounts");
}

#[test]
fn what_comes_from_further_is_judged_when_that_is_executed() {
    let mut cluster = Cluster::new(0);
    let liar = 3;
    cluster.kill(liar);
    let genesis = cluster.genesis.hash;
    let (ahead, far_ahead) = (of_nobody(&genesis, liar, 3, 0..5), of_nobody(&genesis, liar, 1_000, 5..10));
    (0..3).for_each(|to| cluster.gossip(liar, to, &ahead));
    (0..3).for_each(|to| cluster.gossip(liar, to, &far_ahead));
    let held = |cluster: &Cluster| cluster.replica(1).status().bundles;
    assert_eq!((held(&cluster), cluster.seen.implausible.len()), (1, 0), "it may be an honest one's");
    while cluster.height(1) < 2 {
        cluster.remark(1);
        cluster.pass(20);
    }
    assert!(cluster.seen.implausible.is_empty());
    while cluster.height(1) < 5 {
        cluster.remark(1);
        cluster.pass(20);
    }
    cluster.pass(1_000);
    assert_eq!((held(&cluster), cluster.seen.implausible.len()), (0, 3));
}
