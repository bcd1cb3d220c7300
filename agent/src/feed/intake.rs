//! Records on their way into the outbox: those of earlier runs are given by the source again, and must be the same.

use std::path::PathBuf;

use crate::error::AgentError;
use crate::outbox::Outbox;
use crate::record::Record;

/// An outbox and what it held when it was opened.
pub(crate) struct Stored {
    outbox: Outbox,
    /// The records of earlier runs, and how many of them the source has given again.
    stored: Vec<Record>,
    matched: usize,
    /// The source, for messages.
    source: PathBuf,
}

impl Stored {
    /// An outbox with the records `stored` in it, which is filled from `source`.
    pub(crate) fn new((outbox, stored): (Outbox, Vec<Record>), source: PathBuf) -> Self {
        Self { outbox, stored, matched: 0, source }
    }

    /// The last record of earlier runs.
    pub(crate) fn last(&self) -> Option<&Record> {
        self.stored.last()
    }

    /// Puts records into the outbox as far as they aren't there.
    ///
    /// # Errors
    /// [`AgentError::OtherRecording`] where the source says something else than it did, or what the outbox says.
    pub(crate) fn put(&mut self, records: &[Record]) -> Result<(), AgentError> {
        let known = records.len().min(self.stored.len() - self.matched);
        for record in &records[..known] {
            if self.stored[self.matched] != *record {
                return Err(self.other_recording());
            }
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
        if self.matched < self.stored.len() { Err(self.other_recording()) } else { Ok(()) }
    }

    fn other_recording(&self) -> AgentError {
        AgentError::OtherRecording { path: self.source.clone(), record: self.matched as u64 }
    }
}
