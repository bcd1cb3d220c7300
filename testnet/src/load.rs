//! A load generator: accounts that submit extrinsics, and how long each takes until it is final.
//!
//! *Closed loop*: each account keeps a number of extrinsics in flight, and sends the next when one is final. *Open loop*:
//! extrinsics are due at a fixed rate, and the time counts from when one was due, not from when it could be sent, so
//! that a node that stalls can't hide it. Finality is seen by following final blocks at one node; nothing is assumed
//! from an answer to a submission.

mod account;
mod connections;
mod figures;
mod follow;
mod process;
mod work;

pub use account::{Account, ROLES};
pub use connections::{ConnectionsFigures, ConnectionsPlan, Window, connections};
pub use figures::{Figures, Latency, LatencySummary, ValidatorFigures};

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tierchain_primitives::H256;
use tierchain_primitives::extrinsic::RuntimeVersions;
use tierchain_rpc::api::{ChainApiClient, StateApiClient};
use tierchain_rpc::client::{Client, connect};
use tierchain_rpc::types::{AnyNumber, ListOrValue};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;

use follow::Follower;
pub(crate) use follow::extrinsics;
use process::Usage;
use work::Worker;

/// How long one call may take.
const CALL_WAIT: Duration = Duration::from_secs(10);

/// How long what is in flight at the end may take to become final.
const DRAIN_WAIT: Duration = Duration::from_secs(20);

/// What is submitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// `system.remark` of 32 bytes.
    Remark,
    /// Events of servers that the account itself announced and had born: one event, or a batch.
    Append {
        /// Events in one extrinsic.
        batch: usize,
    },
}

/// When the next extrinsic is sent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Pace {
    /// When one of so many, over all accounts, is final.
    Closed {
        /// How many are in flight.
        in_flight: usize,
    },
    /// So many a second, over all accounts.
    Open {
        /// Extrinsics per second.
        rate: f64,
    },
}

/// A load, bounded in time and number.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What to call it in the figures.
    pub name: String,
    /// Nodes to submit to, in turn; the first is also the one whose blocks are followed.
    pub rpc: Vec<String>,
    /// Seed of the accounts' keys.
    pub seed: u64,
    /// How many accounts.
    pub accounts: u32,
    /// What is submitted.
    pub mode: Mode,
    /// How fast.
    pub pace: Pace,
    /// For how long.
    pub seconds: u64,
    /// At most this many extrinsics.
    pub count: u64,
    /// Processes whose CPU time and memory are measured.
    pub pids: Vec<u32>,
}

/// What all extrinsics of a network sign.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    pub(crate) genesis: H256,
    pub(crate) versions: RuntimeVersions,
}

/// An extrinsic on its way.
struct Pending {
    due: Instant,
    events: u64,
    /// The place that it takes of its account's in-flight extrinsics.
    _permit: Option<OwnedSemaphorePermit>,
}

/// What workers and follower share.
#[derive(Default)]
struct Shared {
    pending: HashMap<H256, Pending>,
    latency: Latency,
    submitted: u64,
    finalised: u64,
    events: u64,
    retried: u64,
}

/// The shared state behind its lock, which nobody holds across an await.
#[derive(Clone, Default)]
pub(crate) struct Board(Arc<Mutex<Shared>>);

impl Board {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        // A panic elsewhere ends the load anyway; the figures so far are still good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an extrinsic before it is sent. False when the plan's number is used up.
    fn send(&self, hash: H256, pending: Pending, count: u64) -> bool {
        let mut shared = self.lock();
        if shared.submitted >= count {
            return false;
        }
        shared.submitted += 1;
        shared.pending.insert(hash, pending);
        true
    }

    fn retried(&self) {
        self.lock().retried += 1;
    }

    /// Notes the extrinsics of a final block.
    fn finalised(&self, hashes: &[H256], at: Instant) {
        let mut shared = self.lock();
        for hash in hashes {
            let Some(pending) = shared.pending.remove(hash) else { continue };
            shared.latency.record(at.saturating_duration_since(pending.due));
            shared.finalised += 1;
            shared.events += pending.events;
        }
    }

    fn in_flight(&self) -> usize {
        self.lock().pending.len()
    }
}

