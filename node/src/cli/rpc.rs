//! The options of `tierchain run` that bound and guard the JSON-RPC server.

use std::path::PathBuf;

use clap::Args;

/// Options of the JSON-RPC server beyond where it listens.
#[derive(Debug, Args)]
pub(crate) struct RpcServerArgs {
    /// Web pages that may talk to the node: origins such as `https://wallet.example` or `http://localhost:*`, `all`, or
    /// `none` [default: local pages and `https://polkadot.js.org`].
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',')]
    pub(crate) rpc_cors: Vec<String>,
    /// Most JSON-RPC connections at once.
    #[arg(long, value_name = "COUNT", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rpc_max_connections: u32,
    /// Most subscriptions of one connection.
    #[arg(long, value_name = "COUNT", default_value_t = 1_024)]
    pub(crate) rpc_max_subscriptions_per_connection: u32,
    /// Most calls in one batch.
    #[arg(long, value_name = "COUNT", default_value_t = 256)]
    pub(crate) rpc_max_batch_request_len: u32,
    /// Largest request, in MiB. The longest extrinsic needs 1.
    #[arg(long, value_name = "MIB", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) rpc_max_request_size: u32,
    /// Largest response, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) rpc_max_response_size: u32,
    /// Port on loopback of a second listener, which also answers unsafe methods [default: there is none].
    #[arg(long, value_name = "PORT")]
    pub(crate) rpc_admin_port: Option<u16>,
    /// Speak TLS on the RPC port: PEM file of the certificate and those that lead to its authority.
    #[arg(long, value_name = "FILE", requires = "rpc_tls_key")]
    pub(crate) rpc_tls_cert: Option<PathBuf>,
    /// PEM file of the certificate's private key.
    #[arg(long, value_name = "FILE", requires = "rpc_tls_cert")]
    pub(crate) rpc_tls_key: Option<PathBuf>,
    /// Let in only clients with a certificate of an authority in this PEM file.
    #[arg(long, value_name = "FILE", requires = "rpc_tls_cert")]
    pub(crate) rpc_tls_client_ca: Option<PathBuf>,
}
