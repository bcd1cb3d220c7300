//! What many connections cost: latency to finality in windows with and without them, in turn, so that what else changes
//! meanwhile changes both alike.

use core::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures::stream::{self, StreamExt, TryStreamExt};
use jsonrpsee::ws_client::{WsClient, WsClientBuilder};
use serde::Serialize;
use tierchain_rpc::api::{ChainApiClient, SystemApiClient};
use tokio::task::JoinSet;

use super::process;
use super::{Figures, Mode, Pace, Plan, ValidatorFigures, run};

/// How many connections are opened at once.
const OPENED_AT_ONCE: usize = 64;

/// How long opening one may take.
const CONNECT_WAIT: Duration = Duration::from_secs(30);

/// What is measured.
#[derive(Clone, Debug)]
pub struct ConnectionsPlan {
    /// WebSocket endpoint of the node.
    pub rpc: String,
    /// Process of the node.
    pub pid: u32,
    /// Connections that say nothing.
    pub idle: usize,
    /// Connections that follow final heads.
    pub subscribers: usize,
    /// Pairs of windows.
    pub pairs: u32,
    /// Length of a window.
    pub seconds: u64,
    /// Remarks per second in every window.
    pub rate: f64,
    /// Seed of the account that submits them.
    pub seed: u64,
}

/// A window's figures.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// Connections that were open besides the load's own.
    pub connections: usize,
    /// Heads that all subscribers heard of.
    pub heads: u64,
    /// Half of the remarks were final after so many milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 were.
    pub p99_ms: f64,
    /// What the node's process used.
    pub node: ValidatorFigures,
}

/// All windows, and what they come to.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionsFigures {
    /// In the order in which they were measured: without, with, without, with…
    pub windows: Vec<Window>,
    /// Median of the windows' medians without connections, in milliseconds.
    pub p50_ms_without: f64,
    /// The same with them.
    pub p50_ms_with: f64,
    /// Median of the CPU time that the node used in a window without connections, in seconds.
    pub cpu_seconds_without: f64,
    /// The same with them.
    pub cpu_seconds_with: f64,
    /// The node's resident memory before there was any connection, in MiB: at the end of the first window.
    pub resident_mib_before: f64,
    /// Its most at the end of a window with them. What the load itself adds from window to window is in it.
    pub resident_mib_with: f64,
    /// How long opening all connections took, at most, in seconds.
    pub opened_in_seconds: f64,
}

/// Measures windows without and with connections, in turn.
///
/// # Errors
/// When the node can't be reached, refuses a connection, or loses one.
pub async fn connections(plan: &ConnectionsPlan) -> anyhow::Result<ConnectionsFigures> {
    ensure!(plan.pairs > 0 && plan.idle + plan.subscribers > 0, "there is nothing to compare");
    let (mut windows, mut opened_in_seconds) = (Vec::new(), 0.0f64);
    for _ in 0..plan.pairs {
        windows.push(window(plan, 0, &AtomicU64::new(0)).await?);
        let began = Instant::now();
        let crowd = Crowd::gather(plan).await?;
        opened_in_seconds = opened_in_seconds.max(began.elapsed().as_secs_f64());
        crowd.heads.store(0, Ordering::Relaxed);
        windows.push(window(plan, plan.idle + plan.subscribers, &crowd.heads).await?);
        crowd.check()?;
    }
    let of = |with: bool, value: fn(&Window) -> f64| -> Vec<f64> {
        windows.iter().filter(|window| (window.connections > 0) == with).map(value).collect()
    };
    let resident = |with| of(with, |window| window.node.resident_mib);
    Ok(ConnectionsFigures {
        p50_ms_without: median(of(false, |window| window.p50_ms)),
        p50_ms_with: median(of(true, |window| window.p50_ms)),
        cpu_seconds_without: median(of(false, |window| window.node.cpu_seconds)),
        cpu_seconds_with: median(of(true, |window| window.node.cpu_seconds)),
        resident_mib_before: resident(false).first().copied().unwrap_or_default(),
        resident_mib_with: resident(true).into_iter().fold(0.0, f64::max),
        opened_in_seconds,
        windows,
    })
}

