//! The write-ahead log on real files.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use tierchain_primitives::ports::LogDisk;
use tierchain_replica::log::{LogError, Recovered, WriteAheadLog};
use tierchain_storage::LogDirectory;

use crate::fixture::{GENESIS, Seeded, copy_directory};

const SEGMENT_BYTES: usize = 64 * 1024;

type Log = WriteAheadLog<LogDirectory>;

fn directory(path: &Path) -> LogDirectory {
    LogDirectory::open(path, SEGMENT_BYTES).expect("a listable directory")
}

fn create(path: &Path) -> Log {
    WriteAheadLog::create(directory(path), GENESIS).expect("there is no log yet")
}

fn open(path: &Path) -> Result<(Log, Recovered), LogError> {
    WriteAheadLog::open(directory(path), GENESIS)
}

fn segment(path: &Path, number: u64) -> std::path::PathBuf {
    path.join(format!("{number:020}.log"))
}

#[test]
fn opening_makes_no_log() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("votes");
    assert_eq!(open(&path).map(|_| ()), Err(LogError::Missing));
    assert!(!path.exists());
    drop(create(&path));
    assert_eq!(WriteAheadLog::create(self::directory(&path), GENESIS).map(|_| ()), Err(LogError::Exists));
}

#[test]
fn what_was_synced_survives_a_kill_and_appending_goes_on() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (path, copy) = (directory.path().join("votes"), directory.path().join("copy"));
    let mut log = create(&path);
    let mut expected = Vec::new();
    for number in 0..50u8 {
        expected.push(vec![number; 37 * usize::from(number)]);
        log.append(&expected[usize::from(number)]);
        if number % 3 == 0 {
            log.sync();
        }
    }
    log.sync();
    log.append(b"staged, never synced");
    copy_directory(&path, &copy);
    let (mut log, recovered) = open(&copy).expect("nothing is damaged");
    assert_eq!(recovered, Recovered { records: expected.clone(), cut: 0 });
    log.append(b"after");
    log.sync();
    drop(log);
    expected.push(b"after".to_vec());
    assert_eq!(open(&copy).map(|(_, recovered)| recovered.records), Ok(expected));
}

#[test]
fn an_append_within_a_segment_leaves_its_length_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut log = create(directory.path());
    log.append(&[1; 5_000]);
    log.sync();
    let length = fs::metadata(segment(directory.path(), 0)).expect("the segment").len();
    assert_eq!(length, SEGMENT_BYTES as u64);
}

#[test]
fn a_segment_that_is_not_rolled_grows() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut log = create(directory.path());
    let record = vec![9; 2 * SEGMENT_BYTES];
    log.append(&record);
    log.sync();
    drop(log);
    assert_eq!(open(directory.path()).map(|(_, recovered)| recovered.records), Ok(vec![record]));
}

#[test]
fn rolled_segments_are_read_in_order_and_removed_when_told() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut log = create(directory.path());
    let mut expected = Vec::new();
    for number in 0..5u8 {
        let standing = vec![b"standing".to_vec(), vec![number]];
        log.roll(&standing);
        expected.extend(standing);
        log.append(&[number; 100]);
        log.sync();
        expected.push(vec![number; 100]);
    }
    drop(log);
    let (mut log, recovered) = open(directory.path()).expect("nothing is damaged");
    assert_eq!(recovered.records, expected);
    log.remove_before(4);
    assert_eq!(log.segments(), 4..=5);
    drop(log);
    assert!(!segment(directory.path(), 3).exists());
    assert_eq!(open(directory.path()).map(|(_, recovered)| recovered.records), Ok(expected[9..].to_vec()));
}

#[test]
fn a_torn_tail_on_disk_is_cut_and_stays_cut() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut log = create(directory.path());
    log.append(b"kept");
    log.sync();
    let end = log.bytes_used() as u64;
    drop(log);
    let file = OpenOptions::new().write(true).open(segment(directory.path(), 0)).expect("the segment");
    file.write_all_at(&[0xab; 3_000], end + 512).expect("writable");
    let (_, recovered) = open(directory.path()).expect("a torn tail");
    assert_eq!(recovered, Recovered { records: vec![b"kept".to_vec()], cut: 3_512 });
    let (_, recovered) = open(directory.path()).expect("healed");
    assert_eq!(recovered.cut, 0);
}

#[test]
fn a_shortened_file_is_healed_to_its_full_length() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut log = create(directory.path());
    log.append(b"kept");
    log.sync();
    let end = log.bytes_used() as u64;
    log.append(&[5; 1_000]);
    log.sync();
    drop(log);
    let path = segment(directory.path(), 0);
    OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(end + 700)).expect("writable");
    let (_, recovered) = open(directory.path()).expect("a torn tail");
    assert_eq!(recovered.records, vec![b"kept".to_vec()]);
    assert_eq!(fs::metadata(&path).expect("the segment").len(), SEGMENT_BYTES as u64);
}

#[test]
fn a_flipped_byte_in_a_synced_frame_refuses_to_open() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut log = create(directory.path());
    let mut ends = Vec::new();
    for number in 0..10u8 {
        log.append(&[number; 300]);
        log.sync();
        ends.push(log.bytes_used());
    }
    drop(log);
    let path = segment(directory.path(), 0);
    let bytes = fs::read(&path).expect("the segment");
    let mut seeded = Seeded(1);
    for _ in 0..200 {
        let mut flipped = bytes.clone();
        let at = usize::try_from(seeded.below(ends[8] as u64)).expect("small");
        flipped[at] ^= 1 << seeded.below(8);
        fs::write(&path, &flipped).expect("writable");
        assert!(matches!(open(directory.path()), Err(LogError::Corrupt { segment: 0, .. })), "byte {at}");
    }
    fs::write(&path, &bytes).expect("writable");
    assert_eq!(open(directory.path()).map(|(_, recovered)| recovered.records.len()), Ok(10));
}

#[test]
fn a_segment_that_was_being_prepared_is_not_part_of_the_log() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let log = create(directory.path());
    drop(log);
    fs::write(directory.path().join("spare"), [0xff; 1_000]).expect("writable");
    let disk = self::directory(directory.path());
    assert_eq!(disk.segments(), vec![0]);
    let (mut log, _) = WriteAheadLog::open(disk, GENESIS).expect("nothing is damaged");
    assert_eq!(log.roll(&[]), 1);
}
