//! `tierchain foundry run`, `suspect` and `give-up`: what a foundry does.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::party::LifeRef;
use super::query::ClientTlsArgs;
use super::submit::SubmitArgs;

/// What a foundry does.
#[derive(Debug, Subcommand)]
pub(crate) enum FoundryServiceCommand {
    /// Run a foundry: it takes requests from the trackers inside servers and sends their births.
    Run(FoundryRunArgs),
    /// Say on a server's chain that its host is silent.
    Suspect(SilenceArgs),
    /// End a server whose host stayed silent, as an orphan. There is no way back.
    GiveUp(SilenceArgs),
}

/// Settings of `foundry run`.
#[derive(Debug, Args)]
pub(crate) struct FoundryRunArgs {
    /// JSON-RPC endpoint of a validator; give f + 1 and more.
    #[arg(long, required = true, num_args = 1.., value_name = "URL")]
    pub(crate) rpc: Vec<String>,
    /// How to know the validators, and how to be known to them.
    #[command(flatten)]
    pub(crate) tls: ClientTlsArgs,
    /// The foundry's key file.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Keep in this file up to where every end is anchored, so that a restart goes on from there [default: ended servers
    /// are listed once at each start].
    #[arg(long, value_name = "FILE")]
    pub(crate) bookmark: Option<PathBuf>,
    /// Where trackers ask.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9700")]
    pub(crate) listen: SocketAddr,
}

/// A server whose host is silent.
#[derive(Debug, Args)]
pub(crate) struct SilenceArgs {
    /// UUID for its newest life, or UUID/GENERATION.
    #[arg(value_name = "SERVER", value_parser = LifeRef::read)]
    pub(crate) server: LifeRef,
    /// Who says so, and where.
    #[command(flatten)]
    pub(crate) submit: SubmitArgs,
}