async fn window(plan: &ConnectionsPlan, connections: usize, heads: &AtomicU64) -> anyhow::Result<Window> {
    let load = Plan {
        name: "connections".into(),
        rpc: vec![plan.rpc.clone()],
        seed: plan.seed,
        accounts: 1,
        mode: Mode::Remark,
        pace: Pace::Open { rate: plan.rate },
        seconds: plan.seconds,
        count: u64::MAX,
        pids: Vec::new(),
    };
    let before = process::usages(&[plan.pid])?;
    let Figures { latency_ms, .. } = run(&load).await?;
    let after = process::usages(&[plan.pid])?;
    Ok(Window {
        connections,
        heads: heads.load(Ordering::Relaxed),
        p50_ms: latency_ms.p50,
        p99_ms: latency_ms.p99,
        node: ValidatorFigures::between(plan.pid, &before[0], &after[0]),
    })
}

/// The connections that are there besides the load's own.
struct Crowd {
    idle: Vec<WsClient>,
    subscribers: JoinSet<()>,
    heads: Arc<AtomicU64>,
    wanted: usize,
}

impl Crowd {
    async fn gather(plan: &ConnectionsPlan) -> anyhow::Result<Self> {
        let open = |_| connect(&plan.rpc);
        let opened = stream::iter(0..plan.idle + plan.subscribers).map(open).buffer_unordered(OPENED_AT_ONCE);
        let mut idle: Vec<WsClient> = opened.try_collect().await?;
        let heads = Arc::new(AtomicU64::new(0));
        let mut subscribers = JoinSet::new();
        for client in idle.split_off(plan.idle) {
            let mut followed = client.subscribe_finalized_heads().await.context("chain_subscribeFinalizedHeads")?;
            let heads = Arc::clone(&heads);
            subscribers.spawn(async move {
                // The subscription ends with its client.
                let _client = client;
                while let Some(Ok(_)) = followed.next().await {
                    heads.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Ok(Self { idle, subscribers, heads, wanted: plan.idle + plan.subscribers })
    }

    /// All of them are still there.
    fn check(mut self) -> anyhow::Result<()> {
        let mut lost = self.idle.iter().filter(|client| !client.is_connected()).count();
        while self.subscribers.try_join_next().is_some() {
            lost += 1;
        }
        ensure!(lost == 0, "the node dropped {lost} of {} connections within a window", self.wanted);
        Ok(())
    }
}

/// A connection that asks once, so that the node has served it, and then says nothing but the answers to pings.
async fn connect(url: &str) -> anyhow::Result<WsClient> {
    let builder = WsClientBuilder::default().connection_timeout(CONNECT_WAIT).request_timeout(CONNECT_WAIT);
    let client = builder.build(url).await.with_context(|| format!("cannot connect to {url}"))?;
    client.chain().await.context("system_chain")?;
    Ok(client)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

impl fmt::Display for ConnectionsFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Window { connections, heads, p50_ms, p99_ms, node } in &self.windows {
            writeln!(
                f,
                "{connections:>5} connections · p50 {p50_ms:.2} ms · p99 {p99_ms:.2} ms · cpu {:.2} s · {:.1} MiB · \
                 {heads} heads",
                node.cpu_seconds, node.resident_mib
            )?;
        }
        write!(
            f,
            "median p50 {:.2} ms without, {:.2} ms with · cpu {:.2} s without, {:.2} s with · {:.1} MiB before, {:.1} MiB \
             with · opened in {:.1} s",
            self.p50_ms_without,
            self.p50_ms_with,
            self.cpu_seconds_without,
            self.cpu_seconds_with,
            self.resident_mib_before,
            self.resident_mib_with,
            self.opened_in_seconds
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0]), 2.5);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
