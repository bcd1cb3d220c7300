//! The agent at a network.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tierchain_testnet::cluster::{Process, binary};

use super::network::Network;
use super::{PATIENCE, repository};

/// The agent's settings that scenarios differ in.
pub(crate) struct Replay {
    /// `KIND:FILE`.
    pub(crate) source: String,
    /// Name of the outbox beside the network.
    pub(crate) outbox: &'static str,
    /// The validators it talks to: f + 1.
    pub(crate) nodes: Vec<u16>,
    /// Recorded seconds per second; 0 as fast as the network takes it.
    pub(crate) speed: u32,
}

/// What the agent said at its end.
pub(crate) struct Report(Value);

impl Report {
    /// How often the source said something of a kind.
    pub(crate) fn source(&self, what: &str) -> u64 {
        self.0["source"][what].as_u64().unwrap_or_else(|| panic!("the report counts no {what}: {}", self.0))
    }

    /// A number about the ledger.
    pub(crate) fn number(&self, what: &str) -> u64 {
        self.0[what].as_u64().unwrap_or_else(|| panic!("the report has no {what}: {}", self.0))
    }
}

/// An agent that runs.
pub(crate) struct Agent {
    process: Process,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Replay {
    /// The recording of six real servers, as fast as the network takes it.
    pub(crate) fn recording() -> Self {
        let file = repository("testnet/libvirt-qemu-6-servers.jsonl");
        Self { source: format!("libvirt-recording:{}", file.display()), outbox: "outbox", nodes: vec![0, 1], speed: 0 }
    }

    /// Starts the agent.
    pub(crate) fn start(&self, network: &Network) -> Agent {
        let world = &network.world;
        let mut command = Command::new(binary("tierchain-agent").expect("the binaries are built"));
        command.args(["run", "--json", "--source", &self.source, "--host", "host-0"]);
        command.args(["--provider", "provider", "--tenant", "tenant", "--service", "service"]);
        command.args(["--speed", &self.speed.to_string()]).arg("--outbox").arg(world.path(self.outbox));
        for node in &self.nodes {
            command.args(["--rpc", &world.url(*node)]);
        }
        let keys = ["--key", "--foundry-key", "--tracker-key"].iter().zip(super::world::AGENT_KEYS);
        for (option, name) in keys {
            command.arg(option).arg(world.agent_key(name));
        }
        let (stdout, stderr) = (world.path("agent.json"), world.path("agent.log"));
        // What an earlier run said is not this one's.
        let _ = std::fs::remove_file(&stdout);
        let process = Process::start(&mut command, &stdout, &stderr).expect("the agent can be started");
        Agent { process, stdout, stderr }
    }

    /// Runs the agent to its end.
    pub(crate) fn run(&self, network: &Network) -> Report {
        self.start(network).finish()
    }
}

impl Agent {
    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.ended().is_some()
    }

    /// Waits for its end, which must be a good one.
    pub(crate) fn finish(mut self) -> Report {
        let status = self.process.wait(PATIENCE);
        let log = std::fs::read_to_string(&self.stderr).unwrap_or_default();
        let log = log.lines().rev().take(30).collect::<Vec<_>>().join("\n");
        assert!(status.is_some_and(|status| status.success()), "the agent: {status:?}, newest lines first:\n{log}");
        let said = std::fs::read_to_string(&self.stdout).expect("it was made");
        Report(serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error} in {said}")))
    }
}
