//! The validator set changes under load, on real processes: a fifth comes, the first one goes.

use tierchain_testnet::cluster::public_key;

use crate::harness::{Network, Operators, Trickle, turn, until, words};

/// The node that is no validator at first.
const NEWCOMER: u16 = 4;

/// The words that add the newcomer.
fn add(network: &Network) -> Vec<String> {
    let world = &network.world;
    let key = world.base_path(NEWCOMER).join("keys/consensus");
    let address = format!("/ip4/127.0.0.1/tcp/{}", world.ports.network(NEWCOMER));
    let operator = public_key("operator-4").to_string();
    let mut add = words(&["propose", "add-validator", "--name", "validator-4", "--operator", &operator]);
    add.extend(words(&["--peer-id", &world.peer_id(NEWCOMER).expect("it has a key"), "--address", &address]));
    add.extend(words(&["--consensus-key", key.to_str().expect("a plain path")]));
    add
}

/// Waits until a node is in an epoch and has this place in its set.
fn until_in(network: &Network, node: u16, epoch: u32, place: Option<u16>) {
    let stands = || network.node(node).status().filter(|status| (status.epoch, status.me) == (epoch, place));
    until(&format!("node {node} is in epoch {epoch}"), stands);
}

#[test]
fn a_fifth_validator_is_added_and_the_first_removed_under_load() {
    let _turn = turn();
    let mut network = Network::prepare(1);
    network.world.try_init(NEWCOMER).succeeded().expect("it succeeds");
    for node in 0..NEWCOMER {
        network.restart(node);
    }
    let mut command = network.world.run_command(NEWCOMER, &network.world.spec());
    command.arg("--validator");
    network.start_by(NEWCOMER, command);
    network.wait_ready();
    until_in(&network, NEWCOMER, 0, None);

    let load = Trickle::start(&network, &[2, 3]);
    let operators = Operators { network: &network, at: 2 };
    operators.decide(&[0, 1, 2], 0, &add(&network));
    for node in 0..=NEWCOMER {
        until_in(&network, node, 1, Some(node));
    }
    operators.decide(&[0, 1, 2, 3], 1, &words(&["propose", "remove-validator", "validator-0"]));
    until_in(&network, 0, 2, None);
    for node in 1..=NEWCOMER {
        until_in(&network, node, 2, Some(node - 1));
    }
    // Without validator 1 the newcomer's votes are needed, and the one that was removed follows.
    network.kill(1);
    let height = network.node(2).height().expect("it runs");
    until("the chain goes on by the new set", || network.node(2).height().filter(|now| *now > height + 20));
    network.restart(1);
    load.finish(&network, 2);
    let (height, _) = network.agree_at(height + 20);
    network.assert_one_chain(height);
    let refused = network.node(0).submit(&[]).expect_err("it is no validator any more");
    assert!(!refused.message.is_empty());
}
