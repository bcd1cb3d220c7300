//! Who gets in: members only, not those refused for a while, and each over one connection at a time.
//!
//! The peer id is known once the noise handshake is done, so a stranger is closed right after it, before any stream is
//! opened. How many connections there may be in all is bounded beside this, by `libp2p::connection_limits`.
//!
//! *A second connection to one peer* comes about when both ends dial at the same moment, or when the peer has lost the
//! first and we haven't noticed. It is never let in: gossipsub sends its subscriptions on the first connection only, so
//! a peer whose first one closes beside a second one stays deaf for good. So where dials crossed (opposite directions,
//! within the dial time-out of each other) the second is turned away. If the two ends disagree on which was first, both
//! connections close before either stands, and the peers meet again on a clean slate, the smaller id dialling first
//! (`redial`). A second one that crossed nothing tells that the peer has lost the first, which therefore goes too.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::dummy::ConnectionHandler as Nothing;
use libp2p::swarm::{CloseConnection, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, ToSwarm};
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
    /// Connected already.
    #[error("{0} is connected already")]
    Second(PeerId),
}

/// The connection a peer has.
#[derive(Clone, Copy, Debug)]
struct First {
    id: ConnectionId,
    dialled: bool,
    since: Instant,
}

/// The list at the door.
pub(crate) struct Admission {
    /// Dials that meet within this have crossed.
    crossing: Duration,
    members: BTreeSet<PeerId>,
    refused_until: BTreeMap<PeerId, Instant>,
    connected: BTreeMap<PeerId, First>,
    to_close: VecDeque<(PeerId, ConnectionId)>,
}

impl Admission {
    pub(crate) fn new(crossing: Duration, members: &Members) -> Self {
        Self {
            crossing,
            members: members.keys().copied().collect(),
            refused_until: BTreeMap::new(),
            connected: BTreeMap::new(),
            to_close: VecDeque::new(),
        }
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

    fn judge(&mut self, peer: PeerId, dialled: bool, now: Instant) -> Result<(), Denial> {
        if !self.members.contains(&peer) {
            return Err(Denial::Stranger(peer));
        }
        if self.is_refused(&peer, now) {
            return Err(Denial::Refused(peer));
        }
        let Some(first) = self.connected.get(&peer) else { return Ok(()) };
        let crossed = first.dialled != dialled && now.saturating_duration_since(first.since) < self.crossing;
        if !crossed {
            self.to_close.push_back((peer, first.id));
        }
        Err(Denial::Second(peer))
    }

    fn admit(&mut self, peer: PeerId, dialled: bool) -> Result<Nothing, ConnectionDenied> {
        self.judge(peer, dialled, Instant::now()).map(|()| Nothing).map_err(ConnectionDenied::new)
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
        self.admit(peer, false)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<Nothing, ConnectionDenied> {
        self.admit(peer, true)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(made) => {
                let dialled = made.endpoint.is_dialer();
                let first = First { id: made.connection_id, dialled, since: Instant::now() };
                self.connected.insert(made.peer_id, first);
            }
            FromSwarm::ConnectionClosed(closed) if closed.remaining_established == 0 => {
                self.connected.remove(&closed.peer_id);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: Infallible) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, Infallible>> {
        self.to_close.pop_front().map_or(Poll::Pending, |(peer_id, id)| {
            Poll::Ready(ToSwarm::CloseConnection { peer_id, connection: CloseConnection::One(id) })
        })
    }
}

#[cfg(test)]
mod tests;
