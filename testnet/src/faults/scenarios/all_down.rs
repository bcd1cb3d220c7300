//! SIGKILL of all four validators at once, and all of them started again.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::cluster::VALIDATORS;
use crate::faults::stage::Stage;
use crate::faults::{Options, Report};

/// Bar of the time from the last start to the first new final block, in milliseconds.
const BAR_MS: f64 = 2_000.0;

/// Kills all at once, so many times.
///
/// # Errors
/// When the network can't be made, or can't be asked any more.
pub async fn all_down(options: &Options, times: u32) -> anyhow::Result<Report> {
    let (mut stage, mut found) = (Stage::set("all-down", options).await?, Vec::new());
    let played = rounds(&mut stage, options.seed, times, &mut found).await;
    stage.report.times("from the last start to the first new final block", &found, [None, Some(BAR_MS)]);
    stage.close(played).await
}

async fn rounds(stage: &mut Stage, seed: u64, times: u32, found: &mut Vec<Duration>) -> anyhow::Result<()> {
    let mut rng = StdRng::seed_from_u64(seed);
    for round in 1..=times {
        tokio::time::sleep(Duration::from_millis(rng.random_range(200..700))).await;
        stage.cluster.kill_all()?;
        (0..VALIDATORS).for_each(|node| stage.audit_votes(node));
        let mut last_start = Instant::now();
        for node in 0..VALIDATORS {
            last_start = stage.start(node)?;
        }
        let took = stage.first_final_after(last_start).await?;
        stage.say(&format!("{round} of {times}: a new block is final {} ms after the last start", took.as_millis()));
        found.push(took);
        stage.level().await?;
        stage.audit_chains(0).await?;
    }
    Ok(())
}
