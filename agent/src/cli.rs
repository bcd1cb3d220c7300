//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use futures::future::try_join_all;
use tierchain_client::{Pacing, Ring, RpcLedger, UrlError};
use tierchain_primitives::H256;
use tierchain_primitives::ledger::Uuid;
use tierchain_rpc::client::{ClientIdentity, ClientTls};

use crate::channel::bytes32;
use crate::source::SourceSpec;

/// Speaks for one hypervisor: watches it, signs what it sees, and brings it to the ledger.
#[derive(Parser, Debug)]
#[command(name = "tierchain-agent", version)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Logs as JSON, one object a line.
    #[arg(long, global = true)]
    pub(crate) log_json: bool,
}

/// What the agent can do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Replays a source, waits until all it says is final, and prints what is on the ledger.
    Run(Box<Run>),
    /// Runs the servers of one host as the ledger's directives ask, and reports what happens to them. Goes on until it is
    /// stopped; the servers go on without it.
    Host(Box<HostArgs>),
    /// Finds the line of a host's event log that a block's evidence hash is of. Exit code 0 when it is there, 1 when it
    /// isn't, 2 when a file can't be read or is bent.
    Evidence(EvidenceArgs),
    /// Lists the servers of a host's state folder: what runs, since when, and what it has used. Only reads; the agent may run
    /// or not.
    Servers(Box<ServersArgs>),
    /// Runs inside a server: starts its image, watches it, asks a foundry for the server's birth. Started by a driver.
    #[command(hide = true)]
    Tracker(Box<TrackerArgs>),
}

/// How servers are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum DriverKind {
    /// As groups of processes on this machine.
    Process,
}

/// Settings of `host`.
#[derive(Args, Debug)]
pub(crate) struct HostArgs {
    /// How servers are run.
    #[arg(long, value_enum, default_value_t = DriverKind::Process)]
    pub(crate) driver: DriverKind,
    /// The validators.
    #[command(flatten)]
    pub(crate) validators: ValidatorArgs,
    /// The hypervisor's key: answers directives, announces servers and signs their events.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The host's name, as the chain spec has it.
    #[arg(long, value_name = "NAME")]
    pub(crate) host: String,
    /// The folder that keeps servers and what isn't final yet; made if it doesn't exist. Its path must be short, since
    /// the trackers' socket lies in it.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: PathBuf,
    /// The folder of images, each a program named by its SHA-256 in 64 digits.
    #[arg(long, value_name = "DIR")]
    pub(crate) images: PathBuf,
    /// A foundry's address, for the trackers inside servers; they are asked in this order.
    #[arg(long, required = true, num_args = 1.., value_name = "URL")]
    pub(crate) foundry: Vec<String>,
    /// How often the ledger is told that the host was watched without a break, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1_000..=3_600_000))]
    pub(crate) attest_ms: u64,
    /// How long another host may take to take a server over; then it is called back and goes on here. In milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(100..=3_600_000))]
    pub(crate) move_wait_ms: u64,
    /// When lines of servers that have ended make up so much of the event log, and half of it, they go to the archive.
    #[arg(long, value_name = "BYTES", default_value_t = 262_144)]
    pub(crate) archive_bytes: u64,
}

