//! A validator that lies: every lie is evidence within seconds at every honest node, the chain goes on, and a file of the
//! evidence convicts the liar where no node runs.
//!
//! Three honest nodes run, and in the fourth's place a [`Liar`] that has its keys. First it lies as a primary: the
//! primary before it is killed, so that its turn comes, and while that one is away the two others can't leave the liar's
//! view, so that they hear all it says of it. Then it lies as a follower, about each block anew until it is caught: a
//! lie about a block that became final in the same moment interests nobody any more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{read, write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tierchain_consensus::{Charge, Message, ViewChange, VoteKind};
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::{H256, View};
use tierchain_replica::evidence::Fault;
use tierchain_rpc::api::ConsensusApiClient;
use tierchain_rpc::types::EvidenceInfo;
use tierchain_testnet::cluster::{VALIDATORS, public_key};

use crate::harness::{
    Author, Finished, Liar, Network, Node, PATIENCE, finish, others, tierchain, turn, until, wait_for,
};

/// How long a command of the node's binary may take.
const SOON: Duration = Duration::from_secs(20);

/// Pieces of evidence per call.
const PAGE: u32 = 100;

/// Said as a primary.
const AS_PRIMARY: [Fault; 2] = [Fault::Contradiction(Charge::TwoProposals), Fault::Contradiction(Charge::TwoNewViews)];

/// Signed as a maker of bundles.
const AS_MAKER: [Fault; 2] = [Fault::NoExtrinsic { entry: 0 }, Fault::BadSignature { entry: 1 }];

/// Said as a replica that leaves its view.
const AS_LEAVER: [Fault; 1] = [Fault::Contradiction(Charge::TwoViewChanges)];

/// Said as a voter.
const AS_VOTER: [Fault; 3] = [
    Fault::Contradiction(Charge::TwoPrepares),
    Fault::Contradiction(Charge::TwoCommits),
    Fault::Contradiction(Charge::HiddenCommit),
];

#[test]
fn each_lie_of_a_validator_is_evidence_at_every_honest_node_and_convicts_it_offline() {
    let _turn = turn();
    let mut network = Network::start();
    let genesis = network.node(0).genesis();
    let first = network.primary();
    let liar = (first + 1) % VALIDATORS;
    network.kill(liar);
    let mut voice = Liar::join(&network.world, liar, genesis);
    voice.meets(3);
    network.kill(first);
    let certificate = lie_as_a_primary(&mut voice);
    assert_caught(&network, liar, &AS_PRIMARY);
    network.restart(first);
    voice.meets(3);
    assert_caught(&network, liar, &AS_PRIMARY);
    assert_goes_on(&network);

    voice.spreads(1, vec![b"no extrinsic".to_vec()]);
    voice.spreads(2, with_a_bad_signature(genesis));
    assert_caught(&network, liar, &AS_MAKER);
    lie_until_caught(&network, liar, &AS_LEAVER, || lie_as_a_leaver(&mut voice, &certificate));
    lie_until_caught(&network, liar, &AS_VOTER, || lie_as_a_voter(&mut voice));
    assert_goes_on(&network);

    let files = save(&network, liar);
    network.kill_all();
    assert_eq!(files.len(), 8, "{:?}", files.keys());
    files.iter().for_each(|(fault, file)| assert_convicts(file, genesis, liar, fault));
}

/// The view it opens, it opens twice, and it proposes two blocks for one number there. Gives a certificate that it was
/// shown.
fn lie_as_a_primary(liar: &mut Liar) -> Certificate {
    let mut changes = BTreeMap::new();
    let changes: Vec<_> = liar.hears("the VIEW-CHANGEs of two others", |message| {
        let Message::ViewChange(change) = message else { return None };
        changes.insert(change.sender, change);
        let views: BTreeSet<View> = changes.values().map(|change: &ViewChange| change.view).collect();
        (changes.len() == 2 && views.len() == 1).then(|| changes.values().cloned().collect())
    });
    let view = changes[0].view;
    let shown = changes.iter().flat_map(|change| change.certified.iter().chain(&change.prepared));
    let head = shown.max_by_key(|shown| (shown.view, shown.number)).expect("block 1 is final");
    let certified = changes.iter().find_map(|change| change.certified.clone()).expect("block 1 is final");
    liar.says(&liar.new_view(&changes, liar.view_change(view, None)));
    for salt in [1, 2] {
        liar.says(&liar.proposal(view, liar.block(head.number + 1, head.hash, salt)));
    }
    liar.says(&liar.new_view(&changes, liar.view_change(view, Some(certified.clone()))));
    certified
}

/// Leaving the view, it shows a certificate to some and hides it from others.
fn lie_as_a_leaver(liar: &mut Liar, certificate: &Certificate) {
    liar.stops_its_ears();
    let view = liar.hears("a vote", |message| match message {
        Message::Vote(vote) => Some(vote.view),
        _ => None,
    });
    for certified in [None, Some(certificate.clone())] {
        liar.says(&Message::ViewChange(liar.view_change(view.next(), certified)));
    }
}

