//! The names of things: hashes, keys, numbers, headers, extrinsics, certificates, ledger blocks, limits, store ports.
//!
//! Everything here is a value with one encoding. Nothing reads a clock, a file, a socket or a random source; nothing
//! here decides anything about consensus or about the ledger. Each encoding is frozen by a golden file in
//! `primitives/golden/`, so that changing one is a deliberate act.
//!
//! Two hash functions, each with its own job (`docs/formats.md`): BLAKE2b-256 wherever Substrate clients compute the
//! hash themselves (block hash, extrinsic hash, signing pre-hash, SS58, storage keys), SHA-256 for the ledger (entity
//! blocks, meta blocks, state root, extrinsics root).

pub mod account;
pub mod base58;
pub mod bundle;
pub mod certificate;
pub mod crypto;
pub mod epoch;
pub mod extrinsic;
pub mod hash;
pub mod header;
pub mod inclusion;
pub mod ledger;
pub mod limits;
pub mod lineage;
pub mod numbers;
pub mod ports;
pub mod storage_key;
pub mod tree;

pub use account::AccountId;
pub use hash::H256;
pub use numbers::{BlockNumber, Epoch, ValidatorIndex, View};