/// Settings of `evidence`.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("wanted").required(true).args(["hash", "server"]))]
#[command(group = clap::ArgGroup::new("where").required(true).multiple(true).args(["state", "archive"]))]
pub(crate) struct EvidenceArgs {
    /// The evidence hash, as blocks have it: 64 digits, 0x before them or not.
    #[arg(value_name = "HASH", value_parser = hash)]
    pub(crate) hash: Option<H256>,
    /// All lines about a server instead.
    #[arg(long, value_name = "UUID")]
    pub(crate) server: Option<Uuid>,
    /// The host's folder; an agent may run on it.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// A folder with archive segments that were carried away; may be given again.
    #[arg(long, value_name = "DIR")]
    pub(crate) archive: Vec<PathBuf>,
    /// Prints a JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Settings of `servers`.
#[derive(Args, Debug)]
pub(crate) struct ServersArgs {
    /// The host's state folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: PathBuf,
    /// Prints JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Settings of `tracker`.
#[derive(Args, Debug)]
pub(crate) struct TrackerArgs {
    /// The server's own disk.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// What the server runs.
    #[arg(long, value_name = "FILE")]
    pub(crate) image: PathBuf,
    /// The agent's socket.
    #[arg(long, value_name = "SOCKET")]
    pub(crate) channel: PathBuf,
    /// How many CPUs the server is given.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) cpus: u32,
    /// How to see that its service answers.
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
}

/// Settings of `run`.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// The validators.
    #[command(flatten)]
    pub(crate) validators: ValidatorArgs,
    /// The hypervisor's key: announces servers and signs their events.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The trackers' key, where the agent holds it for the guests; the hypervisor's by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) tracker_key: Option<PathBuf>,
    /// The foundry's key, where the agent sends births itself; the hypervisor's by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) foundry_key: Option<PathBuf>,
    /// Where events come from: libvirt-recording:FILE or nova-log:FILE.
    #[arg(long, value_name = "KIND:FILE")]
    pub(crate) source: SourceSpec,
    /// The folder that keeps what isn't final yet; made if it doesn't exist.
    #[arg(long, value_name = "DIR")]
    pub(crate) outbox: PathBuf,
    /// The host's name, as the chain spec has it.
    #[arg(long, value_name = "NAME")]
    pub(crate) host: String,
    /// The provider whose servers they are.
    #[arg(long, value_name = "NAME", default_value = "unassigned")]
    pub(crate) provider: String,
    /// The tenant whose servers they are, where the source doesn't say.
    #[arg(long, value_name = "NAME", default_value = "unassigned")]
    pub(crate) tenant: String,
    /// The network service that the servers are part of.
    #[arg(long, value_name = "NAME", default_value = "unassigned")]
    pub(crate) service: String,
    /// Recorded seconds per second: 1 is real time, 0 as fast as the network takes it.
    #[arg(long, value_name = "N", default_value_t = 0.0, value_parser = speed)]
    pub(crate) speed: f64,
    /// Prints the outcome as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The validators that an agent speaks to.
#[derive(Args, Debug)]
pub(crate) struct ValidatorArgs {
    /// A validator's RPC address (http:// or https://); give all that are to be used.
    #[arg(long, required = true, num_args = 1.., value_name = "URL")]
    rpc: Vec<String>,
    /// How to know the validators, and how to be known to them.
    #[command(flatten)]
    tls: TlsArgs,
}

impl ValidatorArgs {
    /// All of them. Nothing is sent yet.
    ///
    /// # Errors
    /// [`UrlError`] when an address is none, or the certificates can't be used.
    pub(crate) async fn ring(&self) -> Result<Ring<RpcLedger>, UrlError> {
        let tls = self.tls.files();
        let ledgers = try_join_all(self.rpc.iter().map(|url| RpcLedger::new(url, tls.as_ref()))).await?;
        Ok(Ring::new(ledgers, Pacing::NORMAL))
    }
}

/// Certificates of an agent that speaks TLS.
#[derive(Args, Debug)]
struct TlsArgs {
    /// PEM file of the authorities that the validators' certificates may come from [default: the system's].
    #[arg(long, value_name = "FILE")]
    rpc_ca: Option<PathBuf>,
    /// PEM file of the certificate that is shown to validators that ask for one.
    #[arg(long, value_name = "FILE", requires = "rpc_key", requires = "rpc_ca")]
    rpc_cert: Option<PathBuf>,
    /// PEM file of that certificate's private key.
    #[arg(long, value_name = "FILE", requires = "rpc_cert")]
    rpc_key: Option<PathBuf>,
}

impl TlsArgs {
    /// The certificates to speak TLS with; none where the system's authorities do.
    fn files(&self) -> Option<ClientTls> {
        let identity = self.rpc_cert.clone().zip(self.rpc_key.clone());
        let identity = identity.map(|(certificate, key)| ClientIdentity { certificate, key });
        self.rpc_ca.clone().map(|authorities| ClientTls { authorities, identity })
    }
}

fn hash(text: &str) -> Result<H256, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    bytes32(digits).map(H256).ok_or_else(|| "expected 64 hexadecimal digits, 0x before them or not".to_owned())
}

fn speed(text: &str) -> Result<f64, String> {
    let wrong = || "expected a number from 0 to 1000000".to_owned();
    let speed: f64 = text.parse().map_err(|_| wrong())?;
    if (0.0..=1_000_000.0).contains(&speed) { Ok(speed) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMON: [&str; 12] = [
        "tierchain-agent",
        "run",
        "--rpc",
        "http://127.0.0.1:9944",
        "--key",
        "k",
        "--source",
        "nova-log:f",
        "--outbox",
        "o",
        "--host",
        "h",
    ];

    fn parse(more: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(COMMON.iter().chain(more))
    }

    #[test]
    fn several_validators_are_given_either_way() {
        for more in [&["--rpc", "http://b", "http://c"][..], &["--rpc", "http://b", "--rpc", "http://c"]] {
            let Command::Run(run) = parse(more).expect("a command line").command else { panic!("another command") };
            assert_eq!(run.validators.rpc.len(), 3);
        }
    }

    #[test]
    fn evidence_is_of_a_hash_or_a_server_in_a_folder_or_an_archive() {
        let parse = |more: &[&str]| Cli::try_parse_from(["tierchain-agent", "evidence"].iter().chain(more));
        let hash = "0x".to_owned() + &"5e".repeat(32);
        for good in [
            &[hash.as_str(), "--state", "s"][..],
            &[&hash[2..], "--archive", "a", "--archive", "b", "--json"],
            &["--server", "5e0f2c3a-7d41-4a8e-9b10-000000000001", "--state", "s", "--archive", "a"],
        ] {
            parse(good).expect("a command line");
        }
        for bad in [&["--state", "s"][..], &[hash.as_str()], &["0x5e", "--state", "s"]] {
            parse(bad).expect_err("wrong");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |more: &[&str]| parse(more).expect_err("wrong").to_string();
        assert!(error(&["--speed=-1"]).contains("number from 0"));
        assert!(error(&["--speed", "NaN"]).contains("number from 0"));
        let source = Cli::try_parse_from(COMMON.map(|word| if word == "nova-log:f" { "amqp:x" } else { word }));
        assert!(source.expect_err("wrong").to_string().contains("libvirt-recording:FILE"));
    }
}
