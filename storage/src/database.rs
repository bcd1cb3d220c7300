//! The database: the chain, its state now and before, the tree's pages, the ledger's blocks.
//!
//! # One batch per block
//! [`Database::commit`] writes everything that a certified block adds or changes, over all columns, in one atomic batch.
//! RocksDB's own log is on and unsynced: a killed process loses nothing, a machine that loses power loses whole blocks
//! from the newest one back, never a part of one (before RocksDB flushes one column while another still has its newest
//! data in the log only, it syncs that log). [`Database::flush_synced`] costs one fsync and moves the border;
//! [`Database::commit_synced`] moves it before anybody sees the block. The other way, no log and atomic flushes, would
//! save 15 us of the 250 us of CPU that a block of 64 events costs here (`benches/commit.rs`), but a killed process would
//! have to execute everything since the last flush again, and moving the border would mean flushing all columns.
//!
//! # State at any retained height
//! `state` holds the latest value of each storage key. `history` holds, under key ‖ height, the value that a key had
//! *before* the block of that height changed it. So the value after block h is the oldest record above h, or else the
//! latest value; and a record at height r serves reads below r only, which makes pruning a decision about one record
//! alone: a compaction filter drops it once the lowest readable height has reached r. Nothing is ever scanned or deleted
//! for pruning.
//!
//! One process uses the database ([`crate::BasePath`]), one thread commits, any number read.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use parity_scale_codec::{Decode, Encode};
use rocksdb::{ColumnFamily, DB, WriteBatch, WriteOptions};
use tierchain_primitives::ports::{ChainRead, NodeRead, StateChange, StateRead};
use tierchain_primitives::{BlockNumber, H256};

mod chain;
mod columns;
mod commit;
mod error;
mod evidence;
mod horizon;
mod import;
mod ledger;
mod usage;
mod view;

pub use commit::BlockCommit;
pub use error::{DatabaseError, HeightError};
pub use horizon::Retention;
pub use import::Import;
pub use ledger::LedgerPart;
pub use usage::DatabaseUsage;
pub use view::View;

use crate::fatal::fatal;
use columns::{Column, Shared};
use horizon::Horizon;

/// Version of the layout of keys and values.
const FORMAT: u32 = 1;

/// Keys of the node's own small records, in `aux`. Callers' records stand under [`AUX_CALLER`].
const AUX_GENESIS: &[u8] = b"genesis";
const AUX_FORMAT: &[u8] = b"format";
const AUX_BEST: &[u8] = b"best";
const AUX_LOWEST: &[u8] = b"lowest";
const AUX_CALLER: &[u8] = b"caller/";

/// How a database uses memory and how long it remembers old state.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Which heights' state stays readable.
    pub retention: Retention,
    /// Bytes of the cache of blocks read from disk, indices and filters included.
    pub cache_bytes: usize,
    /// Bytes of what is written and not yet flushed, all columns together.
    pub write_buffer_bytes: usize,
    /// Files kept open.
    pub open_files_max: i32,
}

impl Default for Settings {
    /// A validator's: about 150 MiB in all.
    fn default() -> Self {
        Self {
            retention: Retention::default(),
            cache_bytes: 64 * 1024 * 1024,
            write_buffer_bytes: 48 * 1024 * 1024,
            open_files_max: 512,
        }
    }
}

/// The database of one node.
pub struct Database {
    db: DB,
    path: PathBuf,
    genesis: H256,
    horizon: Horizon,
    shared: Shared,
    /// Held while a block is committed: each batch rests on what the one before left.
    committing: Mutex<()>,
}

impl Database {
    /// Opens the database at `path`, or makes an empty one for the chain with this genesis hash.
    ///
    /// # Errors
    /// [`DatabaseError`] when it is another chain's, of another format, corrupt, or can't be read.
    pub fn open(path: &Path, genesis: H256, settings: Settings) -> Result<Self, DatabaseError> {
        let horizon = Horizon::new(settings.retention);
        let shared = Shared::new(&settings);
        let columns = Column::ALL.map(|column| columns::descriptor(column, &shared, &horizon));
        let opened = DB::open_cf_descriptors(&columns::options(&settings), path, columns);
        let db = opened.map_err(|error| DatabaseError::of(path, error))?;
        let committing = Mutex::new(());
        let database = Self { db, path: path.to_owned(), genesis, horizon, shared, committing };
        database.check_or_write_identity()?;
        let lowest = database.try_get(Column::Aux, AUX_LOWEST)?;
        database.horizon.recover(lowest.and_then(|bytes| decode(&bytes)).unwrap_or(0));
        Ok(database)
    }

    /// The genesis hash of the chain that this database holds.
    #[must_use]
    pub fn genesis(&self) -> H256 {
        self.genesis
    }

    /// The newest committed block.
    #[must_use]
    pub fn best(&self) -> Option<(BlockNumber, H256)> {
        self.get(Column::Aux, AUX_BEST).map(|bytes| decode_own(&bytes))
    }

