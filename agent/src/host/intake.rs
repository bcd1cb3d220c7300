//! The way of what a host sees: a line of the event log, on disk; records by the normaliser's rule; the outbox, on disk;
//! then, and only then, the submitter. Lives that are settled leave it all by and by ([`Compaction`]).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tierchain_primitives::AccountId;
use tierchain_primitives::ledger::Uuid;

use super::HostError;
use super::archive;
use super::book::Book;
use super::compaction::{Compacted, Compaction, may_leave};
use super::log_head::Note;
use crate::append_log::{AppendLog, draft};
use crate::error::AgentError;
use crate::feed::intake::Stored;
use crate::normaliser::Normaliser;
use crate::outbox::Outbox;
use crate::record::{LifeId, Record};
use crate::source::process::{Line, What};
use crate::source::{self, Grammar};

/// The event log's name in a host's folder.
pub(crate) const EVENTS: &str = "events.jsonl";

/// When the log is compacted, and how much of it at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// So many bytes of the log are of settled lives,
    pub(crate) bytes: u64,
    /// or it has so many settled lives; and no less than half of it is theirs, so that no line is written again and again.
    pub(crate) lives: usize,
    /// Lines of one step: a host that looks at its servers every 50 ms does one between two looks.
    pub(crate) step_lines: usize,
}

impl Default for Limits {
    /// 256 KiB, which is some 300 short lives; 512 lines take some 5 ms.
    fn default() -> Self {
        Self { bytes: 256 * 1024, lives: 512, step_lines: 512 }
    }
}

/// The event log and all that follows from it.
pub(crate) struct Intake {
    state: PathBuf,
    owner: AccountId,
    log: AppendLog,
    epoch: u64,
    floor: u32,
    digest: Digest,
    stored: Stored,
    /// What the log says.
    pub(crate) book: Book,
    settled: BTreeSet<LifeId>,
    settled_bytes: u64,
    compaction: Option<Compaction>,
    /// When to compact.
    pub(crate) limits: Limits,
}

/// What follows from a log's lines beside the book.
pub(super) struct Digest {
    normaliser: Normaliser,
    /// The bytes of each life's lines.
    weights: BTreeMap<LifeId, u64>,
    /// Those of lines about servers on their way here,
    coming: BTreeMap<Uuid, u64>,
    /// and about those that came, or didn't: of no use any more.
    spent: u64,
}

impl Digest {
    /// Of a log from which whole lives were taken.
    pub(super) fn of_rest(floor: u32) -> Self {
        let normaliser = Normaliser::of_rest(Grammar::Process, floor);
        Self { normaliser, weights: BTreeMap::new(), coming: BTreeMap::new(), spent: 0 }
    }

    /// The next life of a server of which nothing is known has this ordinal.
    pub(super) fn count_from(&mut self, uuid: Uuid, ordinal: u32) {
        self.normaliser.count_from(uuid, ordinal);
    }

    /// Takes a line that ends at `cursor`.
    ///
    /// # Errors
    /// Says why no host writes such a line.
    pub(super) fn take(
        &mut self,
        book: &mut Book,
        line: &Line,
        text: &str,
        cursor: u64,
    ) -> Result<Vec<Record>, String> {
        book.take(line, text);
        self.weigh(book.owner(line), line, text.len() as u64 + 1);
        let records = self.normaliser.on_line(&source::Line::Whole(text.as_bytes().to_vec()), cursor);
        records.map_err(|garbage| garbage.to_string())
    }

    fn weigh(&mut self, owner: Option<LifeId>, line: &Line, bytes: u64) {
        match (&line.what, owner) {
            (What::Arriving { .. }, _) => *self.coming.entry(line.uuid).or_default() += bytes,
            (What::Withdrawn { .. } | What::Arrived { .. }, _) => {
                self.spent += self.coming.remove(&line.uuid).unwrap_or(0);
            }
            _ => {}
        }
        match owner {
            Some(life) => *self.weights.entry(life).or_default() += bytes,
            None if self.coming.contains_key(&line.uuid) => {}
            None => self.spent += bytes,
        }
    }
}

impl Intake {
    /// Opens the event log and the outbox beside it, and gives all records so far. What the log has and the outbox
    /// doesn't was lost between the two, and is found again. A compaction that was cut short is dropped, or completed.
    ///
    /// # Errors
    /// [`HostError`] when one of them can't be used, or they don't belong together.
    pub(crate) fn open(state: &Path, owner: AccountId) -> Result<(Self, Vec<Record>), HostError> {
        let path = state.join(EVENTS);
        draft::drop_unfinished(&path)?;
        let (log, lines) = AppendLog::open(&path)?;
        let bad = |line: usize, reason| HostError::EventLine { path: path.clone(), line: line as u64 + 1, reason };
        let head = lines.first().map(|first| Note::read(first)).transpose().map_err(|reason| bad(0, reason))?;
        let (epoch, floor) = match head.flatten() {
            Some(Note::Head { epoch, floor }) => (epoch, floor),
            Some(Note::Ordinal { .. }) => return Err(bad(0, "it isn't the head of a log".into())),
            None => (0, 0),
        };
        archive::drop_unfinished(state, epoch)?;
        let outbox = Outbox::open_epoch(&state.join("outbox"), owner, epoch)?;
        let mut intake = Self {
            state: state.into(),
            owner,
            log,
            epoch,
            floor,
            digest: Digest::of_rest(floor),
            stored: Stored::new(outbox, path.clone()),
            book: Book::of_rest(floor),
            settled: BTreeSet::new(),
            settled_bytes: 0,
            compaction: None,
            limits: Limits::default(),
        };
        let (mut records, mut counts, mut cursor) = (Vec::new(), Vec::new(), 0);
        for (line, text) in lines.iter().enumerate() {
            cursor += text.len() as u64 + 1;
            records.extend(intake.read(line, text, cursor).map_err(|reason| bad(line, reason))?);
            counts.push(records.len() as u64);
        }
        let given = intake.stored.put(&records).and_then(|()| intake.stored.ensure_all_given());
        given.map_err(|error| match error {
            AgentError::OtherRecording { record, .. } => {
                let line = counts.partition_point(|count| *count <= record);
                bad(line, "the outbox has something else of it, or of a line that is missing".into())
            }
            error => error.into(),
        })?;
        Ok((intake, records))
    }

