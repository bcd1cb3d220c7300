//! A provider's orders go to a host by the ledger: issued, accepted, done, failed and called off by the command line,
//! and followed from a cursor by somebody whose node goes away in between.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{Announcement, Etsi, Ownership, Relations, ServerId, TrackerCustody, party_id};
use tierchain_runtime::{Call, chains};
use tierchain_testnet::cluster::{Process, public_key, write_key};

use crate::harness::{Author, Finished, Network, PATIENCE, finish, tierchain, turn, until};

/// How long a command may take: it waits until what it submits is final.
const LIMIT: Duration = Duration::from_secs(60);

/// The node that goes away.
const FOLLOWED: u16 = 2;

/// A network, its key files, and who follows it.
struct Site {
    network: Network,
}

impl Site {
    fn open() -> Self {
        let site = Self { network: Network::start() };
        for name in ["provider", "writer", "visitor"] {
            write_key(name, &site.key(name)).expect("a new file in a temporary folder");
        }
        site
    }

    fn key(&self, name: &str) -> PathBuf {
        self.network.world.agent_key(name)
    }

    /// `tierchain directives …` at a node.
    fn command(&self, node: u16, words: &[&str]) -> Command {
        let mut command = tierchain("directives");
        command.args(words).args(["--json", "--rpc", &self.network.world.url(node)]);
        command
    }

    fn act(&self, name: &str, words: &[&str]) -> Finished {
        finish(self.command(1, words).arg("--key").arg(self.key(name)), LIMIT)
    }

    /// The answer of an act that must succeed.
    fn done(&self, name: &str, words: &[&str]) -> Value {
        let said = self.act(name, words).succeeded().unwrap_or_else(|error| panic!("{name} {words:?}: {error:#}"));
        serde_json::from_str(&said).expect("JSON")
    }

    /// Asserts that an act fails and says all of this.
    fn fails(&self, name: &str, words: &[&str], says: &[&str]) {
        let failure = self.act(name, words);
        let told = says.iter().all(|part| failure.stderr.contains(part));
        assert!(failure.code == Some(1) && told, "{name} should hear {says:?}: {failure:?}");
    }

    /// The directives as a node lists them, the newest first.
    fn list(&self, node: u16) -> Vec<Value> {
        let said = finish(&mut self.command(node, &["list"]), LIMIT).succeeded().expect("it succeeds");
        serde_json::from_str(&said).expect("a list")
    }

    /// `directives issue create --wait` that runs on beside us.
    fn waiting(&self, server: ServerId) -> (Process, PathBuf) {
        let out = self.network.world.path(&format!("wait-{}.out", server.uuid));
        let uuid = server.uuid.to_string();
        let mut command = self.command(0, &create(&uuid));
        command.arg("--wait").arg("--key").arg(self.key("provider"));
        (Process::start(&mut command, &out, &out).expect("it can be started"), out)
    }

    /// Has host 0's hypervisor announce a server, as its agent would.
    fn announce(&self, server: ServerId) {
        let node = self.network.node(1);
        let announcement = Announcement {
            server,
            host: party_id("host-0"),
            image: H256([7; 32]),
            resources: None,
            tracker: public_key("tracker"),
            custody: TrackerCustody::Agent,
            ownership: Ownership {
                provider: party_id("demo-provider"),
                tenant: party_id("tenant"),
                service: party_id("service"),
            },
            etsi: Etsi::default(),
            relations: Relations::default(),
        };
        let author = Author::new("hypervisor", node.genesis());
        let call = Call::Chains(chains::Call::Announce { announcement });
        let hash = node.submit(&author.sign(&call, node.next_nonce("hypervisor"))).expect("it is taken");
        assert_eq!(node.outcome(hash).error, None);
    }
}

/// The words that order a server.
fn create(uuid: &str) -> [&str; 14] {
    const IMAGE: &str = "0x0707070707070707070707070707070707070707070707070707070707070707";
    [
        "issue",
        "create",
        "--uuid",
        uuid,
        "--host",
        "host-0",
        "--image",
        IMAGE,
        "--provider",
        "demo-provider",
        "--tenant",
        "tenant",
        "--service",
        "service",
    ]
}

/// `tierchain directives list --follow`, and what it printed.
struct Listener {
    _process: Process,
    out: PathBuf,
    log: PathBuf,
}

impl Listener {
    fn start(site: &Site) -> Self {
        let (out, log) = (site.network.world.path("follow.out"), site.network.world.path("follow.log"));
        let mut command = site.command(FOLLOWED, &["list", "--follow", "--from", "0/0"]);
        let process = Process::start(&mut command, &out, &log).expect("it can be started");
        Self { _process: process, out, log }
    }

    /// The lines so far.
    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.out).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// How often it lost its node.
    fn lost(&self) -> usize {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter(|line| line.contains("ended the subscription")).count()
    }

    fn wait_for(&self, count: usize) -> Vec<Value> {
        until("the listener has heard every step", || Some(self.lines()).filter(|lines| lines.len() >= count))
    }
}

