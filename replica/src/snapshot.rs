//! Snapshots: what a node needs to go on from a block e without executing what came before.
//!
//! Every `every` blocks (a setting, the same on all nodes) the block whose number divides by it *names* a snapshot: of
//! the state after the block e that its header calls `executed`. Whoever has that state makes the same bytes of it:
//!
//! | part | chunks hold | proven by |
//! |---|---|---|
//! | manifest | the naming header, hashes of all chunks | f + 1 validators offer its digest; the header's certificate and the epochs' proofs since genesis |
//! | headers | the last 65,536 up to the naming one | each is the parent of the next, the last one is certified |
//! | state | every leaf of the authenticated tree after e | the tree built anew has the naming header's `state_root` |
//! | ledger | entity and meta blocks of all heights up to e | each chain's hashes lead to the head and length in the state, and no chain is missing |
//!
//! State that is no leaf follows from the headers ([`tierchain_runtime::facts_of`]). What happened in block e
//! (`System.Events` and its counts) is left out: it stands in no header, and the next block replaces it; nor does a
//! meta block's height stand in its hash: it is the place where it lies, and no answer of a node shows it.
//!
//! # What a liar costs
//! The digest of a manifest is asked of all validators before anything is downloaded, and f + 1 must offer the same:
//! one of them is honest. From then on each chunk is checked alone, by its hash, the moment it comes: a wrong one costs
//! its own bytes, names its sender, and is asked of the next peer ([`Download`]). That nothing is trusted in the end,
//! not even f + 1 validators, is for [`Assembly`] to see to, which proves the whole from the certificate down.
//!
//! A joiner is through with the blocks between e and the naming one executed as well: every later header names e or a
//! later block, so the state before e is never asked for.

mod assembly;
mod chunk;
mod cutter;
mod download;
mod ledger_walk;
mod manifest;
mod meeting;
mod message;

pub use assembly::{Assembly, Foundation, Piece, SnapshotFault};
pub use chunk::{Chunk, ChunkFault, LedgerPart};
pub use cutter::{Cut, Cutter, PieceTooLong};
pub use download::{Blame, Download, News, Progress, Request};
pub use ledger_walk::LedgerFault;
pub use manifest::{ChunkInfo, ChunkKind, Contents, Manifest, ManifestError};
pub use meeting::Meeting;
pub use message::{Message, Offer};

/// Most bytes of a chunk.
pub const CHUNK_BYTES_MAX: usize = 512 * 1024;

/// Most chunks of a snapshot: 48 GiB in full ones.
pub const CHUNKS_MAX: usize = 96 * 1024;

/// Most ends of epochs that a manifest proves.
pub const EPOCHS_MAX: usize = 8 * 1024;

/// Most bytes of a manifest, so that it fits a message of the network.
pub const MANIFEST_BYTES_MAX: usize = 7 * 1024 * 1024;

/// Most snapshots that a node offers at a time.
pub const OFFERS_MAX: usize = 8;
