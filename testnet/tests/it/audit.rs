//! An auditor takes a life, an absence and a contradiction from a node, and checks them when nobody runs any more.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EndReason, EventKind, ServerId, ServerState};
use tierchain_rpc::types::{ExtrinsicState, ExtrinsicStatus};
use tierchain_runtime::{Call, chains, meta};

use crate::harness::{Author, Finished, Network, finish, tierchain, turn};

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Events of the life, more than a page of blocks.
const EVENTS: u64 = 300;

#[test]
fn what_was_fetched_proves_itself_when_the_network_is_gone() {
    let _turn = turn();
    let mut network = Network::start();
    let genesis = network.node(0).genesis();
    let author = Author::new("writer", genesis);
    let server = Author::server(1);
    let story = live(&network, &author, server);
    let path = |name: &str| network.world.path(name);
    let life = path("life.audit");
    let uuid = server.uuid.to_string();

    // Whatever an interrupted fetch leaves, the next one goes on from it.
    let part = path("life.audit.part");
    ask(&network, &["fetch", &uuid, "-o"], &life).succeeded().expect("it is fetched");
    assert!(!part.exists() && life.exists());
    let signed = path("signed.audit");
    ask(&network, &["fetch", &format!("{uuid}/0"), "--with-extrinsics", "-o"], &signed)
        .succeeded()
        .expect("it is fetched");
    let again = ask(&network, &["fetch", &uuid, "-o"], &life);
    assert!(again.code == Some(1) && again.stderr.contains("exists already"), "{again:?}");

    let file = path("contradiction.audit");
    let [first, second] = story.conflict.map(|hash| hash.to_string());
    ask(&network, &["contradiction", &format!("{first}/{}", EVENTS - 257), &second, "-o"], &file)
        .succeeded()
        .expect("it is one");
    let same = ask(&network, &["contradiction", &second, &second, "-o"], &path("same.audit"));
    assert!(same.code == Some(1) && same.stderr.contains("says the same"), "{same:?}");

    let tenant = path("tenant.audit");
    let (before, after) = ("1999999999999999", "1600000000000000");
    let nothing = ["absence", "tenant", "--from", "1", "--to", after, "-o"];
    ask(&network, &nothing, &tenant).succeeded().expect("it had nothing then");
    let had =
        ask(&network, &["absence", "tenant", "--from", after, "--to", "1700000000000001", "-o"], &path("t.audit"));
    assert!(had.code == Some(1) && had.stdout.contains(&uuid), "{had:?}");
    let future = ask(&network, &["absence", "tenant", "--from", "1", "--to", before, "-o"], &path("f.audit"));
    assert!(future.code == Some(1) && future.stderr.contains("is known until"), "{future:?}");

    network.kill_all();
    for (file, kind) in [(&life, "life"), (&signed, "life"), (&file, "contradiction"), (&tenant, "tenant")] {
        let report: Value =
            serde_json::from_str(&verify(file, &genesis, &["--json"]).succeeded().expect("it holds")).expect("JSON");
        assert_eq!((&report["valid"], &report["kind"]), (&true.into(), &kind.into()), "{report}");
        let foreign = verify(file, &H256([7; 32]), &[]);
        assert_eq!(foreign.code, Some(1), "{foreign:?}");
    }
    let report: Value =
        serde_json::from_str(&verify(&signed, &genesis, &["--json"]).succeeded().expect("it holds")).expect("JSON");
    assert_eq!((report["blocks"].as_u64(), report["ended"]["reason"].as_str()), (Some(EVENTS + 2), Some("Terminated")));
    assert!(report["extrinsics"].as_u64().is_some_and(|count| count >= EVENTS / 256 + 2), "{report}");
    assert!(report["meta"]["number"].is_u64(), "its end is linked: {report}");
    let elsewhere = verify(&life, &genesis, &["--never-left", "nowhere"]);
    assert!(elsewhere.code == Some(1) && elsewhere.stderr.contains("block 0 of the chain"), "{elsewhere:?}");
    assert!(elsewhere.stderr.contains("holds, but not what was asked"), "the file isn't to blame: {elsewhere:?}");
    bent_files_are_refused(&life, &genesis);
    let offline = ["absence", "tenant", "--from", "1", "--to", after, "--genesis", &genesis.to_string(), "--file"];
    finish(tierchain("audit").args(offline).arg(&tenant), LIMIT).succeeded().expect("no node is needed");
}

