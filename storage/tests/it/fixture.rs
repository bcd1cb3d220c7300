//! What the tests share: chains of blocks, copies of directories, numbers from a seed.

use std::fs;
use std::path::Path;

use tierchain_primitives::header::{Header, PreRuntime};
use tierchain_primitives::ports::StateChange;
use tierchain_primitives::{BlockNumber, H256, ValidatorIndex};
use tierchain_storage::{BlockCommit, Database, Retention, Settings};

pub(crate) const GENESIS: H256 = H256([7; 32]);

/// Milliseconds between two blocks.
pub(crate) const BLOCK_MILLIS: u64 = 100;

/// SplitMix64: enough randomness for a test, the same in each run.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

pub(crate) fn open(path: &Path, retention: Retention) -> Database {
    let settings = Settings { retention, ..Settings::default() };
    Database::open(path, GENESIS, settings).expect("the test's own database")
}

/// The next block on the newest one.
pub(crate) fn next_block(database: &Database) -> BlockCommit {
    let (number, parent) = database.best().map_or((0, H256::ZERO), |(number, hash)| (number + 1, hash));
    let timestamp = 1_000_000 + u64::from(number) * BLOCK_MILLIS;
    let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp, executed: number.saturating_sub(1) };
    BlockCommit::new(Header::new(parent, number, H256([1; 32]), H256([2; 32]), pre))
}

pub(crate) fn commit_changes(database: &Database, changes: Vec<StateChange>) -> BlockNumber {
    let block = BlockCommit { changes, ..next_block(database) };
    database.commit(&block);
    block.header.number
}

/// A copy of all files as they are on disk now: what a process finds that starts after a kill.
pub(crate) fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a temporary directory is writable");
    for entry in fs::read_dir(from).expect("the directory exists") {
        let entry = entry.expect("the directory is readable");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("a file is readable");
    }
}
