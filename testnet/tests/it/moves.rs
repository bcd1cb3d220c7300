//! A server moves between two hosts of two regions, by two agents that share nothing but the ledger: done, called off,
//! and killed in the middle of it. It runs at one place at most, and the audit tells where it was.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{Uuid, party_id};
use tierchain_rpc::api::DirectivesApiClient;
use tierchain_rpc::types::{Address, DirectiveInfo, DirectiveStatus, EventKind, Hash};
use tierchain_testnet::cluster::{Process, public_key};
use tierchain_testnet::live::{SERVICE, add_image};

use crate::harness::site::{end_servers, kill_alone, leader, show_end, start_agent};
use crate::harness::{Network, Site, finish, tierchain, turn, until, until_clock, wait_for};

/// How long a move may stay unfinished before anybody may have that noted.
const MOVE_MS: u64 = 1_500;

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(60);

/// How long the other host may take before a server is called back: too long for a good move to be called off by a
/// machine that does something else as well.
const PATIENT: &[&str] = &["--attest-ms", "1000", "--move-wait-ms", "60000"];

/// The same for a move that nobody takes over.
const IMPATIENT: &[&str] = &["--attest-ms", "1000", "--move-wait-ms", "1000"];

const UUID: Uuid = Uuid([0x4d; 16]);

/// A site in Vienna, and a host of another hypervisor in Oslo.
struct Pair {
    site: Site,
    other: Option<Process>,
    options: &'static [&'static str],
    issued: u8,
}