    /// Takes a line of an earlier run.
    fn read(&mut self, line: usize, text: &str, cursor: u64) -> Result<Vec<Record>, String> {
        match Note::read(text)? {
            None => {}
            Some(Note::Head { .. }) if line == 0 => return Ok(Vec::new()),
            Some(Note::Head { .. }) => return Err("a log has one head".into()),
            Some(Note::Ordinal { uuid, ordinal }) => {
                self.book.count_from(uuid, ordinal);
                self.digest.count_from(uuid, ordinal);
                return Ok(Vec::new());
            }
        }
        let line: Line = serde_json::from_str(text).map_err(|error| error.to_string())?;
        self.digest.take(&mut self.book, &line, text, cursor)
    }

    /// Writes a line and gives the records that it leads to, all of them on disk.
    ///
    /// # Errors
    /// [`HostError`] when the disk refuses: what was written is found again at the next start.
    pub(crate) fn write(&mut self, line: &Line) -> Result<Vec<Record>, HostError> {
        let text = serde_json::to_string(line).expect("a line has text for keys, and no floats");
        self.log.append(&text)?;
        let taken = self.digest.take(&mut self.book, line, &text, self.log.length());
        let records = taken.expect("what this host writes is of its own grammar");
        self.stored.put(&records)?;
        Ok(records)
    }

    /// Notes that a life has ended and that all there is to say of it is final: its lines leave the log by and by.
    pub(super) fn settle(&mut self, life: LifeId) {
        if let Some(weight) = self.digest.weights.get(&life)
            && self.settled.insert(life)
        {
            self.settled_bytes += weight;
        }
    }

    /// Whether a life is known to be settled.
    pub(super) fn is_settled(&self, life: &LifeId) -> bool {
        self.settled.contains(life)
    }

    /// Does the next step of a compaction, if one is due or under way, and gives the lives that are gone by it.
    ///
    /// # Errors
    /// [`HostError`] when the disk refuses: nothing is lost, and the next start goes on.
    pub(super) fn compact(&mut self) -> Result<BTreeSet<LifeId>, HostError> {
        if self.compaction.is_none() && self.is_due() {
            self.compaction = self.begin_compaction()?;
        }
        let Some(compaction) = &mut self.compaction else { return Ok(BTreeSet::new()) };
        if !compaction.step(self.log.path(), self.log.length(), self.limits.step_lines)? {
            return Ok(BTreeSet::new());
        }
        match self.compaction.take() {
            Some(compaction) => self.go_on_with(compaction.finish()?),
            None => Ok(BTreeSet::new()),
        }
    }

    fn is_due(&self) -> bool {
        let goes = self.settled_bytes + self.digest.spent;
        let many = goes >= self.limits.bytes || self.settled.len() >= self.limits.lives;
        many && goes >= self.log.length().saturating_sub(goes)
    }

    fn begin_compaction(&mut self) -> Result<Option<Compaction>, HostError> {
        let leaving = may_leave(&self.digest.weights, &self.settled);
        if leaving.is_empty() && self.digest.spent == 0 {
            return Ok(None);
        }
        let coming = self.book.coming().map(|coming| coming.arrival.server.uuid).collect();
        tracing::info!(lives = leaving.len(), log_bytes = self.log.length(), "archiving settled lives");
        let outbox = self.stored.begin_epoch(self.epoch + 1)?;
        let from = (self.epoch, self.floor);
        Compaction::begin(&self.state, &self.owner, &self.log, from, (leaving, coming), outbox).map(Some)
    }

    fn go_on_with(&mut self, compacted: Compacted) -> Result<BTreeSet<LifeId>, HostError> {
        let Compacted { epoch, floor, log, outbox, book, digest, gone, archived } = compacted;
        let before = self.log.length();
        (self.epoch, self.floor, self.log, self.book, self.digest) = (epoch, floor, log, book, digest);
        self.settled.retain(|life| !gone.contains(life));
        let weight = |life: &LifeId| self.digest.weights.get(life).copied().unwrap_or(0);
        self.settled_bytes = self.settled.iter().map(weight).sum();
        self.stored.go_on_with(outbox)?;
        let log_bytes = self.log.length();
        tracing::info!(epoch, lives = gone.len(), archived, before, log_bytes, "archived settled lives");
        Ok(gone)
    }
}
