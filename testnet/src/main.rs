//! `tierchain-testnet`: tools around local networks, called by the scripts.

// Both macros panic when their reader has gone away.
#![cfg_attr(not(test), warn(clippy::print_stdout, clippy::print_stderr))]

mod faults_command;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};
use faults_command::FaultsArgs;
use tierchain_primitives::AccountId;
use tierchain_rpc::types::Address;
use tierchain_stdio::complain;
use tierchain_testnet::live::Stage;
use tierchain_testnet::load::{self, Account, ConnectionsPlan, Mode, Pace, Plan, ROLES};
use tierchain_testnet::nova_log::{NovaLog, SERVERS_MAX, generate};
use tierchain_testnet::report::{Names, report};

/// Tools around local networks.
#[derive(Debug, Parser)]
#[command(name = "tierchain-testnet", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the accounts of a load, as `testnet.sh up --account` takes them.
    Accounts {
        /// Seed of their keys.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many.
        #[arg(long, default_value_t = 8)]
        count: u32,
    },
    /// Break something on a network of four real validators under load, and measure what it costs.
    Faults(Box<FaultsArgs>),
    /// Live one server's life on a network with a foundry and a host that run, and print each step as it is seen.
    Live(LiveArgs),
    /// Submit extrinsics and measure how long each takes until it is final.
    Load(LoadArgs),
    /// Compare latency, CPU and memory of a node with and without many WebSocket connections, in windows by turns.
    Connections(ConnectionsArgs),
    /// Print every chain, the meta-chains and a line that sums them up.
    Report {
        /// JSON-RPC endpoint of the node to read from.
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9944")]
        rpc: String,
        /// Wait until the node has a state root that covers this block.
        #[arg(long, value_name = "HEIGHT", default_value_t = 0)]
        after: u32,
        /// Recording to take the servers' names from, as the agent's --source.
        #[arg(long, value_name = "SOURCE")]
        names: Option<String>,
    },
    /// Write a log of OpenStack Nova's grammar that a seed makes, and print what a reader must find in it.
    NovaLog {
        /// Its seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many servers live in it.
        #[arg(long, default_value_t = 22, value_parser = clap::value_parser!(u32).range(..=i64::from(SERVERS_MAX)))]
        servers: u32,
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
struct LiveArgs {
    /// JSON-RPC endpoint of a node to which neither agent nor foundry talks.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9947")]
    rpc: String,
    /// The node's binary [default: beside this one].
    #[arg(long, value_name = "FILE")]
    tierchain: Option<PathBuf>,
    /// The provider's key file.
    #[arg(long, value_name = "FILE")]
    provider_key: PathBuf,
    /// The provider's account.
    #[arg(long, value_name = "ACCOUNT")]
    provider_account: AccountId,
    /// The provider's name, as the chain spec has it.
    #[arg(long, default_value = "demo-provider")]
    provider: String,
    /// The host's name.
    #[arg(long, default_value = "host-0")]
    host: String,
    /// The state folder of the host's agent.
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// The host's folder of images.
    #[arg(long, value_name = "DIR")]
    images: PathBuf,
    /// Where to write the audit file.
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ConnectionsArgs {
    /// WebSocket endpoint of the node.
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
    rpc: String,
    /// Process of the node.
    #[arg(long)]
    pid: u32,
    /// Connections that say nothing.
    #[arg(long, default_value_t = 2_000)]
    idle_connections: usize,
    /// Connections that follow final heads.
    #[arg(long, default_value_t = 200)]
    subscribers: usize,
    /// Pairs of windows, one without and one with connections.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pairs: u32,
    /// Length of a window.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Remarks per second in every window.
    #[arg(long, default_value_t = 50.0)]
    rate: f64,
    /// Seed of the account that submits them: the first that `accounts` prints.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct LoadArgs {
    /// What to call the load in its figures.
    #[arg(long, default_value = "load")]
    name: String,
    /// WebSocket endpoint of a node to submit to; repeated, accounts take turns.
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
    rpc: Vec<String>,
    /// Seed of the accounts' keys.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many accounts.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    accounts: u32,
    /// What is submitted.
    #[arg(long, value_enum, default_value_t = ModeName::Remark)]
    mode: ModeName,
    /// Events in one extrinsic, with --mode append.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    batch: u16,
    /// Extrinsics in flight, over all accounts.
    #[arg(long, default_value_t = 8, conflicts_with = "rate")]
    in_flight: usize,
    /// Extrinsics per second, over all accounts, whether or not the nodes keep up.
    #[arg(long)]
    rate: Option<f64>,
    /// For how long to send.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Send at most this many.
    #[arg(long, default_value_t = 10_000_000)]
    count: u64,
    /// Process to measure; may be repeated.
    #[arg(long = "pid")]
    pids: Vec<u32>,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Append the figures to this file, as one line of JSON.
    #[arg(long, value_name = "FILE")]
    append_json: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ModeName {
    /// `system.remark`.
    Remark,
    /// Events of the accounts' own servers.
    Append,
}

fn main() -> ExitCode {
    match perform(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn perform(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Accounts { seed, count } => {
            for number in 0..count {
                let account = Account::new(seed, number).address();
                if !tierchain_stdio::print(&format!("{account}:{ROLES}\n"))? {
                    break;
                }
            }
            Ok(())
        }
        Command::Faults(args) => wait_for(faults_command::perform(&args)),
        Command::Live(args) => wait_for(live(args)),
        Command::Load(args) => wait_for(load(&args)),
        Command::Connections(args) => wait_for(connections(args)),
        Command::Report { rpc, after, names } => {
            let names = names.map_or_else(|| Ok(Names::default()), |source| Names::of_source(&source))?;
            tierchain_stdio::print(&wait_for(report(&rpc, after, &names))?)?;
            Ok(())
        }
        Command::NovaLog { seed, servers, out } => write_nova_log(seed, servers, &out),
    }
}

fn write_nova_log(seed: u64, servers: u32, out: &Path) -> anyhow::Result<()> {
    let NovaLog { text, expected } = generate(seed, servers);
    std::fs::write(out, text).with_context(|| format!("cannot write {}", out.display()))?;
    line(format_args!(
        "chains {} · blocks {} · meta {} · late {} · repeated {}",
        expected.births,
        expected.blocks(),
        expected.ends,
        expected.late,
        expected.repeated
    ))
}

/// Prints a line of a result. What is under way goes on where nobody reads it: a network is left as it ought to be.
fn line(what: impl Display) -> anyhow::Result<()> {
    tierchain_stdio::print(&format!("{what}\n"))?;
    Ok(())
}

fn wait_for<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.context("cannot start threads")?.block_on(future)
}

async fn live(args: LiveArgs) -> anyhow::Result<()> {
    let tierchain = match args.tierchain {
        Some(path) => path,
        None => tierchain_testnet::cluster::binary("tierchain")?,
    };
    let stage = Stage {
        tierchain,
        rpc: args.rpc,
        provider: (args.provider_key, Address(args.provider_account)),
        provider_name: args.provider,
        host: args.host,
        state: args.state,
        images: args.images,
        audit: args.audit,
    };
    // A step that can't be printed is lived all the same; the last line says that printing failed.
    let steps = tierchain_testnet::live::live(&stage, |step| drop(line(step))).await?;
    let slowest = steps.iter().filter_map(|step| step.since_it_happened).max().unwrap_or_default();
    line(format_args!("steps {} · the slowest was seen {:.3} s after it happened", steps.len(), slowest.as_secs_f64()))
}

async fn connections(args: ConnectionsArgs) -> anyhow::Result<()> {
    let plan = ConnectionsPlan {
        rpc: args.rpc,
        pid: args.pid,
        idle: args.idle_connections,
        subscribers: args.subscribers,
        pairs: args.pairs,
        seconds: args.seconds,
        rate: args.rate,
        seed: args.seed,
    };
    let figures = load::connections(&plan).await?;
    if args.json { line(serde_json::to_string_pretty(&figures)?) } else { line(figures) }
}

async fn load(args: &LoadArgs) -> anyhow::Result<()> {
    let plan = Plan {
        name: args.name.clone(),
        rpc: args.rpc.clone(),
        seed: args.seed,
        accounts: args.accounts,
        mode: match args.mode {
            ModeName::Remark => Mode::Remark,
            ModeName::Append => Mode::Append { batch: usize::from(args.batch) },
        },
        pace: match args.rate {
            Some(rate) => Pace::Open { rate },
            None => Pace::Closed { in_flight: args.in_flight },
        },
        seconds: args.seconds,
        count: args.count,
        pids: args.pids.clone(),
    };
    let figures = load::run(&plan).await?;
    if let Some(path) = &args.append_json {
        load::append_json(path, &figures)?;
    }
    if args.json { line(serde_json::to_string_pretty(&figures)?) } else { line(figures) }
}
