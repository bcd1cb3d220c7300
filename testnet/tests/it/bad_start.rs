//! A start that can't go well ends at once, with what is wrong, with whom, and what to do.

use std::fs::{Permissions, read_to_string, rename, set_permissions, write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Finished, Network, World, finish, tierchain, turn, until};

/// How soon a bad start must have ended.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_specification_with_a_validator_twice_is_refused_and_names_it() {
    let _turn = turn();
    let world = World::new(0);
    change_spec(&world, |spec| {
        let validators = spec["genesis"]["validators"].as_array_mut().expect("a list");
        let mut twice = validators[1].clone();
        twice["name"] = "validator-5".into();
        twice["addresses"] = serde_json::json!(["/ip4/127.0.0.1/tcp/1"]);
        validators.push(twice);
    });
    let mut check = tierchain("chain-spec");
    let checked = finish(check.arg("check").arg(world.spec()), SOON);
    assert_refused(
        &checked,
        &["genesis.validators[4].consensus", "validator-1", "validator-5", "remove the duplicate"],
    );
    let started = finish(&mut world.run_command(0, &world.spec()), SOON);
    assert_refused(&started, &["validator-1", "validator-5"]);
}

#[test]
fn a_base_path_of_another_chain_is_refused_and_left_as_it_was() {
    let _turn = turn();
    let mut network = Network::prepare(0);
    let other = network.world.path("other.json");
    network.world.new_spec(&other);
    // Made for one chain and never run, and then with a database too.
    let refused = finish(&mut network.world.run_command(0, &other), SOON);
    assert_refused(&refused, &["genesis", "--chain", "--base-path"]);
    (0..network.world.nodes).for_each(|node| network.restart(node));
    network.wait_ready();
    network.kill(0);
    let refused = finish(&mut network.world.run_command(0, &other), SOON);
    assert_refused(&refused, &["genesis", "--chain", "--base-path"]);
    network.restart(0);
    let height = network.node(1).height().expect("it runs");
    network.agree_at(height + 1);
}

#[test]
fn a_vote_log_of_another_validator_is_refused() {
    let _turn = turn();
    let mut network = Network::start();
    network.kill(0);
    network.kill(1);
    let votes = |node: u16| network.world.base_path(node).join("votes");
    let aside = network.world.path("aside");
    let swap = || {
        rename(votes(0), &aside).expect("it was there");
        rename(votes(1), votes(0)).expect("it was there");
        rename(&aside, votes(1)).expect("it was there");
    };
    swap();
    for node in [0, 1] {
        let refused = finish(&mut network.world.run_command(node, &network.world.spec()), SOON);
        assert_refused(&refused, &["votes of another validator", "keys/consensus"]);
    }
    swap();
    let height = network.node(2).height().expect("it runs");
    network.restart(0);
    network.restart(1);
    network.agree_at(height + 1);
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let _turn = turn();
    let network = Network::prepare(0);
    for name in ["network", "consensus"] {
        let path = network.world.base_path(0).join("keys").join(name);
        set_permissions(&path, Permissions::from_mode(0o644)).expect("our own file");
        let refused = finish(&mut network.world.run_command(0, &network.world.spec()), SOON);
        assert_refused(&refused, &[&format!("chmod 600 {}", path.display()), "open to others"]);
        set_permissions(&path, Permissions::from_mode(0o600)).expect("our own file");
    }
}

#[test]
fn a_port_in_use_is_named_with_the_option_that_chooses_another() {
    let _turn = turn();
    let network = Network::prepare(0);
    let ports = network.world.ports;
    let cases =
        [(ports.rpc(0), "--rpc-port"), (ports.network(0), "--listen-addr"), (ports.metrics(0), "--prometheus-port")];
    for (port, option) in cases {
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("it was free");
        let refused = finish(&mut network.world.run_command(0, &network.world.spec()), SOON);
        assert_refused(&refused, &[&port.to_string(), option]);
    }
}

#[test]
fn a_wrong_clock_is_refused_on_a_live_chain() {
    let world = World::new(0);
    change_spec(&world, |spec| {
        spec["type"] = "Live".into();
        spec["genesis"]["allowReplay"] = false.into();
    });
    let refused = finish(world.run_command(0, &world.spec()).arg("--clock-offset-ms=-5"), SOON);
    assert_refused(&refused, &["--clock-offset-ms", "live chain", "run without it"]);
}

#[test]
fn a_vote_log_is_made_once_and_never_by_run() {
    let _turn = turn();
    let world = World::new(0);
    let without = finish(&mut world.run_command(0, &world.spec()), SOON);
    assert_refused(&without, &["no vote log", "tierchain init"]);
    world.try_init(0).succeeded().expect("it has none yet");
    assert_refused(&world.try_init(0), &["a vote log already", "run the node with the log it has"]);
}

/// Peers that can't be reached are heard of all the time, which mustn't keep it from saying so.
#[test]
fn a_validator_alone_says_what_it_waits_for() {
    let _turn = turn();
    let mut network = Network::prepare(0);
    network.restart(0);
    until("a word in its log", || {
        let log = read_to_string(network.world.log_path(0)).unwrap_or_default();
        log.contains("waiting for that many validators").then_some(())
    });
}

/// It ended with 1, and says all of this.
fn assert_refused(finished: &Finished, says: &[&str]) {
    assert_eq!(finished.code, Some(1), "{finished:?}");
    for part in says {
        assert!(finished.stderr.contains(part), "nothing of {part:?} in: {}", finished.stderr);
    }
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

fn change_spec(world: &World, change: impl FnOnce(&mut Value)) {
    let mut spec = serde_json::from_str(&read_to_string(world.spec()).expect("it was made")).expect("JSON");
    change(&mut spec);
    write(world.spec(), spec.to_string()).expect("our own file");
}
