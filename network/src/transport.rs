//! The transports: TCP with noise and yamux, QUIC, names resolved for both.
//!
//! QUIC's transport is always there; its addresses are neither listened on nor dialled unless it is switched on.
//! Nagle's algorithm is off: a vote is small and must not wait.

use std::io;
use std::time::Duration;

use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::transport::timeout::TransportTimeout;
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::{PeerId, Transport, dns, noise, quic, tcp, yamux};

use crate::error::StartError;

/// The system's own error. Choices between transports skip the outermost error when asked for the source, so it
/// is wrapped once to be found below them.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct SystemError(#[source] io::Error);

/// Builds the transport. Dials and handshakes are abandoned after `timeout`.
pub(crate) fn build(keypair: &Keypair, timeout: Duration) -> Result<Boxed<(PeerId, StreamMuxerBox)>, StartError> {
    let handshake = noise::Config::new(keypair)
        .map_err(|error| StartError::Transport { part: "noise handshake", reason: error.to_string() })?;
    let tcp = tcp::tokio::Transport::new(tcp::Config::new().nodelay(true))
        .map_err(SystemError)
        .upgrade(Version::V1Lazy)
        .authenticate(handshake)
        .multiplex(yamux::Config::default())
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let quic = quic::tokio::Transport::new(quic::Config::new(keypair))
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let either = tcp.or_transport(quic).map(|connection, _| connection.into_inner());
    let named = dns::tokio::Transport::system(either)
        .map_err(|error| StartError::Transport { part: "name resolution", reason: error.to_string() })?;
    Ok(TransportTimeout::new(named, timeout).boxed())
}