    /// The lowest height whose state is readable; it only rises.
    #[must_use]
    pub fn lowest_state_height(&self) -> BlockNumber {
        self.horizon.lowest()
    }

    /// Waits until everything committed before the call is on stable storage, and answers up to which height that is.
    #[must_use]
    pub fn flush_synced(&self) -> Option<BlockNumber> {
        let (best, lowest) = (self.best(), self.horizon.lowest());
        self.db.flush_wal(true).unwrap_or_else(|error| fatal("syncing the database", error));
        // What the filter drops must never be needed again, not even if the machine stops now.
        self.horizon.permit_pruning(lowest);
        best.map(|(number, _)| number)
    }

    /// The newest block on stable storage, right after opening: RocksDB writes what it recovers to tables and syncs
    /// them before it opens.
    #[must_use]
    pub fn durable_height(&self) -> Option<BlockNumber> {
        self.best().map(|(number, _)| number)
    }

    /// A consistent view of the state as it is now, whatever is committed while it lives.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::new(self)
    }

    /// The value under `key` after block `height`.
    ///
    /// # Errors
    /// [`HeightError`] when that state isn't there any more, or not yet.
    pub fn state_at(&self, key: &[u8], height: BlockNumber) -> Result<Option<Vec<u8>>, HeightError> {
        self.view().state_at(key, height)
    }

    /// A small record of the node's own.
    #[must_use]
    pub fn aux(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get(Column::Aux, &[AUX_CALLER, key].concat())
    }

    /// Writes a small record of the node's own outside of any block; durable with the next [`Self::flush_synced`].
    pub fn put_aux(&self, key: &[u8], value: &[u8]) {
        let mut batch = WriteBatch::default();
        batch.put_cf(self.column(Column::Aux), [AUX_CALLER, key].concat(), value);
        self.write(batch);
    }

    /// Writes or removes several small records of the node's own at once, outside of any block; durable with the next
    /// [`Self::flush_synced`].
    pub fn put_aux_all(&self, changes: &[StateChange]) {
        let mut batch = WriteBatch::default();
        self.put_aux_changes(&mut batch, changes);
        self.write(batch);
    }

    fn check_or_write_identity(&self) -> Result<(), DatabaseError> {
        let (format, genesis) = (self.try_get(Column::Aux, AUX_FORMAT)?, self.try_get(Column::Aux, AUX_GENESIS)?);
        let path = || self.path.clone();
        match (format, genesis.map(|bytes| decode::<H256>(&bytes))) {
            (None, None) => {
                let mut batch = WriteBatch::default();
                batch.put_cf(self.column(Column::Aux), AUX_FORMAT, FORMAT.encode());
                batch.put_cf(self.column(Column::Aux), AUX_GENESIS, self.genesis.encode());
                self.write(batch);
                Ok(())
            }
            (Some(format), _) if format != FORMAT.encode() => {
                Err(DatabaseError::Format { path: path(), found: decode(&format), known: FORMAT })
            }
            (_, Some(Some(found))) if found == self.genesis => Ok(()),
            (_, Some(Some(found))) => Err(DatabaseError::OtherChain { path: path(), found, expected: self.genesis }),
            _ => Err(DatabaseError::Corrupt { path: path(), reason: "its identity is incomplete".to_owned() }),
        }
    }

    fn column(&self, column: Column) -> &ColumnFamily {
        self.db.cf_handle(column.name()).expect("all columns are made when the database is opened")
    }

    fn try_get(&self, column: Column, key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError> {
        self.db.get_cf(self.column(column), key).map_err(|error| DatabaseError::of(&self.path, error))
    }

    fn get(&self, column: Column, key: &[u8]) -> Option<Vec<u8>> {
        self.db.get_cf(self.column(column), key).unwrap_or_else(|error| fatal("reading the database", error))
    }

    fn write(&self, batch: WriteBatch) {
        self.write_with(batch, &WriteOptions::default());
    }

    fn write_with(&self, batch: WriteBatch, options: &WriteOptions) {
        self.db.write_opt(batch, options).unwrap_or_else(|error| fatal("writing the database", error));
    }
}

impl StateRead for Database {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get(Column::State, key)
    }
}

impl NodeRead for Database {
    fn page(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get(Column::Nodes, key)
    }
}

impl ChainRead for Database {
    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        self.hash_of(number)
    }
}

/// Decodes what may be of another format.
fn decode<T: Decode>(mut bytes: &[u8]) -> Option<T> {
    T::decode(&mut bytes).ok()
}

/// Decodes what this crate wrote. RocksDB checks its blocks, so a failure means that the database isn't what we wrote.
fn decode_own<T: Decode>(bytes: &[u8]) -> T {
    decode(bytes).unwrap_or_else(|| fatal("reading the database", "a record isn't what was written"))
}
