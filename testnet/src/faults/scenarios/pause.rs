//! SIGSTOP: a process that is alive to the system and dead to everybody else. Its connections stay open, so nothing but
//! time tells that it is gone. SIGCONT: it comes back with a clock that jumped and a head full of the past.

use std::time::{Duration, Instant};

use anyhow::Context;

use crate::cluster::VALIDATORS;
use crate::faults::stage::Stage;
use crate::faults::{Options, Report};

/// Stops the primary and then a follower for so long, so many times.
///
/// # Errors
/// When the network can't be made, or can't be asked any more.
pub async fn pause(options: &Options, time: Duration, times: u32) -> anyhow::Result<Report> {
    let (mut stage, mut found) = (Stage::set("pause", options).await?, Times::default());
    let played = rounds(&mut stage, time, times, &mut found).await;
    stage.report.remarks.push(format!("stopped for {} s each time", time.as_secs_f64()));
    let [of_primary, of_follower] = found.gaps;
    stage.report.times("longest gap, the primary stopped", &of_primary, [None; 2]);
    stage.report.times("longest gap, a follower stopped", &of_follower, [None; 2]);
    stage.report.times("from SIGCONT to level with the others", &found.returns, [None; 2]);
    stage.close(played).await
}

/// What was measured over all rounds.
#[derive(Default)]
struct Times {
    /// With the primary stopped, and with a follower.
    gaps: [Vec<Duration>; 2],
    returns: Vec<Duration>,
}

async fn rounds(stage: &mut Stage, time: Duration, times: u32, found: &mut Times) -> anyhow::Result<()> {
    for round in 1..=times {
        for (step, (gaps, who)) in (0..).zip(found.gaps.iter_mut().zip(["the primary", "a follower"])) {
            let node = (stage.primary().await? + step) % VALIDATORS;
            let began = Instant::now();
            stage.cluster.process(node).context("it runs")?.pause()?;
            tokio::time::sleep(time).await;
            stage.cluster.process(node).context("it runs")?.resume()?;
            let resumed = Instant::now();
            stage.first_final_after(resumed).await?;
            let gap = stage.watch.longest_gap(began);
            stage.level().await?;
            stage.say(&format!("{round} of {times}: {who} stopped, gap {} ms", gap.as_millis()));
            gaps.push(gap);
            found.returns.push(resumed.elapsed());
            stage.audit_chains(node).await?;
        }
    }
    Ok(())
}
