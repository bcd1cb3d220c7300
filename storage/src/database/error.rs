//! Why a database can't be opened, or a height can't be read.

use std::path::{Path, PathBuf};

use rocksdb::ErrorKind;
use tierchain_primitives::{BlockNumber, H256};

/// Why a database can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It holds another network.
    #[error(
        "the database {path} is of the chain with genesis {found}, and this chain's genesis is {expected}: check --chain, \
         and that this tierchain's runtime is the one that the chain began with, or choose another --base-path"
    )]
    OtherChain {
        /// Where it lies.
        path: PathBuf,
        /// Its genesis hash.
        found: H256,
        /// The genesis hash asked for.
        expected: H256,
    },
    /// Written by another version.
    #[error(
        "the database {path} is of format {found:?}, and this version of the node knows format {known}: run the version \
         that wrote it, or start with an empty base path and let the node catch up"
    )]
    Format {
        /// Where it lies.
        path: PathBuf,
        /// Its format, if it can be read.
        found: Option<u32>,
        /// Ours.
        known: u32,
    },
    /// Not what was written.
    #[error(
        "the database {path} is corrupt: {reason}. Start the validator with `tierchain run --rejoin`, which sets it \
         aside, or move an observer's away: the node catches up again from its peers"
    )]
    Corrupt {
        /// Where it lies.
        path: PathBuf,
        /// What RocksDB says.
        reason: String,
    },
    /// The file system or RocksDB says no.
    #[error(
        "cannot open the database {path}: {reason}; check that the node may write there and that the disk isn't full"
    )]
    Open {
        /// Where it lies.
        path: PathBuf,
        /// What RocksDB says.
        reason: String,
    },
}

impl DatabaseError {
    pub(super) fn of(path: &Path, error: rocksdb::Error) -> Self {
        let (path, reason) = (path.to_owned(), error.to_string());
        match error.kind() {
            ErrorKind::Corruption => Self::Corrupt { path, reason },
            _ => Self::Open { path, reason },
        }
    }
}

/// Why the state at a height can't be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HeightError {
    /// Too old for this node.
    #[error("the state after block {height} is pruned; this node has it from block {lowest} on: ask an archive node")]
    Pruned {
        /// The height asked for.
        height: BlockNumber,
        /// The lowest one there is.
        lowest: BlockNumber,
    },
    /// Not executed yet.
    #[error("there is no state after block {height} yet; the newest executed block is {best:?}: ask again later")]
    Future {
        /// The height asked for.
        height: BlockNumber,
        /// The newest one there is.
        best: Option<BlockNumber>,
    },
}
