//! SIGTERM: a validator stops well and soon, and goes on where it was.

use std::time::{Duration, Instant};

use crate::harness::{Network, turn};

/// What is promised.
const STOP_LIMIT: Duration = Duration::from_secs(2);

#[test]
fn sigterm_stops_a_validator_within_two_seconds_with_exit_code_0() {
    let _turn = turn();
    let mut network = Network::start();
    for node in 0..2 {
        let mut process = network.take(node);
        let began = Instant::now();
        process.terminate().expect("it runs");
        let status = process.wait(STOP_LIMIT * 5).expect("it stops at all");
        assert_eq!(status.code(), Some(0), "validator {node}: {status}");
        assert!(began.elapsed() < STOP_LIMIT, "validator {node} took {:?}", began.elapsed());
        network.restart(node);
        let height = network.node(3).height().expect("it runs");
        network.agree_at(height + 1);
    }
}
