//! From the source to the outbox to the submitter, in a thread of its own, since files block.
//!
//! On start the source is read again from its beginning. The normaliser is deterministic, so the records it gives are
//! those in the outbox, and must be equal to them byte for byte; from there on they are new. Whatever was lost between
//! the source and the outbox when the agent was killed is thus found again, and nothing is there twice.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tierchain_primitives::ledger::Uuid;
use tokio::sync::mpsc;

use crate::error::AgentError;
use crate::normaliser::{Counts, Normaliser};
use crate::outbox::Outbox;
use crate::record::{LifeId, Record};
use crate::source::{Lines, SourceSpec};
use crate::submitter::Errand;

pub(crate) mod intake;
#[cfg(test)]
mod tests;

use intake::Stored;

/// Records are synced in groups of this many, unless the source pauses.
const GROUP: usize = 64;

/// How long a pause may last before the request to stop is looked at.
const NAP: Duration = Duration::from_millis(50);

/// What the source side hands to the submitter.
pub(crate) enum Fed {
    /// Records that are on disk.
    Records(Vec<Record>),
    /// Lives that are settled, and that the source has let go of: nothing more is said of them.
    Gone(BTreeSet<LifeId>),
    /// Something to be said that belongs to no server's life. Boxed: a call is large.
    Errand(Box<Errand>),
    /// The source has ended.
    Ended(SourceEnd),
    /// It can't go on.
    Failed(AgentError),
}

/// What the source says when it has ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct SourceEnd {
    /// What became of its lines.
    pub(crate) counts: Counts,
    /// The servers' names, where it gives them.
    pub(crate) names: Vec<(Uuid, String)>,
}

/// The source side.
pub(crate) struct Feed {
    source: SourceSpec,
    stored: Stored,
    group: Vec<Record>,
    /// Recorded seconds per second; 0 for as fast as possible.
    speed: f64,
    started: Option<(u64, Instant)>,
    stop: Arc<AtomicBool>,
    out: mpsc::Sender<Fed>,
}

/// The submitter is gone, or the agent is to stop.
struct Stopped;

impl Feed {
    /// A feed from a source through an outbox with the records `stored` in it.
    pub(crate) fn new(
        source: SourceSpec,
        outbox: (Outbox, Vec<Record>),
        speed: f64,
        stop: Arc<AtomicBool>,
        out: mpsc::Sender<Fed>,
    ) -> Self {
        let stored = Stored::new(outbox, source.path.clone());
        Self { source, stored, group: Vec::new(), speed, started: None, stop, out }
    }

    /// Reads the source to its end.
    pub(crate) fn run(mut self) {
        let fed = match self.read() {
            Ok(Ok(end)) => Fed::Ended(end),
            Ok(Err(Stopped)) => return,
            Err(error) => Fed::Failed(error),
        };
        // If nobody listens any more, the agent is ending.
        let _ = self.out.blocking_send(fed);
    }

    fn read(&mut self) -> Result<Result<SourceEnd, Stopped>, AgentError> {
        let path = self.source.path.clone();
        let io_error = |source| AgentError::Source { path: path.clone(), source };
        let mut lines = Lines::new(BufReader::new(File::open(&path).map_err(io_error)?));
        let mut normaliser = Normaliser::new(self.source.grammar);
        if let Some(last) = self.stored.last() {
            tracing::info!(source_bytes = last.cursor, "going on with the outbox");
        }
        while let Some(line) = lines.next_line().map_err(io_error)? {
            match normaliser.on_line(&line, lines.offset()) {
                Ok(records) => self.group.extend(records),
                Err(garbage) => tracing::warn!(before_byte = lines.offset(), %garbage, "skipped a line"),
            }
            if self.group.len() >= GROUP && self.flush()?.is_err() || self.pace(normaliser.clock())?.is_err() {
                return Ok(Err(Stopped));
            }
        }
        self.group.extend(normaliser.finish(lines.offset()));
        if self.flush()?.is_err() {
            return Ok(Err(Stopped));
        }
        self.stored.ensure_all_given()?;
        let names = normaliser.names().filter_map(|(uuid, name)| Some((uuid, name?.to_owned())));
        Ok(Ok(SourceEnd { counts: normaliser.counts(), names: names.collect() }))
    }

    /// Puts the group into the outbox, as far as it isn't there, and hands it on.
    fn flush(&mut self) -> Result<Result<(), Stopped>, AgentError> {
        let group = core::mem::take(&mut self.group);
        self.stored.put(&group)?;
        if self.stop.load(Ordering::Relaxed) {
            return Ok(Err(Stopped));
        }
        let handed_on = group.is_empty() || self.out.blocking_send(Fed::Records(group)).is_ok();
        Ok(if handed_on { Ok(()) } else { Err(Stopped) })
    }

    /// Waits until the recording's time has come, what is known before it being handed on first.
    fn pace(&mut self, clock: u64) -> Result<Result<(), Stopped>, AgentError> {
        if self.speed <= 0.0 || clock == 0 {
            return Ok(Ok(()));
        }
        let (first, start) = *self.started.get_or_insert_with(|| (clock, Instant::now()));
        let recorded = Duration::from_micros(clock.saturating_sub(first));
        let due = start + Duration::try_from_secs_f64(recorded.as_secs_f64() / self.speed).unwrap_or(Duration::MAX / 4);
        if due > Instant::now() && self.flush()?.is_err() {
            return Ok(Err(Stopped));
        }
        while let Some(left) = due.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(Err(Stopped));
            }
            thread::sleep(left.min(NAP));
        }
        Ok(Ok(()))
    }
}
