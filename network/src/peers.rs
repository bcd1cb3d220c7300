//! What the driver knows of each member: its connections, its dial schedule, its debt.
//!
//! *Two connections to one peer* come about when both ends dial at the same moment, or when the peer has lost the old one
//! and we haven't noticed. Both ends must keep the same one. Crossed dials are those of opposite direction that arrive
//! within the dial time-out of each other: the one of the smaller peer id stays. Otherwise the newer one stays, for a peer
//! that still had the old one wouldn't have dialled. An old one goes only when the newer stands. If clocks make the ends
//! decide differently, both connections close and the next dial settles it.

use std::collections::BTreeMap;
use std::mem;
use std::time::{Duration, Instant};

use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};

use crate::config::{Limits, Member, Members, Role, Timing};
use crate::event::Cause;
use crate::link::{Budget, Link, Streams};
use crate::offence::Debt;
use crate::rate::Rate;
use crate::redial::Redial;

/// One connection of a peer.
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    pub(crate) dialled: bool,
    pub(crate) address: Multiaddr,
    pub(crate) since: Instant,
    /// Set once we decided to close it.
    pub(crate) closing: Option<Cause>,
    /// The connection to close once this one stands.
    pub(crate) replaces: Option<ConnectionId>,
    pub(crate) stage: Stage,
}

/// How far a connection has come.
pub(crate) enum Stage {
    /// Not all lanes stand yet.
    Opening(Streams),
    /// Messages flow.
    Open(Link),
}

/// One member as the driver sees it.
pub(crate) struct Peer {
    pub(crate) member: Member,
    /// Whether we dial it: validators and bootnodes that have an address, and not ourselves.
    pub(crate) is_dialled: bool,
    pub(crate) redial: Redial,
    pub(crate) debt: Debt,
    pub(crate) budget: Budget,
    /// Whether the owner was told that it is connected.
    pub(crate) is_announced: bool,
    pub(crate) connections: Vec<Connection>,
}

impl Peer {
    pub(crate) fn connection(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|connection| connection.id == id)
    }

    /// Adds a connection. False when it is to be closed at once because the one there is stays.
    pub(crate) fn add(&mut self, mut new: Connection, we_are_smaller: bool, window: Duration) -> bool {
        let old = self.connections.iter().find(|connection| connection.closing.is_none());
        let stays = old.is_some_and(|old| {
            let crossed = old.dialled != new.dialled && new.since.saturating_duration_since(old.since) < window;
            // The dial of the smaller id: ours where we are it, theirs otherwise.
            crossed && old.dialled == we_are_smaller
        });
        new.replaces = old.map(|old| old.id).filter(|_| !stays);
        self.connections.push(new);
        !stays
    }
}

/// All members but ourselves.
pub(crate) struct Peers {
    peers: BTreeMap<PeerId, Peer>,
    local: PeerId,
    bootnodes: Vec<PeerId>,
    timing: Timing,
    limits: Limits,
}

impl Peers {
    pub(crate) fn new(local: PeerId, bootnodes: Vec<PeerId>, timing: Timing, limits: Limits) -> Self {
        Self { peers: BTreeMap::new(), local, bootnodes, timing, limits }
    }

    /// Takes over a list of members and returns those it no longer holds as they were: gone, with another role, or all
    /// where our own role is another. They must be disconnected; who is still a member starts anew.
    pub(crate) fn set_members(&mut self, members: &Members, all_anew: bool, now: Instant) -> Vec<(PeerId, Peer)> {
        let (kept, removed) = mem::take(&mut self.peers).into_iter().partition::<BTreeMap<_, _>, _>(|(id, peer)| {
            !all_anew && members.get(id).map(|member| member.role) == Some(peer.member.role)
        });
        self.peers = kept;
        for (id, member) in members.iter().filter(|(id, _)| **id != self.local) {
            let known = self.peers.remove(id);
            let peer = known.unwrap_or_else(|| self.newcomer(member.role, now));
            let may_dial = member.role.is_validator() || self.bootnodes.contains(id);
            let is_dialled = may_dial && !member.addresses.is_empty();
            self.peers.insert(*id, Peer { member: member.clone(), is_dialled, ..peer });
        }
        removed.into_iter().collect()
    }

    pub(crate) fn get(&self, peer: &PeerId) -> Option<&Peer> {
        self.peers.get(peer)
    }

    pub(crate) fn get_mut(&mut self, peer: &PeerId) -> Option<&mut Peer> {
        self.peers.get_mut(peer)
    }

    /// Whom to dial now.
    pub(crate) fn due(&self, now: Instant) -> Vec<PeerId> {
        let due = |peer: &Peer| peer.is_dialled && peer.connections.is_empty() && peer.redial.is_due(now);
        self.peers.iter().filter(|(_, peer)| due(peer)).map(|(id, _)| *id).collect()
    }

    /// Connections to close now, and why: silent ones, and those that never got their lanes.
    pub(crate) fn overdue(&self, now: Instant) -> Vec<(PeerId, ConnectionId, Cause)> {
        let mut found = Vec::new();
        for (id, peer) in &self.peers {
            for connection in peer.connections.iter().filter(|connection| connection.closing.is_none()) {
                if let Some(cause) = self.verdict(connection, now) {
                    found.push((*id, connection.id, cause));
                }
            }
        }
        found
    }

    /// Lets nobody be found silent for what we slept through ourselves.
    pub(crate) fn excuse_silence(&self) {
        for connection in self.peers.values().flat_map(|peer| &peer.connections) {
            if let Stage::Open(link) = &connection.stage {
                link.view.pulse.beat();
            }
        }
    }

    fn verdict(&self, connection: &Connection, now: Instant) -> Option<Cause> {
        match &connection.stage {
            Stage::Opening(_) => {
                (now.saturating_duration_since(connection.since) > self.timing.dial_timeout).then_some(Cause::Broken)
            }
            Stage::Open(link) => (link.view.pulse.silence() > self.timing.silence_max).then_some(Cause::Silent),
        }
    }

    fn newcomer(&self, role: Role, now: Instant) -> Peer {
        let rate = (role == Role::Observer).then(|| Rate::for_observer(&self.limits, now));
        Peer {
            member: Member { role, addresses: Vec::new() },
            is_dialled: false,
            redial: Redial::now(self.timing.redial_max, now),
            debt: Debt::none(now),
            budget: Budget::new(self.limits.inbox_bytes, rate),
            is_announced: false,
            connections: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
