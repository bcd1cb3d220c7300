//! The folder of a network before anything runs: keys, chain specification, vote logs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::binaries::binary;
use super::command::{Finished, finish};
use super::keys::{public_key, write_key};
use super::ports::Ports;

/// Validators of every network here: they bear one fault.
pub(crate) const VALIDATORS: u16 = 4;

/// Time between two blocks of an idle network.
const HEARTBEAT_MS: u32 = 1_000;

/// How long a command without a network may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// Names of the agent's keys, each with the role it has.
pub(crate) const AGENT_KEYS: [&str; 3] = ["hypervisor", "foundry", "tracker"];

/// A network's folder and ports.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) ports: Ports,
    pub(crate) nodes: u16,
    /// Further options of every node's `run`.
    pub(crate) options: Vec<String>,
}

impl World {
    /// Four validators and some observers, with keys and a specification; the vote logs aren't made yet.
    pub(crate) fn new(observers: u16) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let nodes = VALIDATORS + observers;
        let world = Self { folder, ports: Ports::find(nodes), nodes, options: Vec::new() };
        for name in AGENT_KEYS {
            write_key(name, &world.agent_key(name));
        }
        for node in 0..nodes {
            write_key(&format!("network-{node}"), &world.base_path(node).join("keys/network"));
            write_key(&format!("consensus-{node}"), &world.base_path(node).join("keys/consensus"));
        }
        world.new_spec(&world.spec());
        world
    }

    /// Anything that a scenario keeps beside the network.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The chain specification.
    pub(crate) fn spec(&self) -> PathBuf {
        self.path("spec.json")
    }

    /// A key file of the agent.
    pub(crate) fn agent_key(&self, name: &str) -> PathBuf {
        self.path("keys").join(name)
    }

    /// Where a node keeps everything.
    pub(crate) fn base_path(&self, node: u16) -> PathBuf {
        self.path(&format!("node-{node}"))
    }

    /// What a node has said.
    pub(crate) fn log_path(&self, node: u16) -> PathBuf {
        self.path(&format!("node-{node}.log"))
    }

    /// A node's RPC address.
    pub(crate) fn url(&self, node: u16) -> String {
        format!("http://127.0.0.1:{}", self.ports.rpc(node))
    }

    /// Makes the vote log of every validator.
    pub(crate) fn init(&self) {
        for node in 0..VALIDATORS {
            self.try_init(node).succeeded();
        }
    }

    /// `tierchain init` of one validator.
    pub(crate) fn try_init(&self, node: u16) -> Finished {
        let mut command = tierchain("init");
        finish(command.arg("--chain").arg(self.spec()).arg("--base-path").arg(self.base_path(node)), COMMAND_LIMIT)
    }

    /// `tierchain run` of a node with another specification's file or its own.
    pub(crate) fn run_command(&self, node: u16, spec: &Path) -> Command {
        let mut command = tierchain("run");
        command.arg("--chain").arg(spec).arg("--base-path").arg(self.base_path(node));
        if node < VALIDATORS {
            command.arg("--validator");
        }
        command.args(["--listen-addr", &format!("/ip4/127.0.0.1/tcp/{}", self.ports.network(node))]);
        command.args(["--rpc-port", &self.ports.rpc(node).to_string()]);
        command.args(["--prometheus-port", &self.ports.metrics(node).to_string()]);
        command.args(["--heartbeat-ms", &HEARTBEAT_MS.to_string()]);
        command.args(&self.options);
        command
    }

    /// Writes a chain specification of these members. Each one made at another time is another chain.
    pub(crate) fn new_spec(&self, path: &Path) {
        let mut command = tierchain("chain-spec");
        command.args(["new", "--id", "tierchain-tests", "--allow-replay", "--data-center", "local"]);
        for name in AGENT_KEYS {
            command.args(["--account", &format!("{}:{name}", public_key(name))]);
        }
        // One that may do everything for its own servers, and one that may only remark.
        command.args(["--account", &format!("{}:hypervisor+foundry", public_key("writer"))]);
        command.args(["--account", &public_key("visitor").to_string()]);
        command.args(["--host", &format!("host-0@local:{}", public_key("hypervisor"))]);
        command.args(["--host", &format!("host-1@local:{}", public_key("writer"))]);
        for node in 0..self.nodes {
            let peer = self.peer_id(node);
            match node < VALIDATORS {
                true => command.args(["--validator", &self.validator_option(node, &peer)]),
                false => command.args(["--observer", &peer]),
            };
        }
        finish(command.arg("--out").arg(path), COMMAND_LIMIT).succeeded();
    }

    fn validator_option(&self, node: u16, peer: &str) -> String {
        let (operator, consensus) = (public_key(&format!("operator-{node}")), public_key(&format!("consensus-{node}")));
        let address = format!("/ip4/127.0.0.1/tcp/{}", self.ports.network(node));
        format!("name=validator-{node},operator={operator},consensus={consensus},peer-id={peer},address={address}")
    }

    fn peer_id(&self, node: u16) -> String {
        let mut command = tierchain("key");
        command.arg("inspect").arg(self.base_path(node).join("keys/network")).args(["--field", "peerId"]);
        finish(&mut command, COMMAND_LIMIT).succeeded().trim().to_owned()
    }
}

/// A command of the node's binary.
pub(crate) fn tierchain(command: &str) -> Command {
    let mut found = Command::new(binary("tierchain"));
    found.arg(command);
    found
}
