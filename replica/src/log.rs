//! The write-ahead log: what a replica promised, in the order in which it promised it.
//!
//! Pure code over a [`LogDisk`]: framing, checksums, healing and rolling are here, so that the simulator's disk breaks
//! the very log that ships; the disk only stores bytes.
//!
//! ```text
//! segment:  header (64 bytes) ‖ frame 0 (the checkpoint) ‖ frame 1 ‖ frame 2 ‖ … ‖ zeros
//! frame:    length u32 ‖ sequence u32 ‖ payload crc u32 ‖ header crc u32 ‖ payload      (all little endian)
//! payload:  count u32 ‖ count times (length u32 ‖ record)
//! ```
//!
//! # One frame per sync
//! A turn of the replica stages any number of records; [`WriteAheadLog::sync`] writes them as *one* frame and returns
//! when it is on stable storage. A frame is only written when the one before it is. Everything below follows:
//!
//! - When the machine stops, at most the last frame is incomplete, and nothing that depends on it has been said. Its
//!   pages may reach the disk in any order, so it may look like anything; the frame as a whole is dropped (a *torn
//!   tail*), whichever of its records would still be readable.
//! - A frame that doesn't hold although a *later* one was begun had been on stable storage: the disk has lost something
//!   that was promised. That is *corruption*, and the log refuses to open. Evidence of a later frame is a valid frame
//!   header with a higher sequence number anywhere behind, whether its payload holds or not.
//! - Records of one sync never have to be told apart from records of the next, which would need a group number in each
//!   of them and a mark on the last: with one checksum over the group, a bad record beside a good one of the same group
//!   can't occur.
//!
//! What can't be told from a torn tail is damage to the very last frame after it was synced.
//!
//! # Salt
//! Both checksums are keyed by a number from the segment's header that nobody outside knows, and the header checksum
//! covers the frame's own offset. Payloads carry bytes of strangers (extrinsics): without the salt somebody could send
//! bytes that look like a later frame, and a crash at the right moment would make an honest log look corrupt.
//!
//! # Segments
//! A segment begins with a checkpoint, frame 0: the standing records, which the caller gives when it rolls. Header and
//! checkpoint are on stable storage before the segment exists, so they are never a torn tail. Every segment but the
//! last ended in a running process, so it must be whole to its zeros.

use std::ops::RangeInclusive;

use tierchain_primitives::H256;
use tierchain_primitives::ports::LogDisk;

mod error;
mod frame;
mod segment;

pub use error::LogError;
pub use frame::{FRAME_BYTES_MAX, RECORD_BYTES_MAX};
pub use segment::{Damage, Scan, SegmentHeader, encode_frame, scan};

use frame::Group;

/// How long a segment grows before the caller should roll: bodies preallocate as much.
pub const SEGMENT_BYTES: usize = 16 * 1024 * 1024;

/// What a log held when it was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recovered {
    /// All records of all segments, in the order in which they were appended. The checkpoint of a newer segment repeats
    /// what it stands for.
    pub records: Vec<Vec<u8>>,
    /// How many bytes of a torn tail were cut: written, never synced, never spoken of.
    pub cut: usize,
}

/// The log, open for appending.
#[derive(Clone, Debug)]
pub struct WriteAheadLog<D> {
    disk: D,
    first: u64,
    header: SegmentHeader,
    end: usize,
    /// Where the newest segment's checkpoint ends, if it was written by this process.
    checkpoint_end: usize,
    sequence: u32,
    staged: Group,
}

impl<D: LogDisk> WriteAheadLog<D> {
    /// Makes a new, empty log: the act that permits a validator to vote.
    ///
    /// # Errors
    /// [`LogError::Exists`] when the disk has one: a second log would forget what the first promised.
    pub fn create(disk: D, genesis: H256) -> Result<Self, LogError> {
        Self::create_with(disk, genesis, &[])
    }

    /// Makes a new log that begins with these records: it exists with all of them or not at all.
    ///
    /// # Errors
    /// [`LogError::Exists`] when the disk has one.
    pub fn create_with(mut disk: D, genesis: H256, first: &[Vec<u8>]) -> Result<Self, LogError> {
        if !disk.segments().is_empty() {
            return Err(LogError::Exists);
        }
        let header = SegmentHeader { genesis, segment: 0, salt: disk.salt() };
        let staged = Group::default();
        let mut log = Self { disk, first: 0, header, end: 0, checkpoint_end: 0, sequence: 0, staged };
        log.start(header, first);
        Ok(log)
    }

