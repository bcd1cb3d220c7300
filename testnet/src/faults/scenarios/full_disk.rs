//! A validator's disk fills: it stops and says why, the others go on, and with space given back it rejoins.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::faults::stage::{Stage, within};
use crate::faults::{Intensity, Options, Report};

/// The validator whose disk fills. The first primary is another.
const VICTIM: u16 = 3;

/// Room for a vote log of some segments and a young database.
const DISK_MIB: u32 = 160;

/// How soon a validator under load must have noticed.
const NOTICE_WITHIN: Duration = Duration::from_secs(60);

/// Bytes of each remark at least: log and database reserve room ahead, which small ones would take minutes to use up.
const REMARK_BYTES: usize = 16 * 1024;

/// What its log must say: the system's own words.
const SAYS: &str = "No space left on device";

/// Fills the disk of one validator, on a small file system in memory.
///
/// # Errors
/// When this machine doesn't let us mount, or the network can't be made or asked any more.
pub async fn full_disk(options: &Options) -> anyhow::Result<Report> {
    let remark_bytes = options.intensity.remark_bytes.max(REMARK_BYTES);
    let heavy = Options { intensity: Intensity { remark_bytes, ..options.intensity }, ..options.clone() };
    let mut stage = Stage::set_with("full-disk", &heavy, Some((VICTIM, DISK_MIB))).await?;
    let played = fill_and_empty(&mut stage).await;
    stage.close(played).await
}

async fn fill_and_empty(stage: &mut Stage) -> anyhow::Result<()> {
    let ballast = stage.cluster.world.base_path(VICTIM).join("ballast");
    let filled = Instant::now();
    fill(&ballast)?;
    let what = "a validator whose disk is full stops";
    let status = within(NOTICE_WITHIN, what, async || stage.cluster.process(VICTIM)?.ended()).await?;
    let noticed = filled.elapsed();
    stage.say(&format!("validator {VICTIM} stopped after {} ms: {status}", noticed.as_millis()));
    if status.success() {
        stage.violate([format!("a full disk is no success: {status}")]);
    }
    let log = std::fs::read_to_string(stage.cluster.world.log_path(VICTIM)).context("the validator's log")?;
    match log.lines().rev().find(|line| line.contains(SAYS)) {
        Some(line) => stage.report.remarks.push(format!("it said: {line}")),
        None => stage.violate([format!("validator {VICTIM} doesn't say {SAYS:?} in its log")]),
    }
    stage.kill(VICTIM)?;
    stage.audit_votes(VICTIM);
    let gap = stage.gap_after(filled).await?;
    stage.report.times("from full to stopped", &[noticed], [None; 2]);
    stage.report.times("longest gap without finalisation of the others", &[gap], [None; 2]);

    std::fs::remove_file(&ballast).context("giving the space back")?;
    let restarted = stage.start(VICTIM)?;
    stage.level().await?;
    stage.report.times("from restart to level with the others", &[restarted.elapsed()], [None; 2]);
    stage.audit_chains(VICTIM).await
}

/// Writes until nothing more fits.
fn fill(path: &Path) -> anyhow::Result<()> {
    let mut file = File::create(path).context("the ballast")?;
    let zeros = vec![0; 64 * 1024];
    loop {
        match file.write_all(&zeros) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
            Err(error) => return Err(error).context("the ballast"),
        }
    }
}
