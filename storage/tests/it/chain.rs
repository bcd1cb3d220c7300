//! The chain in the database: what is committed is there, all of it, after a kill too, and for its own chain only.

use std::fs;

use tierchain_primitives::certificate::{Certificate, CertificateKind};
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::extrinsic::extrinsic_hash;
use tierchain_primitives::ports::{ChainRead, NodeRead, StateRead};
use tierchain_primitives::{Epoch, H256, ValidatorIndex, View};
use tierchain_storage::{BlockCommit, Database, DatabaseError, Retention, Settings};

use crate::fixture::{GENESIS, commit_changes, copy_directory, next_block, open};

/// A block with something in each column.
fn full_block(database: &Database) -> BlockCommit {
    let block = next_block(database);
    let number = block.header.number;
    let extrinsics = (0..3u8).map(|index| vec![index, number.to_le_bytes()[0], 42]);
    let certificate = Certificate {
        kind: CertificateKind::Committed,
        epoch: Epoch(0),
        view: View(3),
        number,
        hash: block.hash,
        votes: vec![(ValidatorIndex(1), Signature::ZERO)],
    };
    BlockCommit {
        extrinsics: extrinsics.map(|bytes| (extrinsic_hash(&bytes), bytes)).collect(),
        certificate: (number > 0).then_some(certificate),
        changes: vec![(b"key".to_vec(), Some(number.to_le_bytes().to_vec()))],
        pages: vec![(b"page".to_vec(), Some(vec![number as u8]))],
        aux: vec![(b"note".to_vec(), Some(vec![number as u8]))],
        ..block
    }
}

fn assert_holds(database: &Database, block: &BlockCommit) {
    let number = block.header.number;
    assert_eq!(database.header(number).as_ref(), Some(&block.header));
    assert_eq!(database.block_hash(number), Some(block.hash));
    assert_eq!(database.number_of(&block.hash), Some(number));
    assert_eq!(database.body(number), Some(block.extrinsics.iter().map(|(_, bytes)| bytes.clone()).collect()));
    assert_eq!(database.certificate(number), block.certificate);
    for (index, (hash, _)) in (0..).zip(&block.extrinsics) {
        assert_eq!(database.extrinsic(hash), Some((number, index)));
    }
}

#[test]
fn what_a_block_brings_is_in_every_column() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let database = open(directory.path(), Retention::Archive);
    assert_eq!(database.best(), None);
    let blocks = (0..4).map(|_| {
        let block = full_block(&database);
        database.commit(&block);
        block
    });
    let blocks = blocks.collect::<Vec<_>>();
    blocks.iter().for_each(|block| assert_holds(&database, block));
    assert_eq!(database.best(), Some((3, blocks[3].hash)));
    assert_eq!(StateRead::get(&database, b"key"), Some(3u32.to_le_bytes().to_vec()));
    assert_eq!(database.page(b"page"), Some(vec![3]));
    assert_eq!(database.aux(b"note"), Some(vec![3]));
    assert_eq!(database.header(4), None);
    assert_eq!(database.extrinsic(&H256::ZERO), None);
}

#[test]
fn a_killed_process_loses_nothing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (path, copy) = (directory.path().join("db"), directory.path().join("copy"));
    let database = open(&path, Retention::Archive);
    let mut blocks = Vec::new();
    for _ in 0..20 {
        blocks.push(full_block(&database));
        database.commit(&blocks[blocks.len() - 1]);
    }
    copy_directory(&path, &copy);
    let reopened = open(&copy, Retention::Archive);
    assert_eq!(reopened.durable_height(), Some(19));
    blocks.iter().for_each(|block| assert_holds(&reopened, block));
}

/// Cuts RocksDB's log at many places, as a machine that loses power may, and looks for half a block.
#[test]
fn a_lost_tail_loses_whole_blocks() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (path, copy) = (directory.path().join("db"), directory.path().join("copy"));
    let database = open(&path, Retention::Archive);
    for _ in 0..12 {
        database.commit(&full_block(&database));
    }
    let logs = fs::read_dir(&path).expect("readable").flatten().map(|entry| entry.path());
    let newest = logs.filter(|path| path.extension().is_some_and(|name| name == "log")).max().expect("a log");
    let length = fs::metadata(&newest).expect("readable").len();
    for cut in (0..length).rev().step_by(usize::try_from(length / 25).expect("small")) {
        let _ = fs::remove_dir_all(&copy);
        copy_directory(&path, &copy);
        let log = copy.join(newest.file_name().expect("a file"));
        fs::OpenOptions::new().write(true).open(log).and_then(|log| log.set_len(cut)).expect("writable");
        let reopened = open(&copy, Retention::Archive);
        let best = reopened.best().map(|(number, _)| number);
        assert_eq!(StateRead::get(&reopened, b"key"), best.map(|number| number.to_le_bytes().to_vec()));
        assert_eq!(reopened.aux(b"note"), best.map(|number| vec![number as u8]));
        assert_eq!(reopened.page(b"page"), best.map(|number| vec![number as u8]));
        let next = best.map_or(0, |number| number + 1);
        assert_eq!((reopened.header(next), reopened.body(next)), (None, None), "half a block at cut {cut}");
    }
}

#[test]
fn a_sync_covers_what_was_committed_before_it() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let database = open(directory.path(), Retention::Archive);
    assert_eq!(database.flush_synced(), None);
    database.commit(&next_block(&database));
    database.commit(&next_block(&database));
    assert_eq!(database.flush_synced(), Some(1));
    database.put_aux(b"name", b"value");
    drop(database);
    assert_eq!(open(directory.path(), Retention::Archive).aux(b"name"), Some(b"value".to_vec()));
}

#[test]
fn another_chains_database_is_refused_with_both_names() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    drop(open(directory.path(), Retention::Archive));
    let other = H256([8; 32]);
    let Err(error) = Database::open(directory.path(), other, Settings::default()) else { panic!("opened") };
    assert!(matches!(error, DatabaseError::OtherChain { found: GENESIS, expected, .. } if expected == other));
    let text = error.to_string();
    assert!(text.contains(&GENESIS.to_string()) && text.contains(&other.to_string()) && text.contains("--base-path"));
}

#[test]
fn a_corrupt_database_is_a_typed_error() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let database = open(directory.path(), Retention::Archive);
    commit_changes(&database, vec![(b"key".to_vec(), Some(vec![1]))]);
    drop(database);
    fs::write(directory.path().join("CURRENT"), "nonsense").expect("writable");
    let Err(error) = Database::open(directory.path(), GENESIS, Settings::default()) else { panic!("opened") };
    assert!(matches!(error, DatabaseError::Corrupt { .. }), "{error}");
}

#[test]
#[should_panic(expected = "isn't the child of the newest block")]
fn a_block_of_another_branch_is_never_committed() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let database = open(directory.path(), Retention::Archive);
    database.commit(&next_block(&database));
    let mut stranger = next_block(&database);
    stranger.header.parent_hash = H256([9; 32]);
    database.commit(&stranger);
}

#[test]
fn what_the_database_takes_can_be_measured() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let database = open(directory.path(), Retention::Archive);
    for _ in 0..100 {
        database.commit(&full_block(&database));
    }
    assert!(database.usage().memtable_bytes > 0);
    database.compact();
    assert!(database.disk_bytes() > 0);
}
