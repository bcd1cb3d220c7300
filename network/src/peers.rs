//! What the driver knows of each member: its connection, its dial schedule, its debt.

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

/// How long a connection to another chain is kept.
const FOREIGN_GRACE: Duration = Duration::from_millis(100);

/// The connection of a peer.
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    pub(crate) dialled: bool,
    pub(crate) address: Multiaddr,
    pub(crate) since: Instant,
    /// Set once we decided to close it.
    pub(crate) closing: Option<Cause>,
    /// Found to follow another chain. It is closed a moment later, so that the other end finds out too.
    pub(crate) is_foreign: bool,
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
    pub(crate) connection: Option<Connection>,
}

impl Peer {
    /// The peer's connection, if it is this one and we aren't closing it.
    pub(crate) fn live(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connection.as_mut().filter(|connection| connection.id == id && connection.closing.is_none())
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
            let peer = known.unwrap_or_else(|| self.newcomer(*id, member.role, now));
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
        let due = |peer: &Peer| peer.is_dialled && peer.connection.is_none() && peer.redial.is_due(now);
        self.peers.iter().filter(|(_, peer)| due(peer)).map(|(id, _)| *id).collect()
    }

    /// Connections to close now, and why: silent ones, those of another chain, and those that never got their lanes.
    pub(crate) fn overdue(&self, now: Instant) -> Vec<(PeerId, ConnectionId, Cause)> {
        let open = self.peers.iter().filter_map(|(id, peer)| Some((id, peer.connection.as_ref()?)));
        open.filter(|(_, connection)| connection.closing.is_none())
            .filter_map(|(id, connection)| Some((*id, connection.id, self.verdict(connection, now)?)))
            .collect()
    }

    /// Lets nobody be found silent for what we slept through ourselves.
    pub(crate) fn excuse_silence(&self) {
        for connection in self.peers.values().filter_map(|peer| peer.connection.as_ref()) {
            if let Stage::Open(link) = &connection.stage {
                link.view.pulse.beat();
            }
        }
    }

    fn verdict(&self, connection: &Connection, now: Instant) -> Option<Cause> {
        let age = now.saturating_duration_since(connection.since);
        match &connection.stage {
            Stage::Opening(_) if connection.is_foreign => (age > FOREIGN_GRACE).then_some(Cause::OtherChain),
            Stage::Opening(_) => (age > self.timing.dial_timeout).then_some(Cause::Broken),
            Stage::Open(link) => (link.view.pulse.silence() > self.timing.silence_max).then_some(Cause::Silent),
        }
    }

    fn newcomer(&self, id: PeerId, role: Role, now: Instant) -> Peer {
        let rate = (role == Role::Observer).then(|| Rate::for_observer(&self.limits, now));
        Peer {
            member: Member { role, addresses: Vec::new() },
            is_dialled: false,
            redial: Redial::now(self.timing.redial_max, id < self.local, now),
            debt: Debt::none(now),
            budget: Budget::new(self.limits.inbox_bytes, rate),
            is_announced: false,
            connection: None,
        }
    }
}

#[cfg(test)]
mod tests;
