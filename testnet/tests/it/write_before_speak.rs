//! No vote leaves a validator before the sync that covers it.
//!
//! SIGKILL can't tell whether fdatasync was called: what was written survives it either way. So one validator runs
//! under strace, which holds back each of its fdatasync by [`SYNC_MS`] and writes down what its threads ask of the
//! system. Two things are shown:
//!
//! - **A vote is seen only after a sync that began after its proposal.** One of the other three is dead, so that no
//!   block can become final without this validator and each stays in flight for a while. When nothing is in flight, a
//!   remark is handed in, and the primary is asked again and again whose votes it has. Whatever block they are for, it
//!   was proposed after the question that found nothing in flight; so a vote of the traced validator that is there
//!   within the time of one held-back sync was out before its own sync was over.
//! - **Nothing comes between a record and its sync.** The driver is the only thread that writes the vote log, and the
//!   one from which all votes go out. Whenever it has written to a segment, the very next thing it asks of the system
//!   is the fdatasync of that file, which succeeds: no write to a socket, no wake-up of a thread that would send.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tierchain_rpc::types::{ExtrinsicState, InFlight};

use crate::harness::{Author, Network, Node, others, turn, until};

/// How long each fdatasync of the traced validator is held back.
const SYNC_MS: u64 = 250;

/// Remarks whose votes are watched.
const ROUNDS: u32 = 4;

#[test]
fn no_vote_leaves_before_the_sync_that_covers_it() {
    if !can_trace() {
        println!("skipped: strace isn't there, or this machine doesn't let it trace");
        return;
    }
    let _turn = turn();
    let mut network = Network::prepare(0);
    let trace = network.world.path("trace");
    // Neither the first primary nor its successor.
    let traced = 3;
    for node in others(traced) {
        network.restart(node);
    }
    network.start_by(traced, strace(&trace, &network.world.run_command(traced, &network.world.spec())));
    network.wait_ready();
    let primary = network.primary();
    let asked = if primary == traced { 0 } else { primary };
    network.kill(others(traced).find(|node| *node != asked).expect("four validators"));

    let node = network.node(asked);
    let author = Author::new("writer", node.genesis());
    (0..ROUNDS).for_each(|round| watch_a_block(&node, &author, traced, round));
    let driver = driver_of(&network.world.base_path(traced));
    let text = std::fs::read_to_string(&trace).expect("strace writes it");
    // strace goes on writing: what follows the last line end is the beginning of a line.
    let (whole, _) = text.rsplit_once('\n').expect("a trace of many lines");
    let syncs = assert_synced_at_once(whole, driver);
    assert!(syncs >= ROUNDS, "only {syncs} syncs of the vote log in {ROUNDS} rounds");
}

/// Has a remark become final, and sees to it that no vote of the traced validator arrives too early.
fn watch_a_block(node: &Node, author: &Author, traced: u16, round: u32) {
    let quiet_since = until("nothing is in flight", || {
        let asked_at = Instant::now();
        // In the middle of a view change nothing is in flight either, while others may already vote in the new view.
        let status = node.status()?;
        (status.in_flight.is_empty() && status.waiting_for == "there is nothing to do").then_some(asked_at)
    });
    let remark = Author::remark(&format!("round {round}"));
    let hash = node.submit(&author.sign(&remark, node.next_nonce("writer"))).expect("a good remark");
    let outcome = until("the remark is final", || {
        let in_flight = node.status()?.in_flight;
        let elapsed = quiet_since.elapsed();
        let has_voted =
            |block: &InFlight| block.prepares.have.contains(&traced) || block.commits.have.contains(&traced);
        let is_early = elapsed < Duration::from_millis(SYNC_MS) && in_flight.iter().any(has_voted);
        assert!(!is_early, "a vote arrived after {elapsed:?}, before its sync was over: {in_flight:?}");
        let status = node.extrinsic_status(hash)?;
        status.included.is_some().then_some(status)
    });
    assert_eq!(outcome.state, ExtrinsicState::Succeeded, "{}", outcome.explanation);
    let took = quiet_since.elapsed();
    assert!(took >= Duration::from_millis(SYNC_MS), "final after {took:?}: a vote was out before its sync was over");
}

/// Whether strace is there, may trace, and can hold back a call.
fn can_trace() -> bool {
    let mut command = Command::new("strace");
    command.args(["-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "inject=fdatasync:delay_enter=1", "true"]);
    command.output().is_ok_and(|output| output.status.success())
}

/// A command under strace. All calls by which a thread can write, send or wake another one are written down.
fn strace(trace: &Path, command: &Command) -> Command {
    let mut traced = Command::new("strace");
    traced.args(["-f", "--seccomp-bpf", "-y", "-o"]).arg(trace);
    traced.args(["-e", "trace=pwrite64,write,writev,sendto,sendmsg,fdatasync,fsync,futex"]);
    traced.arg("-e").arg(format!("inject=fdatasync:delay_enter={}", SYNC_MS * 1_000));
    traced.arg(command.get_program()).args(command.get_args());
    traced
}

/// The driver's thread: by its name, in the process that holds the base path's lock.
fn driver_of(base_path: &Path) -> u32 {
    let pid = std::fs::read_to_string(base_path.join("lock")).expect("a node writes its pid there");
    let tasks = std::fs::read_dir(format!("/proc/{}/task", pid.trim())).expect("the node runs");
    let is_driver = |path: &Path| std::fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim() == "driver");
    let task = tasks.filter_map(|task| Some(task.ok()?.path())).find(|path| is_driver(path));
    let task = task.expect("a node has a driver");
    task.file_name().and_then(|name| name.to_str()?.parse().ok()).expect("tasks are named by number")
}

/// Checks that each write of the driver to the vote log is followed by its sync; says how many there were.
fn assert_synced_at_once(trace: &str, driver: u32) -> u32 {
    let calls = calls_of(trace, driver);
    let mut syncs = 0;
    for pair in calls.windows(2) {
        if pair[0].starts_with("pwrite64(") && pair[0].contains("/votes/") {
            let is_sync = pair[1].starts_with("fdatasync(") && pair[1].contains("/votes/") && pair[1].contains(" = 0");
            assert!(is_sync, "between a record and its sync: {}", pair[1]);
            syncs += 1;
        }
    }
    syncs
}

/// What a thread asked of the system, in order. A call that others' interrupt stands in two lines.
fn calls_of(trace: &str, thread: u32) -> Vec<String> {
    let prefix = format!("{thread} ");
    let mut calls = Vec::new();
    let mut begun = String::new();
    for line in trace.lines().filter_map(|line| line.strip_prefix(&prefix)) {
        let line = line.trim_start();
        if let Some(first) = line.strip_suffix("<unfinished ...>") {
            begun = first.to_owned();
        } else if let Some((_, rest)) = line.split_once(" resumed>") {
            calls.push(format!("{begun}{rest}"));
        } else {
            calls.push(line.to_owned());
        }
    }
    calls
}
