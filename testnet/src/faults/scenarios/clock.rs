//! A validator whose clock is wrong, as a follower and as the primary: the chain goes on, and its time stays right.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::cluster::VALIDATORS;
use crate::faults::stage::Stage;
use crate::faults::{Options, Report};

/// How far off the clock is, in milliseconds: within what a proposal may be ahead, beyond it, and absurdly.
const OFFSETS_MS: [i64; 6] = [900, -900, 10_000, -10_000, 3_600_000, -3_600_000];

/// How far a block may be ahead of the time here: a second by the rule, and the way.
const AHEAD_MS_MAX: f64 = 1_500.0;

/// How long the primary is away, so that the next one, whose clock is wrong, gets its turn.
const AWAY: Duration = Duration::from_millis(1_500);

/// How long each state of things lasts.
const WATCHED: Duration = Duration::from_millis(1_500);

/// Starts a validator with each of the first `offsets` wrong clocks.
///
/// # Errors
/// When the network can't be made, or can't be asked any more.
pub async fn clock(options: &Options, offsets: usize) -> anyhow::Result<Report> {
    let (mut stage, mut ahead_max) = (Stage::set("clock", options).await?, 0.0);
    let played = rounds(&mut stage, offsets, &mut ahead_max).await;
    if ahead_max > AHEAD_MS_MAX {
        stage.violate([format!("the chain's time was {ahead_max} ms ahead of the machine's")]);
    }
    stage.report.figure("furthest that the chain's time was ahead", ahead_max, "ms", Some(AHEAD_MS_MAX));
    stage.close(played).await
}

async fn rounds(stage: &mut Stage, offsets: usize, ahead_max: &mut f64) -> anyhow::Result<()> {
    for offset in OFFSETS_MS.into_iter().take(offsets) {
        let primary = stage.primary().await?;
        let wrong = (primary + 1) % VALIDATORS;
        stage.kill(wrong)?;
        stage.audit_votes(wrong);
        stage.start_with_clock(wrong, offset)?;
        stage.level().await?;
        let height = stage.watch.best();
        tokio::time::sleep(WATCHED).await;
        if stage.watch.best() == height {
            stage.violate([format!("nothing becomes final beside a follower whose clock is off by {offset} ms")]);
        }
        *ahead_max = ahead_max.max(ahead(stage).await);

        let gap = take_turn(stage, primary).await?;
        *ahead_max = ahead_max.max(ahead(stage).await);
        stage.audit_chains(wrong).await?;
        stage.say(&format!("validator {wrong} off by {offset} ms: gap {} ms around its turn", gap.as_millis()));
        stage.report.times(&format!("longest gap, clock off by {offset} ms, its turn"), &[gap], [None; 2]);

        stage.kill(wrong)?;
        stage.start(wrong)?;
        stage.level().await?;
    }
    Ok(())
}

/// Has the primary away for a while, so that the next one gets its turn. How long nothing was final meanwhile: a wrong
/// clock beside a dead primary is one fault more than four validators bear, so the others may have to wait for it.
async fn take_turn(stage: &mut Stage, primary: u16) -> anyhow::Result<Duration> {
    let killed = stage.kill(primary)?;
    stage.audit_votes(primary);
    tokio::time::sleep(AWAY).await;
    let back = stage.start(primary)?;
    stage.first_final_after(back).await?;
    stage.level().await?;
    Ok(stage.watch.longest_gap(killed))
}

/// How far the newest block that anybody has is ahead of the time here, in milliseconds; 0 where it isn't.
async fn ahead(stage: &Stage) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64;
    stage.newest_time().await.map_or(0.0, |time| (time as f64 - now).max(0.0))
}
