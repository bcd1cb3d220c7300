//! The folder of a network before anything runs: keys, chain specification, vote logs.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::binaries::binary;
use super::command::{Finished, finish};
use super::keys::{public_key, write_key};

/// Validators of every network made here: they bear one fault.
pub const VALIDATORS: u16 = 4;

/// How long a command without a network may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// Where a node is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Where it listens for other nodes.
    pub listen: SocketAddr,
    /// Where other nodes dial it: another address where something stands between them.
    pub dialled: SocketAddr,
    /// Where it answers JSON-RPC.
    pub rpc: SocketAddr,
    /// The port on its loopback on which it answers Prometheus.
    pub metrics: u16,
    /// The network namespace that it runs in; none for ours.
    pub namespace: Option<String>,
}

/// What networks differ in beside their places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shape {
    /// The chain's id.
    pub id: String,
    /// Accounts that are admitted, as `chain-spec new --account` takes them.
    pub accounts: Vec<String>,
    /// Data centers, as `chain-spec new --data-center` takes them.
    pub data_centers: Vec<String>,
    /// Hosts of these data centers, as `chain-spec new --host` takes them.
    pub hosts: Vec<String>,
    /// Service providers, as `chain-spec new --provider` takes them.
    pub providers: Vec<String>,
    /// Time between two blocks of an idle network.
    pub heartbeat_ms: u32,
    /// How long what may be missing.
    pub bounds: Bounds,
}

/// The ledger's bounds in milliseconds, as `chain-spec new` takes them; its own where none is given.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Bounds {
    /// `--silence-ms`: a host's sign of life, before its servers may be suspected.
    pub silence_ms: Option<u64>,
    /// `--witness-ms`: agreement of a server's witnesses.
    pub witness_ms: Option<u64>,
    /// `--move-ms`: the second half of a move.
    pub move_ms: Option<u64>,
}

impl Bounds {
    /// The options that were given, with their values.
    fn options(self) -> impl Iterator<Item = (&'static str, String)> {
        let Self { silence_ms, witness_ms, move_ms } = self;
        let options = [("--silence-ms", silence_ms), ("--witness-ms", witness_ms), ("--move-ms", move_ms)];
        options.into_iter().filter_map(|(option, ms)| Some((option, ms?.to_string())))
    }
}

/// A network's folder and places.
#[derive(Clone, Debug)]
pub struct World {
    folder: PathBuf,
    tierchain: PathBuf,
    places: Vec<Place>,
    shape: Shape,
}

impl World {
    /// Writes keys and a specification of one node a place, of which the first four are validators and the others
    /// observers; the vote logs aren't made yet.
    ///
    /// # Errors
    /// When the node's binary is missing, the folder can't be written, or holds a network already.
    pub fn make(folder: &Path, places: Vec<Place>, shape: Shape) -> anyhow::Result<Self> {
        ensure!(places.len() >= usize::from(VALIDATORS), "a network has at least {VALIDATORS} places");
        let world = Self { folder: folder.to_owned(), tierchain: binary("tierchain")?, places, shape };
        for node in 0..world.nodes() {
            write_key(&format!("network-{node}"), &world.base_path(node).join("keys/network"))?;
            write_key(&format!("consensus-{node}"), &world.base_path(node).join("keys/consensus"))?;
        }
        world.new_spec(&world.spec())?;
        Ok(world)
    }

    /// How many nodes it has.
    #[must_use]
    pub fn nodes(&self) -> u16 {
        u16::try_from(self.places.len()).expect("each node has ports, and those are numbered by u16")
    }

    /// Where a node is.
    #[must_use]
    pub fn place(&self, node: u16) -> &Place {
        &self.places[usize::from(node)]
    }

    /// Anything that is kept beside the network.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The chain specification.
    #[must_use]
    pub fn spec(&self) -> PathBuf {
        self.path("spec.json")
    }

    /// Where a node keeps everything.
    #[must_use]
    pub fn base_path(&self, node: u16) -> PathBuf {
        self.path(&format!("node-{node}"))
    }

    /// What a node has said.
    #[must_use]
    pub fn log_path(&self, node: u16) -> PathBuf {
        self.path(&format!("node-{node}.log"))
    }

    /// A node's RPC address.
    #[must_use]
    pub fn url(&self, node: u16) -> String {
        format!("http://{}", self.place(node).rpc)
    }

