//! SIGKILL of one validator after the other under load: of the primary each time, or of any.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::cluster::VALIDATORS;
use crate::faults::stage::Stage;
use crate::faults::{Options, Report};

/// Bars of the longest gap without finalisation, on loopback: p95 and max, in milliseconds.
const GAP_BARS_MS: [f64; 2] = [300.0, 600.0];

/// What was measured over all rounds.
#[derive(Default)]
struct Times {
    gaps: Vec<Duration>,
    returns: Vec<Duration>,
}

/// SIGKILL of the primary, so many times; all four are up and at the same height between two kills.
///
/// # Errors
/// When the network can't be made, or can't be asked any more.
pub async fn failover(options: &Options, times: u32) -> anyhow::Result<Report> {
    let mut stage = Stage::set("failover", options).await?;
    let mut found = Times::default();
    let played = kill_primaries(&mut stage, options.seed, times, &mut found).await;
    stage.report.times("longest gap without finalisation", &found.gaps, GAP_BARS_MS.map(Some));
    stage.report.times("from restart to level with the others", &found.returns, [None; 2]);
    stage.close(played).await
}

/// SIGKILL of a validator chosen at random, so many times.
///
/// # Errors
/// When the network can't be made, or can't be asked any more.
pub async fn soak(options: &Options, kills: u32) -> anyhow::Result<Report> {
    let mut stage = Stage::set("soak", options).await?;
    let mut found = Times::default();
    let played = kill_any(&mut stage, options.seed, kills, &mut found).await;
    stage.report.figure("kills", found.gaps.len() as f64, "", None);
    stage.report.times("longest gap without finalisation", &found.gaps, [None; 2]);
    stage.report.times("from restart to level with the others", &found.returns, [None; 2]);
    stage.close(played).await
}

async fn kill_primaries(stage: &mut Stage, seed: u64, times: u32, found: &mut Times) -> anyhow::Result<()> {
    let mut rng = StdRng::seed_from_u64(seed);
    for round in 1..=times {
        // Kills come at any moment of a block's way.
        tokio::time::sleep(Duration::from_millis(rng.random_range(50..250))).await;
        let primary = stage.primary().await?;
        kill_one(stage, primary, Duration::ZERO, found, &format!("kill {round} of {times}")).await?;
    }
    Ok(())
}

async fn kill_any(stage: &mut Stage, seed: u64, kills: u32, found: &mut Times) -> anyhow::Result<()> {
    let mut rng = StdRng::seed_from_u64(seed);
    for round in 1..=kills {
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..200))).await;
        let (victim, down) = (rng.random_range(0..VALIDATORS), Duration::from_millis(rng.random_range(0..400)));
        kill_one(stage, victim, down, found, &format!("kill {round} of {kills}")).await?;
    }
    Ok(())
}

/// Kills a validator, audits its vote log, starts it again after a while, and waits until all are level.
async fn kill_one(stage: &mut Stage, victim: u16, down: Duration, found: &mut Times, what: &str) -> anyhow::Result<()> {
    let at = stage.kill(victim)?;
    stage.audit_votes(victim);
    let gap = stage.gap_after(at).await?;
    tokio::time::sleep(down).await;
    let restarted = stage.start(victim)?;
    stage.level().await?;
    let back = restarted.elapsed();
    stage.audit_chains(victim).await?;
    stage.say(&format!("{what}: validator {victim}, gap {} ms, level after {} ms", gap.as_millis(), back.as_millis()));
    found.gaps.push(gap);
    found.returns.push(back);
    Ok(())
}
