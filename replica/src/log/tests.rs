//! The log against a disk that loses pages, bits and tails.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::segment::DamageKind;
use super::*;

const GENESIS: H256 = H256([7; 32]);
const PAGE_BYTES: usize = 512;

/// A disk in memory. What it was told to append last can be torn off page by page, as if it had never been synced.
#[derive(Clone, Default, Debug)]
struct MemoryDisk {
    segments: BTreeMap<u64, Vec<u8>>,
    end: usize,
    unsynced: std::ops::Range<usize>,
}

impl MemoryDisk {
    fn last(&mut self) -> &mut Vec<u8> {
        self.segments.last_entry().expect("a test's log has a segment").into_mut()
    }

    /// Zeroes the pages of the last append for which `lost` is true: they never reached the disk.
    fn lose_pages(&mut self, lost: &[bool]) {
        let range = self.unsynced.clone();
        let first = range.start / PAGE_BYTES;
        for offset in range {
            if lost.get((offset / PAGE_BYTES - first) % lost.len().max(1)).copied().unwrap_or(true) {
                self.last()[offset] = 0;
            }
        }
    }
}

impl LogDisk for MemoryDisk {
    fn segments(&self) -> Vec<u64> {
        self.segments.keys().copied().collect()
    }

    fn read(&self, segment: u64) -> Vec<u8> {
        self.segments[&segment].clone()
    }

    fn start(&mut self, segment: u64, content: &[u8]) {
        let mut bytes = content.to_vec();
        bytes.resize(content.len().max(8 * 1024), 0);
        self.segments.insert(segment, bytes);
        self.end = content.len();
    }

    fn resume(&mut self, _segment: u64, end: usize) {
        self.last()[end..].fill(0);
        self.end = end;
    }

    fn append(&mut self, bytes: &[u8]) {
        let (start, end) = (self.end, self.end + bytes.len());
        let segment = self.last();
        segment.resize(segment.len().max(end), 0);
        segment[start..end].copy_from_slice(bytes);
        self.unsynced = start..end;
        self.end = end;
    }

    fn remove(&mut self, segment: u64) {
        self.segments.remove(&segment);
    }

    fn salt(&mut self) -> u64 {
        0x1234_5678_9abc_def0
    }
}

fn record(number: usize, bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 31 + number * 17 + 1) as u8).collect()
}

/// A log with one group of records per entry of `groups`, and the number of records after each sync.
fn log_of(groups: &[Vec<usize>]) -> (WriteAheadLog<MemoryDisk>, Vec<Vec<u8>>, Vec<usize>) {
    let mut log = WriteAheadLog::create(MemoryDisk::default(), GENESIS).expect("an empty disk");
    let (mut records, mut ends) = (Vec::new(), vec![log.bytes_used()]);
    for group in groups {
        for bytes in group {
            records.push(record(records.len(), *bytes));
            log.append(records.last().expect("just pushed"));
        }
        log.sync();
        ends.push(log.bytes_used());
    }
    (log, records, ends)
}

fn reopen(disk: MemoryDisk) -> Result<Recovered, LogError> {
    WriteAheadLog::open(disk, GENESIS).map(|(_, recovered)| recovered)
}

fn records_by(groups: &[Vec<usize>], frames: usize) -> usize {
    groups[..frames].iter().map(Vec::len).sum()
}

#[test]
fn what_was_synced_is_there_in_order_and_what_was_only_staged_is_not() {
    let (mut log, records, _) = log_of(&[vec![3, 0, 40], vec![700], vec![]]);
    log.append(b"staged");
    let recovered = reopen(log.into_disk()).expect("nothing is damaged");
    assert_eq!(recovered, Recovered { records, cut: 0 });
}

#[test]
fn a_segment_cut_at_any_byte_keeps_the_whole_frames_before() {
    let groups = [vec![30, 5], vec![600], vec![1], vec![90, 90]];
    let (log, records, ends) = log_of(&groups);
    let bytes = log.into_disk().read(0);
    for cut in 0..=ends[4] {
        let scan = scan(&bytes[..cut], true);
        let Some(whole) = ends.iter().rposition(|end| *end <= cut) else {
            assert!(scan.is_err(), "header and checkpoint are never a torn tail, cut at {cut}");
            continue;
        };
        let scan = scan.unwrap_or_else(|damage| panic!("cut at {cut}: {damage}"));
        assert_eq!(scan.end, ends[whole], "cut at {cut}");
        assert_eq!(scan.records, records[..records_by(&groups, whole)], "cut at {cut}");
    }
}

