//! Frames of the outbox: `length u32 ‖ crc32 u32 ‖ agentSeq u64 ‖ SCALE(records)`, integers little endian. The length
//! is the payload's; the checksum covers sequence number and payload.

/// Most records of one frame.
pub(super) const RECORDS_MAX: usize = 256;

/// Most bytes of a frame's payload: far more than [`RECORDS_MAX`] records need.
const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

const HEAD_BYTES: usize = 4 + 4 + 8;

/// What a segment's unreadable rest is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tail {
    /// A write that a crash cut short.
    Torn,
    /// There is a good frame behind the bad bytes: they were once synced.
    HidesFrames,
}

/// A frame's bytes.
pub(super) fn encode(sequence: u64, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() <= PAYLOAD_BYTES_MAX, "a group of records is far smaller than a frame may be");
    let mut bytes = Vec::with_capacity(HEAD_BYTES + payload.len());
    bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&sequence.to_le_bytes());
    bytes.extend_from_slice(payload);
    let checksum = crc32fast::hash(&bytes[8..]);
    bytes[4..8].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The frame that `bytes` begin with: its sequence number, its payload, its whole length.
///
/// # Errors
/// Says why they don't begin with a frame.
pub(super) fn decode(bytes: &[u8]) -> Result<(u64, &[u8], usize), &'static str> {
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or("it ends within a frame's head")?;
    let (checksum, rest) = rest.split_first_chunk::<4>().ok_or("it ends within a frame's head")?;
    let length = u32::from_le_bytes(*length) as usize;
    if length == 0 || length > PAYLOAD_BYTES_MAX {
        return Err("a frame's length is out of bounds");
    }
    let covered = rest.get(..8 + length).ok_or("it ends within a frame")?;
    if crc32fast::hash(covered) != u32::from_le_bytes(*checksum) {
        return Err("a frame's checksum doesn't match");
    }
    let (sequence, payload) = covered.split_first_chunk::<8>().ok_or("it ends within a frame's head")?;
    Ok((u64::from_le_bytes(*sequence), payload, HEAD_BYTES + length))
}

/// Whether bytes that don't begin with a frame have one further on, with a number above `next`.
pub(super) fn tail(bytes: &[u8], next: u64) -> Tail {
    let hides = (1..bytes.len()).any(|at| decode(&bytes[at..]).is_ok_and(|(sequence, ..)| sequence > next));
    if hides { Tail::HidesFrames } else { Tail::Torn }
}
