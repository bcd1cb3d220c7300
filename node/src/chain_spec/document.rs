//! The chain specification as it stands in its JSON file: texts and numbers, not yet believed.
//!
//! Unknown fields are refused, so that a misspelt setting is an error and never a default.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::sites::{BoundsEntry, DataCenterEntry, HostEntry, ProviderEntry, QuotaEntry};

/// Most bytes of a specification: thousands of accounts and hosts fit.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// A whole specification.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Document {
    /// Name of the chain, for people.
    pub(crate) name: String,
    /// Id of the chain, for files and tools.
    pub(crate) id: String,
    /// Kind of the chain.
    #[serde(rename = "type")]
    pub(crate) chain_type: ChainType,
    /// What block 0 is made from.
    pub(crate) genesis: Genesis,
    /// What Substrate clients ask for.
    #[serde(default)]
    pub(crate) properties: Properties,
    /// Nodes to dial first, besides the validators.
    #[serde(default)]
    pub(crate) bootnodes: Vec<String>,
}

/// Kind of a chain, by Substrate's names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ValueEnum)]
pub(crate) enum ChainType {
    /// One machine, well-known keys.
    Development,
    /// One machine, keys of its own.
    Local,
    /// The real thing.
    Live,
}

impl ChainType {
    /// The name in `system_chainType`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Development => "Development",
            Self::Local => "Local",
            Self::Live => "Live",
        }
    }
}

/// What block 0 is made from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Genesis {
    /// Time of block 0, in milliseconds since 1970.
    pub(crate) time_ms: u64,
    /// Leading zero bits of the hash of each entity and meta block.
    pub(crate) block_nonce_bits: u8,
    /// How far an event may be ahead of its block, in microseconds.
    pub(crate) drift_bound_us: u64,
    /// Whether replayed events are admitted.
    #[serde(default)]
    pub(crate) allow_replay: bool,
    /// The validators of epoch 0, in the order that gives each its index.
    pub(crate) validators: Vec<ValidatorEntry>,
    /// Peer ids of the observers.
    #[serde(default)]
    pub(crate) observers: Vec<String>,
    /// Accounts that are admitted.
    #[serde(default)]
    pub(crate) accounts: Vec<AccountEntry>,
    /// Whether servers are born whose image their source doesn't know.
    #[serde(default)]
    pub(crate) unknown_images: bool,
    /// How long what may be missing.
    #[serde(default)]
    pub(crate) bounds: BoundsEntry,
    /// What an account may use that has no quota of its own.
    #[serde(default)]
    pub(crate) quota: QuotaEntry,
    /// Data centers.
    #[serde(default)]
    pub(crate) data_centers: Vec<DataCenterEntry>,
    /// Compute hosts.
    #[serde(default)]
    pub(crate) hosts: Vec<HostEntry>,
    /// Service providers and their accounts.
    #[serde(default)]
    pub(crate) providers: Vec<ProviderEntry>,
}

/// A validator: its name and its three keys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ValidatorEntry {
    /// For people.
    pub(crate) name: String,
    /// Its operator's account.
    pub(crate) operator: String,
    /// Its consensus key, as an account.
    pub(crate) consensus: String,
    /// Its libp2p identity.
    pub(crate) peer_id: String,
    /// Where it listens, as multiaddresses without /p2p/.
    pub(crate) addresses: Vec<String>,
}

/// An account and its roles. One without roles may only remark.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountEntry {
    /// SS58 or 0x and 64 digits.
    pub(crate) account: String,
    /// By name.
    #[serde(default)]
    pub(crate) roles: Vec<String>,
}

/// What Substrate clients read to show addresses and amounts. There is no token; they want a name for one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Properties {
    /// Address format.
    pub(crate) ss58_format: u16,
    /// Decimals of the token there isn't.
    pub(crate) token_decimals: u8,
    /// Its symbol.
    pub(crate) token_symbol: String,
}

impl Default for Properties {
    fn default() -> Self {
        Self { ss58_format: 42, token_decimals: 12, token_symbol: "UNIT".to_owned() }
    }
}

/// Why a file of a specification can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    /// The disk or the system said no.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// Bigger than any sensible one.
    #[error("{0} has more than {FILE_BYTES_MAX} bytes: it is no chain specification")]
    TooLong(PathBuf),
    /// Not the JSON that is expected, or with a field that is not known.
    #[error("{path}: {source}; `tierchain chain-spec new` makes a valid file to compare with")]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: serde_json::Error,
    },
}

/// Reads a JSON file of at most [`FILE_BYTES_MAX`] bytes.
///
/// # Errors
/// [`DocumentError`] names the file, and line and column of what is wrong.
pub(crate) fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, DocumentError> {
    let failed = |source| DocumentError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(DocumentError::TooLong(path.to_owned()));
    }
    serde_json::from_slice(&bytes).map_err(|source| DocumentError::Json { path: path.to_owned(), source })
}