#[test]
fn a_flipped_bit_is_corruption_unless_it_is_in_the_last_frame() {
    let groups = [vec![30, 5], vec![60], vec![20, 9]];
    let (log, records, ends) = log_of(&groups);
    let bytes = log.into_disk().read(0);
    for at in 0..bytes.len() {
        for bit in [0, 3, 7] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let result = scan(&flipped, true);
            if at >= ends[3] {
                assert_eq!(result.map(|scan| scan.records.len()), Ok(records.len()), "garbage in the tail, at {at}");
            } else if at >= ends[2] {
                let scan = result.expect("the last frame can't be told from a torn one");
                assert_eq!((scan.end, scan.records.len()), (ends[2], records_by(&groups, 2)), "at {at}");
            } else {
                assert!(result.is_err(), "a synced frame is damaged, at {at}");
            }
        }
    }
}

#[test]
fn a_lost_frame_before_a_torn_one_is_corruption_too() {
    let (log, _, ends) = log_of(&[vec![100], vec![100], vec![2_000]]);
    let mut disk = log.into_disk();
    disk.lose_pages(&[false, true, true, true, true]);
    disk.last()[ends[1]..ends[2]].fill(0);
    let damage = Damage { offset: ends[1], why: DamageKind::Before(ends[2]) };
    assert_eq!(reopen(disk), Err(LogError::Corrupt { segment: 0, damage }));
}

#[test]
fn a_completed_segment_has_no_torn_tail() {
    let (log, _, ends) = log_of(&[vec![100], vec![300]]);
    let mut disk = log.into_disk();
    disk.last()[ends[2] - 1] ^= 1;
    let bytes = disk.read(0);
    assert!(scan(&bytes, true).is_ok());
    assert_eq!(scan(&bytes, false), Err(Damage { offset: ends[1], why: DamageKind::Completed }));
}

#[test]
fn bytes_that_look_like_a_later_frame_of_another_salt_are_not_one() {
    let forged = encode_frame(1, 0, 3, &[b"forged"]);
    let (mut log, _, ends) = log_of(&[vec![10]]);
    log.append(&[vec![0; PAGE_BYTES], forged.repeat(20)].concat());
    log.sync();
    let mut disk = log.into_disk();
    disk.lose_pages(&[true, false]);
    let recovered = reopen(disk).expect("a torn tail with a stranger's bytes in it");
    assert_eq!(recovered.records.len(), 1);
    assert!(recovered.cut > ends[1] - ends[0]);
}

#[test]
fn a_healed_log_goes_on() {
    let (log, mut records, _) = log_of(&[vec![10], vec![20], vec![1_500]]);
    let mut disk = log.into_disk();
    disk.lose_pages(&[true, false, true]);
    let (mut log, recovered) = WriteAheadLog::open(disk, GENESIS).expect("a torn tail");
    records.truncate(2);
    assert_eq!(recovered.records, records);
    assert!(recovered.cut > 0);
    log.append(b"after");
    log.sync();
    records.push(b"after".to_vec());
    assert_eq!(reopen(log.into_disk()), Ok(Recovered { records, cut: 0 }));
}

#[test]
fn rolling_keeps_the_staged_and_old_segments_until_they_are_removed() {
    let (mut log, mut records, _) = log_of(&[vec![10], vec![20]]);
    log.append(b"staged");
    assert_eq!(log.roll(&[b"standing".to_vec()]), 1);
    log.sync();
    records.extend([b"standing".to_vec(), b"staged".to_vec()]);
    assert_eq!(log.segments(), 0..=1);
    assert_eq!(reopen(log.clone().into_disk()), Ok(Recovered { records, cut: 0 }));
    log.remove_before(9);
    assert_eq!(log.segments(), 1..=1);
    let records = vec![b"standing".to_vec(), b"staged".to_vec()];
    assert_eq!(reopen(log.into_disk()), Ok(Recovered { records, cut: 0 }));
}

