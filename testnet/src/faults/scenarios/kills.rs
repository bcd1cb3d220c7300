//! SIGKILL of one validator after the other under load: of the primary each time, or of any.

use std::time::{Duration, Instant};

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
    let (mut rng, mut found) = (StdRng::seed_from_u64(options.seed), Times::default());
    for round in 1..=times {
        // Kills come at any moment of a block's way.
        tokio::time::sleep(Duration::from_millis(rng.random_range(50..250))).await;
        let primary = stage.primary().await?;
        if !kill_one(&mut stage, primary, Duration::ZERO, &mut found, &format!("kill {round} of {times}")).await? {
            break;
        }
    }
    stage.report.times("longest gap without finalisation", &found.gaps, GAP_BARS_MS.map(Some));
    stage.report.times("from restart to level with the others", &found.returns, [None; 2]);
    stage.close().await
}

/// SIGKILL of a validator chosen at random, so many times.
///
/// # Errors
/// When the network can't be made, or can't be asked any more.
pub async fn soak(options: &Options, kills: u32) -> anyhow::Result<Report> {
    let mut stage = Stage::set("soak", options).await?;
    let (mut rng, mut found) = (StdRng::seed_from_u64(options.seed), Times::default());
    for round in 1..=kills {
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..200))).await;
        let (victim, down) = (rng.random_range(0..VALIDATORS), Duration::from_millis(rng.random_range(0..400)));
        if !kill_one(&mut stage, victim, down, &mut found, &format!("kill {round} of {kills}")).await? {
            break;
        }
    }
    stage.report.figure("kills", found.gaps.len() as f64, "", None);
    stage.report.times("longest gap without finalisation", &found.gaps, [None; 2]);
    stage.report.times("from restart to level with the others", &found.returns, [None; 2]);
    stage.close().await
}

/// Kills a validator, audits its vote log, starts it again after a while, and waits until all are level. False when
/// somebody is stuck: then it is in the report, and going on makes no sense.
async fn kill_one(
    stage: &mut Stage,
    victim: u16,
    down: Duration,
    found: &mut Times,
    what: &str,
) -> anyhow::Result<bool> {
    let at = stage.kill(victim)?;
    stage.audit_votes(victim);
    let gap = stage.gap_after(at).await?;
    tokio::time::sleep(down).await;
    let restarted = stage.start(victim)?;
    if !stage.is_level().await {
        return Ok(false);
    }
    let back = Instant::now().saturating_duration_since(restarted);
    stage.audit_chains(victim).await?;
    stage.say(&format!("{what}: validator {victim}, gap {} ms, level after {} ms", gap.as_millis(), back.as_millis()));
    found.gaps.push(gap);
    found.returns.push(back);
    Ok(true)
}