    /// Opens the log, cuts a torn tail, and hands out what was promised.
    ///
    /// # Errors
    /// [`LogError`] when there is no log, when it is another chain's, or when something that was synced is lost.
    pub fn open(mut disk: D, genesis: H256) -> Result<(Self, Recovered), LogError> {
        let segments = disk.segments();
        let (Some(first), Some(last)) = (segments.first().copied(), segments.last().copied()) else {
            return Err(LogError::Missing);
        };
        if let Some(pair) = segments.windows(2).find(|pair| pair[0].checked_add(1) != Some(pair[1])) {
            return Err(LogError::Gap { segment: pair[0].saturating_add(1) });
        }
        let mut records = Vec::new();
        for segment in first..last {
            records.extend(read(&disk.read(segment), segment, genesis, false)?.records);
        }
        let scan = read(&disk.read(last), last, genesis, true)?;
        records.extend(scan.records);
        disk.resume(last, scan.end);
        let Scan { header, end, sequence, .. } = scan;
        let log = Self { disk, first, header, end, checkpoint_end: 0, sequence, staged: Group::default() };
        Ok((log, Recovered { records, cut: scan.torn }))
    }

    /// Stages a record: it is promised once [`Self::sync`] returns, and forgotten if the process ends before.
    ///
    /// # Panics
    /// When the record is longer than [`RECORD_BYTES_MAX`]: every message is bounded far below.
    pub fn append(&mut self, record: &[u8]) {
        self.staged.push(record);
    }

    /// Puts all staged records on stable storage, with one write and one sync. Does nothing if there are none.
    pub fn sync(&mut self) {
        if self.staged.is_empty() {
            return;
        }
        let frame = std::mem::take(&mut self.staged).into_frame(self.header.salt, self.end, self.sequence);
        self.disk.append(&frame);
        self.advance(frame.len());
    }

    /// Whether the segment is full with what is staged and `extra` more bytes of records: one that begins with a large
    /// checkpoint may grow to twice that, or a full pool would be written again every turn. A caller who goes on
    /// without rolling loses nothing but speed.
    #[must_use]
    pub fn needs_roll(&self, extra: usize) -> bool {
        let full = SEGMENT_BYTES.max(self.checkpoint_end.saturating_mul(2));
        self.end.saturating_add(self.staged.frame_bytes()).saturating_add(extra) > full
    }

    /// Begins a new segment with the standing records in `checkpoint`, and answers with its number: once everything in
    /// older ones is either in the checkpoint or durable elsewhere, [`Self::remove_before`] may be called with it. What
    /// is staged stays staged and goes to the new segment.
    ///
    /// # Panics
    /// When the checkpoint is longer than [`FRAME_BYTES_MAX`], far more than a window of blocks and a full pool are.
    pub fn roll(&mut self, checkpoint: &[Vec<u8>]) -> u64 {
        let segment = self.header.segment.checked_add(1).expect("a segment holds megabytes, so u64 never runs out");
        let header = SegmentHeader { segment, salt: self.disk.salt(), ..self.header };
        self.start(header, checkpoint);
        segment
    }

    /// The segments that exist, oldest to newest.
    #[must_use]
    pub fn segments(&self) -> RangeInclusive<u64> {
        self.first..=self.header.segment
    }

    /// Removes the segments before `segment`, oldest first, but never the newest.
    pub fn remove_before(&mut self, segment: u64) {
        while self.first < segment.min(self.header.segment) {
            self.disk.remove(self.first);
            self.first += 1;
        }
    }

    /// How many bytes of the newest segment are in use.
    #[must_use]
    pub fn bytes_used(&self) -> usize {
        self.end
    }

    /// Gives the disk back; what is staged is forgotten.
    #[must_use]
    pub fn into_disk(self) -> D {
        self.disk
    }

    fn start(&mut self, header: SegmentHeader, checkpoint: &[Vec<u8>]) {
        let mut content = header.encode().to_vec();
        content.extend(encode_frame(header.salt, content.len(), 0, checkpoint));
        self.disk.start(header.segment, &content);
        self.header = header;
        self.end = 0;
        self.sequence = 0;
        self.advance(content.len());
        self.checkpoint_end = self.end;
    }

    fn advance(&mut self, bytes: usize) {
        self.end += bytes;
        self.sequence = self.sequence.checked_add(1).expect("2^32 frames don't fit a segment that is rolled when full");
    }
}

/// Scans one segment and checks that it is the one of this number and of this chain.
fn read(bytes: &[u8], segment: u64, genesis: H256, is_last: bool) -> Result<Scan, LogError> {
    let scan = scan(bytes, is_last).map_err(|damage| LogError::Corrupt { segment, damage })?;
    if scan.header.genesis != genesis {
        return Err(LogError::OtherChain { found: scan.header.genesis, expected: genesis });
    }
    if scan.header.segment != segment {
        return Err(LogError::Misplaced { segment, found: scan.header.segment });
    }
    Ok(scan)
}

#[cfg(test)]
mod tests;