#[test]
fn a_segment_is_full_with_what_is_staged() {
    let (mut log, ..) = log_of(&[vec![10]]);
    assert!(!log.needs_roll(0));
    assert!(log.needs_roll(SEGMENT_BYTES));
    log.append(&vec![1; RECORD_BYTES_MAX]);
    assert!(log.needs_roll(0));
}

#[test]
fn a_large_checkpoint_is_not_written_again_at_once() {
    let (mut log, ..) = log_of(&[]);
    let checkpoint = vec![vec![1; RECORD_BYTES_MAX]; 2];
    log.roll(&checkpoint);
    assert!(!log.needs_roll(RECORD_BYTES_MAX), "the segment is longer than any other, and nothing is in it yet");
    assert!(log.needs_roll(3 * RECORD_BYTES_MAX));
}

#[test]
fn a_log_is_made_once_and_opened_by_its_own_chain_only() {
    assert_eq!(reopen(MemoryDisk::default()), Err(LogError::Missing));
    let (log, ..) = log_of(&[]);
    let disk = log.into_disk();
    assert_eq!(WriteAheadLog::create(disk.clone(), GENESIS).map(|_| ()), Err(LogError::Exists));
    let other = H256([8; 32]);
    let error = LogError::OtherChain { found: GENESIS, expected: other };
    assert_eq!(WriteAheadLog::open(disk, other).map(|_| ()), Err(error));
}

#[test]
fn segments_are_contiguous_and_stand_under_their_own_number() {
    let (mut log, ..) = log_of(&[vec![1]]);
    log.roll(&[]);
    log.roll(&[]);
    let disk = log.into_disk();
    let mut gap = disk.clone();
    gap.segments.remove(&1);
    assert_eq!(reopen(gap), Err(LogError::Gap { segment: 1 }));
    let mut swapped = disk;
    let middle = swapped.read(1);
    swapped.segments.insert(2, middle);
    assert_eq!(reopen(swapped), Err(LogError::Misplaced { segment: 2, found: 1 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever subset of the last, unsynced frame's pages is lost, what was synced before is there and nothing else.
    #[test]
    fn any_loss_of_unsynced_pages_is_a_torn_tail(
        groups in prop::collection::vec(prop::collection::vec(0usize..1_500, 1..4), 1..8),
        lost in prop::collection::vec(any::<bool>(), 1..12),
    ) {
        let (log, records, _) = log_of(&groups);
        let mut disk = log.into_disk();
        disk.lose_pages(&lost);
        let recovered = reopen(disk).expect("a torn tail is healed");
        let before = records_by(&groups, groups.len() - 1);
        let kept = recovered.records.len();
        prop_assert!(kept == before || kept == records.len(), "{} of {} records", kept, records.len());
        prop_assert_eq!(&recovered.records[..], &records[..kept]);
    }

    /// A synced frame that lost any of its bytes is never cut away in silence.
    #[test]
    fn damage_before_a_later_frame_is_corruption(
        groups in prop::collection::vec(prop::collection::vec(0usize..900, 1..3), 2..6),
        at in any::<prop::sample::Index>(),
        pattern in 1u8..,
        length in 1usize..600,
    ) {
        let (log, _, ends) = log_of(&groups);
        let mut bytes = log.into_disk().read(0);
        let synced = ends[ends.len() - 2];
        let start = at.index(synced);
        bytes[start..(start + length).min(synced)].iter_mut().for_each(|byte| *byte ^= pattern);
        prop_assert!(scan(&bytes, true).is_err());
    }

    /// No bytes from a disk make the scan panic, and what it accepts ends within them.
    #[test]
    fn any_bytes_are_scanned_without_a_panic(
        tail in prop::collection::vec(any::<u8>(), 0..3_000),
        keep in 0usize..400,
    ) {
        let (log, ..) = log_of(&[vec![100], vec![100]]);
        let mut bytes = log.into_disk().read(0);
        bytes.truncate(keep);
        bytes.extend(tail);
        if let Ok(scan) = scan(&bytes, true) {
            prop_assert!(scan.end + scan.torn <= bytes.len());
        }
    }
}
