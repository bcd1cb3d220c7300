//! `tierchain-agent`: speaks for one hypervisor.
//!
//! ```text
//! source ──> normaliser ──> outbox ──> submitter ──> f+1 validators
//!            (pure)         (fsync)    (until final)
//! ```
//!
//! `run` replays a recording, `host` runs servers as directives ask ([`mod@host`], by a [`driver`]), `servers` lists them
//! ([`servers`]), `tracker` is what runs inside each of them ([`tracker`]), and `evidence` finds the line that a block
//! came from ([`evidence`]).
//!
//! The source's lines become records of servers' lives in [`normaliser`], by one rule for all sources. [`feed`] puts
//! them into the [`outbox`], durable before anything is said. [`submitter`] brings them to the ledger and knows by
//! its state alone what is done. Killed at any point and started again, the agent goes on without gap or double.

// Both macros panic when their reader has gone away.
#![cfg_attr(not(test), warn(clippy::print_stdout, clippy::print_stderr))]

mod append_log;
mod channel;
mod cli;
mod clock;
mod driver;
mod error;
mod evidence;
#[cfg(test)]
mod fake;
mod feed;
mod host;
mod keyfile;
mod lock;
mod manifest;
mod normaliser;
mod outbox;
mod record;
mod report;
mod seal;
mod servers;
mod sighting;
mod source;
mod submitter;
mod tracker;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use clap::Parser;
use tierchain_primitives::ledger::{Ownership, party_id};
use tierchain_stdio::complain;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::cli::{Cli, Command, Run};
use crate::error::AgentError;
use crate::feed::{Fed, Feed};
use crate::outbox::Outbox;
use crate::report::Report;
use crate::submitter::{Identity, StandIn, Submitter};

/// How many groups of records may be between the source and the submitter.
const FEED_GROUPS: usize = 64;

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_logging(cli.log_json);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let performed = runtime.map_err(anyhow::Error::from).and_then(|runtime| match &cli.command {
        Command::Run(run) => runtime.block_on(start(run)).map(|()| ExitCode::SUCCESS),
        Command::Host(args) => runtime.block_on(host::run::run(args)).map(|()| ExitCode::SUCCESS),
        Command::Evidence(args) => Ok(evidence::run(args)?),
        Command::Servers(args) => servers::run(args).map(|()| ExitCode::SUCCESS),
        Command::Tracker(args) => runtime.block_on(tracker::run(args)).map(|()| ExitCode::SUCCESS),
    });
    match performed {
        Ok(code) => code,
        Err(error) => {
            complain(format_args!("tierchain-agent: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn start_logging(json: bool) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(tierchain_stdio::log);
    // Colours are for people at a terminal, and dirt in a file.
    let logs = logs.with_ansi(std::io::stderr().is_terminal());
    if json { logs.json().init() } else { logs.init() }
}

/// Runs until all is final, or until the agent is asked to stop: what isn't final yet goes on at the next start.
async fn start(run: &Run) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = Arc::new(AtomicBool::new(false));
    let asked_to_stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let report = tokio::select! {
        report = replay(run, &stop) => Some(report?),
        () = asked_to_stop => None,
    };
    // However it ends, the source side reads no further.
    stop.store(true, Ordering::Relaxed);
    let Some(report) = report else {
        tracing::info!("stopped; what isn't final yet goes on from the outbox at the next start");
        return Ok(());
    };
    let text = if run.json { serde_json::to_string(&report)? } else { report.to_string() };
    tierchain_stdio::print(&(text + "\n"))?;
    match report.refused() {
        None => Ok(()),
        Some((count, first)) => Err(AgentError::Refused { count, first }.into()),
    }
}

async fn replay(run: &Run, stop: &Arc<AtomicBool>) -> Result<Report, AgentError> {
    let started = Instant::now();
    let identity = identity(run)?;
    let ring = run.validators.ring().await?;
    let outbox = Outbox::open(&run.outbox, identity.hypervisor.public())?;
    let (out, mut fed) = mpsc::channel::<Fed>(FEED_GROUPS);
    let feed = Feed::new(run.source.clone(), outbox, run.speed, Arc::clone(stop), out);
    let reader = thread::spawn(move || feed.run());
    let mut submitter = Submitter::new(ring, identity).await;
    let end = submitter.run(&mut fed).await?;
    drop(fed);
    // It has nobody to speak to any more, so it ends; a panic there has been printed already.
    let _ = reader.join();
    Ok(Report::new(submitter.lives(), end.unwrap_or_default(), started.elapsed().as_secs_f64()))
}

fn identity(run: &Run) -> Result<Identity, AgentError> {
    let hypervisor = keyfile::read(&run.key)?;
    let other = |path: &Option<std::path::PathBuf>| match path {
        Some(path) => keyfile::read(path),
        None => Ok(hypervisor.clone()),
    };
    let ownership =
        Ownership { provider: party_id(&run.provider), tenant: party_id(&run.tenant), service: party_id(&run.service) };
    let (tracker, foundry) = (other(&run.tracker_key)?, other(&run.foundry_key)?);
    let stand_in = Some(StandIn { tracker, foundry, ownership });
    Ok(Identity { host: party_id(&run.host), stand_in, hypervisor })
}
