//! A network under load on which a scenario plays: it starts, kills and restarts nodes, and knows when all of them stand
//! at the same height. What they leave behind is audited in `audit`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;
use tierchain_primitives::BlockNumber;
use tierchain_primitives::header::Header as PlainHeader;
use tierchain_rpc::api::{ChainApiClient, ConsensusApiClient};
use tierchain_rpc::client::{Client, connect};
use tierchain_rpc::types::ConsensusStatus;
use tokio::time::timeout;

use super::ballots::Ballots;
use super::disk::SmallDisk;
use super::report::Report;
use super::traffic::Traffic;
use super::watch::Watch;
use super::wires::Wires;
use super::{LIGHT_ACCOUNTS, LIGHT_SEED, Options};
use crate::cluster::{Bounds, Cluster, Shape, VALIDATORS, World};
use crate::load::{self, Account};

/// How long one call may take.
const CALL_WAIT: Duration = Duration::from_secs(2);

/// How often is looked whether something has happened.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// How long anything may take that must happen: a node that takes longer is stuck.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How long after a fault another stall would belong to it.
const AFTERMATH: Duration = Duration::from_secs(1);

/// Blocks come every few milliseconds: after so long without one, another stall is on.
const GOING: Duration = Duration::from_millis(50);

/// Time between two blocks of an idle network.
const HEARTBEAT_MS: u32 = 1_000;

/// A network under load, and what is known of it. Fields are dropped in this order: load, nodes, wires, folder.
pub(crate) struct Stage {
    pub(crate) traffic: Traffic,
    pub(crate) watch: Watch,
    pub(crate) cluster: Cluster,
    pub(crate) wires: Wires,
    pub(crate) report: Report,
    pub(super) clients: Vec<Arc<Client>>,
    pub(super) ballots: Ballots,
    /// The highest block that was compared on all nodes.
    pub(super) checked: BlockNumber,
    began: Instant,
    is_quiet: bool,
    disk: Option<SmallDisk>,
    folder: Folder,
}

/// Where a network keeps its things.
enum Folder {
    /// Gone with the stage, unless something must be looked at.
    Temporary(TempDir),
    /// The caller's.
    Given(PathBuf),
}

impl Folder {
    fn make(dir: Option<&Path>) -> anyhow::Result<Self> {
        let Some(dir) = dir else {
            let folder = tempfile::Builder::new().prefix("tierchain-faults-").tempdir();
            return Ok(Self::Temporary(folder.context("cannot make a temporary folder")?));
        };
        std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(Self::Given(dir.to_owned()))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Given(folder) => folder,
        }
    }
}

impl Stage {
    /// Four validators that have blocks final, and load on them.
    pub(crate) async fn set(scenario: &str, options: &Options) -> anyhow::Result<Self> {
        Self::set_with(scenario, options, None).await
    }

    /// The same, where one node has a disk of its own of so many MiB.
    pub(crate) async fn set_with(
        scenario: &str,
        options: &Options,
        small_disk: Option<(u16, u32)>,
    ) -> anyhow::Result<Self> {
        let folder = Folder::make(options.dir.as_deref())?;
        let disk = small_disk.map(|(node, mib)| SmallDisk::mount(&folder.path().join(format!("node-{node}")), mib));
        let disk = disk.transpose()?;
        let (wires, reason) = Wires::lay(options.wires, options.base_port, options.delay).await?;
        let mut report = Report::new(scenario, wires.kind().name());
        report.remarks.extend(reason);
        if let Wires::Namespaces(namespaces) = &wires {
            report.remarks.push(format!("pairs are cut by {}", namespaces.cutter()));
        }
        let light = (0..LIGHT_ACCOUNTS).map(|place| Account::new(LIGHT_SEED, place).address());
        let shape = Shape {
            id: "tierchain-faults".into(),
            accounts: Traffic::addresses(options.intensity).chain(light).collect(),
            data_centers: vec!["local".into()],
            hosts: Vec::new(),
            providers: Vec::new(),
            heartbeat_ms: HEARTBEAT_MS,
            bounds: Bounds::default(),
        };
        let world = World::make(folder.path(), wires.places(), shape)?;
        let mut clients = Vec::new();
        for node in 0..VALIDATORS {
            clients.push(Arc::new(connect(&world.url(node), CALL_WAIT).await?));
        }
        let mut cluster = Cluster::prepare(world)?;
        (0..VALIDATORS).try_for_each(|node| cluster.start(node))?;
        wires.set_pids(cluster.pids());
        let (watch, firsts) = Watch::start((0..VALIDATORS).map(|node| cluster.world.ws_url(node)).collect());
        let network = until("node 0 answers", async || load::network(&clients[0]).await.ok()).await?;
        let traffic = Traffic::start(&clients, network, options.intensity, firsts);
        let (ballots, began) = (Ballots::default(), Instant::now());
        let is_quiet = options.quiet;
        let checked = 0;
        let stage =
            Self { traffic, watch, cluster, wires, report, clients, ballots, checked, began, is_quiet, disk, folder };
        stage.say(&format!(
            "{scenario}: four validators in {}, over {}",
            stage.folder.path().display(),
            stage.report.wires
        ));
        stage.level().await?;
        Ok(stage)
    }

