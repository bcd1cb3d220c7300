//! SIGKILL of two validators of four: nothing becomes final and nothing forks, until one of them is back.

use std::time::Duration;

use tierchain_rpc::types::{ExtrinsicState, Hash};

use crate::harness::{Author, Network, Node, stays, turn, until};

/// How long nothing may become final: three heartbeats.
const STILL: Duration = Duration::from_secs(3);

/// How long votes that were on their way may still make a block final, in two validators that remain.
const IN_FLIGHT: Duration = Duration::from_millis(500);

#[test]
fn nothing_becomes_final_and_nothing_forks_until_one_of_two_is_back() {
    let _turn = turn();
    let mut network = Network::start();
    let author = Author::new("writer", network.node(0).genesis());
    let primary = network.primary();
    let other = (primary + 2) % 4;
    let before = submit_and_wait(&network.node(primary), &author, "before");

    network.kill(primary);
    network.kill(other);
    std::thread::sleep(IN_FLIGHT);
    let nodes = network.running();
    let nonce = nodes[0].next_nonce("writer");
    let waiting = nodes[0].submit(&author.sign(&Author::remark("meanwhile"), nonce)).expect("a live node takes it");
    let heights: Vec<Option<u32>> = nodes.iter().map(Node::height).collect();
    stays(STILL, "nothing becomes final", || nodes.iter().map(Node::height).eq(heights.iter().copied()));
    let status = nodes[0].extrinsic_status(waiting).expect("it runs");
    assert_eq!(status.state, ExtrinsicState::Ready, "{}", status.explanation);
    let reported: Vec<Vec<Option<Hash>>> = nodes.iter().map(|node| node.block_hashes(height_of(node))).collect();

    network.restart(other);
    let outcome = nodes[0].outcome(waiting);
    assert_eq!(outcome.state, ExtrinsicState::Succeeded, "{}", outcome.explanation);
    network.restart(primary);
    let (height, _) = network.agree_at(outcome.included.expect("it is final").block_number);
    network.assert_one_chain(height);
    let hashes = network.node(other).block_hashes(height);
    assert_eq!(hashes[before as usize], reported[0][before as usize]);
    for earlier in reported {
        assert_eq!(hashes[..earlier.len()], earlier, "what was final stays");
    }
}

/// The block in which a remark became final, on every node.
fn submit_and_wait(node: &Node, author: &Author, text: &str) -> u32 {
    let hash = node.submit(&author.sign(&Author::remark(text), node.next_nonce("writer"))).expect("a good remark");
    node.outcome(hash).included.expect("it is final").block_number
}

fn height_of(node: &Node) -> u32 {
    until("the node answers", || node.height())
}
