//! SIGKILL of any one validator of four: everything still becomes final, and it catches up when it is back.

use std::time::Duration;

use crate::harness::{Network, Replay, others, turn, until, within};
use crate::recording::assert_recorded;

/// Slow enough that the replay goes on while validators die and come back: the recording has 39 seconds.
const SPEED: u32 = 4;

/// Far more than heartbeat, time-out and the way of a block, on a machine that does something else as well.
const REPLACED_WITHIN: Duration = Duration::from_secs(15);

#[test]
fn everything_becomes_final_while_a_follower_and_then_the_primary_are_dead() {
    let _turn = turn();
    let mut network = Network::start();
    let primary = network.primary();
    let follower = others(primary).next().expect("four validators");
    // The agent talks to both that will die.
    let mut agent = Replay { nodes: vec![primary, follower], speed: SPEED, ..Replay::recording() }.start(&network);

    let third = others(primary).find(|node| *node != follower).expect("four validators");
    for (victim, dies_at, back_at) in [(follower, 8, 14), (primary, 18, 22)] {
        until("the replay goes on", || network.node(third).entity_blocks().filter(|blocks| *blocks >= dies_at));
        assert!(!agent.has_ended(), "the replay is still on when validator {victim} dies");
        network.kill(victim);
        until("blocks become final without it", || {
            network.node(third).entity_blocks().filter(|blocks| *blocks >= back_at)
        });
        network.restart(victim);
        let height = network.node(third).height().expect("it runs");
        until("the validator catches up", || network.node(victim).height().filter(|own| *own >= height));
    }
    agent.finish();
    assert_recorded(&network);
}

#[test]
fn a_primary_that_dies_on_an_idle_network_is_replaced() {
    let _turn = turn();
    let mut network = Network::start();
    let primary = network.primary();
    let (height, _) = network.agree_at(1);
    network.kill(primary);
    let node = network.running().remove(0);
    within(REPLACED_WITHIN, "another primary has made a block", || {
        let status = node.status()?;
        (status.primary != primary && status.height > height).then_some(())
    });
    network.restart(primary);
    let height = node.height().expect("it runs");
    let (height, _) = network.agree_at(height + 1);
    network.assert_one_chain(height);
}
