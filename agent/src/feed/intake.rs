//! Records on their way into the outbox: those of earlier runs are given by the source again, and must be the same.

use std::collections::VecDeque;
use std::path::PathBuf;

use crate::error::AgentError;
use crate::outbox::{Outbox, OutboxError, Segments};
use crate::record::Record;

/// An outbox and what it held when it was opened.
pub(crate) struct Stored {
    outbox: Outbox,
    /// The records of earlier runs that the source hasn't given again, and how many it has.
    stored: VecDeque<Record>,
    matched: u64,
    /// The source, for messages.
    source: PathBuf,
}

impl Stored {
    /// An outbox with the records `stored` in it, which is filled from `source`.
    pub(crate) fn new((outbox, stored): (Outbox, Vec<Record>), source: PathBuf) -> Self {
        Self { outbox, stored: stored.into(), matched: 0, source }
    }

    /// The last record of earlier runs that the source hasn't given again.
    pub(crate) fn last(&self) -> Option<&Record> {
        self.stored.back()
    }

    /// Puts records into the outbox as far as they aren't there.
    ///
    /// # Errors
    /// [`AgentError::OtherRecording`] where the source says something else than it did, or what the outbox says.
    pub(crate) fn put(&mut self, records: &[Record]) -> Result<(), AgentError> {
        let known = records.len().min(self.stored.len());
        for record in &records[..known] {
            if self.stored.front() != Some(record) {
                return Err(self.other_recording());
            }
            self.stored.pop_front();
            self.matched += 1;
        }
        if known < records.len() {
            self.outbox.append(&records[known..])?;
        }
        Ok(())
    }

    /// Passes when the source has given all that earlier runs had stored.
    ///
    /// # Errors
    /// [`AgentError::OtherRecording`].
    pub(crate) fn ensure_all_given(&self) -> Result<(), AgentError> {
        if self.stored.is_empty() { Ok(()) } else { Err(self.other_recording()) }
    }

    /// Begins the outbox of the source's next epoch, beside this one's.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub(crate) fn begin_epoch(&self, epoch: u64) -> Result<Segments, OutboxError> {
        self.outbox.begin_epoch(epoch)
    }

    /// The source has begun its next epoch, and this holds all that follows from it so far.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub(crate) fn go_on_with(&mut self, segments: Segments) -> Result<(), OutboxError> {
        self.outbox.go_on_with(segments)
    }

    fn other_recording(&self) -> AgentError {
        AgentError::OtherRecording { path: self.source.clone(), record: self.matched }
    }
}
