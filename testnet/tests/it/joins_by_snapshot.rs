//! Nodes with nothing on disk join a network with a past by a snapshot, and are killed while they do.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tierchain_primitives::ledger::EventKind;
use tierchain_rpc::api::ConsensusApiClient;

use crate::harness::{Author, Ledger, Network, Node, PATIENCE, Trickle, World, turn, until, wait_for};

const OBSERVER: u16 = 4;

/// Blocks between two snapshots of this network.
const SNAPSHOT_EVERY: u32 = 250;

/// Events on the ledger, with long details: several chunks.
const EVENTS: u64 = 3_200;

const SERVERS: u8 = 16;

/// How many blocks there are at least.
const PAST_BLOCKS: u32 = 2_000;

/// Submissions between two waits: no nonce is too far ahead.
const BURST: u64 = 64;

#[test]
fn an_empty_observer_joins_though_killed_three_times_and_validators_without_database_or_any_disk_join_and_vote() {
    let _turn = turn();
    let mut network = Network::prepare(1);
    network.world.options = ["--snapshot-every", "250", "--join-above", "250"].map(str::to_owned).into();
    (0..4).for_each(|node| network.restart(node));
    network.wait_ready();
    let author = Author::new("writer", network.node(0).genesis());
    write_a_past(&network.node(0), &author);
    wait_for_snapshots(&network);

    join_killed_three_times(&mut network);
    let (height, _) = network.agree_at(SNAPSHOT_EVERY);
    assert_same(&network, OBSERVER);
    network.assert_one_chain(height);

    let validator = (network.primary() + 1) % 4;
    network.kill(validator);
    fs::remove_dir_all(network.world.base_path(validator).join("db")).expect("a validator has a database");
    fs::remove_dir_all(network.world.base_path(validator).join("snapshots")).expect("a validator made snapshots");
    network.restart(validator);
    until("the validator has joined", || said(&network.world, validator, "joined by a snapshot").then_some(()));
    network.agree_at(height);
    assert_same(&network, validator);
    // One of the others dies: without this one's votes nothing becomes final.
    network.kill((validator + 2) % 4);
    let node = network.node(validator);
    let hash = node.submit(&author.sign(&Author::remark("it votes"), node.next_nonce("writer"))).expect("a remark");
    node.outcome(hash);
    network.restart((validator + 2) % 4);
    let (height, _) = network.agree_at(height);
    rejoin_with_nothing_left(&mut network, (validator + 1) % 4, height);
}

/// All of a validator's disk but its keys is gone under load. One command, and it joins by a snapshot, gets its epoch, and
/// votes.
fn rejoin_with_nothing_left(network: &mut Network, lost: u16, height: u32) {
    let [other, dies, another] = [1, 2, 3].map(|step| (lost + step) % 4);
    let load = Trickle::start(network, &[other, another]);
    network.kill(lost);
    for folder in ["votes", "db", "snapshots"] {
        fs::remove_dir_all(network.world.base_path(lost).join(folder)).expect("it was there");
    }
    let mut command = network.world.run_command(lost, &network.world.spec());
    command.arg("--rejoin");
    network.start_by(lost, command);
    until("it has joined", || said(&network.world, lost, "joined by a snapshot").then_some(()));
    until("it has a vote again", || {
        network.node(lost).status().filter(|status| (status.epoch, status.me) == (1, Some(lost)))
    });
    network.kill(dies);
    let before = until("a node tells its height", || network.node(other).height()).max(height);
    until("the chain goes on by its votes", || network.node(other).height().filter(|now| *now > before + 20));
    load.finish(network, other);
    network.restart(dies);
    let (height, _) = network.agree_at(before + 20);
    network.assert_one_chain(height);
    assert_same(network, lost);
    for node in network.running() {
        let evidence = wait_for(node.client.consensus_evidence(0, 10)).expect("it runs");
        assert_eq!(evidence, [], "nobody contradicts what was lost");
    }
}