/// What was said twice, differently.
struct Told {
    conflict: [H256; 2],
}

/// A birth, 300 events, an end and its meta block; and a second story under one of the numbers.
fn live(network: &Network, author: &Author, server: ServerId) -> Told {
    let [announce, birth] = author.birth(server);
    done(network, author, &announce);
    done(network, author, &birth);
    let state = |number: u64| {
        let state = if number.is_multiple_of(2) { ServerState::Running } else { ServerState::Paused };
        Author::event(server, number, EventKind::StateChanged { state }, 8)
    };
    // The birth was number 0 of this account, which is foundry and hypervisor in one.
    let mut newest = H256::ZERO;
    for from in (1..=EVENTS).step_by(256) {
        let events = (from..=EVENTS.min(from + 255)).map(|number| match state(number) {
            Call::Chains(chains::Call::Append { event }) => event,
            _ => unreachable!("an event is appended"),
        });
        newest = done(network, author, &Call::Chains(chains::Call::AppendBatch { events: events.collect() }));
    }
    // The last 256 numbers are kept: older ones pass unread.
    let other = Author::event(server, EVENTS, EventKind::StateChanged { state: ServerState::Crashed }, 8);
    let (second, status) = submitted(network, author, &other);
    assert!(status.explanation.contains("SequenceConflict"), "{}", status.explanation);
    let end = EventKind::Ended { reason: EndReason::Terminated };
    done(network, author, &Author::event(server, EVENTS + 1, end, 8));
    done(network, author, &Call::Meta(meta::Call::Anchor { server }));
    Told { conflict: [newest, second] }
}

fn done(network: &Network, author: &Author, call: &Call) -> H256 {
    let (hash, status) = submitted(network, author, call);
    assert_eq!(status.state, ExtrinsicState::Succeeded, "{}", status.explanation);
    hash
}

fn submitted(network: &Network, author: &Author, call: &Call) -> (H256, ExtrinsicStatus) {
    let node = network.node(0);
    let hash = node.submit(&author.sign(call, node.next_nonce("writer"))).expect("well formed and well signed");
    (hash, node.outcome(hash))
}

/// `tierchain audit …` of a node that runs, with the file that it writes.
fn ask(network: &Network, words: &[&str], file: &Path) -> Finished {
    finish(tierchain("audit").args(words).arg(file).args(["--rpc", &network.world.url(1)]), LIMIT)
}

fn verify(file: &PathBuf, genesis: &H256, words: &[&str]) -> Finished {
    let genesis = genesis.to_string();
    let arguments: [&OsStr; 4] = ["verify".as_ref(), file.as_ref(), "--genesis".as_ref(), genesis.as_ref()];
    finish(tierchain("audit").args(arguments).args(words), LIMIT)
}

fn bent_files_are_refused(life: &Path, genesis: &H256) {
    let bytes = std::fs::read(life).expect("it was fetched");
    let bent = life.with_extension("bent");
    for at in (19..bytes.len()).step_by(bytes.len() / 7) {
        let mut other = bytes.clone();
        other[at] ^= 0x10;
        std::fs::write(&bent, &other).expect("a temporary folder");
        let refused = verify(&bent, genesis, &[]);
        assert_eq!(refused.code, Some(1), "byte {at}: {refused:?}");
    }
    for unreadable in [&b""[..], b"tierchain", b"something else"] {
        std::fs::write(&bent, unreadable).expect("a temporary folder");
        assert_eq!(verify(&bent, genesis, &[]).code, Some(2));
    }
}
