//! `tierchain-testnet faults`: the command line of the fault scenarios.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use clap::{Args, Subcommand};
use tierchain_testnet::faults::{self, Intensity, Kind, Options, Report};

/// Which fault, how often, on which network.
#[derive(Debug, Args)]
pub(crate) struct FaultsArgs {
    #[command(subcommand)]
    scenario: Scenario,
    #[command(flatten)]
    common: Common,
}

/// What all scenarios share.
#[derive(Debug, Args)]
struct Common {
    /// What lies between the nodes [default: namespaces where links are cut, else loopback].
    #[arg(long, global = true, value_enum)]
    wires: Option<Kind>,
    /// First of 300 ports [default: a range that is free].
    #[arg(long, global = true, value_name = "PORT")]
    base_port: Option<u16>,
    /// An empty folder for the network's things, which stays [default: a temporary one].
    #[arg(long, global = true, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Accounts that submit at the same time, each with one extrinsic on its way.
    #[arg(long, global = true, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    accounts: u32,
    /// How long an account rests between two extrinsics.
    #[arg(long, global = true, default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=10_000))]
    pause_ms: u64,
    /// Bytes of each extrinsic's remark.
    #[arg(long, global = true, default_value_t = 32, value_parser = clap::value_parser!(u16).range(8..=32_768))]
    remark_bytes: u16,
    /// Seed of whatever is chosen at random.
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
    /// How long everything takes between two nodes, with --wires forwarders.
    #[arg(long, global = true, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=2_000))]
    delay_ms: u64,
    /// Write the report to this file too, as JSON.
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Exit with 1 when a bar is missed, as for a violation.
    #[arg(long, global = true)]
    strict: bool,
}

#[derive(Debug, Subcommand)]
enum Scenario {
    /// SIGKILL of the primary under load, again and again.
    Failover {
        /// How often.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        times: u32,
    },
    /// SIGKILL of a random validator under load, again and again.
    Soak {
        /// How often.
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        kills: u32,
    },
    /// SIGKILL of all validators at once, and all started again.
    AllDown {
        /// How often.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        times: u32,
    },
    /// Two validators on each side of a cut, healed.
    Partition {
        /// How long the cut lasts.
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
        seconds: u64,
        /// How often.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        times: u32,
        /// Take the links of validators 2 and 3 down instead of cutting pairs.
        #[arg(long)]
        links: bool,
    },
    /// A light load with four validators alive and with one dead.
    OneDead {
        /// How long each load lasts.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3_600))]
        seconds: u64,
        /// Extrinsics a second.
        #[arg(long, default_value_t = 50.0)]
        rate: f64,
    },
    /// The link between a follower and the primary goes down and up five times a second.
    Flap {
        /// For how long.
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
        seconds: u64,
    },
    /// A validator's disk fills; it stops, gets space and rejoins.
    FullDisk,
    /// SIGSTOP and SIGCONT of the primary and of a follower.
    Pause {
        /// How long each is stopped.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3_600))]
        seconds: u64,
        /// How often.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        times: u32,
    },
    /// A validator whose clock is wrong, as a follower and as the primary.
    Clock,
}

impl Scenario {
    /// Whether links are cut in it.
    fn cuts(&self) -> bool {
        matches!(self, Self::Partition { .. } | Self::Flap { .. })
    }
}

/// Plays a scenario, prints its report, and fails on what must never happen.
pub(crate) async fn perform(args: &FaultsArgs) -> anyhow::Result<()> {
    let options = options(args);
    let report = tokio::select! {
        report = play(&args.scenario, &options) => report?,
        // What was started ends with what is dropped here: processes, namespaces, folders.
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
    };
    tierchain_stdio::print(&format!("{report}\n"))?;
    if let Some(path) = &args.common.json {
        report.write_json(path)?;
    }
    if !report.is_clean() {
        bail!("{} violations", report.violations.len());
    }
    if args.common.strict && !report.meets_bars() {
        bail!("a bar is missed");
    }
    Ok(())
}

fn options(args: &FaultsArgs) -> Options {
    let Common { wires, base_port, dir, accounts, pause_ms, remark_bytes, seed, delay_ms, .. } = &args.common;
    let usual = if args.scenario.cuts() { Kind::Namespaces } else { Kind::Loopback };
    Options {
        wires: wires.unwrap_or(usual),
        base_port: *base_port,
        dir: dir.clone(),
        intensity: Intensity { accounts: *accounts, pause_ms: *pause_ms, remark_bytes: usize::from(*remark_bytes) },
        seed: *seed,
        delay: Duration::from_millis(*delay_ms),
        quiet: false,
    }
}

async fn play(scenario: &Scenario, options: &Options) -> anyhow::Result<Report> {
    let seconds = |seconds: &u64| Duration::from_secs(*seconds);
    match scenario {
        Scenario::Failover { times } => faults::failover(options, *times).await,
        Scenario::Soak { kills } => faults::soak(options, *kills).await,
        Scenario::AllDown { times } => faults::all_down(options, *times).await,
        Scenario::Partition { seconds: time, times, links } => {
            faults::partition(options, seconds(time), *times, *links).await
        }
        Scenario::OneDead { seconds: time, rate } => faults::one_dead(options, seconds(time), *rate).await,
        Scenario::Flap { seconds: time } => faults::flap(options, seconds(time)).await,
        Scenario::FullDisk => faults::full_disk(options).await,
        Scenario::Pause { seconds: time, times } => faults::pause(options, seconds(time), *times).await,
        Scenario::Clock => faults::clock(options, usize::MAX).await,
    }
}
