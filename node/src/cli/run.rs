//! `tierchain run`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::rpc::RpcServerArgs;

/// Options of a node, named after Substrate's.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Chain specification file.
    #[arg(long, value_name = "FILE", required_unless_present = "dev")]
    pub(crate) chain: Option<PathBuf>,
    /// Folder for everything the node keeps.
    #[arg(long, value_name = "DIR", required_unless_present = "dev")]
    pub(crate) base_path: Option<PathBuf>,
    /// Vote. Needs a vote log made by `tierchain init` and a consensus key that the chain specification names.
    #[arg(long)]
    pub(crate) validator: bool,
    /// Name shown in logs and metrics [default: the validator's name in the specification, or the peer id].
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Address to listen on for other nodes; may be repeated [default: the specification's, or loopback port 10044].
    #[arg(long = "listen-addr", value_name = "MULTIADDR")]
    pub(crate) listen_addresses: Vec<String>,
    /// Further nodes to dial, each ending in /p2p/PEERID; may be repeated.
    #[arg(long, value_name = "MULTIADDR", num_args = 1..)]
    pub(crate) bootnodes: Vec<String>,
    /// Port of the JSON-RPC server (HTTP and WebSocket).
    #[arg(long, value_name = "PORT", default_value_t = 9944)]
    pub(crate) rpc_port: u16,
    /// Address that the JSON-RPC server listens on.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub(crate) rpc_listen: IpAddr,
    /// What the JSON-RPC server allows.
    #[command(flatten)]
    pub(crate) rpc: RpcServerArgs,
    /// Port of the Prometheus endpoint, on loopback.
    #[arg(long, value_name = "PORT", default_value_t = 9615)]
    pub(crate) prometheus_port: u16,
    /// How long an idle network waits before it makes an empty block.
    #[arg(long, value_name = "MS", default_value_t = 6_000, value_parser = clap::value_parser!(u64).range(50..=3_600_000))]
    pub(crate) heartbeat_ms: u64,
    /// Keep the state of every block instead of the last 4,096 blocks and the last hour.
    #[arg(long)]
    pub(crate) archive: bool,
    /// Also listen and dial over QUIC.
    #[arg(long)]
    pub(crate) quic: bool,
    /// Form of the log on standard error.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    /// Level of the log, or a filter such as `info,tierchain_network=debug`.
    #[arg(long, value_name = "FILTER", default_value = "info", env = "TIERCHAIN_LOG")]
    pub(crate) log: String,
    /// One validator alone, with the well-known development accounts (//Alice …) and a temporary base path.
    #[arg(long, conflicts_with = "chain")]
    pub(crate) dev: bool,
    /// Consensus key file [default: BASE-PATH/keys/consensus].
    #[arg(long, value_name = "FILE")]
    pub(crate) consensus_key: Option<PathBuf>,
    /// Key file of the libp2p identity [default: BASE-PATH/keys/network].
    #[arg(long, value_name = "FILE")]
    pub(crate) node_key: Option<PathBuf>,
}

/// Form of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}
