//! The link between one follower and the primary goes down and up five times a second: nobody changes the view for it,
//! and the follower votes again as soon as it holds.

use std::time::{Duration, Instant};

use crate::cluster::VALIDATORS;
use crate::faults::stage::{Stage, until};
use crate::faults::{Options, Report};

/// How long the link is down, and then up, five times a second.
const HALF_PERIOD: Duration = Duration::from_millis(100);

/// Bar of the time from the last flap to a vote of the follower's at the primary, in milliseconds.
const BAR_MS: f64 = 1_000.0;

/// Flaps for so long.
///
/// # Errors
/// When the network can't be made, cut or asked any more.
pub async fn flap(options: &Options, time: Duration) -> anyhow::Result<Report> {
    let mut stage = Stage::set("flap", options).await?;
    let played = flap_for(&mut stage, time).await;
    stage.close(played).await
}

async fn flap_for(stage: &mut Stage, time: Duration) -> anyhow::Result<()> {
    let primary = stage.primary().await?;
    let follower = (primary + 2) % VALIDATORS;
    let view = view_of(stage, primary).await?;
    let (began, mut flaps) = (Instant::now(), 0);
    let mut due = tokio::time::Instant::now();
    while began.elapsed() < time {
        stage.wires.cut(&[(primary, follower)])?;
        due += HALF_PERIOD;
        tokio::time::sleep_until(due).await;
        stage.wires.heal(&[(primary, follower)])?;
        due += HALF_PERIOD;
        tokio::time::sleep_until(due).await;
        flaps += 1;
    }
    // The last half period was up already: the last flap is one half period ago.
    let last_flap = Instant::now() - HALF_PERIOD;
    until("the follower votes again", async || votes(stage, primary, follower).await.then_some(())).await?;
    let voted = last_flap.elapsed();
    let gap = stage.watch.longest_gap(began);
    let after = view_of(stage, primary).await?;
    stage.say(&format!("{flaps} flaps between {primary} and {follower}: view {view}, then {after}"));
    stage.report.figure("flaps", f64::from(flaps), "", None);
    stage.report.figure("view changes", after.saturating_sub(view) as f64, "", Some(0.0));
    stage.report.times("from the last flap to the follower's vote", &[voted], [None, Some(BAR_MS)]);
    stage.report.times("longest gap without finalisation meanwhile", &[gap], [None; 2]);
    stage.level().await?;
    stage.audit_chains(follower).await
}

async fn view_of(stage: &Stage, node: u16) -> anyhow::Result<u64> {
    until("the node answers", async || Some(stage.status(node).await?.view.0)).await
}

/// Whether a node holds a vote of another's for a block that isn't final yet.
async fn votes(stage: &Stage, at: u16, of: u16) -> bool {
    let Some(status) = stage.status(at).await else { return false };
    status.in_flight.iter().any(|block| block.prepares.have.contains(&of) || block.commits.have.contains(&of))
}
