//! The segments of one epoch: files whose names say the epoch and the sequence number that they begin with.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use parity_scale_codec::{DecodeAll, Encode};
use tierchain_primitives::AccountId;

use super::frame::{self, Tail};
use super::{OutboxError, io_error};
use crate::record::Record;

/// A segment that has reached this length is followed by a new one.
pub(super) const SEGMENT_BYTES: u64 = 8 * 1024 * 1024;

/// The first bytes of a segment; the account follows.
const MAGIC: &[u8; 16] = b"tierchain/out/3\n";

/// Length of a segment's head: [`MAGIC`] and the account.
pub(super) const HEAD_BYTES: usize = MAGIC.len() + 32;

/// What a segment is called while it is made.
const DRAFT: &str = "new-segment";

/// What to do with the segments of other epochs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Others {
    /// There are none, or the outbox is somebody else's.
    Refuse,
    /// Their source has gone on, or never came so far.
    Drop,
}

/// The segments of an epoch, open at their end.
pub(crate) struct Segments {
    folder: PathBuf,
    owner: AccountId,
    epoch: u64,
    next: u64,
    segment: File,
    path: PathBuf,
    pub(super) length: u64,
}

impl Segments {
    /// Opens those of an epoch, and gives their records.
    pub(super) fn open(
        folder: &Path,
        owner: AccountId,
        epoch: u64,
        others: Others,
    ) -> Result<(Self, Vec<Record>), OutboxError> {
        let mut records = Vec::new();
        let mut paths = Vec::new();
        for (path, found) in all(folder)? {
            match found {
                Some(found) if found == epoch => paths.push(path),
                Some(_) if others == Others::Drop => remove(&path)?,
                _ => return Err(OutboxError::NotASegment { path }),
            }
        }
        for (index, path) in paths.iter().enumerate() {
            let last = index + 1 == paths.len();
            read_segment(path, &owner, last, &mut records)?;
        }
        let next = records.len() as u64;
        let (path, segment) = match paths.last() {
            Some(path) => (path.clone(), append_to(path)?),
            None => create_segment(folder, &owner, epoch, 0)?,
        };
        let length = segment.metadata().map_err(io_error(&path))?.len();
        Ok((Self { folder: folder.into(), owner, epoch, next, segment, path, length }, records))
    }

    /// Begins those of another epoch in the same folder. What an earlier try left of them is dropped.
    pub(super) fn begin(other: &Self, epoch: u64) -> Result<Self, OutboxError> {
        for (path, found) in all(&other.folder)? {
            if found.is_some_and(|found| found == epoch) {
                remove(&path)?;
            }
        }
        let Self { folder, owner, .. } = other;
        let (path, segment) = create_segment(folder, owner, epoch, 0)?;
        let (folder, owner, length) = (folder.clone(), *owner, HEAD_BYTES as u64);
        Ok(Self { folder, owner, epoch, next: 0, segment, path, length })
    }

    /// Drops those of all other epochs.
    pub(super) fn drop_other_epochs(&self) -> Result<(), OutboxError> {
        for (path, found) in all(&self.folder)? {
            if found.is_some_and(|found| found != self.epoch) {
                remove(&path)?;
            }
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Appends a group of records and syncs it.
    ///
    /// # Errors
    /// [`OutboxError::Io`].
    pub(crate) fn append(&mut self, records: &[Record]) -> Result<(), OutboxError> {
        for group in records.chunks(frame::RECORDS_MAX) {
            self.append_group(group)?;
        }
        Ok(())
    }

    fn append_group(&mut self, group: &[Record]) -> Result<(), OutboxError> {
        if self.length >= SEGMENT_BYTES {
            (self.path, self.segment) = create_segment(&self.folder, &self.owner, self.epoch, self.next)?;
            self.length = HEAD_BYTES as u64;
        }
        let bytes = frame::encode(self.next, &group.encode());
        #[cfg(test)]
        crate::append_log::fuse::before_write(&mut self.segment, &bytes).map_err(io_error(&self.path))?;
        self.segment.write_all(&bytes).map_err(io_error(&self.path))?;
        self.segment.sync_data().map_err(io_error(&self.path))?;
        self.length += bytes.len() as u64;
        self.next += group.len() as u64;
        Ok(())
    }
}

fn remove(path: &Path) -> Result<(), OutboxError> {
    #[cfg(test)]
    crate::append_log::fuse::burn().map_err(io_error(path))?;
    fs::remove_file(path).map_err(io_error(path))
}

fn append_to(path: &Path) -> Result<File, OutboxError> {
    OpenOptions::new().append(true).open(path).map_err(io_error(path))
}

/// Makes a segment that is whole from the moment it has its name, and whose name survives a crash.
fn create_segment(folder: &Path, owner: &AccountId, epoch: u64, first: u64) -> Result<(PathBuf, File), OutboxError> {
    let path = folder.join(format!("{epoch:016x}-{first:016x}.seg"));
    let draft = folder.join(DRAFT);
    let mut file = File::create(&draft).map_err(io_error(&draft))?;
    file.write_all(MAGIC).map_err(io_error(&draft))?;
    file.write_all(&owner.0).map_err(io_error(&draft))?;
    file.sync_all().map_err(io_error(&draft))?;
    fs::rename(&draft, &path).map_err(io_error(&path))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error(folder))?;
    let file = append_to(&path)?;
    Ok((path, file))
}

/// All segments in order, with the epoch that their names say.
pub(super) fn all(folder: &Path) -> Result<Vec<(PathBuf, Option<u64>)>, OutboxError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(io_error(folder))? {
        let path = entry.map_err(io_error(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "seg") {
            let epoch = path.file_stem().and_then(|name| name.to_str()).and_then(epoch_of);
            paths.push((path, epoch));
        }
    }
    paths.sort();
    Ok(paths)
}

/// The epoch that a segment's name says.
fn epoch_of(name: &str) -> Option<u64> {
    let (epoch, first) = name.split_once('-')?;
    u64::from_str_radix(first, 16).ok()?;
    u64::from_str_radix(epoch, 16).ok()
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
