//! The recording of six real servers: exactly its blocks, exactly its sums, on every validator; and once is enough.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;

use tierchain_primitives::ledger::{BlockKind, ServerState};
use tierchain_rpc::types::{EntityBlock, EventKind, MetaBlock, Named, StateUsage};

use crate::harness::{Finished, Ledger, Network, PATIENCE, Replay, finish, repository, turn};

/// Written by hand from the recording's description, never by this program.
const EXPECTED: &str = include_str!("data/libvirt-qemu-6-servers.txt");

#[test]
fn the_recording_makes_its_38_blocks_once_and_equally_on_four_validators() {
    let _turn = turn();
    let network = Network::start();
    let replay = Replay::recording();
    let report = replay.run(&network);
    assert_eq!((report.number("blocks"), report.number("metaBlocks"), report.number("late")), (38, 6, 0));

    let ledger = assert_recorded(&network);
    let said = checked_in_python(&network).succeeded().expect("the checker agrees");
    assert_eq!(said.matches("38 entity blocks · 6 meta blocks").count(), 1);

    for (kept, outbox) in [(true, replay.outbox), (false, "another-outbox")] {
        let report = Replay { outbox, ..Replay::recording() }.run(&network);
        assert_eq!(report.number("blocks"), 38, "outbox kept: {kept}");
        assert_eq!(assert_recorded(&network), ledger, "outbox kept: {kept}");
    }
}

/// Every node that runs has exactly what the recording makes, and the same state root at the same height. Returns it.
pub(crate) fn assert_recorded(network: &Network) -> Ledger {
    let highest = network.running().iter().filter_map(|node| node.height()).max().expect("some node runs");
    let (height, _) = network.agree_at(highest);
    network.assert_one_chain(height);
    let mut ledgers = network.running().into_iter().map(|node| Ledger::read(&node));
    let first = ledgers.next().expect("some node runs");
    assert_eq!((first.chains.len(), first.blocks(), first.meta_blocks(), first.late()), (6, 38, 6, 0));
    assert_eq!(told(&first), EXPECTED);
    ledgers.for_each(|other| assert_eq!(other, first));
    first
}

/// The independent check, over the node that the agent doesn't talk to.
fn checked_in_python(network: &Network) -> Finished {
    let mut command = Command::new("python3");
    let check = command.arg(repository("testnet/check_ledger.py"));
    finish(check.args(["--rpc", &network.world.url(3)]), PATIENCE)
}

/// The ledger in the form of the expected text.
fn told(ledger: &Ledger) -> String {
    let names = names();
    let metas: BTreeMap<_, &MetaBlock> =
        ledger.metas.iter().flat_map(|(_, blocks)| blocks).map(|block| (block.tx.chain, block)).collect();
    let mut text = String::new();
    for (server, blocks) in &ledger.chains {
        let uuid = server.server.uuid.0.to_string();
        writeln!(text, "{}", names.get(&uuid).unwrap_or(&uuid)).expect("a string takes all");
        for block in blocks {
            let (number, what, at) = (block.number, what_happened(block), block.tx.occurred_at.0);
            writeln!(text, "  {number} {what} {at}").expect("a string takes all");
        }
        if let Some(meta) = metas.get(&server.chain) {
            tell_sums(&mut text, &meta.tx.usage.states);
        }
    }
    text
}

fn what_happened(block: &EntityBlock) -> String {
    match (&block.kind.0, &block.tx.event) {
        (BlockKind::Birth, _) => "Birth".to_owned(),
        (BlockKind::End, _) => "End".to_owned(),
        (BlockKind::State, EventKind::StateChanged { state }) => state.to_string(),
        (BlockKind::State, EventKind::Rebooted) => "Rebooted".to_owned(),
        (BlockKind::State, other) => format!("{other:?}"),
    }
}

fn tell_sums(text: &mut String, states: &[StateUsage]) {
    for usage in states.iter().filter(|usage| usage.wall_us.0 > 0) {
        writeln!(text, "  {} {} us", usage.state, usage.wall_us.0).expect("a string takes all");
    }
    let running = |usage: &&StateUsage| usage.state == Named(ServerState::Running);
    let holding = |usage: &&StateUsage| running(usage) || usage.state == Named(ServerState::Paused);
    let vcpu: u128 = states.iter().filter(running).map(|usage| usage.vcpu_us.0).sum();
    let memory: u128 = states.iter().filter(holding).map(|usage| usage.mib_us.0).sum();
    writeln!(text, "  RUNNING {vcpu} vcpu us\n  RUNNING and PAUSED {memory} MiB us").expect("a string takes all");
}

/// Names by UUID; they stand in the recording only.
fn names() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(repository("testnet/libvirt-qemu-6-servers.jsonl")).expect("it is committed");
    let line = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON lines");
        Some((line["uuid"].as_str()?.to_owned(), line["name"].as_str()?.to_owned()))
    };
    text.lines().filter_map(line).collect()
}
