use std::path::Path;
use std::time::Instant;

use tierchain_primitives::ports::StateRead;
use tierchain_replica::executor::execute;
use tierchain_replica::snapshot::ChunkKind;
use tierchain_storage::{Database, Settings};

use super::import::{ImportError, Material, Watch, job_of};
use super::maker::{Made, Maker, Rest};
use super::staging::{Staging, take_over};
use super::store::Store;
use crate::service::disk::commit_genesis;
use crate::service::executor::{ExecutedState, commit_of};

#[path = "../../../../replica/tests/it/snapshot_world.rs"]
mod snapshot_world;

use snapshot_world::World;

/// The database of a node that has executed a chain up to a block.
fn database(world: &World, path: &Path, up_to: usize) -> Database {
    let database = Database::open(path, world.genesis.hash, Settings::default()).expect("a new database");
    commit_genesis(&database, &world.genesis);
    go_on(world, &database, up_to);
    database
}

/// Executes the blocks that a database lacks.
fn go_on(world: &World, database: &Database, up_to: usize) {
    let (best, _) = database.best().expect("genesis at least");
    let mut state = ExecutedState { number: best, root: world.roots[best as usize], newest_nonempty: 0 };
    for block in &world.blocks[best as usize..up_to] {
        let job = job_of(block).expect("an honest block");
        let executed = execute(database, database, world.genesis.hash, state.root, &job);
        state = ExecutedState { number: executed.number, root: executed.root, newest_nonempty: 0 };
        database.commit(&commit_of(&job, executed, state));
    }
    assert_eq!(state.root, world.roots[up_to]);
}

fn make(world: &World, database: &Database, store: &Store, naming: u32) -> Made {
    let epochs = world.epochs();
    let maker = Maker { db: database, store, epochs: &epochs, genesis: world.genesis.hash };
    maker.make(naming, &mut Rest::new(&|| false)).expect("nothing is missing")
}

/// A base path into which everything of the newest snapshot was downloaded.
fn downloaded(
    world: &World,
    folder: &Path,
    database: &Database,
    store: &Store,
) -> (tierchain_storage::BasePath, Material) {
    let base_path = tierchain_storage::BasePath::lock(folder).expect("a new folder");
    let staging = Staging::of(&base_path);
    staging.make().expect("a new folder");
    let kept = store.newest().expect("one was made");
    let manifest = kept.manifest.clone();
    for chunk in &manifest.contents.chunks {
        let bytes = store.chunk(database, &chunk.hash).expect("every chunk is served");
        staging.keep(&chunk.hash, &bytes).expect("a new folder");
    }
    let (height, naming) = (manifest.contents.height as usize, manifest.contents.header.number as usize);
    let above = world.blocks[height..naming].to_vec();
    let (settings, genesis) = (Settings::default(), world.genesis.clone());
    (base_path, Material { staging, settings, genesis, manifest, above })
}

#[test]
fn a_node_cuts_what_anybody_cuts_of_that_chain() {
    let world = World::with_servers(4, 12);
    let folder = tempfile::tempdir().expect("a temporary folder");
    // It has gone on meanwhile: the state is read back from history.
    let database = database(&world, &folder.path().join("db"), world.blocks.len());
    let store = Store::open(folder.path().join("snapshots"));
    for naming in [8, 20, world.height()] {
        make(&world, &database, &store, naming);
        let (manifest, chunks) = world.snapshot(naming);
        let kept = store.newest().expect("it was made");
        assert_eq!(kept.manifest, manifest);
        for (info, chunk) in manifest.contents.chunks.iter().zip(chunks) {
            assert_eq!(store.chunk(&database, &info.hash), Some(chunk), "{:?}", info.kind);
        }
    }
    let again = Store::open(folder.path().join("snapshots"));
    assert_eq!((again.offers(), again.offers().len()), (store.offers(), 3), "each was asked for a moment ago");
    let unasked = Store::open(folder.path().join("unasked"));
    for naming in [8, 20, world.height()] {
        make(&world, &database, &unasked, naming);
    }
    assert_eq!(unasked.offers(), store.offers()[1..], "an old one that nobody asks for goes");
}

