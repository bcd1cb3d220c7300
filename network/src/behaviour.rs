//! The swarm's behaviour: admission, limits, lanes and gossip side by side, and the transports below them.
//!
//! TCP with noise and yamux always; QUIC's transport is there too, but its addresses are neither listened on nor dialled
//! unless it is switched on. Nagle's algorithm is off: a vote is small and must not wait.

use std::time::Duration;

use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::swarm::NetworkBehaviour;
use libp2p::{Swarm, SwarmBuilder, noise, tcp, yamux};

use crate::admission::Admission;
use crate::config::{Checked, Limits};
use crate::error::StartError;
use crate::gossip::{self, Gossip};
use crate::lanes::Lanes;

/// At most so many connections to one peer: the one in use and the one about to replace it.
const CONNECTIONS_PER_PEER_MAX: u32 = 2;

/// All behaviours. Admission comes first, so that nothing is set up for a stranger.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) admission: Admission,
    pub(crate) limits: connection_limits::Behaviour,
    pub(crate) lanes: Lanes,
    pub(crate) gossip: Gossip,
}

/// Builds the swarm of a checked configuration. It listens nowhere yet.
pub(crate) fn build(checked: &Checked) -> Result<Swarm<Behaviour>, StartError> {
    let config = &checked.config;
    let behaviour = Behaviour {
        admission: Admission::new(&config.members),
        limits: connection_limits::Behaviour::new(connection_limits(&config.limits)),
        lanes: Lanes::new(&config.chain, config.timing.dial_timeout, checked.role, &config.members),
        gossip: gossip::build(&config.chain)?,
    };
    let failed = |part| move |error: &dyn std::error::Error| StartError::Transport { part, reason: error.to_string() };
    let swarm = SwarmBuilder::with_existing_identity(checked.keypair.clone())
        .with_tokio()
        .with_tcp(tcp::Config::new().nodelay(true), noise::Config::new, yamux::Config::default)
        .map_err(|error| failed("noise handshake")(&error))?
        .with_quic()
        .with_dns()
        .map_err(|error| failed("name resolution")(&error))?
        .with_behaviour(|_| behaviour)
        .expect("handing over a finished behaviour can't fail")
        .with_swarm_config(|swarm| swarm.with_idle_connection_timeout(Duration::from_secs(60)))
        .with_connection_timeout(config.timing.dial_timeout)
        .build();
    Ok(swarm)
}

fn connection_limits(limits: &Limits) -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(limits.pending_connections))
        .with_max_pending_outgoing(Some(limits.pending_connections))
        .with_max_established_incoming(Some(limits.inbound_connections))
        .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER_MAX))
}