/// Generates the load and measures it.
///
/// # Errors
/// When a node can't be reached, refuses for good, or the ledger doesn't show what was submitted.
pub async fn run(plan: &Plan) -> anyhow::Result<Figures> {
    ensure!(!plan.rpc.is_empty() && plan.accounts > 0, "a load needs a node and an account");
    let mut clients = Vec::new();
    for url in &plan.rpc {
        clients.push(Arc::new(connect(url, CALL_WAIT).await?));
    }
    let network = network(&clients[0]).await?;
    let board = Board::default();
    let follower = Follower::start(clients[0].clone(), board.clone()).await?;
    let mut workers = Vec::new();
    for at in 0..plan.accounts {
        let client = clients[at as usize % clients.len()].clone();
        workers.push(Worker::prepare(plan, at, client, network).await?);
    }
    let (cpu, began) = (process::usages(&plan.pids)?, Instant::now());
    workers = work_all(plan, workers, &board).await?;
    let seconds = began.elapsed().as_secs_f64();
    drain(&board).await;
    let validators = measured(&plan.pids, &cpu)?;
    follower.stop().await?;
    let mut entity_blocks = 0;
    for worker in &workers {
        entity_blocks += worker.entity_blocks().await?;
    }
    let figures = figures(plan, &board, seconds, entity_blocks, validators);
    if let Mode::Append { .. } = plan.mode {
        let (found, sent) = (figures.entity_blocks, figures.events);
        ensure!(found >= sent, "the ledger has {found} entity blocks of {sent} events: look at the nodes' logs");
    }
    Ok(figures)
}

/// Appends the figures as one line of JSON to a file.
///
/// # Errors
/// When the file can't be written.
pub fn append_json(path: &Path, figures: &Figures) -> anyhow::Result<()> {
    let line = serde_json::to_string(figures)? + "\n";
    let opened = OpenOptions::new().create(true).append(true).open(path);
    let written = opened.and_then(|mut file| file.write_all(line.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// What is signed on the network of a node.
pub(crate) async fn network(client: &Client) -> anyhow::Result<Network> {
    let version = client.runtime_version(None).await.context("state_getRuntimeVersion")?;
    let genesis = client.block_hash(Some(ListOrValue::Value(AnyNumber(0)))).await.context("chain_getBlockHash")?;
    let ListOrValue::Value(Some(genesis)) = genesis else { anyhow::bail!("the node has no genesis block") };
    let versions = RuntimeVersions { spec: version.spec_version, transaction: version.transaction_version };
    Ok(Network { genesis: genesis.0, versions })
}

async fn work_all(plan: &Plan, workers: Vec<Worker>, board: &Board) -> anyhow::Result<Vec<Worker>> {
    let mut tasks = JoinSet::new();
    for worker in workers {
        let (plan, board) = (plan.clone(), board.clone());
        tasks.spawn(async move { worker.work(&plan, &board).await });
    }
    let mut done = Vec::new();
    while let Some(finished) = tasks.join_next().await {
        done.push(finished.context("a worker panicked")??);
    }
    Ok(done)
}

async fn drain(board: &Board) {
    let deadline = Instant::now() + DRAIN_WAIT;
    while board.in_flight() > 0 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn measured(pids: &[u32], before: &[Usage]) -> anyhow::Result<Vec<ValidatorFigures>> {
    let after = process::usages(pids)?;
    let pairs = pids.iter().zip(before.iter().zip(&after));
    Ok(pairs.map(|(pid, (before, after))| ValidatorFigures::between(*pid, before, after)).collect())
}

fn figures(plan: &Plan, board: &Board, seconds: f64, entity_blocks: u64, validators: Vec<ValidatorFigures>) -> Figures {
    let shared = board.lock();
    let (unfinished, per_second) = (shared.pending.len() as u64, shared.finalised as f64 / seconds);
    Figures {
        name: plan.name.clone(),
        seconds,
        submitted: shared.submitted,
        finalised: shared.finalised,
        unfinished,
        retried: shared.retried,
        events: shared.events,
        entity_blocks,
        extrinsics_per_second: per_second,
        events_per_second: shared.events as f64 / seconds,
        latency_ms: shared.latency.summary(),
        validators,
    }
}