#[test]
fn orders_reach_their_host_and_whoever_follows_misses_none() {
    let _turn = turn();
    let mut site = Site::open();
    let listener = Listener::start(&site);
    an_order_is_accepted_and_done_while_a_node_is_away(&mut site, &listener);
    whoever_waits_is_told(&site);
    what_is_wrong_is_said(&site);
    site.done("provider", &create(&Author::server(4).uuid.to_string()));
    assert_eq!(site.done("provider", &["cancel", "3"])["status"], "cancelled");

    let heard = listener.wait_for(11);
    let steps: Vec<(u64, &str)> = heard
        .iter()
        .map(|line| (line["directive"]["id"].as_u64().expect("a number"), line["change"].as_str().expect("text")))
        .collect();
    let expected = [
        (0, "issued"),
        (0, "accepted"),
        (0, "done"),
        (1, "issued"),
        (1, "accepted"),
        (1, "done"),
        (2, "issued"),
        (2, "accepted"),
        (2, "failed"),
        (3, "issued"),
        (3, "cancelled"),
    ];
    assert_eq!(steps, expected, "nothing is missed and nothing comes twice");
    assert_eq!(heard[8]["directive"]["reason"], "no-capacity");
    for (place, line) in heard.iter().enumerate() {
        assert_eq!(line["cursor"], format!("{}/{place}", line["block"]));
    }
    assert_eq!(listener.lost(), 1, "its connection lasts as long as its node");
    everybody_lists_the_same(&site);
}

/// The listener hears the first two steps, loses its node, and hears the third when that is back.
fn an_order_is_accepted_and_done_while_a_node_is_away(site: &mut Site, listener: &Listener) {
    let server = Author::server(1);
    let issued = site.done("provider", &create(&server.uuid.to_string()));
    assert_eq!((&issued["directive"]["id"], &issued["directive"]["status"]), (&0.into(), &"issued".into()));
    assert_eq!(site.done("hypervisor", &["accept", "0"])["status"], "accepted");
    listener.wait_for(2);
    site.network.kill(FOLLOWED);
    site.announce(server);
    let done = site.done("hypervisor", &["done", "0", "--server", &server.to_string()]);
    assert_eq!((&done["status"], &done["server"]["generation"]), (&"done".into(), &0.into()));
    assert_eq!(listener.lines().len(), 2);
    site.network.restart(FOLLOWED);
    assert_eq!(listener.wait_for(3)[2]["change"], "done");
}

fn whoever_waits_is_told(site: &Site) {
    let server = Author::server(2);
    let (mut waiting, out) = site.waiting(server);
    until("directive 1 is issued", || Some(()).filter(|()| site.list(1).len() == 2));
    site.done("hypervisor", &["accept", "1"]);
    site.announce(server);
    site.done("hypervisor", &["done", "1", "--server", &server.to_string()]);
    let ended = waiting.wait(PATIENCE).expect("it ends with its directive");
    let said = std::fs::read_to_string(out).expect("it said something");
    assert!(ended.success() && said.contains("\"status\": \"done\""), "{said}");

    let (mut waiting, out) = site.waiting(Author::server(3));
    until("directive 2 is issued", || Some(()).filter(|()| site.list(1).len() == 3));
    site.done("hypervisor", &["accept", "2"]);
    site.done("hypervisor", &["fail", "2", "--reason", "no-capacity"]);
    let ended = waiting.wait(PATIENCE).expect("it ends with its directive");
    let said = std::fs::read_to_string(out).expect("it said something");
    assert!(ended.code() == Some(1) && said.contains("wasn't done: it failed (no-capacity)"), "{said}");
}

fn what_is_wrong_is_said(site: &Site) {
    let uuid = Author::server(5).uuid.to_string();
    let visitor = public_key("visitor").to_string();
    let words = create(&uuid);
    site.fails("visitor", &words, &["Registry.NotAnOrchestrator", &visitor, "lacks the role orchestrator"]);
    let provider = public_key("provider").to_string();
    site.fails("visitor", &words, &["the provider for which it is to act appoints it", &provider]);
    let mut theirs = words;
    theirs[9] = "another-provider";
    let id = party_id("another-provider").to_string();
    site.fails("provider", &theirs, &["Directives.NotYourServer", &id]);
    site.fails("writer", &["accept", "2"], &["Directives.NotTheHost", &public_key("hypervisor").to_string()]);
    site.fails("hypervisor", &["accept", "2"], &["Directives.DirectiveClosed", "Directive 2 is failed since block"]);
    site.fails("hypervisor", &["done", "7"], &["Directives.UnknownDirective", "There are 3 directives"]);
    site.fails("visitor", &["expire", "2"], &["Directives.DirectiveClosed"]);
}

fn everybody_lists_the_same(site: &Site) {
    let first = site.list(0);
    let last = first.iter().filter_map(|info| info["changedIn"].as_u64()).max().expect("there are some");
    site.network.agree_at(u32::try_from(last).expect("a block's number"));
    for node in 1..4 {
        assert_eq!(site.list(node), first, "node {node}");
    }
}
