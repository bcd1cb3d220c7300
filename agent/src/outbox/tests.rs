//! The outbox survives a cut at any byte, and tells a torn tail from corruption.

use proptest::prelude::*;
use tierchain_primitives::ledger::Uuid;

use super::segments::{HEAD_BYTES, SEGMENT_BYTES, all};
use super::*;
use crate::record::{Fact, LifeId};

const OWNER: AccountId = AccountId([7; 32]);

fn record(cursor: u64) -> Record {
    Record { cursor, life: LifeId { uuid: Uuid([3; 16]), ordinal: 0 }, fact: Fact::Anchor }
}

fn records(range: std::ops::Range<u64>) -> Vec<Record> {
    range.map(record).collect()
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    all(folder).expect("the folder can be read").into_iter().map(|(path, _)| path).collect()
}

fn only_segment(folder: &Path) -> PathBuf {
    segments(folder).pop().expect("there is a segment")
}

/// An outbox with the groups 0..2, 2..3, 3..6, closed.
fn filled(folder: &Path) {
    let (mut outbox, found) = Outbox::open(folder, OWNER).expect("an empty outbox");
    assert!(found.is_empty());
    for group in [0..2, 2..3, 3..6] {
        outbox.append(&records(group)).expect("it can be written");
    }
    assert_eq!(outbox.next(), 6);
}

#[test]
fn what_was_appended_is_there_again() {
    let folder = tempfile::tempdir().expect("a folder");
    filled(folder.path());
    let (mut outbox, found) = Outbox::open(folder.path(), OWNER).expect("it opens");
    assert_eq!((found, outbox.next()), (records(0..6), 6));
    outbox.append(&records(6..1_000)).expect("it can be written");
    drop(outbox);
    assert_eq!(Outbox::open(folder.path(), OWNER).expect("it opens").1, records(0..1_000));
}

#[test]
fn a_full_segment_is_followed_by_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut outbox, _) = Outbox::open(folder.path(), OWNER).expect("it opens");
    outbox.append(&records(0..3)).expect("it can be written");
    outbox.segments.length = SEGMENT_BYTES;
    outbox.append(&records(3..5)).expect("it can be written");
    drop(outbox);
    assert_eq!(segments(folder.path()).len(), 2);
    assert_eq!(Outbox::open(folder.path(), OWNER).expect("it opens").1, records(0..5));
    // A cut in a segment that isn't the last is no torn tail.
    let first = &segments(folder.path())[0];
    let bytes = fs::read(first).expect("it can be read");
    fs::write(first, &bytes[..bytes.len() - 1]).expect("it can be written");
    assert!(matches!(Outbox::open(folder.path(), OWNER), Err(OutboxError::Corrupt { .. })));
}

#[test]
fn two_agents_cannot_share_an_outbox() {
    let folder = tempfile::tempdir().expect("a folder");
    let held = Outbox::open(folder.path(), OWNER).expect("it opens");
    assert!(matches!(Outbox::open(folder.path(), OWNER), Err(OutboxError::Locked { .. })));
    drop(held);
    assert!(matches!(Outbox::open(folder.path(), AccountId([8; 32])), Err(OutboxError::Foreign { owner: OWNER, .. })));
    fs::write(only_segment(folder.path()), b"something else").expect("it can be written");
    assert!(matches!(Outbox::open(folder.path(), OWNER), Err(OutboxError::NotASegment { .. })));
}

#[test]
fn another_epoch_begins_beside_and_takes_over_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    filled(folder.path());
    let epoch = |epoch| Outbox::open_epoch(folder.path(), OWNER, epoch);
    let (outbox, _) = epoch(0).expect("it opens");
    for _ in 0..2 {
        // Begun and left: what was tried before is gone.
        let mut next = outbox.begin_epoch(1).expect("it begins");
        next.append(&records(4..6)).expect("it can be written");
    }
    drop(outbox);
    let (mut outbox, found) = epoch(0).expect("it opens");
    assert_eq!((found, segments(folder.path()).len()), (records(0..6), 1), "what was half made is gone");
    let mut next = outbox.begin_epoch(1).expect("it begins");
    next.append(&records(4..6)).expect("it can be written");
    outbox.go_on_with(next).expect("it goes on");
    outbox.append(&records(6..7)).expect("it can be written");
    drop(outbox);
    assert!(matches!(Outbox::open(folder.path(), OWNER), Err(OutboxError::NotASegment { .. })), "it is a host's");
    assert_eq!(epoch(1).expect("it opens").1, records(4..7));
    // Between the log's step into an epoch and the outbox's.
    let (outbox, found) = epoch(2).expect("it opens");
    assert_eq!((found.len(), outbox.next(), segments(folder.path()).len()), (0, 0, 1));
}

#[test]
fn a_bad_frame_before_a_good_one_is_corruption() {
    let folder = tempfile::tempdir().expect("a folder");
    filled(folder.path());
    let path = only_segment(folder.path());
    let mut bytes = fs::read(&path).expect("it can be read");
    bytes[HEAD_BYTES + 20] ^= 1;
    fs::write(&path, &bytes).expect("it can be written");
    let error = Outbox::open(folder.path(), OWNER).err().expect("it is corrupt");
    assert!(matches!(&error, OutboxError::Corrupt { offset, .. } if *offset == HEAD_BYTES as u64), "{error}");
    assert_eq!(fs::read(&path).expect("it can be read"), bytes, "nothing was changed");
}

proptest! {
    // Each case syncs a disk a dozen times.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_cut_at_any_byte_leaves_whole_groups_and_goes_on(cut in 0usize..400, noise in proptest::collection::vec(any::<u8>(), 0..40)) {
        let folder = tempfile::tempdir().expect("a folder");
        filled(folder.path());
        let path = only_segment(folder.path());
        let mut bytes = fs::read(&path).expect("it can be read");
        bytes.truncate((HEAD_BYTES + cut).min(bytes.len()));
        bytes.extend_from_slice(&noise);
        fs::write(&path, &bytes).expect("it can be written");
        let (mut outbox, found) = Outbox::open(folder.path(), OWNER).expect("a torn tail heals");
        let kept = found.len() as u64;
        prop_assert!([0, 2, 3, 6].contains(&kept));
        prop_assert_eq!(&found, &records(0..kept));
        outbox.append(&records(kept..9)).expect("it can be written");
        drop(outbox);
        prop_assert_eq!(Outbox::open(folder.path(), OWNER).expect("it opens").1, records(0..9));
    }
}
