//! The swarm's behaviour: admission, limits, lanes and gossip side by side.

use std::time::Duration;

use libp2p::Swarm;
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::swarm::{self, NetworkBehaviour};

use crate::admission::Admission;
use crate::config::{Checked, Limits};
use crate::error::StartError;
use crate::gossip::{self, Gossip};
use crate::lanes::Lanes;
use crate::transport;

/// At most so many connections to one peer. Admission sees to it already, with more judgement.
const CONNECTIONS_PER_PEER_MAX: u32 = 1;

/// A connection without streams is closed after this. Ours always have some.
const IDLE_MAX: Duration = Duration::from_secs(60);

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
        admission: Admission::new(config.timing.dial_timeout, &config.members),
        limits: connection_limits::Behaviour::new(connection_limits(&config.limits)),
        lanes: Lanes::new(&config.chain, config.timing.dial_timeout, checked.role, &config.members),
        gossip: gossip::build(&config.chain)?,
    };
    let transport = transport::build(&checked.keypair, config.timing.dial_timeout)?;
    let settings = swarm::Config::with_tokio_executor().with_idle_connection_timeout(IDLE_MAX);
    Ok(Swarm::new(transport, behaviour, checked.local, settings))
}

fn connection_limits(limits: &Limits) -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(limits.pending_connections))
        .with_max_pending_outgoing(Some(limits.pending_connections))
        .with_max_established_incoming(Some(limits.inbound_connections))
        .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER_MAX))
}
