//! The node itself, in the shape that Substrate's clients read.

use serde::{Deserialize, Serialize};
use tierchain_primitives::account::SS58_FORMAT;

use super::Hash;

/// Answer of `rpc_methods`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Methods {
    /// Every name that is answered: methods, aliases, subscribe and unsubscribe names.
    pub methods: Vec<String>,
}

/// Whether the node is well.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Connected peers.
    pub peers: usize,
    /// It is behind its peers and catching up.
    pub is_syncing: bool,
    /// It is part of a network, so that no peers at all is a fault.
    pub should_have_peers: bool,
}

/// What kind of chain this is; wallets show it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ChainType {
    /// A developer's own node.
    Development,
    /// A test network on one machine.
    Local,
    /// A network that counts.
    Live,
    /// Another kind.
    Custom(String),
}

/// What wallets need to show addresses and amounts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Properties {
    /// Address format.
    pub ss58_format: u8,
    /// Decimals of the token. There is no token; clients want the field.
    pub token_decimals: u8,
    /// Symbol of the token. There is no token; clients want the field.
    pub token_symbol: String,
}

impl Default for Properties {
    fn default() -> Self {
        Self { ss58_format: SS58_FORMAT, token_decimals: 12, token_symbol: "UNIT".into() }
    }
}

/// A connected peer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// Its libp2p peer id.
    pub peer_id: String,
    /// `AUTHORITY` for a validator, else `FULL`.
    pub roles: String,
    /// Its newest final block, as far as known.
    pub best_hash: Hash,
    /// That block's number.
    pub best_number: u32,
}

/// How far catching up has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SyncState {
    /// Where it started.
    pub starting_block: u32,
    /// The newest block held.
    pub current_block: u32,
    /// The newest block known of.
    pub highest_block: u32,
}

/// What the node calls itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The implementation's name.
    pub name: String,
    /// The implementation's version.
    pub version: String,
    /// The chain's name.
    pub chain: String,
    /// The chain's kind.
    pub chain_type: ChainType,
    /// The node's libp2p peer id.
    pub peer_id: String,
    /// `Authority` for a validator, else `Full`.
    pub roles: Vec<String>,
}
