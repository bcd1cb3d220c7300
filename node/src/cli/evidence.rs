//! `tierchain evidence` and `tierchain verify`: who was caught at what, read from a node or checked from a file.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tierchain_primitives::H256;
use tierchain_rpc::types::Bytes;

use super::query::RpcArgs;

/// What to read of the evidence that a node holds.
#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// All of it: who, what, when.
    List {
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// Save one piece as a file that proves itself.
    Save {
        /// Its id, as `list` shows it.
        #[arg(value_name = "ID", value_parser = parse_id)]
        id: Bytes,
        /// Where to write the file, which must not exist yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
}

/// What to check without any node.
#[derive(Debug, Subcommand)]
pub(crate) enum VerifyCommand {
    /// Evidence of a validator's fault. Exits with 0 if it is proven, 1 if it is not, 2 if the file can't be read.
    Evidence(VerifyArgs),
}

/// A file to check, and the chain it must be of.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The file.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Hash of the chain's genesis block: the only thing that is taken on trust.
    #[arg(long, value_name = "HASH")]
    pub(crate) genesis: H256,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

fn parse_id(text: &str) -> Result<Bytes, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    hex::decode(digits).map(Bytes).map_err(|error| format!("not an id as `evidence list` shows it: {error}"))
}
