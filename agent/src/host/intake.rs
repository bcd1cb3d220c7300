//! The way of what a host sees: a line of the event log, on disk; records by the normaliser's rule; the outbox, on disk;
//! then, and only then, the submitter.

use std::path::Path;

use tierchain_primitives::AccountId;

use super::HostError;
use super::book::Book;
use crate::append_log::AppendLog;
use crate::feed::intake::Stored;
use crate::normaliser::Normaliser;
use crate::outbox::Outbox;
use crate::record::Record;
use crate::source::process::Line;
use crate::source::{self, Grammar};

/// The event log and all that follows from it.
pub(crate) struct Intake {
    log: AppendLog,
    normaliser: Normaliser,
    stored: Stored,
    /// What the log says.
    pub(crate) book: Book,
}

impl Intake {
    /// Opens the event log and the outbox beside it, and gives all records so far. What the log has and the outbox
    /// doesn't was lost between the two, and is found again.
    ///
    /// # Errors
    /// [`HostError`] when one of them can't be used, or they don't belong together.
    pub(crate) fn open(state: &Path, owner: AccountId) -> Result<(Self, Vec<Record>), HostError> {
        let path = state.join("events.jsonl");
        let (log, lines) = AppendLog::open(&path)?;
        let stored = Stored::new(Outbox::open(&state.join("outbox"), owner)?, path);
        let (normaliser, book) = (Normaliser::new(Grammar::Process), Book::default());
        let mut intake = Self { log, normaliser, stored, book };
        let mut records = Vec::new();
        let mut cursor = 0;
        for text in lines {
            cursor += text.len() as u64 + 1;
            records.extend(intake.take(&text, cursor));
        }
        intake.stored.put(&records)?;
        intake.stored.ensure_all_given()?;
        Ok((intake, records))
    }

    /// Writes a line and gives the records that it leads to, all of them on disk.
    ///
    /// # Errors
    /// [`HostError`] when the disk refuses: what was written is found again at the next start.
    pub(crate) fn write(&mut self, line: &Line) -> Result<Vec<Record>, HostError> {
        let text = serde_json::to_string(line).expect("a line has text for keys, and no floats");
        self.log.append(&text)?;
        let records = self.take(&text, self.log.length());
        self.stored.put(&records)?;
        Ok(records)
    }

    fn take(&mut self, text: &str, cursor: u64) -> Vec<Record> {
        if let Ok(line) = serde_json::from_str(text) {
            self.book.take(&line, text);
        }
        let records = self.normaliser.on_line(&source::Line::Whole(text.as_bytes().to_vec()), cursor);
        records.unwrap_or_else(|garbage| {
            tracing::warn!(before_byte = cursor, %garbage, "skipped a line of the event log");
            Vec::new()
        })
    }
}
