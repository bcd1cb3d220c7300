//! The vote log: a log of arbitrary bytes is refused or healed, and what was synced survives an arbitrary tail.

use std::collections::BTreeMap;

use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::H256;
use tierchain_primitives::ports::LogDisk;
use tierchain_replica::Record;
use tierchain_replica::log::{Recovered, SegmentHeader, WriteAheadLog, encode_frame};

const GENESIS: H256 = H256([7; 32]);
const SALT: u64 = 0x5a17;

/// Segments in memory.
#[derive(Clone, Default)]
struct Memory {
    segments: BTreeMap<u64, Vec<u8>>,
    end: usize,
}

impl LogDisk for Memory {
    fn segments(&self) -> Vec<u64> {
        self.segments.keys().copied().collect()
    }

    fn read(&self, segment: u64) -> Vec<u8> {
        self.segments[&segment].clone()
    }

    fn start(&mut self, segment: u64, content: &[u8]) {
        self.segments.insert(segment, content.to_vec());
        self.end = content.len();
    }

    fn resume(&mut self, segment: u64, end: usize) {
        self.segments.get_mut(&segment).expect("it was read").truncate(end);
        self.end = end;
    }

    fn append(&mut self, bytes: &[u8]) {
        let (_, newest) = self.segments.iter_mut().next_back().expect("a log has a segment");
        newest.truncate(self.end);
        newest.extend_from_slice(bytes);
        self.end = newest.len();
    }

    fn remove(&mut self, segment: u64) {
        self.segments.remove(&segment);
    }

    fn salt(&mut self) -> u64 {
        SALT
    }
}

fn open(disk: Memory) -> Option<(WriteAheadLog<Memory>, Recovered)> {
    WriteAheadLog::open(disk, GENESIS).ok()
}

/// Arbitrary bytes as the last segment, and as one that another follows. When the log opens, it opens again with the
/// same records, and takes more.
pub fn fuzz_log(bytes: &[u8]) {
    let (one, two) = bytes.split_at(bytes.len() / 2);
    let logs = [
        BTreeMap::from([(0, bytes.to_vec())]),
        BTreeMap::from([(0, one.to_vec()), (1, two.to_vec())]),
        BTreeMap::from([(0, framed(bytes))]),
    ];
    for segments in logs {
        let Some((mut log, found)) = open(Memory { segments, end: 0 }) else { continue };
        found.records.iter().for_each(|record| drop(Record::decode(&mut record.as_slice())));
        log.append(b"one more");
        log.sync();
        let (_, again) = open(log.into_disk()).expect("what was healed opens");
        let (last, before) = again.records.split_last().expect("the one more");
        assert_eq!((before, last.as_slice(), again.cut), (found.records.as_slice(), b"one more".as_slice(), 0));
    }
}

/// A whole segment whose records are pieces of these bytes: a fuzzer finds no checksums by itself.
fn framed(bytes: &[u8]) -> Vec<u8> {
    let header = SegmentHeader { genesis: GENESIS, segment: 0, salt: SALT };
    let mut segment = header.encode().to_vec();
    segment.extend(encode_frame::<&[u8]>(SALT, segment.len(), 0, &[]));
    for (sequence, piece) in (1..).zip(bytes.chunks(48)) {
        segment.extend(encode_frame(SALT, segment.len(), sequence, &[piece, &piece[..piece.len() / 2]]));
    }
    segment
}

/// What was synced survives whatever a crash leaves behind it. The first byte says how much of the next frame is real.
pub fn fuzz_torn_log(bytes: &[u8]) {
    let Some((cut, tail)) = bytes.split_first() else { return };
    let mut log = WriteAheadLog::create(Memory::default(), GENESIS).expect("there is none yet");
    let synced: Vec<Vec<u8>> = tail.chunks(32).take(4).map(<[u8]>::to_vec).collect();
    for record in &synced {
        log.append(record);
        log.sync();
    }
    let end = log.bytes_used();
    log.append(&(tail.len() as u64, tail).encode());
    log.sync();
    let mut disk = log.into_disk();
    let segment = disk.segments.get_mut(&0).expect("a new log has segment 0");
    // Never the whole of it: a frame that is all there was synced.
    let kept = usize::from(*cut).min(segment.len() - end - 1);
    segment.truncate(end + kept);
    segment.extend_from_slice(tail);
    // The tail may happen to begin with what was cut away.
    let (_, found) = open(disk).expect("a torn tail is healed");
    assert!(found.records.starts_with(&synced), "what was synced is lost");
}
