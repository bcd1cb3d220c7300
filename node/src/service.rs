//! The body of the replica: the node's threads, and what runs on which.
//!
//! ```text
//! tokio        network, RPC, metrics; `inbound` decodes and verifies what comes over the wire, `gate` what is submitted
//! driver       one thread, the only one that touches the replica: input in, vote log synced, effects out
//! executor     one thread: executes certified blocks, commits them, then says that they are final
//! flusher      one thread: flushes the database so that old segments of the vote log can go
//! ```
//!
//! Nothing leaves the driver before the log holds what it rests on, and nobody hears of a final block before its state
//! can be read.

mod backend;
mod clock;
mod departures;
mod disk;
mod driver;
mod executor;
mod flusher;
mod gaps;
mod gate;
mod inbound;
mod ledger;
mod peers;
mod perform;
mod report;
mod shared;
mod verifier;

use std::sync::Arc;
use std::sync::mpsc;

use anyhow::Context;
use tierchain_consensus::{Config as MachineConfig, Parameters};
use tierchain_network as network;
use tierchain_replica::{Pace, Settings};
use tierchain_rpc::ServerConfig;
use tierchain_runtime::Weights;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::RunConfig;
use disk::Disk;
use driver::{Driver, DriverHandle};
use shared::Shared;

/// Runs a node until SIGTERM or SIGINT. Must be called within a tokio runtime.
///
/// # Errors
/// What keeps it from starting: a disk of another chain, no vote log, a port in use…
pub(crate) async fn run(config: RunConfig) -> anyhow::Result<()> {
    let disk = Disk::open(&config)?;
    let set = config.spec.validator_set();
    let machine = machine_config(&config, &disk)?;
    let (network, events) = network::start(network_config(&config, &disk)?).await?;
    let (driver_handle, inputs) = DriverHandle::new();
    let shared = Arc::new(Shared::new(&config, disk.database, disk.genesis, set, network, driver_handle));
    let settings = Settings {
        genesis: shared.genesis,
        set: shared.set.clone(),
        machine,
        pace: Pace::new(config.spec.genesis.time, heartbeat_ms(&config)),
        weights: Weights::new(config.spec.genesis.block_nonce_bits),
    };

    let heartbeat = config.heartbeat;
    let (jobs, jobs_in) = mpsc::channel();
    let executor = executor::start(shared.clone(), disk.state, jobs_in)?;
    let flusher = flusher::start(shared.clone())?;
    let runtime = tokio::runtime::Handle::current();
    let driver = Driver::new(shared.clone(), settings, disk.log, config.consensus_key, jobs, flusher, runtime);
    let driver = driver::start(driver, disk.recovered, inputs)?;
    let inbound = tokio::spawn(inbound::run(shared.clone(), events));
    let reporting = tokio::spawn(report::run(shared.clone()));
    let api = Arc::new(backend::NodeApi::new(shared.clone(), config.log, heartbeat));
    let rpc = tierchain_rpc::start(&config.rpc, api.clone()).await?;
    let admin = match config.rpc_admin {
        Some(address) => Some(tierchain_rpc::start(&ServerConfig::admin_at(address), api).await?),
        None => None,
    };
    let metering = tokio::spawn(report::meter(rpc.meter().clone()));
    tracing::info!(name = config.name, genesis = %shared.genesis, rpc = %rpc.local_addr(), "the node runs");

    wait_for_signal().await?;
    tracing::info!("stopping");
    rpc.stop().await;
    if let Some(admin) = admin {
        admin.stop().await;
    }
    inbound.abort();
    reporting.abort();
    metering.abort();
    shared.driver.stop();
    tokio::task::spawn_blocking(move || {
        let _ = driver.join();
        let _ = executor.join();
    })
    .await
    .context("the node's threads didn't end well")?;
    let flushed = shared.db.flush_synced();
    tracing::info!(height = flushed, "stopped");
    drop(disk.base_path);
    Ok(())
}

fn heartbeat_ms(config: &RunConfig) -> u64 {
    u64::try_from(config.heartbeat.as_millis()).unwrap_or(u64::MAX)
}

fn machine_config(config: &RunConfig, disk: &Disk) -> anyhow::Result<Option<MachineConfig>> {
    let Some(key) = &config.consensus_key else { return Ok(None) };
    let set = config.spec.validator_set();
    let me = set.index_of(&key.public()).with_context(|| {
        format!("the consensus key {} is of no validator of this chain: give the right key file, or run without --validator", key.public())
    })?;
    Ok(Some(MachineConfig { genesis: disk.genesis, set, me, parameters: Parameters::default() }))
}

fn network_config(config: &RunConfig, disk: &Disk) -> anyhow::Result<network::Config> {
    let members = peers::members(&config.spec)?;
    let mut built = network::Config::new(config.node_key.seed(), disk.genesis, members);
    built.listen = config.listen_addresses.iter().map(|text| network::parse_address(text)).collect::<Result<_, _>>()?;
    built.bootnodes = config.bootnodes.iter().map(|text| network::parse_address(text)).collect::<Result<_, _>>()?;
    built.quic = config.quic;
    Ok(built)
}

async fn wait_for_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
