//! Accepted means tracked: a submission that was answered with a hash can be asked for by it, whatever became of it,
//! and after a restart of the node that answered.

use std::time::Duration;

use tierchain_primitives::H256;
use tierchain_primitives::extrinsic::Era;
use tierchain_primitives::ledger::{EventKind, ServerState};
use tierchain_rpc::api::{AuthorApiClient, DiscoverApiClient, RpcApiClient};
use tierchain_rpc::client::connect;
use tierchain_rpc::types::{Bytes, ExtrinsicState, TransactionStatus};

use crate::harness::{Author, Network, Node, turn, until, wait_for};

/// Blocks for which the extrinsic that expires may be included.
const PERIOD: u32 = 4;

#[test]
fn what_was_accepted_is_accounted_for() {
    let _turn = turn();
    let mut network = Network::start();
    let author = Author::new("writer", network.node(0).genesis());
    the_document_lists_what_a_node_answers(&network.node(0));
    a_failure_is_told_with_its_values(&network, &author);
    a_watch_tells_future_then_ready_then_final(&network, &author);
    let (expired, usurped) = (expire(&network, &author), usurp(&network, &author));
    for restarted in [false, true] {
        if restarted {
            network.kill(0);
            network.restart(0);
            network.wait_ready();
        }
        let node = network.node(0);
        let status = node.extrinsic_status(expired).expect("it runs");
        assert_eq!(status.state, ExtrinsicState::Expired, "{}", status.explanation);
        assert!(status.explanation.contains("Sign it again with a new era"), "{}", status.explanation);
        assert!(status.left.is_some_and(|left| left.at.0 > 0 && left.block_number > 0));
        let status = node.extrinsic_status(usurped.0).expect("it runs");
        assert_eq!(status.state, ExtrinsicState::Usurped, "{}", status.explanation);
        assert_eq!(status.left.and_then(|left| left.by).map(|by| by.0), Some(usurped.1));
    }
}

/// `rpc.discover` and `rpc_methods` of a node that runs name the same methods.
fn the_document_lists_what_a_node_answers(node: &Node) {
    let document = wait_for(node.client.discover()).expect("rpc.discover");
    let document: serde_json::Value = serde_json::from_str(document.get()).expect("JSON");
    let mut named = Vec::new();
    for method in document["methods"].as_array().expect("methods").iter().filter(|method| method["x-admin"] != true) {
        for key in ["name", "x-aliases", "x-unsubscribe", "x-unsubscribe-aliases"] {
            let field = &method[key];
            let texts = field.as_array().cloned().unwrap_or_else(|| vec![field.clone()]);
            named.extend(texts.iter().filter_map(|text| text.as_str().map(ToOwned::to_owned)));
        }
    }
    named.sort_unstable();
    assert_eq!(named, wait_for(node.client.methods()).expect("rpc_methods").methods);
}

fn a_failure_is_told_with_its_values(network: &Network, author: &Author) {
    let node = network.node(0);
    let server = Author::server(1);
    let [announce, birth] = author.birth(server);
    let running = EventKind::StateChanged { state: ServerState::Running };
    let gap = Author::event(server, 9, running, 0);
    let mut explained = String::new();
    for call in [announce, birth, gap] {
        let hash = node.submit(&author.sign(&call, node.next_nonce("writer"))).expect("well formed and well signed");
        explained = node.outcome(hash).explanation;
    }
    let expected = format!("for server {server} is 1, and 9 came.");
    assert!(explained.contains("Chains.SequenceGap") && explained.contains(&expected), "{explained}");
}

fn a_watch_tells_future_then_ready_then_final(network: &Network, author: &Author) {
    let node = network.node(0);
    let nonce = node.next_nonce("writer");
    let url = network.world.url(0).replace("http://", "ws://");
    let told: Vec<TransactionStatus> = wait_for(async {
        let client = connect(&url, Duration::from_secs(10)).await.expect("it runs");
        let second = Bytes(author.sign(&Author::remark("second"), nonce + 1));
        let mut steps = client.submit_and_watch_extrinsic(second).await.expect("it may wait");
        let mut told = vec![steps.next().await.expect("a step").expect("a status")];
        let first = Bytes(author.sign(&Author::remark("first"), nonce));
        client.submit_extrinsic(first).await.expect("the one that was missing");
        while !told.last().is_some_and(TransactionStatus::is_last) {
            told.push(steps.next().await.expect("a step").expect("a status"));
        }
        told
    });
    let [TransactionStatus::Future, TransactionStatus::Ready, TransactionStatus::InBlock(at), last] = told.as_slice()
    else {
        panic!("another story: {told:?}")
    };
    assert_eq!(last, &TransactionStatus::Finalized(*at));
}

/// An extrinsic that waits behind a gap until its era is over.
fn expire(network: &Network, author: &Author) -> H256 {
    let node = network.node(0);
    let (nonce, height) = (node.next_nonce("writer"), node.height().expect("it runs"));
    let era = Era::mortal(PERIOD, height);
    let born = era.birth(height + 1);
    let birth = node.block_hashes(born)[born as usize].expect("a final block").0;
    let bytes = author.sign_mortal(&Author::remark("too late"), nonce + 1, era, &birth);
    let hash = node.submit(&bytes).expect("it may wait");
    until("the era is over", || {
        make_a_block(&node, network.node(1));
        node.extrinsic_status(hash).filter(|status| status.state != ExtrinsicState::Future)
    });
    hash
}

/// An idle network makes blocks slowly: a remark of another account makes one at once.
fn make_a_block(node: &Node, other: Node) {
    let visitor = Author::new("visitor", node.genesis());
    let hash = other.submit(&visitor.sign(&Author::remark("a block"), other.next_nonce("visitor")));
    node.outcome(hash.expect("well formed and well signed"));
}

/// An extrinsic that waits behind a gap at one node, while another one takes its nonce at another node; and that one.
fn usurp(network: &Network, author: &Author) -> (H256, H256) {
    let (node, other) = (network.node(0), network.node(1));
    let nonce = node.next_nonce("writer");
    let usurped = node.submit(&author.sign(&Author::remark("slow"), nonce + 1)).expect("it may wait");
    let winner = other.submit(&author.sign(&Author::remark("fast"), nonce + 1)).expect("it may wait");
    other.submit(&author.sign(&Author::remark("first"), nonce)).expect("the one that was missing");
    other.outcome(winner);
    until("the other one is gone", || {
        node.extrinsic_status(usurped).filter(|status| status.state == ExtrinsicState::Usurped)
    });
    (usurped, winner)
}