    /// A line of progress.
    pub(crate) fn say(&self, line: &str) {
        if !self.is_quiet {
            tierchain_stdio::complain(format_args!("{:>7.1} s  {line}", self.began.elapsed().as_secs_f64()));
        }
    }

    /// Something happened that must never happen.
    pub(crate) fn violate(&mut self, what: impl IntoIterator<Item = String>) {
        for violation in what {
            self.say(&format!("VIOLATION: {violation}"));
            self.report.violations.push(violation);
        }
    }

    /// Starts a node that doesn't run; answers with the moment before.
    pub(crate) fn start(&mut self, node: u16) -> anyhow::Result<Instant> {
        let at = Instant::now();
        self.cluster.start(node)?;
        self.wires.set_pids(self.cluster.pids());
        Ok(at)
    }

    /// Starts a node with a clock that is off by so many milliseconds.
    pub(crate) fn start_with_clock(&mut self, node: u16, offset_ms: i64) -> anyhow::Result<()> {
        let world = &self.cluster.world;
        let mut command = world.run_command(node, &world.spec());
        command.arg(format!("--clock-offset-ms={offset_ms}"));
        self.cluster.start_by(node, command)?;
        self.wires.set_pids(self.cluster.pids());
        Ok(())
    }

    /// SIGKILL of a node, or the burial of one that ended by itself; answers with the moment before.
    pub(crate) fn kill(&mut self, node: u16) -> anyhow::Result<Instant> {
        let at = Instant::now();
        self.cluster.kill(node)?;
        self.wires.set_pids(self.cluster.pids());
        Ok(at)
    }

    /// What consensus says of itself at a node; none when it doesn't answer.
    pub(crate) async fn status(&self, node: u16) -> Option<ConsensusStatus> {
        timeout(CALL_WAIT, self.clients[usize::from(node)].consensus_status()).await.ok()?.ok()
    }

    /// What consensus says of itself at every node that runs; none unless all answer.
    pub(crate) async fn statuses(&self) -> Option<Vec<(u16, ConsensusStatus)>> {
        let nodes = self.cluster.running();
        let all = futures::future::join_all(nodes.iter().map(|node| self.status(*node))).await;
        nodes.into_iter().zip(all).map(|(node, status)| Some((node, status?))).collect()
    }

    /// The primary of the view that all nodes that run are in.
    pub(crate) async fn primary(&self) -> anyhow::Result<u16> {
        until("all nodes are in one view", async || {
            let statuses = self.statuses().await?;
            let (_, first) = statuses.first()?;
            statuses.iter().all(|(_, status)| status.view == first.view).then_some(first.primary)
        })
        .await
    }

    /// Waits until all nodes that run have executed what any of them had called final when this began, in the same view,
    /// each connected to each.
    ///
    /// # Errors
    /// When one doesn't come so far: it is stuck. The error says what each waits for.
    pub(crate) async fn level(&self) -> anyhow::Result<()> {
        let target = self.watch.best().max(1);
        let nodes = self.cluster.running();
        let is_level = async || {
            let statuses = self.statuses().await?;
            let view = statuses.first()?.1.view;
            let is_there = |status: &ConsensusStatus| {
                let connected = |node: &u16| status.validators.get(usize::from(*node)).is_some_and(|it| it.connected);
                status.executed.number >= target && status.view == view && nodes.iter().all(connected)
            };
            statuses.iter().all(|(_, status)| is_there(status)).then_some(())
        };
        match until("all nodes stand at the same height", is_level).await {
            Ok(()) => Ok(()),
            Err(error) => Err(error.context(self.why_stuck(target).await)),
        }
    }

