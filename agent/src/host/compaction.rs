//! Compaction of the event log: the lines of settled lives go to the archive, the others to a new log, a bounded number of
//! them at a time, while the host goes on with the old one.
//!
//! ```text
//! old log ──> lines of settled lives ──> archive segment   1. published: its lines are there twice
//!        └──> all others ──> new log                       2. takes the old one's place: the step that counts
//!                       └──> records ──> new outbox        3. the old outbox is dropped
//! ```
//!
//! Killed before 2, what was made is dropped or replaced; killed after it, the outbox is completed or made anew at the
//! next start. Whole lives go, oldest first of each server, so that what is left gives the same records as before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use tierchain_primitives::AccountId;
use tierchain_primitives::ledger::Uuid;

use super::HostError;
use super::archive::Segment;
use super::book::Book;
use super::intake::Digest;
use super::log_head::Note;
use crate::append_log::draft::Draft;
use crate::append_log::{AppendLog, LogError};
use crate::outbox::Segments;
use crate::record::{LifeId, Record};
use crate::source::process::{Line, What};
use crate::source::{self, Lines};

/// A compaction on its way.
pub(super) struct Compaction {
    pub(super) epoch: u64,
    /// The lives that go.
    leaving: BTreeSet<LifeId>,
    floor: u32,
    old: Lines<BufReader<File>>,
    line: u64,
    /// Whose the old log's lines are.
    guide: Book,
    /// Lines about servers on their way here that are still of use: those of these servers, and all that are not older.
    coming: BTreeSet<Uuid>,
    begun_at: u64,
    archive: Segment,
    log: Draft,
    outbox: Segments,
    group: Vec<Record>,
    /// What follows from the new log.
    book: Book,
    digest: Digest,
    noted: BTreeSet<Uuid>,
}

/// What a compaction leads to.
pub(super) struct Compacted {
    pub(super) epoch: u64,
    pub(super) floor: u32,
    pub(super) log: AppendLog,
    pub(super) outbox: Segments,
    pub(super) book: Book,
    pub(super) digest: Digest,
    /// The lives that are gone.
    pub(super) gone: BTreeSet<LifeId>,
    /// How many lines went to the archive.
    pub(super) archived: u64,
}

impl Compaction {
    /// Begins to take lives out of the log in `state`, whose lives are counted from `floor`. The outbox is one that was
    /// begun for the log's next epoch.
    pub(super) fn begin(
        state: &Path,
        account: &AccountId,
        old: &AppendLog,
        (epoch, floor): (u64, u32),
        (leaving, coming): (BTreeSet<LifeId>, BTreeSet<Uuid>),
        outbox: Segments,
    ) -> Result<Self, HostError> {
        let failed = |source| LogError { path: old.path().into(), source };
        let lines = Lines::new(BufReader::new(File::open(old.path()).map_err(failed)?));
        let above = leaving.iter().map(|life| life.ordinal.saturating_add(1)).max().unwrap_or(0);
        let mut log = Draft::begin(old.path())?;
        let (epoch, next) = (epoch + 1, floor.max(above));
        log.add(&Note::Head { epoch, floor: next }.line());
        Ok(Self {
            epoch,
            leaving,
            floor: next,
            old: lines,
            line: 0,
            guide: Book::of_rest(floor),
            coming,
            begun_at: old.length(),
            archive: Segment::begin(state, epoch, account)?,
            log,
            outbox,
            group: Vec::new(),
            book: Book::of_rest(next),
            digest: Digest::of_rest(next),
            noted: BTreeSet::new(),
        })
    }

    /// Goes on with so many lines of the old log, and puts them on disk. Gives whether it has come to its end, `until`.
    pub(super) fn step(&mut self, path: &Path, until: u64, lines: usize) -> Result<bool, HostError> {
        for _ in 0..lines {
            if self.old.offset() >= until {
                break;
            }
            let line = self.old.next_line().map_err(|source| LogError { path: path.into(), source })?;
            self.line += 1;
            let bad = |reason: String| HostError::EventLine { path: path.into(), line: self.line, reason };
            let Some(source::Line::Whole(bytes)) = line else { return Err(bad("it can't be read again".into())) };
            let text = String::from_utf8(bytes).map_err(|error| bad(error.to_string()))?;
            let taken = self.take(&text);
            taken.map_err(|reason| HostError::EventLine { path: path.into(), line: self.line, reason })?;
        }
        self.archive.sync()?;
        self.log.sync()?;
        let group = core::mem::take(&mut self.group);
        self.outbox.append(&group)?;
        Ok(self.old.offset() >= until)
    }

    fn take(&mut self, text: &str) -> Result<(), String> {
        match Note::read(text)? {
            None => {}
            Some(Note::Head { .. }) => return Ok(()),
            Some(Note::Ordinal { uuid, ordinal }) => {
                self.guide.count_from(uuid, ordinal);
                return Ok(());
            }
        }
        let line: Line = serde_json::from_str(text).map_err(|error| error.to_string())?;
        self.guide.take(&line, text);
        let owner = self.guide.owner(&line);
        let is_kept = match owner {
            Some(life) => !self.leaving.contains(&life),
            None => {
                is_of_one_that_comes(&line) && (self.coming.contains(&line.uuid) || self.old.offset() > self.begun_at)
            }
        };
        if !is_kept {
            self.archive.add(text);
            return Ok(());
        }
        if let Some(life) = owner
            && self.noted.insert(life.uuid)
            && life.ordinal != self.floor
        {
            self.log.add(&Note::Ordinal { uuid: life.uuid, ordinal: life.ordinal }.line());
            self.book.count_from(life.uuid, life.ordinal);
            self.digest.count_from(life.uuid, life.ordinal);
        }
        self.log.add(text);
        let records = self.digest.take(&mut self.book, &line, text, self.log.length());
        if let Some(life) = owner {
            assert_eq!(self.book.life(life.uuid), self.guide.life(life.uuid), "the new log means what the old one did");
        }
        self.group.extend(records?);
        Ok(())
    }

    /// Puts the new log in the old one's place. All of the old one must have been read.
    pub(super) fn finish(self) -> Result<Compacted, HostError> {
        let Self { epoch, leaving: gone, floor, archive, log, outbox, book, digest, .. } = self;
        let archived = archive.publish()?;
        let log = log.into_log()?;
        Ok(Compacted { epoch, floor, log, outbox, book, digest, gone, archived })
    }
}

/// Whether a line is about a server that isn't here yet.
fn is_of_one_that_comes(line: &Line) -> bool {
    matches!(line.what, What::Arriving { .. } | What::Withdrawn { .. })
}

/// Of the settled lives those that may go: no earlier one of their server stays.
pub(super) fn may_leave(weights: &BTreeMap<LifeId, u64>, settled: &BTreeSet<LifeId>) -> BTreeSet<LifeId> {
    let mut stays: Option<Uuid> = None;
    let mut leaving = BTreeSet::new();
    for life in weights.keys() {
        if settled.contains(life) && stays != Some(life.uuid) {
            leaving.insert(*life);
        } else {
            stays = Some(life.uuid);
        }
    }
    leaving
}