#[test]
fn a_joined_node_reads_and_goes_on_like_the_others() {
    let world = World::with_servers(4, 12);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let from = database(&world, &folder.path().join("from"), world.blocks.len());
    let store = Store::open(folder.path().join("snapshots"));
    let naming = world.height() - 4;
    make(&world, &from, &store, naming);
    let (base_path, material) = downloaded(&world, &folder.path().join("to"), &from, &store);
    assert_eq!(material.import(&Watch::default()).expect("an honest snapshot"), naming);
    take_over(&base_path).expect("nothing is in its place");

    let to = Database::open(&base_path.database(), world.genesis.hash, Settings::default()).expect("it was moved here");
    assert_eq!(to.best().map(|(number, _)| number), Some(naming));
    go_on(&world, &to, world.blocks.len());
    for number in naming..=world.height() {
        let state = |db: &Database| db.view().entries_after(number).expect("retained").collect::<Vec<_>>();
        assert_eq!(state(&to), state(&from), "after block {number}");
    }
    for number in 0..=world.height() {
        assert_eq!((to.hash_of(number), to.header(number)), (from.hash_of(number), from.header(number)));
        assert_eq!(to.ledger_blocks_of(number), from.ledger_blocks_of(number), "height {number}");
    }
    for part in &world.parts {
        for block in &part.entities {
            assert_eq!(
                to.entity_blocks(&block.chain, block.number, 9),
                from.entity_blocks(&block.chain, block.number, 9)
            );
        }
    }
    // What it makes of it for the next one is the same to the byte.
    let again = Store::open(folder.path().join("again"));
    make(&world, &to, &again, naming);
    assert_eq!(again.offers(), store.offers());
    assert_eq!(StateRead::get(&to, b":code"), StateRead::get(&from, b":code"));
}

#[test]
fn an_import_can_be_stopped_and_repeated_and_a_torn_chunk_is_named() {
    let world = World::with_servers(3, 6);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let from = database(&world, &folder.path().join("from"), world.blocks.len());
    let store = Store::open(folder.path().join("snapshots"));
    make(&world, &from, &store, world.height());
    let (base_path, material) = downloaded(&world, &folder.path().join("to"), &from, &store);

    let stopped = Watch::default();
    stopped.is_stopped.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(matches!(material.import(&stopped), Err(ImportError::Other(_))));
    take_over(&base_path).expect("there is nothing to take over");
    assert!(!base_path.database().exists(), "half a database is none");

    let torn = material.manifest.contents.chunks[1].hash;
    let whole = material.staging.read(&torn);
    material.staging.keep(&torn, &whole[..whole.len() / 2]).expect("the folder is there");
    assert!(matches!(material.import(&Watch::default()), Err(ImportError::Torn(1))));
    material.staging.keep(&torn, &whole).expect("the folder is there");
    assert_eq!(material.import(&Watch::default()).expect("it is whole again"), world.height());
    take_over(&base_path).expect("nothing is in its place");
    take_over(&base_path).expect("a second time there is nothing to do");
    assert!(base_path.database().exists() && !folder.path().join("to/joining").exists());
}

#[test]
fn a_damaged_snapshot_is_not_given_away() {
    let world = World::with_servers(3, 6);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let from = database(&world, &folder.path().join("from"), world.blocks.len());
    let store = Store::open(folder.path().join("snapshots"));
    make(&world, &from, &store, world.height());
    let kept = store.newest().expect("one was made");
    let state = kept.manifest.contents.chunks.iter().find(|chunk| chunk.kind == ChunkKind::State).expect("a state");
    let file =
        folder.path().join("snapshots").join(world.height().to_string()).join(super::store::file_name(&state.hash));
    std::fs::write(file, b"rubbish").expect("it is there");
    assert_eq!(store.chunk(&from, &state.hash), None);
    assert!(store.offers().is_empty(), "nobody is to blame this node for its disk");
}

/// Figures, not a test.
#[test]
#[ignore = "it measures: cargo test --release -p tierchain-node -- --ignored --nocapture a_hundred_thousand"]
fn a_hundred_thousand_events() {
    let world = World::long(1_563);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let from = database(&world, &folder.path().join("from"), world.blocks.len());
    let store = Store::open(folder.path().join("snapshots"));
    make(&world, &from, &store, world.height() - 500);
    let before = memory();
    let began = Instant::now();
    let made = make(&world, &from, &store, world.height());
    println!("made {made:?} after an older one in {:?}, memory {before} -> {}", began.elapsed(), memory());
    let fresh = Store::open(folder.path().join("fresh"));
    let began = Instant::now();
    make(&world, &from, &fresh, world.height());
    println!("made without an older one in {:?}", began.elapsed());
    assert_eq!(fresh.offers().last(), store.offers().last(), "chunks of the older one are the same ones");
    let (_base_path, material) = downloaded(&world, &folder.path().join("to"), &from, &store);
    let (before, began) = (memory(), Instant::now());
    material.import(&Watch::default()).expect("an honest snapshot");
    println!("imported in {:?}, memory {before} -> {}", began.elapsed(), memory());
}

/// Resident memory of this process.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}
