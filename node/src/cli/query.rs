//! `tierchain chains`, `meta` and `status`: questions to a running node.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tierchain_primitives::ledger::Uuid;
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::client::{ClientIdentity, ClientTls};
use tierchain_rpc::types::{ChainRef, Cursor};

use super::party::{LifeRef, party};
use super::say::SayCommand;
use super::servers::ServersArgs;

/// Which node to ask, and how to print the answer.
#[derive(Debug, Args)]
pub(crate) struct RpcArgs {
    /// JSON-RPC endpoint of the node: http://, ws://, or with TLS https://, wss://.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9944", env = "TIERCHAIN_RPC")]
    pub(crate) rpc: String,
    /// How to know the node, and how to be known to it.
    #[command(flatten)]
    pub(crate) tls: ClientTlsArgs,
    /// Print the node's answer as JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Certificates of a client that speaks TLS.
#[derive(Debug, Args)]
pub(crate) struct ClientTlsArgs {
    /// PEM file of the authorities that the node's certificate may come from [default: the system's].
    #[arg(long, value_name = "FILE", env = "TIERCHAIN_RPC_CA")]
    pub(crate) rpc_ca: Option<PathBuf>,
    /// PEM file of the certificate that is shown to the node, where it asks for one (--rpc-tls-client-ca).
    #[arg(long, value_name = "FILE", env = "TIERCHAIN_RPC_CERT", requires = "rpc_key", requires = "rpc_ca")]
    pub(crate) rpc_cert: Option<PathBuf>,
    /// PEM file of that certificate's private key.
    #[arg(long, value_name = "FILE", env = "TIERCHAIN_RPC_KEY", requires = "rpc_cert")]
    pub(crate) rpc_key: Option<PathBuf>,
}

impl ClientTlsArgs {
    /// What they come to; none where the system's authorities do.
    pub(crate) fn files(&self) -> Option<ClientTls> {
        let identity = self.rpc_cert.clone().zip(self.rpc_key.clone());
        let identity = identity.map(|(certificate, key)| ClientIdentity { certificate, key });
        self.rpc_ca.clone().map(|authorities| ClientTls { authorities, identity })
    }
}

/// What to read of the servers' chains.
#[derive(Debug, Subcommand)]
pub(crate) enum ChainsCommand {
    /// All servers, or those that match everything that is said, in an order that never changes.
    List(Box<ServersArgs>),
    /// One server: state, counters, head, next number of each writer.
    Get {
        /// UUID (the newest life) or UUID/GENERATION.
        #[arg(value_name = "SERVER", value_parser = LifeRef::read)]
        life: LifeRef,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// What was announced of a server before it was born.
    Announcement {
        /// UUID (the newest life) or UUID/GENERATION.
        #[arg(value_name = "SERVER", value_parser = LifeRef::read)]
        life: LifeRef,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// What stands beside one server's chain: discrepancies and how they were settled.
    Notes {
        /// UUID (the newest life), UUID/GENERATION, or the chain's own name (0x and 64 digits).
        #[arg(value_name = "CHAIN")]
        chain: ChainRef,
        /// Which part of it.
        #[command(flatten)]
        range: RangeArgs,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// Servers with discrepancies that nobody settled.
    Disputes {
        /// At most this many.
        #[arg(long, default_value_t = 1_000)]
        limit: u32,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// When a host was watched, and when it wasn't.
    Attestation {
        /// The host: its name, or 0x and 64 digits.
        #[arg(value_name = "HOST", value_parser = party)]
        host: H256,
        /// Which of the gaps.
        #[command(flatten)]
        range: RangeArgs,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// Print each block of each chain as it is made, until interrupted; goes on by itself when the node comes back.
    Follow {
        /// Begin after this cursor; 0/0 shows all there ever was [default: what is new].
        #[arg(long, value_name = "CURSOR")]
        from: Option<Cursor>,
        /// Only of this server.
        #[arg(long)]
        uuid: Option<Uuid>,
        /// Only of servers of this provider, by name or id.
        #[arg(long, value_name = "NAME", value_parser = party)]
        provider: Option<H256>,
        /// Only of servers of this tenant, by name or id.
        #[arg(long, value_name = "NAME", value_parser = party)]
        tenant: Option<H256>,
        /// Only what this account wrote.
        #[arg(long, value_name = "ACCOUNT")]
        writer: Option<AccountId>,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// What is said beside chains.
    #[command(flatten)]
    Say(SayCommand),
    /// The blocks of one server's chain.
    Blocks {
        /// UUID (the newest life), UUID/GENERATION, or the chain's own name (0x and 64 digits).
        #[arg(value_name = "CHAIN")]
        chain: ChainRef,
        /// Which part of it.
        #[command(flatten)]
        range: RangeArgs,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
}

/// A part of a chain.
#[derive(Debug, Args)]
pub(crate) struct RangeArgs {
    /// First block.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) from: u32,
    /// At most this many blocks.
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub(crate) count: u32,
}

/// What to read of the meta-chains.
#[derive(Debug, Subcommand)]
pub(crate) enum MetaCommand {
    /// All meta-chains, or a provider's or a tenant's.
    List {
        /// At most this many.
        #[arg(long, default_value_t = 1_000)]
        limit: u32,
        /// Only this provider's, by name or id.
        #[arg(long, value_name = "NAME", value_parser = party)]
        provider: Option<H256>,
        /// Only this tenant's, by name or id.
        #[arg(long, value_name = "NAME", value_parser = party)]
        tenant: Option<H256>,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// Print each meta block as it is made, until interrupted; goes on by itself when the node comes back.
    Follow {
        /// Begin after this cursor; 0/0 shows all there ever was [default: what is new].
        #[arg(long, value_name = "CURSOR")]
        from: Option<Cursor>,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// One meta-chain: length and head.
    Get {
        /// 0x and 64 digits.
        #[arg(value_name = "META")]
        meta: H256,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// The blocks of one meta-chain.
    Blocks {
        /// 0x and 64 digits.
        #[arg(value_name = "META")]
        meta: H256,
        /// Which part of it.
        #[command(flatten)]
        range: RangeArgs,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
}

/// Options of `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The node to ask.
    #[command(flatten)]
    pub(crate) rpc: RpcArgs,
    /// Print this field of the JSON answer alone, for scripts: height, view…; a dot goes deeper (executed.number).
    #[arg(long, value_name = "NAME", conflicts_with = "json")]
    pub(crate) field: Option<String>,
}
