//! Two validators on each side of a cut: nothing becomes final, and soon after it is healed something does.

use std::time::{Duration, Instant};

use crate::faults::stage::Stage;
use crate::faults::wires::Pair;
use crate::faults::{Options, Report};

/// Bar of the time from healing to the first final block, in milliseconds.
const BAR_MS: f64 = 2_000.0;

/// All pairs with one end on each side.
const ACROSS: [Pair; 4] = [(0, 2), (0, 3), (1, 2), (1, 3)];

/// How long the load is under way before a cut.
const UNDER_WAY: Duration = Duration::from_millis(500);

/// How long votes that were on their way may still make a block final.
const IN_FLIGHT: Duration = Duration::from_secs(1);

/// Cuts for so long, so many times: pairs by dropping what passes between the sides, or (`links`) by pulling the cables
/// of validators 2 and 3, which then hear not even each other.
///
/// # Errors
/// When the network can't be made, cut or asked any more.
pub async fn partition(options: &Options, time: Duration, times: u32, links: bool) -> anyhow::Result<Report> {
    let (mut stage, mut found) = (Stage::set("partition", options).await?, Vec::new());
    let played = rounds(&mut stage, time, times, links, &mut found).await;
    let cut = if links { "links of 2 and 3 down" } else { "2/2" };
    stage.report.remarks.push(format!("cut: {cut}, {} s each", time.as_secs_f64()));
    stage.report.times("from healing to the first final block", &found, [None, Some(BAR_MS)]);
    stage.close(played).await
}

async fn rounds(
    stage: &mut Stage,
    time: Duration,
    times: u32,
    links: bool,
    found: &mut Vec<Duration>,
) -> anyhow::Result<()> {
    for round in 1..=times {
        tokio::time::sleep(UNDER_WAY).await;
        change(stage, links, true)?;
        tokio::time::sleep(IN_FLIGHT.min(time)).await;
        let height = stage.watch.best();
        tokio::time::sleep(time.saturating_sub(IN_FLIGHT)).await;
        let after = stage.watch.best();
        if after != height {
            stage.violate([format!("block {after} became final above {height} in two halves, neither a quorum")]);
        }
        change(stage, links, false)?;
        let took = stage.first_final_after(Instant::now()).await?;
        stage.say(&format!("{round} of {times}: a block is final {} ms after healing", took.as_millis()));
        found.push(took);
        stage.level().await?;
        stage.audit_chains(3).await?;
    }
    Ok(())
}

fn change(stage: &Stage, links: bool, cut: bool) -> anyhow::Result<()> {
    match (links, cut) {
        (true, cut) => [2, 3].into_iter().try_for_each(|node| stage.wires.set_link(node, !cut)),
        (false, true) => stage.wires.cut(&ACROSS),
        (false, false) => stage.wires.heal(&ACROSS),
    }
}
