//! A validator's disk fills: it stops and says why, the others go on, and with space given back it rejoins.

use std::io::{ErrorKind, Write};
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
    let ballast = stage.cluster.world.base_path(VICTIM).join("ballast");
    let filled = Instant::now();
    fill(&ballast)?;
    let ended =
        within(NOTICE_WITHIN, "a validator whose disk is full stops", async || stage.cluster.process(VICTIM)?.ended())
            .await;
    let noticed = filled.elapsed();
    match ended {
        Ok(status) if status.success() => stage.violate([format!("a full disk is no success: {status}")]),
        Ok(status) => stage.say(&format!("validator {VICTIM} stopped after {} ms: {status}", noticed.as_millis())),
        Err(error) => stage.violate([format!("{error:#}")]),
    }
    let log = std::fs::read_to_string(stage.cluster.world.log_path(VICTIM)).context("the validator's log")?;
    match log.lines().rev().find(|line| line.contains(SAYS)) {
        Some(line) => stage.report.remarks.push(format!("it said: {line}")),
        None => stage.violate([format!("validator {VICTIM} doesn't say {SAYS:?} in its log")]),
    }
    stage.kill(VICTIM)?;
    stage.audit_votes(VICTIM);
    let gap = stage.gap_after(filled).await?;

    std::fs::remove_file(&ballast).context("giving the space back")?;
    let restarted = stage.start(VICTIM)?;
    if stage.is_level().await {
        let back = restarted.elapsed();
        stage.audit_chains(VICTIM).await?;
        stage.report.times("from restart to level with the others", &[back], [None; 2]);
    }
    stage.report.times("from full to stopped", &[noticed], [None; 2]);
    stage.report.times("longest gap without finalisation of the others", &[gap], [None; 2]);
    stage.close().await
}

/// Writes until nothing more fits.
fn fill(path: &std::path::Path) -> anyhow::Result<()> {
    let mut file = std::fs::File::create(path).context("the ballast")?;
    let zeros = vec![0; 64 * 1024];
    loop {
        match file.write_all(&zeros) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
            Err(error) => return Err(error).context("the ballast"),
        }
    }
}
