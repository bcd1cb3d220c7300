//! What can go wrong before and while sending, each with its remedy.

use std::io;

use libp2p::{Multiaddr, PeerId};

use crate::channel::Channel;

/// Settings that can't work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Not a multiaddr.
    #[error(
        "{text:?} is no network address ({source}); write it like /ip4/127.0.0.1/tcp/10044 or /dns4/host/tcp/10044"
    )]
    Address {
        /// What was given.
        text: String,
        /// What the parser says.
        source: libp2p::multiaddr::Error,
    },
    /// The node's own identity isn't among the members.
    #[error(
        "this node's peer id {peer} is no member of the chain; use the identity the spec names or have {peer} added"
    )]
    NotAMember {
        /// Who we are.
        peer: PeerId,
    },
    /// A bootnode without peer id.
    #[error("bootnode {address} doesn't say whom to expect there; append /p2p/<peer id>")]
    BootnodeWithoutPeer {
        /// As given.
        address: Multiaddr,
    },
    /// A QUIC address while QUIC is off.
    #[error("{address} is a QUIC address and QUIC is off; switch it on or listen on /tcp/")]
    QuicOff {
        /// As given.
        address: Multiaddr,
    },
}

/// Why the network didn't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The settings are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Somebody else listens there.
    #[error(
        "cannot listen on {address}: the port is in use; stop the program that has it or choose another --listen-addr"
    )]
    PortInUse {
        /// Where.
        address: Multiaddr,
    },
    /// Any other reason why listening failed.
    #[error("cannot listen on {address}: {source}; check that the address belongs to this machine and may be used")]
    Listen {
        /// Where.
        address: Multiaddr,
        /// What the system says.
        source: io::Error,
    },
    /// An address of a kind that isn't supported.
    #[error("cannot listen on {address}: only /tcp/ and, where switched on, /quic-v1 are supported")]
    Unsupported {
        /// Where.
        address: Multiaddr,
    },
    /// A transport couldn't be built.
    #[error("cannot set up the {part}: {reason}")]
    Transport {
        /// Which part.
        part: &'static str,
        /// What it says.
        reason: String,
    },
}

/// Why a message wasn't queued.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// There is no connection; the next [`Event::Connected`](crate::Event::Connected) tells when there is.
    #[error("not connected to {peer}; send again when it is")]
    NotConnected {
        /// To whom.
        peer: PeerId,
    },
    /// The peer has no such channel.
    #[error("{peer} is an observer and has no {channel} channel")]
    NoChannel {
        /// To whom.
        peer: PeerId,
        /// On what.
        channel: Channel,
    },
    /// Longer than the other end accepts.
    #[error("a message of {bytes} bytes is above the limit of {limit}; split it")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The longest allowed.
        limit: usize,
    },
    /// Too many gossip messages wait already.
    #[error("the gossip queue is full; wait until the network took some of it")]
    Busy,
    /// The network was shut down.
    #[error("the network is shut down")]
    Stopped,
}
