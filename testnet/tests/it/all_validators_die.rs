//! SIGKILL of all validators at once: they go on by themselves, and what was reported final is there.

use std::collections::BTreeMap;

use crate::harness::{Ledger, Network, Replay, turn, until};
use crate::recording::assert_recorded;

#[test]
fn four_validators_killed_at_once_go_on_with_what_was_final() {
    let _turn = turn();
    let mut network = Network::start();
    let mut agent = Replay { speed: 6, ..Replay::recording() }.start(&network);
    for blocks in [8, 20] {
        let node = network.node(2);
        until("the replay goes on", || node.entity_blocks().filter(|found| *found >= blocks));
        assert!(!agent.has_ended(), "the replay is still on when all validators die");
        let height = node.height().expect("it runs");
        let reported = node.block_hashes(height);
        let ledger = Ledger::read(&node);

        network.kill_all();
        (0..network.world.nodes).for_each(|node| network.restart(node));
        network.wait_ready();
        let (height, _) = network.agree_at(height + 1);
        network.assert_one_chain(height);
        let node = network.node(2);
        assert_eq!(node.block_hashes(height)[..reported.len()], reported);
        let after: BTreeMap<_, _> =
            Ledger::read(&node).chains.into_iter().map(|(server, now)| (server.chain, now)).collect();
        for (server, blocks) in &ledger.chains {
            let now = after.get(&server.chain).map_or(&[][..], Vec::as_slice);
            assert!(now.starts_with(blocks), "blocks of {:?} were reported and are gone", server.server);
        }
    }
    agent.finish();
    assert_recorded(&network);
}