    /// What each node waits for.
    async fn why_stuck(&self, target: BlockNumber) -> String {
        let mut lines = vec![format!("stuck below block {target}")];
        for node in self.cluster.running() {
            lines.push(match self.status(node).await {
                None => format!("node {node} doesn't answer"),
                Some(it) => format!("node {node} at {} in view {:?}: {}", it.height, it.view, it.waiting_for),
            });
        }
        lines.join("; ")
    }

    /// Waits until a block is final that nobody had seen before this moment; answers with how long it took.
    pub(crate) async fn first_final_after(&self, moment: Instant) -> anyhow::Result<Duration> {
        let at = until("a new block is final", async || self.watch.first_after(moment)).await?;
        Ok(at.saturating_duration_since(moment))
    }

    /// The longest time without finalisation from a fault on, once blocks are final again and a while has passed in
    /// which another stall would have shown.
    pub(crate) async fn gap_after(&self, fault: Instant) -> anyhow::Result<Duration> {
        self.first_final_after(fault).await?;
        until("blocks are final again", async || {
            let is_going = self.watch.quiet_for().is_some_and(|quiet| quiet < GOING);
            (fault.elapsed() > AFTERMATH && is_going).then_some(())
        })
        .await?;
        Ok(self.watch.longest_gap(fault))
    }

    /// The time of the newest block that anybody has, in milliseconds since 1970.
    pub(crate) async fn newest_time(&self) -> Option<u64> {
        let heads = futures::future::join_all(self.clients.iter().map(|client| client.header(None))).await;
        let headers = heads.into_iter().filter_map(|head| PlainHeader::try_from(&head.ok()??).ok());
        headers.filter_map(|header| Some(header.pre_runtime().ok()?.timestamp)).max()
    }

    /// Ends: the load brings in what it has on its way, all nodes reach the same height, chains and vote logs are
    /// audited for the last time. A scenario that could not be played to its end is a violation too: something that had
    /// to happen didn't.
    pub(crate) async fn close(mut self, played: anyhow::Result<()>) -> anyhow::Result<Report> {
        self.violate(played.err().map(|error| format!("{error:#}")));
        let failures = self.traffic.stop().await;
        self.violate(failures);
        let audited = match self.level().await {
            Ok(()) => self.audit_chains(0).await,
            Err(stuck) => Err(stuck),
        };
        self.violate(audited.err().map(|error| format!("{error:#}")));
        let unseen: usize = self.traffic.take_reported(BlockNumber::MAX).values().map(Vec::len).sum();
        if unseen > 0 {
            self.violate([format!("{unseen} extrinsics were reported final in blocks that not all nodes have")]);
        }
        let final_blocks = self.watch.best();
        self.cluster.kill_all()?;
        (0..VALIDATORS).for_each(|node| self.audit_votes(node));
        let (extrinsics, statements) = (self.traffic.finalised(), self.ballots.read);
        if extrinsics > 0 {
            let latency = self.traffic.latency();
            self.report.figure("submit to final under load, faults and all, p50", latency.p50, "ms", None);
            self.report.figure("submit to final under load, faults and all, p99", latency.p99, "ms", None);
        }
        self.report.figure("extrinsics reported final, all still there", extrinsics as f64, "", None);
        self.report.figure("blocks final", f64::from(final_blocks), "", None);
        self.report.figure("statements read from vote logs, none contradicted", statements as f64, "", None);
        self.report.close(self.began.elapsed());
        Ok(self.end())
    }

    /// Gives the report out. The folder stays where there is something to look at.
    fn end(self) -> Report {
        let Self { traffic, watch, cluster, wires, mut report, disk, folder, .. } = self;
        drop((traffic, watch, cluster, wires, disk));
        if let (Folder::Temporary(folder), false) = (folder, report.is_clean()) {
            report.remarks.push(format!("logs and databases are kept in {}", folder.keep().display()));
        }
        report
    }
}

/// Waits for an outcome.
///
/// # Errors
/// When it doesn't come, naming it.
pub(crate) async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> anyhow::Result<T> {
    within(PATIENCE, what, look).await
}

/// Waits for an outcome for a time of the caller's own.
///
/// # Errors
/// When it doesn't come, naming it.
pub(crate) async fn within<T>(
    limit: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> anyhow::Result<T> {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return Ok(found);
        }
        if began.elapsed() > limit {
            bail!("after {limit:?} still not so: {what}");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
