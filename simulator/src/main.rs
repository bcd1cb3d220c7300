//! The command line of the simulator.

use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgGroup, Parser};
use tierchain_simulator::campaign::{Campaign, command, run_seed};
use tierchain_simulator::failed;
use tierchain_simulator::mix::Mix;
use tierchain_simulator::profile::Options;

/// Runs whole replicas through bad days, each from one seed. Exit code 1 when a property didn't hold.
#[derive(Debug, Parser)]
#[command(name = "simulator", version, group(ArgGroup::new("which").required(true).args(["seed", "seeds"])))]
struct Arguments {
    /// Run this seed.
    #[arg(long)]
    seed: Option<u64>,
    /// Run many seeds, from A to below B.
    #[arg(long, value_name = "A..B", value_parser = parse_range)]
    seeds: Option<Range<u64>>,
    /// Events of a run before the network heals.
    #[arg(long, default_value_t = 2_000)]
    steps: u64,
    /// How many validators there are, 4 or 7; the seed decides otherwise.
    #[arg(long, value_parser = parse_validators)]
    validators: Option<usize>,
    /// Let disks lose at a crash what they said they had synced: such runs must fail, or the checks are no good.
    #[arg(long, conflicts_with = "journal")]
    lying_disks: bool,
    /// From which days the seeds draw.
    #[arg(long, value_enum, default_value_t)]
    mix: Mix,
    /// Put this bug into every replica.
    #[cfg(feature = "bugs")]
    #[arg(long)]
    bug: Option<tierchain_consensus::Bug>,
    /// Print what happens.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Note finished seeds here, and pass over those that are noted.
    #[arg(long, value_name = "FILE", requires = "seeds")]
    journal: Option<PathBuf>,
    /// How many seeds run at a time.
    #[arg(long, visible_alias = "jobs", value_name = "T", default_value_t = 1, requires = "seeds")]
    threads: usize,
    /// Run these as well: seeds that failed once.
    #[arg(long, value_name = "FILE", requires = "seeds")]
    failed_seeds: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if !arguments.trace {
        // A panic is a violation and is told as one; of liars' panics nobody wants to hear.
        std::panic::set_hook(Box::new(|_| {}));
    }
    let is_good = match (arguments.seed, arguments.seeds.clone()) {
        (Some(_), _) => run_one(&arguments.options()),
        (None, Some(seeds)) => {
            let failed = arguments.failed_seeds.as_deref().map(failed::read).transpose()?.unwrap_or_default();
            let like = arguments.options();
            let Arguments { journal, threads, .. } = arguments;
            Campaign { seeds, failed, like, journal, threads }.run()?.violations == 0
        }
        (None, None) => unreachable!("clap requires one of the two"),
    };
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    fn options(&self) -> Options {
        Options {
            validators: self.validators,
            trace: self.trace,
            lying_disks: self.lying_disks,
            mix: self.mix,
            #[cfg(feature = "bugs")]
            bug: self.bug,
            ..Options::new(self.seed.unwrap_or_default(), self.steps)
        }
    }
}

fn run_one(options: &Options) -> bool {
    let report = run_seed(options);
    // Whoever reads a trace may have seen enough and hung up.
    let mut out = std::io::stdout();
    let _ = writeln!(
        out,
        "height {} · extrinsics {} · recovered in {} ms · fingerprint {:016x}",
        report.height,
        report.included,
        report.recovery / 1_000,
        report.fingerprint
    );
    if report.epochs > 0 || report.losses > 0 || report.slowed > 0 {
        let _ = writeln!(out, "epochs {} · losses {} · slowed {}", report.epochs, report.losses, report.slowed);
    }
    if let Some(violation) = &report.violation {
        let _ = writeln!(out, "seed {} · {violation}\n  {}", options.seed, command(options));
    }
    let violations = u64::from(report.violation.is_some());
    let _ = writeln!(out, "seeds 1 · violations {violations} · steps {}", report.steps);
    violations == 0
}

fn parse_range(text: &str) -> Result<Range<u64>, String> {
    let (start, end) = text.split_once("..").ok_or("write A..B, for seeds from A to below B")?;
    let number = |text: &str| text.parse::<u64>().map_err(|error| format!("{text:?} is no seed: {error}"));
    Ok(number(start)?..number(end)?)
}

fn parse_validators(text: &str) -> Result<usize, String> {
    match text {
        "4" => Ok(4),
        "7" => Ok(7),
        _ => Err("4 or 7".into()),
    }
}
