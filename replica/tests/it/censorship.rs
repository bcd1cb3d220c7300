//! Stories of a primary that passes over what others gathered.

use parity_scale_codec::Encode;
use tierchain_consensus::Signer;
use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::extrinsic::{Era, Extrinsic, Nonce};
use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_primitives::{Epoch, H256, ValidatorIndex, View};
use tierchain_replica::wire::SignedBundle;
use tierchain_runtime::registry;
use tierchain_runtime::{Call, VERSIONS, meta, system};

use crate::cluster::Cluster;
use crate::people::{Keyed, client, consensus_key, operator};

/// A bundle of validator `maker` with an extrinsic of the client that can't be included: its nonce is far ahead. Every
/// other one is a request to link a chain, which goes first.
fn decoy(genesis: &H256, maker: usize, at: Nonce) -> SignedBundle {
    let call = match at % 2 {
        0 => Call::Meta(meta::Call::Anchor { server: ServerId { uuid: Uuid([1; 16]), generation: 0 } }),
        _ => Call::System(system::Call::Remark { remark: vec![1] }),
    };
    let nonce = 1_000_000 + at;
    let extrinsic = Extrinsic::sign(&client(), call.encode(), Era::Immortal, nonce, VERSIONS, genesis, genesis);
    let bundle = Bundle { extrinsics: vec![extrinsic.encode()] };
    let bytes = SignedBundle::signed_bytes(genesis, Epoch(0), 0, &bundle.digest());
    let signature = Keyed(consensus_key(maker, 0).public()).sign(&bytes);
    let maker = ValidatorIndex(u16::try_from(maker).expect("a handful of validators"));
    SignedBundle { epoch: Epoch(0), maker, at: 0, bundle, signature }
}

fn view(cluster: &Cluster, who: usize) -> Option<View> {
    cluster.replica(who).status().consensus.map(|status| status.view)
}

/// The primary includes what is submitted to it, and nothing that others gather.
fn go_on_without_the_others(cluster: &mut Cluster, nonces: core::ops::Range<Nonce>) {
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
