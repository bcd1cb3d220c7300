//! A host falls silent: its agent is killed, and comes back in time, or too late.
//!
//! ```text
//! agent killed ── bound ──> Suspected ── bound ──> Orphaned ── bound ──> anchored by the foundry that runs
//!                               └── agent is back: the suspicion is over, the chain goes on
//! ```

use std::process::Command;
use std::time::Duration;

use tierchain_primitives::ledger::{EndReason, ServerState, Uuid, party_id};
use tierchain_rpc::types::{EventKind, Named, ServerInfo, ServerStatus};
use tierchain_testnet::cluster::public_key;
use tierchain_testnet::live::{SERVICE, add_image};

use crate::harness::{Network, Site, finish, stays, turn, until, until_clock};

/// The silence bound: far longer than a validator, an agent and a command take together while a host is alive.
const SILENCE_MS: u64 = 4_000;

/// How often the host attests.
const ATTEST_MS: u32 = 1_000;

/// For how long nothing may change any more.
const CALM: Duration = Duration::from_secs(3);

/// A site with a server that runs, whose host is attested.
fn site() -> (Site, Uuid) {
    let network = Network::start_like(|shape| shape.bounds.silence_ms = Some(SILENCE_MS));
    let site = Site::open(network, ATTEST_MS);
    site.people().join(&["visitor"]);
    until("the host is attested", || site.attestation(party_id("host-0")));
    let image = add_image(&site.network.world.path("images"), SERVICE).expect("written").to_string();
    site.people().done("provider", &["foundry", "image", "add", &image]);
    let uuid = Uuid([0x51; 16]);
    let name = uuid.to_string();
    let what = ["--uuid", &name, "--host", "host-0", "--image", &image, "--wait"];
    let whose = ["--provider", "demo-provider", "--tenant", "t", "--service", "s"];
    site.people().done("provider", &[&["directives", "issue", "create"][..], &what, &whose].concat());
    until("it runs", || info(&site, uuid).state.filter(|state| state.0 == ServerState::Running));
    site.until_attested(party_id("host-0"), info(&site, uuid).born.expect("it runs").0);
    (site, uuid)
}

fn info(site: &Site, uuid: Uuid) -> ServerInfo {
    site.server(uuid).expect("it is on the ledger")
}

/// Kills the agent, waits until the bound is over since its last sign of life, and has the foundry say so.
fn suspect(site: &mut Site, uuid: Uuid) {
    let name = uuid.to_string();
    let too_soon = ["Chains.HostNotSilent", "that is from", "Wait, and look again"];
    site.people().fails("foundry", &["foundry", "suspect", &name], &too_soon);
    site.kill_host();
    let sign = site.attestation(party_id("host-0")).expect("it was attested").noted.0;
    // An attestation that was on its way when the agent was killed is of the same moment.
    until_clock(sign + u64::from(ATTEST_MS) + SILENCE_MS);
    let stranger = public_key("visitor").to_string();
    let missing = ["Registry.NotAFoundry", &stranger, "lacks the role foundry"];
    site.people().fails("visitor", &["foundry", "suspect", &name], &missing);
    let said = site.people().done("foundry", &["foundry", "suspect", &name]);
    assert!(said["server"]["suspected"].is_number(), "{said}");
    site.people().fails("foundry", &["foundry", "suspect", &name], &["Chains.AlreadySuspected"]);
}

/// When the suspicion was taken, in milliseconds.
fn suspected_at(site: &Site, uuid: Uuid) -> u64 {
    let blocks = site.blocks(uuid);
    let suspicion = blocks.iter().rev().find(|block| matches!(block.tx.event, EventKind::Suspected { .. }));
    suspicion.expect("it stands in the chain").tx.block_timestamp.0
}

