//! Logs of OpenStack's nova: the real one where it is at hand, and one of the same grammar that a seed makes.

use std::path::PathBuf;

use tierchain_primitives::ledger::ServerState;
use tierchain_rpc::types::Named;
use tierchain_testnet::nova_log::{NovaLog, generate};

use crate::harness::{Ledger, Network, Replay, Report, repository, turn};

/// What must be on the ledger, and what the agent must have counted.
struct Expected {
    servers: u64,
    blocks: u64,
    late: u64,
    repeated: u64,
    /// Milliseconds STOPPED, RUNNING and PAUSED, over all servers.
    walls_ms: [u64; 3],
}

#[test]
fn the_real_nova_log_makes_22_chains_of_110_blocks() {
    let Some(log) = real_log() else {
        println!("skipped: there is no nova log; name it in TIERCHAIN_NOVA_LOG");
        return;
    };
    let expected = Expected { servers: 22, blocks: 110, late: 21, repeated: 22, walls_ms: [287_885, 173_235, 144_587] };
    let _turn = turn();
    let network = Network::start();
    check(&network, &format!("nova-log:{}", log.display()), &expected);
}

#[test]
fn a_made_nova_log_makes_exactly_what_was_put_into_it() {
    let _turn = turn();
    let network = Network::start();
    let NovaLog { text, expected } = generate(33, 40);
    let file = network.world.path("nova.log");
    std::fs::write(&file, text).expect("a file in a temporary folder");
    let wanted = Expected {
        servers: expected.births,
        blocks: expected.blocks(),
        late: expected.late,
        repeated: expected.repeated,
        walls_ms: [expected.stopped_ms, expected.running_ms, expected.paused_ms],
    };
    let report = check(&network, &format!("nova-log:{}", file.display()), &wanted);
    let counted = ["lines", "births", "changes", "ends", "unborn", "garbage"].map(|what| report.source(what));
    let made = [expected.lines, expected.births, expected.changes, expected.ends, expected.unborn, expected.garbage];
    assert_eq!(counted, made, "lines, births, changes, ends, unborn, garbage");
}

/// Replays a log and compares the agent's report and the ledger of every validator with what is expected.
fn check(network: &Network, source: &str, expected: &Expected) -> Report {
    let report = Replay { source: source.to_owned(), ..Replay::recording() }.run(network);
    assert_eq!((report.source("repeated"), report.source("late")), (expected.repeated, expected.late));
    let (height, _) = network.agree_at(network.node(0).height().expect("node 0 runs"));
    network.assert_one_chain(height);
    let ledgers: Vec<Ledger> = network.running().iter().map(Ledger::read).collect();
    let first = &ledgers[0];
    let counts = [first.chains.len() as u64, first.blocks() as u64, first.meta_blocks() as u64, first.late()];
    assert_eq!(counts, [expected.servers, expected.blocks, expected.servers, expected.late]);
    let states = [ServerState::Stopped, ServerState::Running, ServerState::Paused];
    let expected_us = expected.walls_ms.map(|wall| u128::from(wall) * 1_000);
    assert_eq!(states.map(|state| wall_us(first, state)), expected_us, "STOPPED, RUNNING, PAUSED");
    ledgers.iter().for_each(|other| assert_eq!(other, first));
    report
}

/// Microseconds in a state, over all servers.
fn wall_us(ledger: &Ledger, state: ServerState) -> u128 {
    let blocks = ledger.metas.iter().flat_map(|(_, blocks)| blocks);
    let usages = blocks.flat_map(|block| &block.tx.usage.states);
    usages.filter(|usage| usage.state == Named(state)).map(|usage| usage.wall_us.0).sum()
}

/// The real log: it may be used and not be copied, so it lies outside the repository.
fn real_log() -> Option<PathBuf> {
    let named = std::env::var_os("TIERCHAIN_NOVA_LOG").map(PathBuf::from);
    if let Some(path) = &named {
        assert!(path.exists(), "TIERCHAIN_NOVA_LOG names {}, which doesn't exist", path.display());
    }
    named.or_else(|| Some(repository("../shared/data/openstack-nova-2k.log")).filter(|path| path.exists()))
}
