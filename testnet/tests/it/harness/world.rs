//! The folder of a scenario's network before anything runs: keys, chain specification, vote logs.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tierchain_testnet::cluster::{self, Bounds, Finished, Ports, Shape, VALIDATORS, binary, public_key, write_key};

/// Time between two blocks of an idle network.
const HEARTBEAT_MS: u32 = 1_000;

/// Names of the agent's keys, each with the role it has.
pub(crate) const AGENT_KEYS: [&str; 3] = ["hypervisor", "foundry", "tracker"];

/// A network's folder, gone with it, and its ports on loopback.
pub(crate) struct World {
    _folder: TempDir,
    world: cluster::World,
    pub(crate) ports: Ports,
    pub(crate) nodes: u16,
    /// Further options of every node's `run`.
    pub(crate) options: Vec<String>,
}

impl Deref for World {
    type Target = cluster::World;

    fn deref(&self) -> &Self::Target {
        &self.world
    }
}

impl World {
    /// Four validators and some observers, with keys and a specification; the vote logs aren't made yet.
    pub(crate) fn new(observers: u16) -> Self {
        Self::of(observers, shape())
    }

    /// The same of another shape.
    pub(crate) fn like(edit: impl FnOnce(&mut Shape)) -> Self {
        let mut shape = shape();
        edit(&mut shape);
        Self::of(0, shape)
    }

    fn of(observers: u16, shape: Shape) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let nodes = VALIDATORS + observers;
        let ports = Ports::find(nodes).expect("some range of ports is free");
        let places = (0..nodes).map(|node| ports.place(node)).collect();
        let world = cluster::World::make(folder.path(), places, shape);
        let world = world.unwrap_or_else(|error| panic!("no network can be made: {error:#}"));
        let world = Self { _folder: folder, world, ports, nodes, options: Vec::new() };
        for name in AGENT_KEYS {
            write_key(name, &world.agent_key(name)).expect("a new file in a temporary folder");
        }
        world
    }

    /// A key file of the agent.
    pub(crate) fn agent_key(&self, name: &str) -> PathBuf {
        self.path("keys").join(name)
    }

    /// `tierchain init` of one validator.
    pub(crate) fn try_init(&self, node: u16) -> Finished {
        self.world.try_init(node).expect("the command runs")
    }

    /// `tierchain run` of a node with another specification's file or its own.
    pub(crate) fn run_command(&self, node: u16, spec: &Path) -> Command {
        let mut command = self.world.run_command(node, spec);
        command.args(&self.options);
        command
    }

    /// Writes a chain specification of these members. Each one made at another time is another chain.
    pub(crate) fn new_spec(&self, path: &Path) {
        self.world.new_spec(path).expect("the specification is good");
    }
}

/// The agent's accounts, one that may do everything for its own servers, and one that may only remark.
fn shape() -> Shape {
    let agents = AGENT_KEYS.map(|name| format!("{}:{name}", public_key(name)));
    let writer = format!("{}:hypervisor+foundry", public_key("writer"));
    let visitor = public_key("visitor").to_string();
    let hosts = [("host-0", "hypervisor"), ("host-1", "writer")];
    Shape {
        id: "tierchain-tests".into(),
        accounts: agents.into_iter().chain([writer, visitor]).collect(),
        data_centers: vec!["local".into()],
        hosts: hosts.map(|(host, writer)| format!("{host}@local:{}", public_key(writer))).to_vec(),
        providers: vec![format!("demo-provider={}", public_key("provider"))],
        heartbeat_ms: HEARTBEAT_MS,
        bounds: Bounds::default(),
    }
}

/// A command of the node's binary.
pub(crate) fn tierchain(command: &str) -> Command {
    let mut found = Command::new(binary("tierchain").expect("the binaries are built"));
    found.arg(command);
    found
}
