//! Lost vote logs on real processes: never silently, and with no human beyond one command.

use std::fs::{read, read_dir, read_to_string, remove_dir_all, write};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::harness::{Finished, Network, Trickle, finish, tierchain, turn, until};

/// How soon a bad start must have ended.
const SOON: Duration = Duration::from_secs(20);

fn rejoin(network: &Network, node: u16) -> Command {
    let mut command = network.world.run_command(node, &network.world.spec());
    command.arg("--rejoin");
    command
}

fn assert_refused(finished: &Finished, says: &[&str]) {
    assert_eq!(finished.code, Some(1), "{finished:?}");
    says.iter().for_each(|part| assert!(finished.stderr.contains(part), "{part:?} in {finished:?}"));
}

/// Nobody has contradicted itself: that would be evidence in some log.
fn assert_no_evidence(network: &Network) {
    for node in 0..network.world.nodes {
        let log = read_to_string(network.world.log_path(node)).unwrap_or_default();
        assert!(!log.contains("signed what no honest one signs"), "node {node} has evidence");
    }
}

fn first_segment(network: &Network, node: u16) -> PathBuf {
    let votes = network.world.base_path(node).join("votes");
    let files = read_dir(votes).expect("a vote log").map(|entry| entry.expect("a file").path());
    files.filter(|path| path.extension().is_some_and(|kind| kind == "log")).min().expect("a segment")
}

#[test]
fn a_validator_whose_disk_is_deleted_under_load_rejoins_and_votes_again() {
    let _turn = turn();
    let mut network = Network::start();
    let load = Trickle::start(&network, &[1, 2]);
    network.kill(3);
    for folder in ["votes", "db"] {
        remove_dir_all(network.world.base_path(3).join(folder)).expect("it was there");
    }
    let without = finish(&mut network.world.run_command(3, &network.world.spec()), SOON);
    assert_refused(&without, &["no vote log", "--rejoin"]);
    network.start_by(3, rejoin(&network, 3));
    until("it catches up", || network.node(3).height().filter(|height| *height > 5));
    network.kill(3);
    network.start_by(3, rejoin(&network, 3));
    until("it has a vote again", || {
        network.node(3).status().filter(|status| (status.epoch, status.me) == (1, Some(3)))
    });
    // Three of four are a quorum, so the chain goes on by its votes alone.
    network.kill(0);
    let height = network.node(1).height().expect("it runs");
    until("the chain goes on by its votes", || network.node(1).height().filter(|now| *now > height + 20));
    network.restart(0);
    load.finish(&network, 1);
    let (height, _) = network.agree_at(height + 20);
    network.assert_one_chain(height);
    assert_no_evidence(&network);
}

#[test]
fn what_is_whole_is_not_replaced_and_what_is_corrupt_names_the_remedy() {
    let _turn = turn();
    let mut network = Network::start();
    network.kill(2);
    let whole = finish(&mut rejoin(&network, 2), SOON);
    assert_refused(&whole, &["is whole", "run without --rejoin"]);
    let segment = first_segment(&network, 2);
    let bytes = read(&segment).expect("a segment");
    let mut corrupt = bytes.clone();
    corrupt[70] ^= 1;
    write(&segment, &corrupt).expect("the same file");
    let refused = finish(&mut network.world.run_command(2, &network.world.spec()), SOON);
    assert_refused(&refused, &["corrupt", "tierchain run --rejoin"]);
    write(&segment, &bytes).expect("the same file");
    // The database alone: it is set aside, and the whole vote log goes on.
    let current = network.world.base_path(2).join("db/CURRENT");
    write(&current, "no manifest\n").expect("the same file");
    let refused = finish(&mut network.world.run_command(2, &network.world.spec()), SOON);
    assert_refused(&refused, &["database", "--rejoin"]);
    network.start_by(2, rejoin(&network, 2));
    let height = network.node(0).height().expect("it runs");
    let (height, _) = network.agree_at(height + 2);
    network.assert_one_chain(height);
    assert_eq!(network.node(2).status().map(|status| (status.epoch, status.me)), Some((0, Some(2))));
    assert_no_evidence(&network);
}

#[test]
fn more_lost_logs_than_faults_allowed_are_for_the_operators_to_replace() {
    let _turn = turn();
    let mut network = Network::start();
    for node in [2, 3] {
        network.kill(node);
        remove_dir_all(network.world.base_path(node).join("votes")).expect("it was there");
    }
    let replace = |node: u16, further: &[&str]| {
        let mut command = tierchain("init");
        command.arg("--chain").arg(network.world.spec()).arg("--base-path").arg(network.world.base_path(node));
        finish(command.args(["--replace-votes", "--above-view", "100"]).args(further), SOON)
    };
    assert_refused(&replace(2, &[]), &["--accept-possible-fork"]);
    for node in [2, 3] {
        let made = replace(node, &["--accept-possible-fork"]).succeeded().expect("it succeeds");
        assert!(made.contains("no vote below view 100") && made.contains("a fork"), "{made}");
        assert_refused(&replace(node, &["--accept-possible-fork"]), &["is whole"]);
    }
    let height = network.node(0).height().expect("it runs");
    for node in [2, 3] {
        network.restart(node);
    }
    let (height, _) = network.agree_at(height + 3);
    network.assert_one_chain(height);
    assert!(network.node(0).status().is_some_and(|status| status.view.0 >= 100));
}