/// Servers with many events, a block or so for each.
fn write_a_past(node: &Node, author: &Author) {
    let mut nonce = node.next_nonce("writer");
    let mut last = None;
    let births = (0..SERVERS).flat_map(|server| author.birth(Author::server(server)));
    let events = (0..EVENTS).map(|at| {
        let (server, number) = (Author::server((at % u64::from(SERVERS)) as u8), at / u64::from(SERVERS) + 1);
        Author::event(server, number, EventKind::Rebooted, 1_000)
    });
    for (at, call) in (0u64..).zip(births.chain(events)) {
        last = Some(node.submit(&author.sign(&call, nonce)).expect("a good call"));
        nonce += 1;
        if at % BURST == 0 {
            node.outcome(last.expect("just submitted"));
        }
    }
    node.outcome(last.expect("there are events"));
    // A fast machine puts many events into one block; a remark that is waited for has one of its own.
    while node.height().is_none_or(|height| height <= PAST_BLOCKS) {
        let hash = node.submit(&author.sign(&Author::remark("a block more"), nonce)).expect("a remark");
        node.outcome(hash);
        nonce += 1;
    }
}

/// Waits until more than the faulty have the snapshot of the last round number.
fn wait_for_snapshots(network: &Network) {
    let height = network.node(0).height().expect("it runs");
    let due = (height - height % SNAPSHOT_EVERY).to_string();
    until("all validators have made that snapshot", || {
        let has = |node: u16| network.world.base_path(node).join("snapshots").join(&due).join("manifest").exists();
        (0..4).all(has).then_some(())
    });
}

/// In the download, in the import, and when it is through; each time it goes on.
fn join_killed_three_times(network: &mut Network) {
    let base_path = network.world.base_path(OBSERVER);
    let (joining, db) = (base_path.join("joining"), base_path.join("db"));

    kill_when(network, || chunks(&joining) > 0);
    assert!(!joining.join("db").exists() && !db.exists(), "it was killed in the download");
    let kept = chunks(&joining);
    assert!(kept > 0);

    kill_when(network, || joining.join("db").exists());
    assert!(!db.exists(), "it was killed in the import");
    assert!(chunks(&joining) > kept, "what was downloaded stays");
    let log = log(&network.world, OBSERVER);
    let manifests: Vec<&str> = log.lines().filter(|line| line.contains("took a manifest")).collect();
    assert!(manifests.len() >= 2 && manifests[0].contains("here=0"), "{manifests:?}");
    assert!(!manifests[1].contains("here=0"), "the second time something was here: {manifests:?}");

    kill_when(network, || joining.join("complete").exists() || db.exists());
    network.restart(OBSERVER);
    until("the observer has its database", || (db.exists() && !joining.exists()).then_some(()));
}

/// Starts the observer and kills it as soon as something is so.
fn kill_when(network: &mut Network, so: impl Fn() -> bool) {
    network.restart(OBSERVER);
    let began = Instant::now();
    // Nothing sleeps here: a join is a matter of tenths of a second.
    while !so() {
        assert!(began.elapsed() < PATIENCE, "the observer doesn't join: {}", log(&network.world, OBSERVER));
        std::thread::sleep(Duration::from_micros(100));
    }
    network.kill(OBSERVER);
}

fn chunks(joining: &Path) -> usize {
    fs::read_dir(joining.join("chunks")).map_or(0, Iterator::count)
}

/// A node answers like node 0, or node 1 if it is node 0.
fn assert_same(network: &Network, node: u16) {
    let (one, other) = (network.node(node), network.node(u16::from(node == 0)));
    assert_eq!(Ledger::read(&one), Ledger::read(&other));
    assert_eq!(one.state_without_system(), other.state_without_system());
}

fn log(world: &World, node: u16) -> String {
    let path: PathBuf = world.log_path(node);
    fs::read_to_string(path).unwrap_or_default()
}

fn said(world: &World, node: u16, what: &str) -> bool {
    log(world, node).contains(what)
}
