//! The body of the replica: the node's threads, and what runs on which.
//!
//! ```text
//! tokio        network, RPC, metrics; `inbound` decodes and verifies what comes over the wire, `gate` what is submitted
//! driver       one thread, the only one that touches the replica: input in, vote log synced, effects out
//! executor     one thread: executes certified blocks, commits them, then says that they are final
//! flusher      one thread: flushes the database so that old segments of the vote log can go
//! snapshot-*   one thread each to make and to serve snapshots; a node without a database joins by one before all else
//! ```
//!
//! Nothing leaves the driver before the log holds what it rests on, and nobody hears of a final block before its state
//! can be read.

mod backend;
mod clock;
mod departures;
mod disk;
mod driver;
mod evidence;
mod executor;
mod flusher;
mod gaps;
mod gate;
mod inbound;
mod ledger;
mod peers;
mod perform;
mod ranges;
mod rejoin;
mod report;
mod shared;
mod snapshot;
mod stand;
mod verifier;

use std::sync::Arc;
use std::sync::mpsc;

use anyhow::Context;
use tierchain_consensus::Parameters;
use tierchain_network as network;
use tierchain_primitives::H256;
use tierchain_primitives::crypto::KeyPair;
use tierchain_replica::{Foreign, Pace, Record, Settings, Voter, foreign};
use tierchain_rpc::ServerConfig;
use tierchain_runtime::Weights;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::RunConfig;
use disk::{Disk, Prepared};
use driver::{Driver, DriverHandle};
use peers::Roll;
use shared::Shared;

/// Runs a node until SIGTERM or SIGINT. Must be called within a tokio runtime.
///
/// # Errors
/// What keeps it from starting: a disk of another chain, no vote log, a port in use…
pub(crate) async fn run(config: RunConfig) -> anyhow::Result<()> {
    let prepared = Prepared::open(&config)?;
    let genesis = prepared.genesis.hash;
    let Some(Opened { disk, network, events, heard }) = open(prepared, &config).await? else { return Ok(()) };
    let (driver_handle, inputs) = DriverHandle::new();
    let (desk, requests) = snapshot::Desk::new();
    let shared = Arc::new(Shared::new(&config, disk.database, genesis, network, driver_handle, desk));
    let settings = Settings {
        genesis: shared.genesis,
        epochs: (*shared.epochs()).clone(),
        voter: shared.key.map(|key| Voter {
            key,
            parameters: Parameters::default(),
            rejoins: disk.recovered.challenge(),
        }),
        pace: Pace::new(config.spec.genesis.time, heartbeat_ms(&config)),
        weights: Weights::new(config.spec.genesis.block_nonce_bits),
        quota: config.spec.genesis.quota,
    };

    refuse_foreign_log(&disk.recovered.records, &shared, &config)?;
    let heartbeat = config.heartbeat;
    let rejoiner = config.consensus_key.as_ref().map(|key| KeyPair::from_seed(&key.seed()));
    let (jobs, jobs_in) = mpsc::channel();
    let executor = executor::start(shared.clone(), disk.state, jobs_in)?;
    let flusher = flusher::start(shared.clone())?;
    let runtime = tokio::runtime::Handle::current();
    let driver = Driver::new(shared.clone(), settings, disk.log, config.consensus_key, jobs, flusher, runtime);
    let driver = driver::start(driver, disk.recovered, inputs)?;
    let inbound = tokio::spawn(inbound::run(shared.clone(), heard, events));
    let snapshots = snapshot::start(&shared, requests)?;
    let rejoining = tokio::spawn(rejoin::run(shared.clone(), rejoiner));
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
    rejoining.abort();
    reporting.abort();
    metering.abort();
    shared.driver.stop();
    tokio::task::spawn_blocking(move || {
        let _ = driver.join();
        let _ = executor.join();
        snapshots.join();
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

/// What a start has in hand before anything runs.
struct Opened {
    disk: Disk,
    network: network::Handle,
    events: network::Events,
    /// What was heard while joining.
    heard: Vec<network::Event>,
}

/// Opens disk and network. A node without a database meets the others first, and joins by a snapshot if they are far
/// ahead. None when it was told to end meanwhile.
async fn open(prepared: Prepared, config: &RunConfig) -> anyhow::Result<Option<Opened>> {
    let genesis = prepared.genesis.hash;
    if !prepared.is_empty() {
        let disk = Disk::open(prepared, config)?;
        let (network, events) = network::start(network_config(config, genesis, &Roll::of(&disk.database))?).await?;
        return Ok(Some(Opened { disk, network, events, heard: Vec::new() }));
    }
    // Found out now, and not when the others were met.
    tierchain_rpc::check_address(&config.rpc).await?;
    let roll = Roll::of_genesis(&prepared.genesis);
    let (network, mut events) = network::start(network_config(config, genesis, &roll)?).await?;
    let heard = tokio::select! {
        met = snapshot::meet(joiner(config, &prepared, &roll, &network), &network, &mut events) => met?,
        signal = wait_for_signal() => return signal.map(|()| None),
    };
    snapshot::take_over(&prepared.base_path)?;
    let disk = Disk::open(prepared, config)?;
    network.set_members(Roll::of(&disk.database).members(network.local_peer()));
    Ok(Some(Opened { disk, network, events, heard }))
}

/// Refuses a vote log that another validator voted by: this one could contradict what it said by its own.
fn refuse_foreign_log(records: &[Record], shared: &Shared, config: &RunConfig) -> anyhow::Result<()> {
    let Some(key) = shared.key else { return Ok(()) };
    let Some(Foreign { epoch, said_by }) = foreign(records, &shared.epochs(), &key) else { return Ok(()) };
    anyhow::bail!(
        "the vote log in {} holds votes of another validator, {said_by}, in epoch {epoch}, and this node would vote with \
         {key}: start it with the key of that log in keys/consensus, or with the log of this key in place",
        config.base_path.join("votes").display()
    )
}

/// What a node without a database joins with.
fn joiner(config: &RunConfig, prepared: &Prepared, roll: &Roll, network: &network::Handle) -> snapshot::Joiner {
    let peer = network.local_peer();
    let members = roll.members(peer);
    let others = members.iter().filter(|(other, member)| member.role.is_validator() && **other != peer).count();
    snapshot::Joiner {
        genesis: prepared.genesis.clone(),
        set: config.spec.validator_set(),
        others,
        above: config.join_above,
        staging: snapshot::Staging::of(&prepared.base_path),
        settings: disk::database_settings(config),
    }
}

fn network_config(config: &RunConfig, genesis: H256, roll: &Roll) -> anyhow::Result<network::Config> {
    let members = roll.members(network::peer_id(&config.node_key.seed()));
    let mut built = network::Config::new(config.node_key.seed(), genesis, members);
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
