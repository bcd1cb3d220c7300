//! A database made from pieces, against the one that the pieces are of.

use tierchain_primitives::ports::StateRead;
use tierchain_storage::{Database, HeightError, Import, Retention, Settings};

use crate::fixture::{GENESIS, commit_changes, next_block, open};

fn set(key: &[u8], value: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    (key.to_vec(), Some(value.to_vec()))
}

/// Five blocks; key2 is gone in the last.
fn source(database: &Database) {
    commit_changes(database, vec![set(b"key1", b"0"), set(b"key2", b"0")]);
    commit_changes(database, vec![set(b"key1", b"1")]);
    commit_changes(database, vec![set(b"key3", b"2")]);
    commit_changes(database, vec![set(b"key1", b"3"), (b"key2".to_vec(), None)]);
    commit_changes(database, Vec::new());
}

fn import(source: &Database, import: &Import, height: u32) {
    let view = source.view();
    let entries: Vec<_> = view.entries_after(height).expect("a retained height").collect();
    import.put_state(&entries, &[(b"page".to_vec(), Some(b"bytes".to_vec()))]);
    let headers: Vec<_> =
        (0..=height).filter_map(|number| Some((source.hash_of(number)?, source.header(number)?))).collect();
    import.put_headers(&headers);
}

#[test]
fn what_was_imported_reads_as_at_its_source_and_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let from = open(&folder.path().join("from"), Retention::Archive);
    source(&from);
    let path = folder.path().join("to");
    let begun = Import::begin(&path, GENESIS, Settings::default()).expect("a new database");
    import(&from, &begun, 2);
    let hash = from.hash_of(2).expect("five blocks");
    drop(begun.finish(2, hash, &[set(b"root", b"2")]));

    let to = open(&path, Retention::Archive);
    assert_eq!((to.best(), to.lowest_state_height(), to.aux(b"root")), (Some((2, hash)), 2, Some(b"2".to_vec())));
    assert_eq!(to.state_at(b"key1", 2), Ok(Some(b"1".to_vec())));
    assert_eq!(to.state_at(b"key1", 1), Err(HeightError::Pruned { height: 1, lowest: 2 }));
    for number in 3..5 {
        let header = from.header(number).expect("five blocks");
        let mut block = next_block(&to);
        block.hash = header.hash();
        block.header = header;
        block.changes = if number == 3 { vec![set(b"key1", b"3"), (b"key2".to_vec(), None)] } else { Vec::new() };
        to.commit(&block);
    }
    for key in [b"key1", b"key2", b"key3"] {
        assert_eq!(to.get(key), from.get(key));
        assert_eq!(to.state_at(key, 2), from.state_at(key, 2));
    }
}

#[test]
fn an_import_that_was_not_finished_is_begun_anew() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let from = open(&folder.path().join("from"), Retention::Archive);
    source(&from);
    let path = folder.path().join("to");
    let begun = Import::begin(&path, GENESIS, Settings::default()).expect("a new database");
    import(&from, &begun, 4);
    drop(begun);
    assert_eq!(open(&path, Retention::Archive).best(), None, "it was never whole");
    let begun = Import::begin(&path, GENESIS, Settings::default()).expect("what lay there is removed");
    assert_eq!(begun.get(b"key1"), None);
}
