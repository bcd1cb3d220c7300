//! The outbox: what the agent has to say, on disk before it says it.
//!
//! Append-only segments of frames ([`segments`]). A group of records is one frame with the sequence number (`agentSeq`)
//! of its first record, synced before [`Outbox::append`] returns; only then may the source forget it and the submitter
//! send it. Numbers are dense from 0 and never given twice within an epoch of the source: a recording has one, the event log
//! of a host begins another with each compaction, and its outbox with it.
//!
//! A frame that a crash cut short can only be the last one: it is removed on opening. A bad frame with a good one
//! behind it is corruption, and an error. The folder is locked while it is open, so that two agents can't share it, and
//! belongs to one account.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tierchain_primitives::AccountId;

use crate::lock::{self, Lock};
use crate::record::Record;

mod frame;
mod segments;
#[cfg(test)]
mod tests;

use segments::Others;
pub(crate) use segments::Segments;

/// Why the outbox can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutboxError {
    /// Reading or writing failed.
    #[error("the outbox file {path} can't be used: {source}; check the disk and the folder's rights")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another agent has it open.
    #[error("the outbox {path} is in use by another agent: stop that one, or give this one an outbox of its own")]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// It was made with another key.
    #[error("the outbox {path} belongs to the account {owner}: give this agent an outbox of its own, or that key")]
    Foreign {
        /// The segment.
        path: PathBuf,
        /// Whose it is.
        owner: AccountId,
    },
    /// A file of this name that is none of ours.
    #[error(
        "{path} is no outbox segment of this version, or of a host's state folder: give the agent an empty folder, and \
         leave a host's to `tierchain-agent host`"
    )]
    NotASegment {
        /// The file.
        path: PathBuf,
    },
    /// A bad record before a good one: the disk lost what it had promised to keep.
    #[error(
        "the outbox file {path} is corrupt at byte {offset}: {reason}; move the outbox away and run again on the same \
         input (what is on the ledger is not written twice)"
    )]
    Corrupt {
        /// The segment.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong there.
        reason: &'static str,
    },
}

/// An open outbox.
pub(crate) struct Outbox {
    segments: Segments,
    _lock: Lock,
}

impl Outbox {
    /// Opens the outbox in `folder`, made if it doesn't exist, and gives all its records in order.
    ///
    /// # Errors
    /// [`OutboxError`] says what is wrong with it and what to do.
    pub(crate) fn open(folder: &Path, owner: AccountId) -> Result<(Self, Vec<Record>), OutboxError> {
        Self::open_with(folder, owner, 0, Others::Refuse)
    }

    /// Opens the outbox of one epoch of its source, and drops those of all others: whoever has an epoch has all that
    /// the outbox can be made of anew.
    ///
    /// # Errors
    /// [`OutboxError`] says what is wrong with it and what to do.
    pub(crate) fn open_epoch(folder: &Path, owner: AccountId, epoch: u64) -> Result<(Self, Vec<Record>), OutboxError> {
        Self::open_with(folder, owner, epoch, Others::Drop)
    }

    fn open_with(
        folder: &Path,
        owner: AccountId,
        epoch: u64,
        others: Others,
    ) -> Result<(Self, Vec<Record>), OutboxError> {
        fs::create_dir_all(folder).map_err(io_error(folder))?;
        let lock = lock_folder(folder)?;
        let (segments, records) = Segments::open(folder, owner, epoch, others)?;
        Ok((Self { segments, _lock: lock }, records))
    }

    /// The sequence number that the next record gets.
    #[cfg(test)]
    pub(crate) fn next(&self) -> u64 {
        self.segments.next()
    }

    /// Appends a group of records and syncs it: what has been appended survives a crash.
    ///
    /// # Errors
    /// [`OutboxError::Io`]; the outbox must be opened anew then, since nobody knows what the disk has kept.
    pub(crate) fn append(&mut self, records: &[Record]) -> Result<(), OutboxError> {
        self.segments.append(records)
    }

    /// Begins the outbox of an epoch beside this one's, which doesn't notice.
    ///
    /// # Errors
    /// [`OutboxError::Io`].
    pub(crate) fn begin_epoch(&self, epoch: u64) -> Result<Segments, OutboxError> {
        Segments::begin(&self.segments, epoch)
    }

    /// Goes on with what was begun by [`Self::begin_epoch`], and drops what it held before.
    ///
    /// # Errors
    /// [`OutboxError::Io`]: opening it drops the rest.
    pub(crate) fn go_on_with(&mut self, segments: Segments) -> Result<(), OutboxError> {
        self.segments = segments;
        self.segments.drop_other_epochs()
    }
}

/// The lock that keeps a second agent out.
fn lock_folder(folder: &Path) -> Result<Lock, OutboxError> {
    Lock::take(&folder.join("lock")).map_err(|error| match error {
        lock::Refused::Held => OutboxError::Locked { path: folder.into() },
        lock::Refused::Io(source) => OutboxError::Io { path: folder.join("lock"), source },
    })
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> OutboxError {
    move |source| OutboxError::Io { path: path.into(), source }
}
