//! Whoever reads a program's output may go away: a command ends quietly with its own exit code, and a node lives on.

use std::io::{BufRead, BufReader, PipeWriter, pipe};
use std::process::{Child, Command, Stdio};

use tierchain_testnet::cluster::{binary, signal};

use crate::harness::{Network, turn, until};

/// A pipe that nobody reads.
fn unread() -> PipeWriter {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    writer
}

fn command(program: &str, words: &[&str]) -> Command {
    let mut command = Command::new(binary(program).expect("the binaries are built"));
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn a_complaint_that_nobody_reads_changes_no_exit_code() {
    let genesis = format!("0x{}", "0".repeat(64));
    let cases: [(&str, &[&str], i32); 5] = [
        ("tierchain", &["verify", "evidence", "no-such-file", "--genesis", &genesis], 2),
        ("tierchain", &["chains", "list", "--rpc", "http://127.0.0.1:1"], 1),
        ("tierchain-agent", &["servers", "--state", "no-such-folder"], 1),
        ("tierchain-agent", &["evidence", "--state", "no-such-folder", "--hash", &genesis], 2),
        ("tierchain-testnet", &["report", "--names", "libvirt-recording:no-such-file"], 1),
    ];
    for (program, words, code) in cases {
        let status = command(program, words).stderr(unread()).status().expect("it starts");
        assert_eq!(status.code(), Some(code), "{program} {words:?}");
    }
}

#[test]
fn a_result_of_which_somebody_has_seen_enough_is_no_error() {
    let cases: [(&str, &[&str]); 3] = [
        ("tierchain", &["key", "inspect", "//Alice"]),
        ("tierchain", &["chain-spec", "new", "--help"]),
        ("tierchain-testnet", &["accounts", "--count", "10000"]),
    ];
    for (program, words) in cases {
        let ended = command(program, words).stdout(unread()).stderr(Stdio::piped()).output().expect("it starts");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!((ended.status.code(), said.as_ref()), (Some(0), ""), "{program} {words:?}");
    }
}

/// A node's process of this scenario's own.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_node_outlives_whoever_reads_its_log() {
    let _turn = turn();
    let mut network = Network::prepare(0);
    for format in ["text", "json"] {
        let mut run = network.world.run_command(0, &network.world.spec());
        let run = run.args(["--log-format", format]).stdin(Stdio::null()).stderr(Stdio::piped());
        let mut node = Node(run.spawn().expect("it starts"));
        let mut log = BufReader::new(node.0.stderr.take().expect("it is piped"));
        let mut line = String::new();
        assert!(log.read_line(&mut line).expect("text") > 0, "it says something");
        drop(log);
        if network.running().is_empty() {
            (1..4).for_each(|other| network.restart(other));
        }
        // It logs at every step of these.
        let others = until("the others have blocks", || network.node(1).height());
        until("it goes on with them", || network.node(0).height().filter(|height| *height >= others + 3));
        signal("-TERM", &[node.0.id()]).expect("it runs");
        let status = node.0.wait().expect("our own child");
        assert_eq!(status.code(), Some(0), "it ends as it should, {format}");
    }
}
