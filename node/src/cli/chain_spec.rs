//! `tierchain chain-spec`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::chain_spec::ChainType;

/// What to do with chain specifications.
#[derive(Debug, Subcommand)]
pub(crate) enum ChainSpecCommand {
    /// Make a specification from options and files.
    New(Box<NewArgs>),
    /// Show a specification as a table, with its genesis hash.
    Show(FileArgs),
    /// Name all problems of a specification at once. Exits with 1 when there is an error.
    Check(FileArgs),
}

/// A specification to read.
#[derive(Debug, Args)]
pub(crate) struct FileArgs {
    /// Chain specification file.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `chain-spec new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Name of the chain, for people.
    #[arg(long, default_value = "Tierchain Local")]
    pub(crate) name: String,
    /// Id of the chain: lower-case letters, digits, `_` and `-`.
    #[arg(long, default_value = "tierchain-local")]
    pub(crate) id: String,
    /// Kind of the chain.
    #[arg(long = "type", value_enum, default_value_t = ChainType::Local)]
    pub(crate) chain_type: ChainType,
    /// A validator: `name=N,operator=ACCOUNT,consensus=ACCOUNT,peer-id=ID[,address=MULTIADDR]…`; may be repeated.
    #[arg(long = "validator", value_name = "KEY=VALUE,…")]
    pub(crate) validators: Vec<String>,
    /// A JSON file with a list of validators, as in the specification.
    #[arg(long, value_name = "FILE")]
    pub(crate) validators_file: Option<PathBuf>,
    /// Peer id of an observer; may be repeated.
    #[arg(long = "observer", value_name = "PEERID")]
    pub(crate) observers: Vec<String>,
    /// An account that is admitted from genesis, with its roles: `ACCOUNT[:ROLE[+ROLE]…]`; may be repeated.
    #[arg(long = "account", value_name = "ACCOUNT[:ROLES]")]
    pub(crate) accounts: Vec<String>,
    /// A data center: `ID` by name or as 0x and 64 digits, and the region it lies in; may be repeated.
    #[arg(long = "data-center", value_name = "ID[=REGION]")]
    pub(crate) data_centers: Vec<String>,
    /// A host: `ID@DATACENTER:ACCOUNT`, the account being its hypervisor's agent; may be repeated.
    #[arg(long = "host", value_name = "ID@DC:ACCOUNT")]
    pub(crate) hosts: Vec<String>,
    /// A service provider: `ID=ACCOUNT`, the id by name or as 0x and 64 digits; may be repeated.
    #[arg(long = "provider", value_name = "ID=ACCOUNT")]
    pub(crate) providers: Vec<String>,
    /// What an account may use that has no quota of its own: microseconds of weight at once, and thousandths of real time
    /// in the long run [default: 2000000/200].
    #[arg(long, value_name = "BURST_US/RATE")]
    pub(crate) quota: Option<String>,
    /// After how long without a sign of life a host's servers may be suspected [default: 600000].
    #[arg(long, value_name = "MS")]
    pub(crate) silence_ms: Option<u64>,
    /// After how long a disagreement of a server's witnesses is a discrepancy [default: 120000].
    #[arg(long, value_name = "MS")]
    pub(crate) witness_ms: Option<u64>,
    /// After how long an unfinished move is a discrepancy [default: 600000].
    #[arg(long, value_name = "MS")]
    pub(crate) move_ms: Option<u64>,
    /// Time of genesis in milliseconds since 1970 [default: now].
    #[arg(long, value_name = "MS")]
    pub(crate) time_ms: Option<u64>,
    /// Leading zero bits of each entity block's hash; costs 2^BITS hashes a block on every validator.
    #[arg(long, value_name = "BITS", default_value_t = 4)]
    pub(crate) block_nonce_bits: u8,
    /// How far an event may be ahead of its block.
    #[arg(long, value_name = "US", default_value_t = 2_000_000)]
    pub(crate) drift_bound_us: u64,
    /// Admit replayed events: for demos and tests, never where bills are made.
    #[arg(long)]
    pub(crate) allow_replay: bool,
    /// Let servers be born whose image their source doesn't know: for recordings and tests.
    #[arg(long)]
    pub(crate) unknown_images: bool,
    /// A node to dial first, ending in /p2p/PEERID; may be repeated.
    #[arg(long = "bootnode", value_name = "MULTIADDR")]
    pub(crate) bootnodes: Vec<String>,
    /// The file to make [default: standard output]. It must not exist yet.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