/// It prepares and commits the block that is proposed, and another one, and then leaves the view as if it had not.
fn lie_as_a_voter(liar: &mut Liar) {
    liar.stops_its_ears();
    let (view, number, hash) = liar.hears("a proposal", |message| match message {
        Message::Proposal(it) => Some((it.view, it.header.number, it.header.hash())),
        _ => None,
    });
    for kind in [VoteKind::Prepare, VoteKind::Commit] {
        [hash, H256([7; 32])].into_iter().for_each(|hash| liar.says(&liar.vote(kind, view, number, hash)));
    }
    liar.says(&Message::ViewChange(liar.view_change(view.next(), None)));
}

/// A good remark, and one whose signature is another's.
fn with_a_bad_signature(genesis: H256) -> Vec<Vec<u8>> {
    let author = Author::new("visitor", genesis);
    let [good, bad] = ["honest", "not what was signed"].map(Author::remark);
    vec![author.sign(&good, 0), author.with_signature(&bad, 1, Signature([1; 64]))]
}

fn evidence_at(node: &Node) -> Vec<EvidenceInfo> {
    wait_for(node.client.consensus_evidence(0, PAGE)).unwrap_or_default()
}

/// Whether all these faults of the culprit are listed. Nobody else is ever accused.
fn knows(listed: &[EvidenceInfo], culprit: u16, faults: &[Fault]) -> bool {
    let key = public_key(&format!("consensus-{culprit}"));
    for item in listed {
        assert_eq!((item.validator, item.key.0), (culprit, key), "an honest validator is accused: {item:?}");
    }
    faults.iter().all(|fault| listed.iter().any(|item| item.fault == fault.to_string()))
}

/// Every honest node that runs gets to know these faults.
fn assert_caught(network: &Network, culprit: u16, faults: &[Fault]) {
    let began = Instant::now();
    for node in network.running() {
        until(&format!("node {} has evidence of {faults:?}", node.index), || {
            knows(&evidence_at(&node), culprit, faults).then_some(())
        });
    }
    println!("{faults:?}: known to {} nodes after {:?}", network.running().len(), began.elapsed());
}

/// Lies again and again until every honest node that runs knows these faults.
fn lie_until_caught(network: &Network, culprit: u16, faults: &[Fault], mut lie: impl FnMut()) {
    let began = Instant::now();
    while !network.running().iter().all(|node| knows(&evidence_at(node), culprit, faults)) {
        assert!(began.elapsed() < PATIENCE, "not all of {faults:?} is known to all");
        lie();
    }
    println!("{faults:?}: known to {} nodes after {:?}", network.running().len(), began.elapsed());
}

/// The honest nodes go on making blocks final, all the same ones.
fn assert_goes_on(network: &Network) {
    let height = until("a node tells its height", || network.running().first()?.height());
    let (height, _) = network.agree_at(height + 3);
    network.assert_one_chain(height);
}

/// One file of each fault by its name, saved from the honest nodes in turn.
fn save(network: &Network, culprit: u16) -> BTreeMap<String, PathBuf> {
    let faults = [&AS_PRIMARY[..], &AS_MAKER, &AS_LEAVER, &AS_VOTER].concat();
    let nodes: Vec<u16> = others(culprit).collect();
    let mut files = BTreeMap::new();
    for ((at, fault), node) in faults.iter().enumerate().zip(nodes.into_iter().cycle()) {
        let listed = evidence_at(&network.node(node));
        let item = listed.iter().find(|item| item.fault == fault.to_string()).expect("each node knows each of them");
        let file = network.world.path(&format!("evidence-{at}"));
        let id = format!("0x{}", hex::encode(&item.id.0));
        let mut command = tierchain("evidence");
        command.args(["save", &id, "--rpc", &network.world.url(node)]).arg("--out").arg(&file);
        finish(&mut command, SOON).succeeded().expect("it saves what it lists");
        files.insert(fault.to_string(), file);
    }
    files
}

/// `tierchain verify evidence`, which asks nobody.
fn verify(file: &Path, genesis: H256) -> Finished {
    let mut command: Command = tierchain("verify");
    finish(command.args(["evidence", "--json", "--genesis", &genesis.to_string()]).arg(file), SOON)
}

/// The file proves this fault of this validator on this chain, and nothing once it is bent or of another chain.
fn assert_convicts(file: &Path, genesis: H256, culprit: u16, fault: &str) {
    let verdict = verify(file, genesis);
    assert_eq!(verdict.code, Some(0), "{fault}: {verdict:?}");
    let told: serde_json::Value = serde_json::from_str(&verdict.stdout).expect("JSON was asked for");
    let key = public_key(&format!("consensus-{culprit}")).to_string();
    let expected = serde_json::json!({ "proven": true, "epoch": 0, "validator": culprit, "key": key, "fault": fault });
    assert_eq!(told, expected);

    let foreign = verify(file, H256([1; 32]));
    assert_eq!(foreign.code, Some(1), "{fault} on another chain: {foreign:?}");
    let bytes = read(file).expect("it was just saved");
    // In the file's last signature, and in the header of block 0.
    for at in [bytes.len() - 20, 30] {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        let bent_file = file.with_extension(format!("bent-{at}"));
        write(&bent_file, bent).expect("a file beside the other");
        let refused = verify(&bent_file, genesis);
        assert_eq!(refused.code, Some(1), "{fault} with byte {at} bent: {refused:?}");
    }
}
