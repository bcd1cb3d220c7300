//! Who gets in: members only, and not those refused for a while.
//!
//! The peer id is known once the noise handshake is done, so a stranger is closed right after it, before any stream is
//! opened. How many connections there may be is bounded beside this, by `libp2p::connection_limits`.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Instant;

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::dummy::ConnectionHandler as Nothing;
use libp2p::swarm::{ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, ToSwarm};
use libp2p::{Multiaddr, PeerId};

use crate::config::Members;

/// Why a connection was closed as soon as we knew whose it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Denial {
    /// Not on the list.
    #[error("{0} is no member of this chain")]
    Stranger(PeerId),
    /// Misbehaved lately.
    #[error("{0} misbehaved and is refused for a while")]
    Refused(PeerId),
}

/// The list at the door.
pub(crate) struct Admission {
    members: BTreeSet<PeerId>,
    refused_until: BTreeMap<PeerId, Instant>,
}

impl Admission {
    pub(crate) fn new(members: &Members) -> Self {
        Self { members: members.keys().copied().collect(), refused_until: BTreeMap::new() }
    }

    /// Takes over a new list. Closing what is open is the driver's.
    pub(crate) fn set_members(&mut self, members: &Members) {
        self.members = members.keys().copied().collect();
        self.refused_until.retain(|peer, _| members.contains_key(peer));
    }

    /// Refuses a member until then.
    pub(crate) fn refuse(&mut self, peer: PeerId, until: Instant) {
        self.refused_until.insert(peer, until);
    }

    /// Whether a member is refused now.
    pub(crate) fn is_refused(&self, peer: &PeerId, now: Instant) -> bool {
        self.refused_until.get(peer).is_some_and(|until| now < *until)
    }

    fn judge(&self, peer: PeerId, now: Instant) -> Result<(), Denial> {
        if !self.members.contains(&peer) {
            Err(Denial::Stranger(peer))
        } else if self.is_refused(&peer, now) {
            Err(Denial::Refused(peer))
        } else {
            Ok(())
        }
    }
}

impl NetworkBehaviour for Admission {
    type ConnectionHandler = Nothing;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<Nothing, ConnectionDenied> {
        self.judge(peer, Instant::now()).map(|()| Nothing).map_err(ConnectionDenied::new)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<Nothing, ConnectionDenied> {
        self.judge(peer, Instant::now()).map(|()| Nothing).map_err(ConnectionDenied::new)
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: Infallible) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, Infallible>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::{Member, Role};

    #[test]
    fn only_members_that_behave_get_in() {
        let (member, stranger) = (PeerId::random(), PeerId::random());
        let members = Members::from([(member, Member { role: Role::Observer, addresses: Vec::new() })]);
        let mut admission = Admission::new(&members);
        let now = Instant::now();
        assert_eq!(admission.judge(member, now), Ok(()));
        assert_eq!(admission.judge(stranger, now), Err(Denial::Stranger(stranger)));

        let until = now + Duration::from_secs(10);
        admission.refuse(member, until);
        assert_eq!(admission.judge(member, now), Err(Denial::Refused(member)));
        assert_eq!(admission.judge(member, until), Ok(()), "a refusal ends");

        admission.set_members(&Members::new());
        assert_eq!(admission.judge(member, now), Err(Denial::Stranger(member)));
    }
}
