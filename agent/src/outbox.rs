//! The outbox: what the agent has to say, on disk before it says it.
//!
//! Append-only segments of frames ([`frame`]). A group of records is one frame with the sequence number (`agentSeq`)
//! of its first record, synced before [`Outbox::append`] returns; only then may the source forget it and the submitter
//! send it. Numbers are dense from 0 and never given twice.
//!
//! A frame that a crash cut short can only be the last one: it is removed on opening. A bad frame with a good one
//! behind it is corruption, and an error. The folder is locked while it is open, so that two agents can't share it, and
//! belongs to one account.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use parity_scale_codec::{DecodeAll, Encode};
use tierchain_primitives::AccountId;

use crate::record::Record;

mod frame;
mod lock;
#[cfg(test)]
mod tests;

use frame::Tail;
use lock::Lock;

/// A segment that has reached this length is followed by a new one.
const SEGMENT_BYTES: u64 = 8 * 1024 * 1024;

/// The first bytes of a segment; the account follows.
const MAGIC: &[u8; 16] = b"tierchain/out/2\n";

/// Length of a segment's head: [`MAGIC`] and the account.
const HEAD_BYTES: usize = MAGIC.len() + 32;

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
    #[error("{path} is no outbox segment of this version: give the agent an empty folder")]
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
    folder: PathBuf,
    owner: AccountId,
    next: u64,
    segment: File,
    path: PathBuf,
    length: u64,
    _lock: Lock,
}

impl Outbox {
    /// Opens the outbox in `folder`, made if it doesn't exist, and gives all its records in order.
    ///
    /// # Errors
    /// [`OutboxError`] says what is wrong with it and what to do.
    pub(crate) fn open(folder: &Path, owner: AccountId) -> Result<(Self, Vec<Record>), OutboxError> {
        fs::create_dir_all(folder).map_err(io_error(folder))?;
        let lock = Lock::take(folder)?;
        let mut records = Vec::new();
        let paths = segments(folder)?;
        for (index, path) in paths.iter().enumerate() {
            let last = index + 1 == paths.len();
            read_segment(path, &owner, last, &mut records)?;
        }
        let next = records.len() as u64;
        let (path, segment) = match paths.last() {
            Some(path) => (path.clone(), append_to(path)?),
            None => create_segment(folder, &owner, 0)?,
        };
        let length = segment.metadata().map_err(io_error(&path))?.len();
        Ok((Self { folder: folder.into(), owner, next, segment, path, length, _lock: lock }, records))
    }

    /// The sequence number that the next record gets.
    #[cfg(test)]
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Appends a group of records and syncs it: what has been appended survives a crash.
    ///
    /// # Errors
    /// [`OutboxError::Io`]; the outbox must be opened anew then, since nobody knows what the disk has kept.
    pub(crate) fn append(&mut self, records: &[Record]) -> Result<(), OutboxError> {
        for group in records.chunks(frame::RECORDS_MAX) {
            self.append_group(group)?;
        }
        Ok(())
    }

    fn append_group(&mut self, group: &[Record]) -> Result<(), OutboxError> {
        if self.length >= SEGMENT_BYTES {
            (self.path, self.segment) = create_segment(&self.folder, &self.owner, self.next)?;
            self.length = HEAD_BYTES as u64;
        }
        let bytes = frame::encode(self.next, &group.encode());
        self.segment.write_all(&bytes).map_err(io_error(&self.path))?;
        self.segment.sync_data().map_err(io_error(&self.path))?;
        self.length += bytes.len() as u64;
        self.next += group.len() as u64;
        Ok(())
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> OutboxError {
    move |source| OutboxError::Io { path: path.into(), source }
}

/// The segments in order: their names are the sequence numbers they begin with.
fn segments(folder: &Path) -> Result<Vec<PathBuf>, OutboxError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(io_error(folder))? {
        let path = entry.map_err(io_error(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "seg") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn append_to(path: &Path) -> Result<File, OutboxError> {
    OpenOptions::new().append(true).open(path).map_err(io_error(path))
}

/// Makes a segment that is whole from the moment it has its name, and whose name survives a crash.
fn create_segment(folder: &Path, owner: &AccountId, first: u64) -> Result<(PathBuf, File), OutboxError> {
    let path = folder.join(format!("{first:016x}.seg"));
    let draft = folder.join("new-segment");
    let mut file = File::create(&draft).map_err(io_error(&draft))?;
    file.write_all(MAGIC).map_err(io_error(&draft))?;
    file.write_all(&owner.0).map_err(io_error(&draft))?;
    file.sync_all().map_err(io_error(&draft))?;
    fs::rename(&draft, &path).map_err(io_error(&path))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error(folder))?;
    let file = append_to(&path)?;
    Ok((path, file))
}

/// Reads a segment's records; cuts a torn tail off the last one.
fn read_segment(path: &Path, owner: &AccountId, last: bool, records: &mut Vec<Record>) -> Result<(), OutboxError> {
    let bytes = fs::read(path).map_err(io_error(path))?;
    let Some(body) = bytes.strip_prefix(MAGIC).filter(|rest| rest.len() >= 32) else {
        return Err(OutboxError::NotASegment { path: path.into() });
    };
    let (found, body) = body.split_at(32);
    if found != owner.0 {
        let owner = AccountId(found.try_into().expect("32 bytes were split off"));
        return Err(OutboxError::Foreign { path: path.into(), owner });
    }
    let mut at = 0;
    let corrupt =
        |at: usize, reason| Err(OutboxError::Corrupt { path: path.into(), offset: (HEAD_BYTES + at) as u64, reason });
    while at < body.len() {
        let (sequence, payload, length) = match frame::decode(&body[at..]) {
            Ok(found) => found,
            Err(reason) if !last => return corrupt(at, reason),
            Err(reason) if frame::tail(&body[at..], records.len() as u64) == Tail::HidesFrames => {
                return corrupt(at, reason);
            }
            Err(_) => {
                tracing::warn!(path = %path.display(), bytes = body.len() - at, "cut the torn tail of the outbox");
                let file = append_to(path)?;
                file.set_len((HEAD_BYTES + at) as u64).map_err(io_error(path))?;
                return file.sync_data().map_err(io_error(path));
            }
        };
        if sequence != records.len() as u64 {
            return corrupt(at, "its sequence number is not the next one");
        }
        match Vec::<Record>::decode_all(&mut &payload[..]) {
            Ok(group) => records.extend(group),
            Err(_) => return corrupt(at, "its records can't be decoded"),
        }
        at += length;
    }
    Ok(())
}