impl Pair {
    fn open(options: &'static [&'static str]) -> Self {
        let network = Network::start_like(|shape| {
            shape.data_centers = vec!["vienna=EU".into(), "oslo=NO".into()];
            shape.accounts.push(format!("{}:hypervisor", public_key("second")));
            let hosts = [("host-0@vienna", "hypervisor"), ("host-1@oslo", "second")];
            shape.hosts = hosts.map(|(host, key)| format!("{host}:{}", public_key(key))).to_vec();
            shape.bounds.move_ms = Some(MOVE_MS);
        });
        let site = Site::open_with(network, options);
        site.people().join(&["second", "visitor"]);
        let mut pair = Self { site, other: None, options, issued: 0 };
        pair.start(1);
        let image = add_image(&pair.site.network.world.path("images"), SERVICE).expect("written").to_string();
        pair.site.people().done("provider", &["foundry", "image", "add", &image]);
        pair.order(UUID, &image);
        pair
    }

    fn order(&self, uuid: Uuid, image: &str) {
        let name = uuid.to_string();
        let what = ["--uuid", &name, "--host", "host-0", "--image", image, "--wait"];
        let whose = ["--provider", "demo-provider", "--tenant", "t", "--service", "s"];
        self.site.people().done("provider", &[&["directives", "issue", "create"][..], &what, &whose].concat());
    }

    fn start(&mut self, host: usize) {
        match host {
            0 => self.site.restart_host(),
            _ => {
                let (network, options) = (&self.site.network, self.options);
                self.other = Some(start_agent(network, ("host-1", "second"), "host-1", options));
            }
        }
    }

    fn kill(&mut self, host: usize) {
        match host {
            0 => self.site.kill_host(),
            _ => kill_alone(self.other.as_mut().expect("it runs")),
        }
    }

    fn state(&self, host: usize) -> PathBuf {
        self.site.network.world.path(["host", "host-1"][host])
    }

    /// The process that leads the server at a host, if it runs there.
    fn leader(&self, host: usize) -> Option<u64> {
        let pid = leader(&self.state(host).join("servers").join(UUID.to_string()))?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let state = stat[stat.rfind(')')? + 1..].trim_start().chars().next()?;
        (!matches!(state, 'Z' | 'X')).then_some(pid)
    }

    /// Where it runs; never at two places.
    fn runs_at(&self) -> Option<usize> {
        let running: Vec<usize> = (0..2).filter(|host| self.leader(*host).is_some()).collect();
        assert!(running.len() <= 1, "it runs twice: {:?}", self.story());
        running.first().copied()
    }

    /// Asks a host to move it to the other one, and gives the directive's reference.
    fn migrate(&mut self, from: usize) -> H256 {
        self.issued += 1;
        let reference = H256([self.issued; 32]);
        let to = ["host-1", "host-0"][from];
        let words = ["directives", "issue", "migrate", &UUID.to_string(), "--to", to];
        let name = reference.to_string();
        let named = [&words[..], &["--reference", &name]].concat();
        self.site.people().done("provider", &named);
        reference
    }

    fn directive(&self, reference: H256) -> Option<DirectiveInfo> {
        let client = self.site.network.node(3).client;
        wait_for(client.directive_named(Address(public_key("provider")), Hash(reference))).ok().flatten()
    }

    fn until_closed(&self, reference: H256) -> DirectiveStatus {
        until("the move is closed", || {
            self.runs_at();
            self.directive(reference).map(|info| info.status).filter(|status| !status.is_open())
        })
    }

    /// Waits until it runs where the ledger says that it is, and nowhere else.
    fn settle(&self) -> usize {
        until("it runs where the ledger has it", || {
            let info = self.site.server(UUID)?;
            let at = (0..2).find(|host| info.host.0 == party_id(["host-0", "host-1"][*host]))?;
            (info.moving_to.is_none() && self.runs_at() == Some(at)).then_some(at)
        })
    }

    /// What happened to it, without what its tracker saw.
    fn story(&self) -> Vec<String> {
        let word = |kind: &EventKind| match kind {
            EventKind::StateChanged { state } => Some(state.0.name().to_owned()),
            EventKind::Born { .. } => Some("Born".into()),
            EventKind::MovedOut { .. } => Some("MovedOut".into()),
            EventKind::MovedIn { .. } => Some("MovedIn".into()),
            EventKind::Ended { .. } => Some("Ended".into()),
            EventKind::GuestEvent { .. } => None,
            other => Some(format!("{other:?}")),
        };
        self.site.blocks(UUID).iter().filter_map(|block| word(&block.tx.event)).collect()
    }

    /// How often its tracker has said that its service is up.
    fn ups(&self) -> usize {
        let is_up = |kind: &EventKind| matches!(kind, EventKind::GuestEvent { code: 1 });
        self.site.blocks(UUID).iter().filter(|block| is_up(&block.tx.event)).count()
    }

    /// Has its file refused, or held, as one of a server that never left a region.
    fn never_left(&self, uuid: Uuid, region: &str) -> bool {
        let file = self.site.network.world.path(&format!("{uuid}.audit"));
        let genesis = self.site.network.node(0).genesis().to_string();
        let mut verify = tierchain("audit");
        verify.arg("verify").arg(&file).args(["--genesis", &genesis, "--never-left", region]);
        let first = finish(&mut verify, LIMIT);
        let mut second = Command::new(crate::harness::repository("scripts/audit.sh"));
        second.arg(&file).args(["--genesis", &genesis, "--never-left", region]);
        let second = finish(&mut second, LIMIT);
        assert!(matches!(first.code, Some(0 | 1)) && first.code == second.code, "{first:?} {second:?}");
        first.code == Some(0)
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        if std::thread::panicking() {
            show_end(&self.site.network, "host-1.log");
        }
        end_servers(&self.state(1));
    }
}

fn texts(report: &Value, list: &str, field: &str) -> Vec<String> {
    let items = report[list].as_array().expect("a list");
    items.iter().map(|item| item[field].as_str().expect("text").to_owned()).collect()
}

