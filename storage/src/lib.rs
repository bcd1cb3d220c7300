//! Remembers: the chain and its state in RocksDB, the vote log in plain files, and nothing of what they mean.
//!
//! ```text
//! <base>/lock      held while a process uses the base path          [`BasePath`]
//! <base>/votes/    segments of the write-ahead log                  [`LogDirectory`]
//! <base>/db/       RocksDB: state, history, blocks, ledger          [`Database`]
//! ```
//!
//! The two stores keep different promises. The log is synced before anything that rests on it is said; its framing and
//! healing are pure code of the replica's (`replica::log`), which drives [`LogDirectory`] through
//! [`tierchain_primitives::ports::LogDisk`]. The database is written once per certified block, in one atomic batch and
//! without a sync (but where an epoch ends: [`Database::commit_synced`]): what a machine that loses power takes from it, the log brings back, because the log is kept until
//! [`Database::flush_synced`] has covered it.
//!
//! Reads and writes that fail end the process ([`fatal`]); only opening answers with an error.

mod base_path;
mod database;
mod fatal;
mod log_directory;

pub use base_path::{BasePath, BasePathError};
pub use database::{
    BlockCommit, Database, DatabaseError, DatabaseUsage, HeightError, Import, LedgerPart, Retention, Settings, View,
};
pub use fatal::fatal;
pub use log_directory::LogDirectory;
