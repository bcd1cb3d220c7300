//! SIGKILL of the agent at many points: no gap, no double.

use std::thread::sleep;
use std::time::Duration;

use crate::harness::{Network, Replay, turn, until};
use crate::recording::assert_recorded;

/// Slow enough that every kill finds the replay going on.
const SPEED: u32 = 8;

#[test]
fn an_agent_that_is_killed_again_and_again_leaves_no_gap_and_no_double() {
    let _turn = turn();
    let network = Network::start();
    let replay = Replay { speed: SPEED, ..Replay::recording() };
    // Before it says anything, while it opens its outbox, between outbox and ledger.
    for delay_ms in [5, 20, 60, 150] {
        let mut agent = replay.start(&network);
        sleep(Duration::from_millis(delay_ms));
        agent.kill();
    }
    // While its first, its middle and its last events are on their way.
    for blocks in [1, 7, 13, 21, 29, 36] {
        let mut agent = replay.start(&network);
        until("the replay goes on", || network.node(2).entity_blocks().filter(|found| *found >= blocks));
        agent.kill();
    }
    let report = replay.run(&network);
    assert_eq!((report.number("blocks"), report.number("metaBlocks")), (38, 6));
    assert_recorded(&network);
}