#[test]
fn a_server_moves_to_another_region_and_its_audit_says_so() {
    let _turn = turn();
    let mut pair = Pair::open(PATIENT);
    until("its service is up", || (pair.ups() == 1).then_some(()));
    // Another one stays.
    let (stays, image) = (Uuid([0x4e; 16]), add_image(&pair.state(0).with_file_name("images"), SERVICE));
    pair.order(stays, &image.expect("written").to_string());
    let first = pair.leader(0).expect("it runs");

    let moved = pair.migrate(0);
    assert_eq!(pair.until_closed(moved), DirectiveStatus::Done);
    assert_eq!(pair.settle(), 1);
    assert_ne!(pair.leader(1), Some(first), "it was started anew");
    assert!(!pair.state(0).join("servers").join(UUID.to_string()).exists(), "nothing of it is left");
    // The key that was announced speaks from there, and its numbers go on.
    until("its service is up again", || (pair.ups() == 2).then_some(()));
    let name = UUID.to_string();
    pair.site.people().done("provider", &["directives", "issue", "destroy", &name, "--wait"]);
    until("its end is anchored", || pair.site.server(UUID).filter(|info| info.anchored));
    assert_eq!(pair.story(), ["Born", "RUNNING", "MovedOut", "MovedIn", "Ended"]);

    let report = pair.site.people().audit(UUID);
    assert_eq!(texts(&report, "custody", "dataCenter").len(), 2, "{report}");
    assert_eq!(texts(&report, "custody", "region"), ["EU", "NO"]);
    let hosts = ["host-0", "host-1"].map(|host| party_id(host).to_string());
    assert_eq!(texts(&report, "custody", "host"), hosts);
    assert_eq!(texts(&report, "intervals", "state"), ["STOPPED", "RUNNING"], "one interval: {report}");
    assert!(!pair.never_left(UUID, "EU") && !pair.never_left(UUID, "NO"));
    pair.site.people().audit(stays);
    assert!(pair.never_left(stays, "EU") && !pair.never_left(stays, "NO"));
}

#[test]
fn a_move_that_nobody_takes_over_is_called_off_or_noted_as_unfinished() {
    let _turn = turn();
    let mut pair = Pair::open(IMPATIENT);
    pair.kill(1);
    let moved = pair.migrate(0);
    assert_eq!(pair.until_closed(moved), DirectiveStatus::Failed);
    assert_eq!(pair.directive(moved).and_then(|info| info.reason).as_deref(), Some("broken"));
    assert_eq!(
        (pair.settle(), pair.story()),
        (0, ["Born", "RUNNING", "MovedOut", "MovedOut"].map(str::to_owned).to_vec())
    );

    // Now its own host dies, too, when it has left.
    let name = UUID.to_string();
    let note = ["chains", "note", &name, "--kind", "moveUnfinished"];
    pair.site.people().fails("provider", &note, &["Chains.NoDiscrepancy"]);
    let again = pair.migrate(0);
    until("it has left", || pair.site.server(UUID).filter(|info| info.moving_to.is_some()));
    pair.kill(0);
    let left = pair.site.blocks(UUID).last().expect("it was born").tx.block_timestamp.0;
    if pair.site.server(UUID).is_some_and(|info| info.moving_to.is_some()) {
        until_clock(left + MOVE_MS);
        pair.site.people().done("provider", &note);
        assert_eq!(pair.runs_at(), None, "it runs nowhere");
    }
    pair.start(0);
    assert_eq!(pair.until_closed(again), DirectiveStatus::Failed);
    assert_eq!(pair.settle(), 0, "it goes on where it was");
    let report = pair.site.people().audit(UUID);
    assert_eq!(texts(&report, "intervals", "state"), ["STOPPED", "RUNNING"], "one interval: {report}");
    assert!(!pair.never_left(UUID, "EU"), "where it was to move to counts, too");
}

#[test]
fn agents_that_are_killed_in_the_middle_of_moves_never_run_it_twice() {
    let _turn = turn();
    let mut pair = Pair::open(PATIENT);
    let mut at = pair.settle();
    // Who dies, and how long after the order: before it is accepted, while it is stopped, while it is on its way, while it
    // is started.
    for (dies, wait_ms) in [(0, 30), (1, 60), (0, 150), (1, 250), (0, 400), (1, 500), (0, 700), (1, 900)] {
        let moved = pair.migrate(at);
        std::thread::sleep(Duration::from_millis(wait_ms));
        pair.kill(dies);
        pair.start(dies);
        assert_eq!(pair.until_closed(moved), DirectiveStatus::Done, "host {dies} killed after {wait_ms} ms");
        at = 1 - at;
        assert_eq!(pair.settle(), at);
    }
    let moves = ["MovedOut", "MovedIn"].iter().cycle().take(16).copied();
    let expected: Vec<&str> = ["Born", "RUNNING"].into_iter().chain(moves).collect();
    assert_eq!(pair.story(), expected, "each move once");
    let report = pair.site.people().audit(UUID);
    assert_eq!(texts(&report, "custody", "host").len(), 9, "{report}");
    assert_eq!(texts(&report, "intervals", "state"), ["STOPPED", "RUNNING"]);
}
