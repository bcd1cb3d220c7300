//! State at every height, against a model that keeps a copy of everything.

use std::collections::BTreeMap;

use tierchain_primitives::ports::StateRead;
use tierchain_storage::{Database, HeightError, Retention};

use crate::fixture::{BLOCK_MILLIS, Seeded, commit_changes, open};

type State = BTreeMap<Vec<u8>, Vec<u8>>;

/// Keys of one length under three prefixes, as Substrate's layout has them.
fn key(seeded: &mut Seeded) -> Vec<u8> {
    let prefix = [b'a', b'b', 0xff][usize::try_from(seeded.below(3)).expect("small")];
    vec![prefix, seeded.below(12) as u8, 0xff, 0]
}

/// Commits blocks of random changes and answers with the whole state after each.
fn random_chain(database: &Database, blocks: u32, seed: u64) -> Vec<State> {
    let mut seeded = Seeded(seed);
    let (mut state, mut states) = (State::new(), Vec::new());
    for _ in 0..blocks {
        let mut changes = BTreeMap::new();
        for _ in 0..seeded.below(6) {
            let value = (seeded.below(3) > 0).then(|| vec![seeded.below(256) as u8; seeded.below(4) as usize]);
            changes.insert(key(&mut seeded), value);
        }
        for (key, value) in &changes {
            match value {
                Some(value) => state.insert(key.clone(), value.clone()),
                None => state.remove(key),
            };
        }
        commit_changes(database, changes.into_iter().collect());
        states.push(state.clone());
    }
    states
}

fn all_keys() -> impl Iterator<Item = Vec<u8>> {
    [b'a', b'b', 0xff].into_iter().flat_map(|prefix| (0..12).map(move |number| vec![prefix, number, 0xff, 0]))
}

/// All keys under a prefix, fetched in pages.
fn paged(database: &Database, prefix: &[u8], page: usize, height: Option<u32>) -> Vec<Vec<u8>> {
    let view = database.view();
    let mut keys = Vec::<Vec<u8>>::new();
    loop {
        let last = keys.last().cloned();
        let more = view.keys_paged(prefix, page, last.as_deref(), height).expect("a retained height");
        if more.is_empty() {
            return keys;
        }
        keys.extend(more);
    }
}

#[test]
fn any_value_reads_back_at_any_height() {
    for seed in 0..8 {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let database = open(directory.path(), Retention::Archive);
        let states = random_chain(&database, 60, seed);
        if seed % 2 == 0 {
            database.compact();
        }
        for (height, state) in (0..).zip(&states) {
            for key in all_keys() {
                assert_eq!(database.state_at(&key, height), Ok(state.get(&key).cloned()), "seed {seed}, {height}");
            }
            let view = database.view();
            let entries = view.entries_after(height).expect("a retained height");
            assert_eq!(entries.collect::<State>(), *state, "seed {seed}, {height}");
            for prefix in [&b"a"[..], b"\xff", b"", b"b\x03"] {
                let expected = state.keys().filter(|key| key.starts_with(prefix)).cloned().collect::<Vec<_>>();
                assert_eq!(paged(&database, prefix, 5, Some(height)), expected, "seed {seed}, {height}, {prefix:?}");
            }
        }
        let newest = states.last().expect("60 blocks").keys().cloned().collect::<Vec<_>>();
        assert_eq!(paged(&database, b"", 7, None), newest);
    }
}

#[test]
fn a_view_stays_as_it_was() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let database = open(directory.path(), Retention::Archive);
    commit_changes(&database, vec![(b"key1".to_vec(), Some(b"old".to_vec()))]);
    let view = database.view();
    commit_changes(&database, vec![(b"key1".to_vec(), None), (b"key2".to_vec(), Some(b"new".to_vec()))]);
    assert_eq!(view.get(b"key1"), Some(b"old".to_vec()));
    assert_eq!(view.best().map(|(number, _)| number), Some(0));
    assert_eq!(view.keys_paged(b"key", 9, None, None), Ok(vec![b"key1".to_vec()]));
    assert_eq!(view.state_at(b"key1", 1), Err(HeightError::Future { height: 1, best: Some(0) }));
    assert_eq!(database.state_at(b"key1", 0), Ok(Some(b"old".to_vec())));
    assert_eq!(database.state_at(b"key1", 1), Ok(None));
}

#[test]
fn pruning_takes_what_no_retained_height_needs_and_nothing_else() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let retention = Retention::Window { blocks: 10, millis: 20 * BLOCK_MILLIS };
    let database = open(directory.path(), retention);
    let states = random_chain(&database, 60, 3);
    // The newest is 59; ten blocks are too short for the time, twenty suffice for both.
    let lowest = database.lowest_state_height();
    assert_eq!(lowest, 39);
    assert_eq!(database.flush_synced(), Some(59));
    database.compact();
    for (height, state) in (0..).zip(&states) {
        for key in all_keys() {
            let expected = match height {
                ..39 => Err(HeightError::Pruned { height, lowest }),
                _ => Ok(state.get(&key).cloned()),
            };
            assert_eq!(database.state_at(&key, height), expected);
        }
    }
    drop(database);
    assert_eq!(open(directory.path(), retention).lowest_state_height(), 39);
    assert_eq!(open(directory.path(), Retention::Archive).lowest_state_height(), 39, "what is gone stays gone");
}

#[test]
fn pruning_frees_the_disk_only_after_a_sync() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let database = open(directory.path(), Retention::Window { blocks: 2, millis: 0 });
    let mut seeded = Seeded(5);
    for _ in 0..200 {
        let value = (0..4_000).map(|_| seeded.below(256) as u8).collect::<Vec<_>>();
        commit_changes(&database, vec![(b"key1".to_vec(), Some(value))]);
    }
    // Twice: what a compaction reads may not be removed before the next one.
    database.compact();
    database.compact();
    let before = database.disk_bytes();
    assert!(before > 700_000, "{before} bytes: nothing may go before the horizon is on stable storage");
    assert_eq!(database.flush_synced(), Some(199));
    database.compact();
    let after = database.disk_bytes();
    assert!(after + 600_000 < before, "{after} bytes after, {before} before");
    assert_eq!(database.state_at(b"key1", 100), Err(HeightError::Pruned { height: 100, lowest: 197 }));
    assert!(database.state_at(b"key1", 197).is_ok_and(|value| value.is_some()));
}
