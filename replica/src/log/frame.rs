//! Frames: the records of one sync, under one checksum.

use crc32fast::Hasher;

/// Bytes before a frame's payload.
pub(super) const FRAME_HEADER_BYTES: usize = 16;

/// Most bytes of one record: a block's whole body with all that a vote carries stays far below.
pub const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Most bytes of one frame's payload: the checkpoint of a full window of the largest blocks and a full pool fits.
pub const FRAME_BYTES_MAX: usize = 256 * 1024 * 1024;

/// What stands before a frame's payload, once its own checksum has been found to hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FrameHeader {
    pub(super) length: usize,
    pub(super) sequence: u32,
    payload_crc: u32,
}

impl FrameHeader {
    /// Reads the header at `offset` of a segment. None unless it is valid for this very segment and offset.
    pub(super) fn read(segment: &[u8], offset: usize, salt: u64) -> Option<Self> {
        let bytes = segment.get(offset..offset.checked_add(FRAME_HEADER_BYTES)?)?;
        let length = usize::try_from(word(bytes, 0)?).ok()?;
        // A payload holds at least its count: what is unused or lost reads as zeros and is refused here, cheaply.
        if !(4..=FRAME_BYTES_MAX).contains(&length) {
            return None;
        }
        let known = header_crc(salt, offset, bytes.get(..12)?);
        let header = Self { length, sequence: word(bytes, 4)?, payload_crc: word(bytes, 8)? };
        (word(bytes, 12)? == known).then_some(header)
    }

    /// The records of the frame at `offset`, if its payload is complete and as it was written.
    pub(super) fn records(self, segment: &[u8], offset: usize, salt: u64) -> Option<Vec<Vec<u8>>> {
        let start = offset.checked_add(FRAME_HEADER_BYTES)?;
        let payload = segment.get(start..start.checked_add(self.length)?)?;
        if payload_crc(salt, payload) != self.payload_crc {
            return None;
        }
        split_payload(payload)
    }

    /// Bytes from this frame's start to the next one's.
    pub(super) fn frame_bytes(self) -> usize {
        FRAME_HEADER_BYTES + self.length
    }
}

/// The records of one sync, growing where the frame will be written from.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    /// Room for the header, the count, and then the records; empty until the first.
    bytes: Vec<u8>,
    count: u32,
}

impl Group {
    pub(super) fn push(&mut self, record: &[u8]) {
        assert!(record.len() <= RECORD_BYTES_MAX, "a record of {} bytes for the log", record.len());
        if self.bytes.is_empty() {
            self.bytes.resize(FRAME_HEADER_BYTES + 4, 0);
        }
        self.bytes.extend_from_slice(&length_word(record.len()));
        self.bytes.extend_from_slice(record);
        self.count = self.count.checked_add(1).expect("each record takes bytes of a bounded frame");
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How long the frame would be.
    pub(super) fn frame_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The frame as it is written at `offset`. A group without records makes a frame without records.
    pub(super) fn into_frame(self, salt: u64, offset: usize, sequence: u32) -> Vec<u8> {
        let mut frame = self.bytes;
        frame.resize(frame.len().max(FRAME_HEADER_BYTES + 4), 0);
        let length = frame.len() - FRAME_HEADER_BYTES;
        assert!(length <= FRAME_BYTES_MAX, "a frame of {length} bytes for the log");
        frame[16..20].copy_from_slice(&self.count.to_le_bytes());
        let payload_crc = payload_crc(salt, &frame[FRAME_HEADER_BYTES..]);
        frame[0..4].copy_from_slice(&length_word(length));
        frame[4..8].copy_from_slice(&sequence.to_le_bytes());
        frame[8..12].copy_from_slice(&payload_crc.to_le_bytes());
        let header_crc = header_crc(salt, offset, &frame[..12]);
        frame[12..16].copy_from_slice(&header_crc.to_le_bytes());
        frame
    }
}

fn split_payload(payload: &[u8]) -> Option<Vec<Vec<u8>>> {
    let count = word(payload, 0)?;
    let mut rest = &payload[4..];
    let mut records = Vec::new();
    for _ in 0..count {
        let length = usize::try_from(word(rest, 0)?).ok()?;
        let (record, after) = rest[4..].split_at_checked(length)?;
        records.push(record.to_vec());
        rest = after;
    }
    rest.is_empty().then_some(records)
}

fn payload_crc(salt: u64, payload: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&salt.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

fn header_crc(salt: u64, offset: usize, fields: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&salt.to_le_bytes());
    hasher.update(&(offset as u64).to_le_bytes());
    hasher.update(fields);
    hasher.finalize()
}

fn length_word(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("frames and records are bounded below 4 GiB").to_le_bytes()
}

/// The little-endian u32 at `offset`, if there are four bytes.
pub(super) fn word(bytes: &[u8], offset: usize) -> Option<u32> {
    let four = bytes.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().expect("a slice of four bytes")))
}
