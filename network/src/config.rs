//! What the network must be told before it starts: who we are, who the others are, and how patient to be.

use std::collections::BTreeMap;
use std::time::Duration;

use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};
use tierchain_primitives::H256;

use crate::error::ConfigError;

/// The members of a chain by their peer id. Nobody else is ever talked to.
pub type Members = BTreeMap<PeerId, Member>;

/// What a member may do here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Votes: has the consensus channel to the other validators.
    Validator,
    /// Follows: has sync and gossip, under limits of its own.
    Observer,
}

impl Role {
    /// Whether this is a validator.
    #[must_use]
    pub fn is_validator(self) -> bool {
        matches!(self, Self::Validator)
    }
}

/// One member: its role and where it can be reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// What it may do.
    pub role: Role,
    /// Where to dial it; empty when it only ever dials us.
    pub addresses: Vec<Multiaddr>,
}

/// Everything [`start`](crate::start()) needs.
#[derive(Clone)]
pub struct Config {
    /// Secret seed of the ed25519 identity, which is used for nothing but the network.
    pub identity_seed: [u8; 32],
    /// Where to listen; port 0 takes a free one.
    pub listen: Vec<Multiaddr>,
    /// Genesis hash of the chain, part of every protocol name.
    pub chain: H256,
    /// All members, this node among them.
    pub members: Members,
    /// Addresses ending in `/p2p/<peer id>` to dial besides the validators. One of a peer that is no member is
    /// passed over with a warning.
    pub bootnodes: Vec<Multiaddr>,
    /// Whether QUIC addresses are listened on and dialled.
    pub quic: bool,
    /// Pings and dials.
    pub timing: Timing,
    /// Bounds on what a peer may make us hold.
    pub limits: Limits,
}

impl Config {
    /// A node of `chain` that listens nowhere yet, with default timing and limits.
    #[must_use]
    pub fn new(identity_seed: [u8; 32], chain: H256, members: Members) -> Self {
        Self {
            identity_seed,
            listen: Vec::new(),
            chain,
            members,
            bootnodes: Vec::new(),
            quic: false,
            timing: Timing::default(),
            limits: Limits::default(),
        }
    }

    /// Checks the settings against each other and adds the bootnodes' addresses to their members.
    pub(crate) fn check(mut self) -> Result<Checked, ConfigError> {
        let keypair = keypair(&self.identity_seed);
        let local = keypair.public().to_peer_id();
        let Some(me) = self.members.get(&local) else { return Err(ConfigError::NotAMember { peer: local }) };
        let role = me.role;
        if !self.quic
            && let Some(address) = self.listen.iter().find(|address| is_quic(address))
        {
            return Err(ConfigError::QuicOff { address: address.clone() });
        }
        let mut dialled: Vec<PeerId> = Vec::new();
        for bootnode in &self.bootnodes {
            let (peer, address) = split_bootnode(bootnode)?;
            let Some(member) = self.members.get_mut(&peer) else {
                // The list is older than the chain's latest decision, or newer than what this node has executed.
                tracing::warn!(
                    address = %bootnode,
                    "this bootnode is no member of the chain and isn't dialled: take it out of the chain spec and of the \
                     node's own bootnodes, or have it added"
                );
                continue;
            };
            if !member.addresses.contains(&address) {
                member.addresses.push(address);
            }
            dialled.push(peer);
        }
        Ok(Checked { config: self, keypair, local, role, bootnodes: dialled })
    }
}

/// Shows everything but the secret.
impl core::fmt::Debug for Config {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("chain", &self.chain)
            .field("members", &self.members)
            .field("bootnodes", &self.bootnodes)
            .field("quic", &self.quic)
            .field("timing", &self.timing)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// A configuration found sound, with what follows from it.
pub(crate) struct Checked {
    pub(crate) config: Config,
    pub(crate) keypair: Keypair,
    pub(crate) local: PeerId,
    pub(crate) role: Role,
    /// Members to dial although they may be no validators.
    pub(crate) bootnodes: Vec<PeerId>,
}

/// How often, and how long until.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// Between two pings of ours on one connection.
    pub ping_interval: Duration,
    /// A peer of which nothing was heard for so long is dropped and dialled again.
    pub silence_max: Duration,
    /// A dial, or a connection that hasn't all its streams, is abandoned after this.
    pub dial_timeout: Duration,
    /// Longest pause between two dials of one peer.
    pub redial_max: Duration,
    /// How long a peer that misbehaved is refused.
    pub refusal: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_millis(500),
            silence_max: Duration::from_secs(2),
            dial_timeout: Duration::from_secs(1),
            redial_max: Duration::from_millis(500),
            refusal: Duration::from_secs(10),
        }
    }
}

/// Bounds on what one peer may make us hold or do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes received from one peer and not yet taken from [`Events`](crate::Events). Above it we stop reading from
    /// that peer, and its own queue fills: at least the longest message.
    pub inbox_bytes: usize,
    /// Bytes an observer may send per second, over all its channels and gossip.
    pub observer_bytes_per_second: u64,
    /// Messages an observer may send per second.
    pub observer_messages_per_second: u64,
    /// Connections of all peers that others opened to us.
    pub inbound_connections: u32,
    /// Connections in the middle of their handshake, per direction.
    pub pending_connections: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            inbox_bytes: 16 * 1024 * 1024,
            observer_bytes_per_second: 16 * 1024 * 1024,
            observer_messages_per_second: 2_000,
            inbound_connections: 512,
            pending_connections: 64,
        }
    }
}

/// The peer id that belongs to an identity seed.
#[must_use]
pub fn peer_id(identity_seed: &[u8; 32]) -> PeerId {
    keypair(identity_seed).public().to_peer_id()
}

/// Reads a multiaddr such as `/ip4/127.0.0.1/tcp/10044`.
pub fn parse_address(text: &str) -> Result<Multiaddr, ConfigError> {
    text.parse().map_err(|source| ConfigError::Address { text: text.chars().take(200).collect(), source })
}

fn keypair(identity_seed: &[u8; 32]) -> Keypair {
    Keypair::ed25519_from_bytes(*identity_seed).expect("any 32 bytes are an ed25519 seed")
}

/// Whether an address speaks QUIC.
pub(crate) fn is_quic(address: &Multiaddr) -> bool {
    address.iter().any(|part| matches!(part, Protocol::QuicV1))
}

fn split_bootnode(bootnode: &Multiaddr) -> Result<(PeerId, Multiaddr), ConfigError> {
    let mut address = bootnode.clone();
    match address.pop() {
        Some(Protocol::P2p(peer)) if !address.is_empty() => Ok((peer, address)),
        _ => Err(ConfigError::BootnodeWithoutPeer { address: bootnode.clone() }),
    }
}

#[cfg(test)]
mod tests;
