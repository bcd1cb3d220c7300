//! The streams of a connection: opens one of each lane, accepts one of each lane, and hands them out with the id of
//! their connection.
//!
//! Written here rather than taken from `libp2p-stream`: that one picks a connection at random where a peer has two,
//! drops inbound streams while nobody polls, and remembers every connection there ever was.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::UpgradeInfo;
use libp2p::core::{Endpoint, InboundUpgrade, OutboundUpgrade};
use libp2p::swarm::handler::{
    ConnectionEvent, ConnectionHandlerEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionId, FromSwarm, NetworkBehaviour, Stream, StreamProtocol,
    StreamUpgradeError, SubstreamProtocol, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use tierchain_primitives::H256;

use crate::channel::{Channel, Lane};
use crate::config::{Members, Role};

/// What became of a lane.
#[derive(Debug)]
pub(crate) enum LaneEvent {
    /// Our stream stands: we write to it.
    Opened(Lane, Stream),
    /// Their stream stands: we read from it.
    Accepted(Lane, Stream),
    /// They don't know a protocol that every member of our chain knows.
    Unknown,
    /// They don't give us the consensus lane: for the moment they know another list of members.
    Withheld,
    /// Negotiation broke or took too long.
    Failed,
    /// They opened a lane a second time.
    Repeated(Lane),
}

/// A lane's event with its connection.
#[derive(Debug)]
pub(crate) struct ConnectionLane {
    pub(crate) peer: PeerId,
    pub(crate) connection: ConnectionId,
    pub(crate) event: LaneEvent,
}

/// Gives each connection its lanes.
pub(crate) struct Lanes {
    names: Arc<Names>,
    timeout: Duration,
    own_role: Role,
    validators: BTreeSet<PeerId>,
    events: VecDeque<ConnectionLane>,
}

impl Lanes {
    pub(crate) fn new(chain: &H256, timeout: Duration, own_role: Role, members: &Members) -> Self {
        let mut lanes = Self {
            names: Arc::new(Names::new(chain)),
            timeout,
            own_role,
            validators: BTreeSet::new(),
            events: VecDeque::new(),
        };
        lanes.set_members(own_role, members);
        lanes
    }

    /// Takes over a new list of members, for the connections to come.
    pub(crate) fn set_members(&mut self, own_role: Role, members: &Members) {
        self.own_role = own_role;
        self.validators =
            members.iter().filter(|(_, member)| member.role.is_validator()).map(|(peer, _)| *peer).collect();
    }

    /// Whether votes go to and come from `peer`.
    pub(crate) fn has_consensus(&self, peer: &PeerId) -> bool {
        self.own_role.is_validator() && self.validators.contains(peer)
    }

    /// The lanes a connection with `peer` has.
    pub(crate) fn lanes_with(&self, peer: &PeerId) -> Vec<Lane> {
        Lane::of(self.has_consensus(peer))
    }

    fn handler(&self, peer: &PeerId) -> LaneHandler {
        let lanes = self.lanes_with(peer);
        LaneHandler {
            names: self.names.clone(),
            timeout: self.timeout,
            to_open: lanes.iter().copied().collect(),
            offered: lanes,
            accepted: BTreeSet::new(),
            events: VecDeque::new(),
        }
    }
}

impl NetworkBehaviour for Lanes {
    type ConnectionHandler = LaneHandler;
    type ToSwarm = ConnectionLane;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<LaneHandler, ConnectionDenied> {
        Ok(self.handler(&peer))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<LaneHandler, ConnectionDenied> {
        Ok(self.handler(&peer))
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, event: LaneEvent) {
        self.events.push_back(ConnectionLane { peer, connection, event });
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<ConnectionLane, Infallible>> {
        self.events.pop_front().map_or(Poll::Pending, |event| Poll::Ready(ToSwarm::GenerateEvent(event)))
    }
}

/// The lanes' protocol names on one chain.
#[derive(Debug)]
pub(crate) struct Names(Vec<(Lane, StreamProtocol)>);

impl Names {
    fn new(chain: &H256) -> Self {
        Self(Lane::of(true).into_iter().map(|lane| (lane, lane.protocol(chain))).collect())
    }

    fn lane(&self, name: &StreamProtocol) -> Option<Lane> {
        self.0.iter().find(|(_, known)| known == name).map(|(lane, _)| *lane)
    }

    fn upgrade(&self, lanes: &[Lane]) -> Named {
        Named(self.0.iter().filter(|(lane, _)| lanes.contains(lane)).map(|(_, name)| name.clone()).collect())
    }
}

/// Opens and accepts the lanes of one connection, each once.
pub(crate) struct LaneHandler {
    names: Arc<Names>,
    timeout: Duration,
    offered: Vec<Lane>,
    to_open: VecDeque<Lane>,
    accepted: BTreeSet<Lane>,
    events: VecDeque<LaneEvent>,
}

impl LaneHandler {
    fn on_accepted(&mut self, stream: Stream, name: &StreamProtocol) {
        let Some(lane) = self.names.lane(name) else { return };
        let event =
            if self.accepted.insert(lane) { LaneEvent::Accepted(lane, stream) } else { LaneEvent::Repeated(lane) };
        self.events.push_back(event);
    }

    /// Where only the consensus lane is unknown, the two ends know different lists of members for the moment. The list is
    /// learnt from the chain, and the chain over this connection, so it stands without that lane; whichever end learns
    /// of the change begins anew.
    fn on_refused(&mut self, lane: Lane, error: &StreamUpgradeError<Infallible>) {
        match error {
            StreamUpgradeError::NegotiationFailed if lane == Lane::Channel(Channel::Consensus) => {
                self.events.push_back(LaneEvent::Withheld);
            }
            StreamUpgradeError::NegotiationFailed => self.events.push_back(LaneEvent::Unknown),
            _ => self.events.push_back(LaneEvent::Failed),
        }
    }
}

impl ConnectionHandler for LaneHandler {
    type FromBehaviour = Infallible;
    type ToBehaviour = LaneEvent;
    type InboundProtocol = Named;
    type OutboundProtocol = Named;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Lane;

    fn listen_protocol(&self) -> SubstreamProtocol<Named> {
        SubstreamProtocol::new(self.names.upgrade(&self.offered), ()).with_timeout(self.timeout)
    }

    /// Members stay connected whether or not they have something to say.
    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<Named, Lane, LaneEvent>> {
        if let Some(event) = self.events.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(event));
        }
        if let Some(lane) = self.to_open.pop_front() {
            let protocol = SubstreamProtocol::new(self.names.upgrade(&[lane]), lane).with_timeout(self.timeout);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Named, Named, (), Lane>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol: (stream, name), .. }) => {
                self.on_accepted(stream, &name);
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol: (stream, _), info }) => {
                self.events.push_back(LaneEvent::Opened(info, stream));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) => self.on_refused(info, &error),
            _ => {}
        }
    }
}

/// Negotiates one of several names and does nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Named(Vec<StreamProtocol>);

impl UpgradeInfo for Named {
    type Info = StreamProtocol;
    type InfoIter = std::vec::IntoIter<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.clone().into_iter()
    }
}

impl InboundUpgrade<Stream> for Named {
    type Output = (Stream, StreamProtocol);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, name: StreamProtocol) -> Self::Future {
        ready(Ok((stream, name)))
    }
}

impl OutboundUpgrade<Stream> for Named {
    type Output = (Stream, StreamProtocol);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_outbound(self, stream: Stream, name: StreamProtocol) -> Self::Future {
        ready(Ok((stream, name)))
    }
}
