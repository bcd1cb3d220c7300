//! What a node is told before it starts: plain data, every file already read and checked.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tierchain_primitives::crypto::KeyPair;
use tierchain_rpc::ServerConfig;

use crate::chain_spec::ChainSpec;
use crate::telemetry::LogFilter;

/// Everything `service::run` needs. Whoever makes one has read the keys and checked the specification.
#[derive(Debug)]
pub(crate) struct RunConfig {
    /// The chain.
    pub(crate) spec: ChainSpec,
    /// Folder for everything the node keeps.
    pub(crate) base_path: PathBuf,
    /// The consensus key of a voting replica; none for an observer.
    pub(crate) consensus_key: Option<KeyPair>,
    /// The libp2p identity.
    pub(crate) node_key: KeyPair,
    /// Shown in logs and metrics.
    pub(crate) name: String,
    /// Multiaddresses to listen on for other nodes.
    pub(crate) listen_addresses: Vec<String>,
    /// Nodes to dial besides the validators, each ending in `/p2p/PEERID`.
    pub(crate) bootnodes: Vec<String>,
    /// Where the JSON-RPC server listens, and what it allows.
    pub(crate) rpc: ServerConfig,
    /// Where its administration listens, if anywhere.
    pub(crate) rpc_admin: Option<SocketAddr>,
    /// The filter of the log.
    pub(crate) log: LogFilter,
    /// How long an idle network waits before it makes an empty block.
    pub(crate) heartbeat: Duration,
    /// Keep the state of every block.
    pub(crate) archive: bool,
    /// Also listen and dial over QUIC.
    pub(crate) quic: bool,
}

/// The libp2p identity, where no other file is named.
pub(crate) fn node_key_file(base_path: &Path) -> PathBuf {
    base_path.join("keys/network")
}

/// The consensus key, where no other file is named.
pub(crate) fn consensus_key_file(base_path: &Path) -> PathBuf {
    base_path.join("keys/consensus")
}
