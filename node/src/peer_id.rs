//! Peer ids: how libp2p writes a node's ed25519 public key.
//!
//! A peer id is the base58 form of an identity multihash over the key in protobuf, so it holds the whole key: 6 bytes
//! that never change, then the 32 bytes of the key. Nothing of libp2p is needed to read or to write one.

use core::fmt;
use std::str::FromStr;

use tierchain_primitives::{AccountId, base58};

/// Multihash `identity`, 36 bytes; protobuf field 1 = Ed25519, field 2 = 32 bytes.
const PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// A node's libp2p identity, by its public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct PeerId(pub(crate) AccountId);

/// Text that is no peer id of this network.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{0:?} is not the peer id of an ed25519 key (12D3KooW…): `tierchain key inspect FILE --field peerId` prints a node's"
)]
pub(crate) struct ParsePeerIdError(String);

impl PeerId {
    /// The multihash.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        [&PREFIX[..], &self.0.0].concat()
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base58::encode(&self.to_bytes()))
    }
}

impl FromStr for PeerId {
    type Err = ParsePeerIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParsePeerIdError(text.chars().take(80).collect());
        // 38 bytes never need more than 52 digits: bounded before it is decoded.
        let bytes = if text.len() <= 64 { base58::decode(text) } else { None };
        let bytes = bytes.ok_or_else(error)?;
        let key = bytes.strip_prefix(&PREFIX).and_then(|key| <[u8; 32]>::try_from(key).ok()).ok_or_else(error)?;
        Ok(Self(AccountId(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_id_is_libp2ps() {
        // The peer id that every Substrate node started with `--node-key 00…01` prints.
        let mut seed = [0; 32];
        seed[31] = 1;
        let peer = PeerId(tierchain_primitives::crypto::KeyPair::from_seed(&seed).public());
        assert_eq!(peer.to_string(), "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp");
        assert_eq!(peer.to_string().parse(), Ok(peer));
    }

    #[test]
    fn what_is_no_peer_id_is_refused() {
        for text in ["", "12D3KooW", "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", "0l", &"1".repeat(100)] {
            assert!(text.parse::<PeerId>().is_err(), "{text}");
        }
    }
}