    /// A node's RPC address for subscriptions.
    #[must_use]
    pub fn ws_url(&self, node: u16) -> String {
        format!("ws://{}", self.place(node).rpc)
    }

    /// Makes the vote log of every validator.
    ///
    /// # Errors
    /// When one can't be made.
    pub fn init(&self) -> anyhow::Result<()> {
        (0..VALIDATORS).try_for_each(|node| self.try_init(node)?.succeeded().map(drop).context("tierchain init"))
    }

    /// `tierchain init` of one validator.
    ///
    /// # Errors
    /// When the command can't be run.
    pub fn try_init(&self, node: u16) -> anyhow::Result<Finished> {
        let mut command = self.tierchain("init");
        finish(command.arg("--chain").arg(self.spec()).arg("--base-path").arg(self.base_path(node)), COMMAND_LIMIT)
    }

    /// `tierchain run` of a node with a specification's file, in its own namespace if it has one.
    #[must_use]
    pub fn run_command(&self, node: u16, spec: &Path) -> Command {
        let place = self.place(node);
        let mut command = match &place.namespace {
            None => self.tierchain("run"),
            // It becomes the node, under the same process number.
            Some(namespace) => {
                let mut command = Command::new("nsenter");
                command.arg(format!("--net=/run/netns/{namespace}")).arg(&self.tierchain).arg("run");
                command
            }
        };
        command.arg("--chain").arg(spec).arg("--base-path").arg(self.base_path(node));
        if node < VALIDATORS {
            command.arg("--validator");
        }
        command.args(["--listen-addr", &multiaddress(&place.listen)]);
        command.args(["--rpc-listen", &place.rpc.ip().to_string(), "--rpc-port", &place.rpc.port().to_string()]);
        command.args(["--prometheus-port", &place.metrics.to_string()]);
        command.args(["--heartbeat-ms", &self.shape.heartbeat_ms.to_string()]);
        command
    }

    /// Writes a chain specification of these members. Each one made at another time is another chain.
    ///
    /// # Errors
    /// When the command refuses it.
    pub fn new_spec(&self, path: &Path) -> anyhow::Result<()> {
        let mut command = self.tierchain("chain-spec");
        // Recordings and loads have no images.
        command.args(["new", "--id", &self.shape.id, "--allow-replay", "--unknown-images"]);
        for data_center in &self.shape.data_centers {
            command.args(["--data-center", data_center]);
        }
        for account in &self.shape.accounts {
            command.args(["--account", account]);
        }
        for host in &self.shape.hosts {
            command.args(["--host", host]);
        }
        for provider in &self.shape.providers {
            command.args(["--provider", provider]);
        }
        for (option, ms) in self.shape.bounds.options() {
            command.args([option, &ms]);
        }
        for node in 0..self.nodes() {
            let peer = self.peer_id(node)?;
            match node < VALIDATORS {
                true => command.args(["--validator", &self.validator_option(node, &peer)]),
                false => command.args(["--observer", &peer]),
            };
        }
        finish(command.arg("--out").arg(path), COMMAND_LIMIT)?.succeeded().context("tierchain chain-spec new")?;
        Ok(())
    }

    /// A command of the node's binary.
    #[must_use]
    pub fn tierchain(&self, command: &str) -> Command {
        let mut found = Command::new(&self.tierchain);
        found.arg(command);
        found
    }

    fn validator_option(&self, node: u16, peer: &str) -> String {
        let (operator, consensus) = (public_key(&format!("operator-{node}")), public_key(&format!("consensus-{node}")));
        let address = multiaddress(&self.place(node).dialled);
        format!("name=validator-{node},operator={operator},consensus={consensus},peer-id={peer},address={address}")
    }

    /// The peer id of a node.
    ///
    /// # Errors
    /// When its key can't be read.
    pub fn peer_id(&self, node: u16) -> anyhow::Result<String> {
        let mut command = self.tierchain("key");
        command.arg("inspect").arg(self.base_path(node).join("keys/network")).args(["--field", "peerId"]);
        let printed = finish(&mut command, COMMAND_LIMIT)?.succeeded().context("tierchain key inspect")?;
        Ok(printed.trim().to_owned())
    }
}

fn multiaddress(address: &SocketAddr) -> String {
    let family = match address.ip() {
        IpAddr::V4(_) => "ip4",
        IpAddr::V6(_) => "ip6",
    };
    format!("/{family}/{}/tcp/{}", address.ip(), address.port())
}
