//! Segments: a header, frames, zeros; and the scan that tells a torn tail from corruption.

use core::fmt;

use tierchain_primitives::H256;

use super::frame::{FRAME_HEADER_BYTES, FrameHeader, Group};

/// First bytes of every segment; the last of them is the format's version.
const MAGIC: [u8; 8] = *b"tierlog\x01";

/// Bytes of a segment's header: magic, genesis hash, segment number, salt, checksum, four zeros.
const HEADER_BYTES: usize = 8 + 32 + 8 + 8 + 4 + 4;

/// What a segment says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentHeader {
    /// The chain whose votes these are.
    pub genesis: H256,
    /// Segments are numbered from 0 without gaps; the oldest are removed.
    pub segment: u64,
    /// Keys the checksums of all frames of the segment.
    pub salt: u64,
}

impl SegmentHeader {
    /// The first bytes of a segment.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..40].copy_from_slice(self.genesis.as_ref());
        bytes[40..48].copy_from_slice(&self.segment.to_le_bytes());
        bytes[48..56].copy_from_slice(&self.salt.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..56]);
        bytes[56..60].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads the first bytes of a segment.
    ///
    /// # Errors
    /// [`Damage`] unless all of them are as they were written.
    pub fn decode(segment: &[u8]) -> Result<Self, Damage> {
        let damage = |why| Damage { offset: 0, why };
        let bytes = segment.get(..HEADER_BYTES).ok_or(damage(DamageKind::Header))?;
        let number = |at: usize| u64::from_le_bytes(core::array::from_fn(|byte| bytes[at + byte]));
        let genesis = H256(core::array::from_fn(|byte| bytes[8 + byte]));
        let header = Self { genesis, segment: number(40), salt: number(48) };
        if bytes[..7] == MAGIC[..7] && bytes[7] != MAGIC[7] {
            return Err(damage(DamageKind::Version(bytes[7])));
        }
        if header.encode() == bytes { Ok(header) } else { Err(damage(DamageKind::Header)) }
    }
}

/// What a segment holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scan {
    /// Its header.
    pub header: SegmentHeader,
    /// The records of all its frames, in order.
    pub records: Vec<Vec<u8>>,
    /// Where the next frame is written.
    pub end: usize,
    /// The next frame's sequence number.
    pub sequence: u32,
    /// Bytes from `end` to the last one that isn't zero: a frame that was never synced. 0 when all was.
    pub torn: usize,
}

/// Where and how a segment lost something that had been on stable storage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Offset in the segment.
    pub offset: usize,
    /// What is wrong there.
    pub why: DamageKind,
}

/// Kinds of [`Damage`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DamageKind {
    /// The segment's header doesn't hold.
    Header,
    /// The segment is of a format that this version doesn't know.
    Version(u8),
    /// The checkpoint, which was on disk before the segment existed, doesn't hold.
    Checkpoint,
    /// A frame doesn't hold, and a later one was begun at this offset.
    Before(usize),
    /// A frame doesn't hold in a segment that was completed.
    Completed,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.offset;
        match self.why {
            DamageKind::Header => write!(f, "its header doesn't hold"),
            DamageKind::Version(version) => write!(f, "its format {version} isn't known to this version of the node"),
            DamageKind::Checkpoint => write!(f, "its checkpoint at offset {offset} doesn't hold"),
            DamageKind::Before(later) => {
                write!(f, "the frame at offset {offset} doesn't hold, though one was written after it, at {later}")
            }
            DamageKind::Completed => {
                write!(f, "the frame at offset {offset} doesn't hold, though later segments follow")
            }
        }
    }
}

/// Encodes one frame of `records`, to be written at `offset` of a segment with `salt`.
#[must_use]
pub fn encode_frame<T: AsRef<[u8]>>(salt: u64, offset: usize, sequence: u32, records: &[T]) -> Vec<u8> {
    let mut group = Group::default();
    for record in records {
        group.push(record.as_ref());
    }
    group.into_frame(salt, offset, sequence)
}

/// Reads a segment up to its end or to a torn tail, which only the last segment may have.
///
/// # Errors
/// [`Damage`] when something is lost that had been on stable storage.
pub fn scan(bytes: &[u8], is_last: bool) -> Result<Scan, Damage> {
    let header = SegmentHeader::decode(bytes)?;
    let mut scan = Scan { header, records: Vec::new(), end: HEADER_BYTES, sequence: 0, torn: 0 };
    while let Some((frame_bytes, records)) = next_frame(bytes, &scan) {
        scan.records.extend(records);
        scan.end += frame_bytes;
        scan.sequence = scan.sequence.wrapping_add(1);
    }
    scan.torn = bytes[scan.end..].iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    match damage_at_end(bytes, &scan, is_last) {
        Some(why) => Err(Damage { offset: scan.end, why }),
        None => Ok(scan),
    }
}

fn next_frame(bytes: &[u8], scan: &Scan) -> Option<(usize, Vec<Vec<u8>>)> {
    let header = FrameHeader::read(bytes, scan.end, scan.header.salt)?;
    if header.sequence != scan.sequence {
        return None;
    }
    Some((header.frame_bytes(), header.records(bytes, scan.end, scan.header.salt)?))
}

/// What the bytes after the last good frame say: nothing (the end, or a torn tail), or that something is lost.
fn damage_at_end(bytes: &[u8], scan: &Scan, is_last: bool) -> Option<DamageKind> {
    if scan.sequence == 0 {
        return Some(DamageKind::Checkpoint);
    }
    if scan.torn == 0 {
        return None;
    }
    if !is_last {
        return Some(DamageKind::Completed);
    }
    later_frame(bytes, scan).map(DamageKind::Before)
}

/// The offset of a frame that was begun after the one that should stand at the end of the scan.
///
/// Any byte may be its start, since the length of the bad frame can't be trusted. A frame takes bytes, so sequence
/// numbers can't run far ahead.
fn later_frame(bytes: &[u8], scan: &Scan) -> Option<usize> {
    let frames_max = scan.torn / FRAME_HEADER_BYTES + 1;
    (scan.end + 1..scan.end + scan.torn).find(|offset| {
        FrameHeader::read(bytes, *offset, scan.header.salt).is_some_and(|header| {
            let ahead = header.sequence.checked_sub(scan.sequence).map_or(0, |ahead| ahead as usize);
            (1..=frames_max).contains(&ahead)
        })
    })
}
