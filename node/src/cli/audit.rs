//! `tierchain audit`: files that prove themselves, fetched from a node and checked without any.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tierchain_primitives::H256;

use super::party::{LifeRef, party};
use super::query::RpcArgs;
use crate::commands::Instant;

/// What to do with audit files.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Fetch all there is about one life of a server as a file that proves itself. An interrupted fetch goes on from
    /// FILE.part.
    Fetch(FetchArgs),
    /// Check an audit file of any kind. Exits with 0 if it holds, 1 if a part of it doesn't, 2 if it can't be read.
    Verify(VerifyArgs),
    /// Show that a tenant had nothing between two times, or what it had. Exits with 0 for nothing, 1 for something.
    Absence(AbsenceArgs),
    /// Make a file of two signed extrinsics of one writer that say different things under one number.
    Contradiction(ContradictionArgs),
}

/// Which life, and where to.
#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    /// UUID (the newest life) or UUID/GENERATION.
    #[arg(value_name = "SERVER", value_parser = LifeRef::read)]
    pub(crate) server: LifeRef,
    /// Where to write the file, which must not exist yet.
    #[arg(short, long, value_name = "FILE.audit")]
    pub(crate) out: PathBuf,
    /// Add the signed extrinsics that carried the events, with their paths to certified headers.
    #[arg(long)]
    pub(crate) with_extrinsics: bool,
    /// The node to ask.
    #[command(flatten)]
    pub(crate) rpc: RpcArgs,
}

/// A file to check, and the chain that it must be of.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The file.
    #[arg(value_name = "FILE.audit")]
    pub(crate) file: PathBuf,
    /// Hash of the chain's genesis block: the only thing that is taken on trust.
    #[arg(long, value_name = "HASH")]
    pub(crate) genesis: H256,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Refuse a life that was, or was to be, on a host outside this region.
    #[arg(long, value_name = "REGION")]
    pub(crate) never_left: Option<String>,
}

/// Whose absence, and when.
#[derive(Debug, Args)]
pub(crate) struct AbsenceArgs {
    /// The tenant, by name or id.
    #[arg(value_name = "TENANT", value_parser = party)]
    pub(crate) tenant: H256,
    /// From when: microseconds since 1970, or 2026-11-21T16:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Instant,
    /// Until when, exclusive.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Instant,
    /// Read this file instead of asking a node.
    #[arg(long, value_name = "FILE.audit", requires = "genesis", conflicts_with = "out")]
    pub(crate) file: Option<PathBuf>,
    /// Keep the file, which must not exist yet.
    #[arg(short, long, value_name = "FILE.audit")]
    pub(crate) out: Option<PathBuf>,
    /// Hash of the chain's genesis block [default: the node's word for it].
    #[arg(long, value_name = "HASH")]
    pub(crate) genesis: Option<H256>,
    /// The node to ask.
    #[command(flatten)]
    pub(crate) rpc: RpcArgs,
}

/// Which extrinsics contradict each other.
#[derive(Debug, Args)]
pub(crate) struct ContradictionArgs {
    /// Hash of an extrinsic that a block includes; HASH/ITEM for an event of a batch.
    #[arg(value_name = "EXTRINSIC", value_parser = ItemRef::read)]
    pub(crate) first: ItemRef,
    /// Hash of the other; it may have failed.
    #[arg(value_name = "EXTRINSIC", value_parser = ItemRef::read)]
    pub(crate) second: ItemRef,
    /// Where to write the file, which must not exist yet.
    #[arg(short, long, value_name = "FILE.audit")]
    pub(crate) out: PathBuf,
    /// The node to ask.
    #[command(flatten)]
    pub(crate) rpc: RpcArgs,
}

/// An event of an extrinsic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ItemRef {
    /// The extrinsic's hash.
    pub(crate) extrinsic: H256,
    /// Which of its events, from 0.
    pub(crate) item: u32,
}

impl ItemRef {
    /// Reads HASH or HASH/ITEM.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let (hash, item) = text.split_once('/').unwrap_or((text, "0"));
        let extrinsic = hash.parse().map_err(|error| format!("{error}"))?;
        Ok(Self { extrinsic, item: item.parse().map_err(|_| format!("{item:?} is no number"))? })
    }
}
