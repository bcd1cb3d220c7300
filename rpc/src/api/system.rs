//! `system_*`: the node itself, and the next nonce of an account.

use jsonrpsee::core::RpcResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{Address, ChainType, Health, Peer, Properties, SyncState};

/// What the node is and how it is.
#[rpc(server, client, namespace = "system")]
pub trait SystemApi {
    /// The implementation's name.
    #[method(name = "name")]
    fn name(&self) -> RpcResult<String>;

    /// The implementation's version.
    #[method(name = "version")]
    fn version(&self) -> RpcResult<String>;

    /// The chain's name.
    #[method(name = "chain")]
    fn chain(&self) -> RpcResult<String>;

    /// The chain's kind.
    #[method(name = "chainType")]
    fn chain_type(&self) -> RpcResult<ChainType>;

    /// What wallets need to show addresses.
    #[method(name = "properties")]
    fn properties(&self) -> RpcResult<Properties>;

    /// Whether the node is well.
    #[method(name = "health", blocking)]
    fn health(&self) -> RpcResult<Health>;

    /// Who the node is connected to.
    #[method(name = "peers", blocking)]
    fn peers(&self) -> RpcResult<Vec<Peer>>;

    /// How far catching up has come.
    #[method(name = "syncState", blocking)]
    fn sync_state(&self) -> RpcResult<SyncState>;

    /// The node's libp2p peer id.
    #[method(name = "localPeerId")]
    fn local_peer_id(&self) -> RpcResult<String>;

    /// `Authority` for a validator, else `Full`.
    #[method(name = "nodeRoles")]
    fn node_roles(&self) -> RpcResult<Vec<String>>;

    /// The nonce for an account's next extrinsic, those in the pool counted.
    #[method(name = "accountNextIndex", aliases = ["account_nextIndex"], blocking)]
    fn account_next_index(&self, account: Address) -> RpcResult<u32>;
}