#[test]
fn a_server_of_a_silent_host_ends_as_an_orphan_and_a_foundry_anchors_it() {
    let _turn = turn();
    let (mut site, uuid) = site();
    let name = uuid.to_string();
    suspect(&mut site, uuid);
    // The foundry's account is the command line's too, and both write.
    let too_soon = ["Chains.NotSuspectedLongEnough", "that is from", "the block is of"];
    site.people().fails("foundry", &["foundry", "give-up", &name], &too_soon);
    until_clock(suspected_at(&site, uuid) + SILENCE_MS);
    site.kill_foundry();
    let said = site.people().done("foundry", &["foundry", "give-up", &name]);
    assert_eq!((&said["server"]["status"], &said["server"]["reason"]), (&"ended".into(), &"Orphaned".into()));
    // A foundry that was away reads on from its bookmark.
    site.restart_foundry();
    let ended = until("its end is anchored", || Some(info(&site, uuid)).filter(|info| info.anchored));
    assert_eq!((ended.status, ended.reason), (ServerStatus::Ended, Some(Named(EndReason::Orphaned))));
    assert_eq!(ended.anchor.expect("it is anchored").by.0, public_key("foundry"));
    let writers: Vec<_> = ended.writers.iter().map(|writer| writer.account.0).collect();
    for account in ["hypervisor", "foundry"] {
        assert!(writers.contains(&public_key(account)), "{account} has a next number: {writers:?}");
    }

    let report = site.people().audit(uuid);
    assert_eq!((report["ended"]["reason"].as_str(), report["late"].as_u64()), (Some("Orphaned"), Some(0)));
    assert!(report["meta"]["number"].is_u64(), "its end is linked: {report}");
    what_its_agent_says_afterwards_is_late(&mut site, uuid, &ended);
}

/// The server died while nobody watched; the agent finds that out, says so once, and has done.
fn what_its_agent_says_afterwards_is_late(site: &mut Site, uuid: Uuid, ended: &ServerInfo) {
    let leader = site.leader(uuid).expect("it still runs");
    finish(Command::new("kill").args(["-KILL", "--", &format!("-{leader}")]), CALM);
    site.restart_host();
    let late = until("the agent has said what it has to say", || Some(info(site, uuid).late).filter(|late| late.0 > 0));
    let attested = site.attestation(party_id("host-0")).expect("it was attested").until;
    let mut newest = late;
    until("the host is attested again and again", || {
        newest = info(site, uuid).late;
        let again = site.attestation(party_id("host-0"))?.until.0;
        (again > attested.0 + 2_000 * u64::from(ATTEST_MS)).then_some(())
    });
    stays(CALM, "nothing is said twice", || info(site, uuid).late == newest);
    let now = info(site, uuid);
    let sealed = |info: &ServerInfo| (info.blocks, info.head, info.end_hash, info.anchor, info.state, info.notes);
    assert_eq!(sealed(&now), sealed(ended), "the sealed chain stays as it is");
    let refusals = site.host_log().lines().filter(|line| line.contains("the ledger refused")).count();
    assert!(refusals <= 1, "{refusals} refusals:\n{}", site.host_log());
    let report = site.people().audit(uuid);
    assert_eq!(report["late"].as_u64(), Some(now.late.0), "{report}");
    assert_eq!(report["blocks"].as_u64(), Some(u64::from(ended.blocks)));
}

#[test]
fn a_host_that_comes_back_in_time_goes_on() {
    let _turn = turn();
    let (mut site, uuid) = site();
    let name = uuid.to_string();
    suspect(&mut site, uuid);
    let since = suspected_at(&site, uuid);
    site.restart_host();
    until("a sign of life refutes the suspicion", || info(&site, uuid).suspected.is_none().then_some(()));
    until_clock(since + SILENCE_MS);
    site.people().fails("foundry", &["foundry", "give-up", &name], &["Chains.HostNotSilent", "gave a sign of life"]);
    let order = ["directives", "issue", "pause", &name, "--wait"];
    site.people().done("provider", &order);
    until("the chain goes on", || info(&site, uuid).state.filter(|state| state.0 == ServerState::Paused));
    let now = info(&site, uuid);
    assert_eq!((now.status, now.late.0, now.suspected), (ServerStatus::Living, 0, None));
    // Suspecting again takes another bound of silence.
    site.people().fails("foundry", &["foundry", "suspect", &name], &["Chains.HostNotSilent"]);
    site.people().done("provider", &["directives", "issue", "destroy", &name, "--wait"]);
    let ended = until("its end is anchored", || Some(info(&site, uuid)).filter(|info| info.anchored));
    site.until_attested(party_id("host-0"), ended.ended.expect("it has ended").0);
    let report = site.people().audit(uuid);
    assert_eq!(report["ended"]["reason"].as_str(), Some("Terminated"), "{report}");
    let unattested = report["unattested"].as_array().expect("a list").len();
    assert_eq!(unattested, 1, "the time without an agent: {report}");
}
