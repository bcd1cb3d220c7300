//! What one dead validator costs whoever submits: the same light load with four alive, with a follower dead, and with
//! the validator dead that was the primary.

use std::time::Duration;

use crate::cluster::VALIDATORS;
use crate::faults::stage::Stage;
use crate::faults::{Intensity, LIGHT_ACCOUNTS, LIGHT_SEED, Options, Report};
use crate::load::{self, LatencySummary, Mode, Pace, Plan};

/// Bar of p99 with one dead, as a multiple of p99 with four alive.
const BAR: f64 = 2.0;

/// How long the others get to settle after a kill.
const SETTLE: Duration = Duration::from_secs(2);

/// Submits so many a second for so long in each phase.
///
/// # Errors
/// When the network can't be made, or a load doesn't come through.
pub async fn one_dead(options: &Options, time: Duration, rate: f64) -> anyhow::Result<Report> {
    let alone = Options { intensity: Intensity { accounts: 0, ..options.intensity }, ..options.clone() };
    let mut stage = Stage::set("one-dead", &alone).await?;
    let mut phases = Vec::new();
    let played = play(&mut stage, time, rate, &mut phases).await;
    for (name, LatencySummary { p50, p99, max, .. }) in &phases {
        stage.report.figure(format!("submit to final, {name}, p50"), *p50, "ms", None);
        stage.report.figure(format!("submit to final, {name}, p99"), *p99, "ms", None);
        stage.report.figure(format!("submit to final, {name}, max"), *max, "ms", None);
    }
    if let Some(((_, alive), dead)) = phases.split_first() {
        for (name, summary) in dead {
            stage.report.figure(format!("p99, {name}, by four alive"), summary.p99 / alive.p99, "x", Some(BAR));
        }
    }
    stage.close(played).await
}

/// A phase's name and what it showed.
type Phase = (&'static str, LatencySummary);

async fn play(stage: &mut Stage, time: Duration, rate: f64, phases: &mut Vec<Phase>) -> anyhow::Result<()> {
    // What starts with a process (connections, caches) is over before anything is measured.
    measure(stage, "warm-up", time.min(SETTLE), rate).await?;
    phases.push(("four alive", measure(stage, "four alive", time, rate).await?));
    for (step, name) in [(1, "a follower dead"), (0, "the primary dead")] {
        let victim = (stage.primary().await? + step) % VALIDATORS;
        stage.kill(victim)?;
        stage.audit_votes(victim);
        tokio::time::sleep(SETTLE).await;
        phases.push((name, measure(stage, name, time, rate).await?));
        stage.start(victim)?;
        stage.level().await?;
        stage.audit_chains(victim).await?;
    }
    Ok(())
}

/// A light load on the nodes that run.
async fn measure(stage: &Stage, name: &str, time: Duration, rate: f64) -> anyhow::Result<LatencySummary> {
    let plan = Plan {
        name: name.into(),
        rpc: stage.cluster.running().into_iter().map(|node| stage.cluster.world.ws_url(node)).collect(),
        seed: LIGHT_SEED,
        accounts: LIGHT_ACCOUNTS,
        mode: Mode::Remark,
        pace: Pace::Open { rate },
        seconds: time.as_secs().max(1),
        count: u64::MAX,
        pids: Vec::new(),
    };
    let figures = load::run(&plan).await?;
    stage.say(&figures.to_string());
    anyhow::ensure!(figures.unfinished == 0, "{} extrinsics aren't final: {name}", figures.unfinished);
    Ok(figures.latency_ms)
}
