//! The one task that owns the swarm: turns its events, the owner's commands and the links' notes into changes of the
//! peer table, and tells the owner.
//!
//! Invariants: [`Event::Connected`] is raised when all lanes of a connection stand in both directions, which only a
//! member of the same chain gets to; [`Event::Lost`] is raised when an announced peer has no connection left, at once,
//! and for failed dials of a peer that isn't announced.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures::StreamExt;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionError, ConnectionId, DialError, ListenError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, gossipsub};
use tierchain_primitives::H256;
use tokio::sync::mpsc;

use crate::admission::Denial;
use crate::behaviour::{Behaviour, BehaviourEvent};
use crate::cause;
use crate::channel::Topic;
use crate::config::{Members, Role, Timing, is_quic};
use crate::event::{Cause, Event, EventSender, GossipId, Verdict};
use crate::gossip::Topics;
use crate::handle::{Command, Directory};
use crate::lanes::{ConnectionLane, LaneEvent};
use crate::link::{Link, LinkContext, LinkView, Note, Streams};
use crate::offence::Offence;
use crate::outbox::Outbox;
use crate::peers::{Connection, Peers, Stage};
use crate::pulse::Pulse;

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_millis(25);

/// How long open connections get to close when the network is shut down.
const FAREWELL: Duration = Duration::from_millis(200);

/// The queues a driver reads.
pub(crate) struct Inputs {
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    pub(crate) gossip: mpsc::Receiver<(Topic, Vec<u8>)>,
}

/// What a driver must know of the configuration.
pub(crate) struct Settings {
    pub(crate) chain: H256,
    pub(crate) role: Role,
    pub(crate) timing: Timing,
    pub(crate) quic: bool,
}

/// The swarm and all that is known of the peers.
pub(crate) struct Driver {
    swarm: Swarm<Behaviour>,
    peers: Peers,
    settings: Settings,
    topics: Topics,
    directory: Arc<Directory>,
    events: EventSender,
    notes: mpsc::UnboundedSender<Note>,
    last_tick: Instant,
}

impl Driver {
    pub(crate) fn new(
        swarm: Swarm<Behaviour>,
        peers: Peers,
        settings: Settings,
        directory: Arc<Directory>,
        events: EventSender,
    ) -> (Self, mpsc::UnboundedReceiver<Note>) {
        let (notes, notes_in) = mpsc::unbounded_channel();
        let topics = Topics::new(&settings.chain);
        let driver = Self { swarm, peers, settings, topics, directory, events, notes, last_tick: Instant::now() };
        (driver, notes_in)
    }

    /// Runs until the owner shuts the network down or drops its last handle.
    pub(crate) async fn run(mut self, mut inputs: Inputs, mut notes: mpsc::UnboundedReceiver<Note>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let farewell = loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_swarm_event(event),
                command = inputs.commands.recv() => match command {
                    Some(Command::Shutdown(done)) => break Some(done),
                    Some(command) => self.on_command(command),
                    None => break None,
                },
                Some((topic, bytes)) = inputs.gossip.recv() => self.publish(topic, bytes),
                Some(note) = notes.recv() => self.on_note(note),
                _ = tick.tick() => self.on_tick(),
            }
        };
        self.close_all().await;
        drop(self);
        if let Some(done) = farewell {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
    }

    fn on_swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Lanes(lane)) => self.on_lane(lane),
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(gossipsub::Event::Message {
                propagation_source,
                message_id,
                message,
            })) => self.on_gossip(GossipId { message: message_id, from: propagation_source }, message),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                let address = endpoint.get_remote_address().clone();
                self.on_established(peer_id, connection_id, endpoint.is_dialer(), address);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, cause, .. } => {
                self.on_closed(peer_id, connection_id, cause.as_ref());
            }
            SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), error, .. } => self.on_dial_failed(peer, &error),
            SwarmEvent::IncomingConnectionError { send_back_addr, error, .. } => {
                self.on_inbound_failed(&send_back_addr, &error);
            }
            SwarmEvent::ListenerClosed { addresses, reason, .. } => {
                tracing::error!(?addresses, ?reason, "no longer listening; restart the node");
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a connection could not be accepted"),
            _ => {}
        }
    }

    fn on_established(&mut self, id: PeerId, connection: ConnectionId, dialled: bool, address: Multiaddr) {
        let lanes = self.swarm.behaviour().lanes.lanes_with(&id);
        let Some(peer) = self.peers.get_mut(&id) else {
            self.swarm.close_connection(connection);
            return;
        };
        peer.redial.hold();
        let (stage, since) = (Stage::Opening(Streams::new(lanes)), Instant::now());
        peer.connection =
            Some(Connection { id: connection, dialled, address, since, closing: None, is_foreign: false, stage });
    }

    fn on_lane(&mut self, lane: ConnectionLane) {
        let ConnectionLane { peer: id, connection, event } = lane;
        let Some(known) = self.peers.get_mut(&id).and_then(|peer| peer.live(connection)) else { return };
        match event {
            LaneEvent::Unknown => known.is_foreign = true,
            LaneEvent::Withheld => {
                if let Stage::Opening(streams) = &mut known.stage {
                    streams.forgo_consensus();
                }
            }
            LaneEvent::Failed => return self.close(id, connection, Cause::Broken),
            LaneEvent::Repeated(lane) => {
                tracing::debug!(peer = %id, ?lane, "opened a lane twice");
                return self.on_offence(id, Offence::Undecodable);
            }
            LaneEvent::Opened(lane, stream) => {
                if let Stage::Opening(streams) = &mut known.stage {
                    streams.opened(lane, stream);
                }
            }
            LaneEvent::Accepted(lane, stream) => {
                if let Stage::Opening(streams) = &mut known.stage {
                    streams.accepted(lane, stream);
                }
            }
        }
        self.try_open(id, connection);
    }

    /// Starts the link once all its lanes stand, and announces the peer.
    fn try_open(&mut self, id: PeerId, connection: ConnectionId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let (role, budget) = (peer.member.role, peer.budget.clone());
        let Some(known) = peer.live(connection) else { return };
        let Stage::Opening(streams) = &mut known.stage else { return };
        if !streams.are_complete() {
            return;
        }
        let has_consensus = streams.have_consensus();
        let streams = mem::replace(streams, Streams::new(Vec::new()));
        let address = known.address.clone();
        let view = Arc::new(LinkView {
            peer: id,
            role,
            address: address.clone(),
            connected_since: SystemTime::now(),
            has_consensus,
            pulse: Pulse::new(),
            outbox: Outbox::new(),
        });
        self.directory.enter(view.clone());
        tracing::info!(peer = %id, ?role, %address, "connected");
        // Before the readers run, so that no message comes first.
        self.events.send(Event::Connected { peer: id, role, address }, None);
        let context = LinkContext {
            view,
            connection,
            budget,
            events: self.events.clone(),
            notes: self.notes.clone(),
            counters: self.directory.counters.clone(),
            ping_interval: self.settings.timing.ping_interval,
        };
        known.stage = Stage::Open(Link::start(context, streams));
        peer.is_announced = true;
    }

    fn on_closed(&mut self, id: PeerId, connection: ConnectionId, error: Option<&ConnectionError>) {
        let now = Instant::now();
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let Some(closed) = peer.connection.take_if(|known| known.id == connection) else { return };
        let found = closed.closing.or(closed.is_foreign.then_some(Cause::OtherChain));
        let cause = found.or_else(|| error.map(cause::of_close)).unwrap_or(Cause::Closed);
        let stood = match &closed.stage {
            Stage::Open(link) => {
                self.directory.remove(&link.view);
                Some(now.saturating_duration_since(closed.since))
            }
            Stage::Opening(_) => None,
        };
        match stood {
            Some(stood) => peer.redial.on_lost(stood, now),
            None => peer.redial.on_failure(now),
        }
        let was_announced = mem::replace(&mut peer.is_announced, false);
        if was_announced {
            // Once for each connection that stood; the dials that fail afterwards are nothing new.
            tracing::info!(peer = %id, %cause, "lost");
        }
        if was_announced || closed.is_foreign || (closed.dialled && peer.redial.keeps_failing()) {
            self.raise_lost(id, cause);
        }
        self.dial_due(now);
    }

    fn on_dial_failed(&mut self, id: PeerId, error: &DialError) {
        tracing::debug!(peer = %id, %error, "dial failed");
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.redial.on_failure(Instant::now());
        let is_announced = peer.is_announced;
        if let Some(cause) = cause::of_dial(error).filter(|_| !is_announced) {
            self.raise_lost(id, cause);
        }
    }

    fn on_inbound_failed(&self, from: &Multiaddr, error: &ListenError) {
        let counters = &self.directory.counters;
        if let ListenError::Denied { cause } = error {
            match cause.downcast_ref::<Denial>() {
                Some(Denial::Stranger(_)) => counters.strangers_refused.add(1),
                _ => counters.peers_refused.add(1),
            }
        }
        tracing::debug!(%from, %error, "inbound connection refused");
    }

    fn on_gossip(&mut self, id: GossipId, message: gossipsub::Message) {
        let share = self.peers.get(&id.from).and_then(|peer| peer.budget.try_take(message.data.len()));
        let Some((topic, share)) = self.topics.find(&message.topic).zip(share) else {
            self.directory.counters.gossip_dropped.add(1);
            return self.validate(&id, Verdict::Ignore);
        };
        self.directory.counters.gossip_in.add(1);
        self.events.send(Event::Gossip { peer: id.from, topic, bytes: message.data, id }, Some(share));
    }

    fn publish(&mut self, topic: Topic, bytes: Vec<u8>) {
        match self.swarm.behaviour_mut().gossip.publish(topic.name(&self.settings.chain), bytes) {
            Ok(_) => self.directory.counters.gossip_out.add(1),
            Err(gossipsub::PublishError::Duplicate) => {}
            Err(error) => {
                self.directory.counters.gossip_dropped.add(1);
                tracing::debug!(?topic, %error, "not gossiped");
            }
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Validate(id, verdict) => {
                self.validate(&id, verdict);
                if verdict == Verdict::Reject {
                    self.on_offence(id.from, Offence::Invalid);
                }
            }
            Command::Report(peer, offence) => self.on_offence(peer, offence),
            Command::SetMembers(members) => self.set_members(&members),
            // Ends the loop before it gets here.
            Command::Shutdown(_) => {}
        }
    }

    fn validate(&mut self, id: &GossipId, verdict: Verdict) {
        let acceptance = match verdict {
            Verdict::Accept => gossipsub::MessageAcceptance::Accept,
            Verdict::Ignore => gossipsub::MessageAcceptance::Ignore,
            Verdict::Reject => gossipsub::MessageAcceptance::Reject,
        };
        self.swarm.behaviour_mut().gossip.report_message_validation_result(&id.message, &id.from, acceptance);
    }

    fn on_note(&mut self, note: Note) {
        match note {
            Note::Ended { peer, connection } => self.close(peer, connection, Cause::Closed),
            Note::Offence { peer, offence } => self.on_offence(peer, offence),
        }
    }

    fn on_offence(&mut self, id: PeerId, offence: Offence) {
        let now = Instant::now();
        let Some(peer) = self.peers.get_mut(&id) else { return };
        self.directory.counters.offences.add(1);
        tracing::warn!(peer = %id, ?offence, "offence");
        if !peer.debt.add(offence, now) {
            return;
        }
        let connection = peer.connection.as_ref().map(|connection| connection.id);
        self.swarm.behaviour_mut().admission.refuse(id, now + self.settings.timing.refusal);
        if let Some(connection) = connection {
            self.close(id, connection, Cause::Penalised);
        }
    }

    fn set_members(&mut self, members: &Members) {
        let now = Instant::now();
        // Without a role we stay an observer of whatever is still connected to us.
        let role = members.get(&self.directory.local).map_or(Role::Observer, |me| me.role);
        let all_anew = role != self.settings.role;
        self.settings.role = role;
        let behaviour = self.swarm.behaviour_mut();
        behaviour.admission.set_members(members);
        behaviour.lanes.set_members(role, members);
        for (id, peer) in self.peers.set_members(members, all_anew, now) {
            if let Some(connection) = peer.connection {
                if let Stage::Open(link) = &connection.stage {
                    self.directory.remove(&link.view);
                }
                self.swarm.close_connection(connection.id);
            }
            if peer.is_announced {
                self.events.send(Event::Lost { peer: id, role: peer.member.role, cause: Cause::Membership }, None);
            }
        }
        self.dial_due(now);
    }

    fn on_tick(&mut self) {
        let now = Instant::now();
        // A process that was stopped, or starved of its processor, accuses nobody of its own silence.
        if now.saturating_duration_since(self.last_tick) > self.settings.timing.silence_max / 2 {
            self.peers.excuse_silence();
        }
        self.last_tick = now;
        for (id, connection, cause) in self.peers.overdue(now) {
            if cause == Cause::Silent {
                self.directory.counters.silences.add(1);
            }
            self.close(id, connection, cause);
        }
        self.dial_due(now);
    }

    fn dial_due(&mut self, now: Instant) {
        for id in self.peers.due(now) {
            if self.swarm.behaviour().admission.is_refused(&id, now) {
                continue;
            }
            let Some(peer) = self.peers.get_mut(&id) else { continue };
            peer.redial.hold();
            let mut addresses = peer.member.addresses.clone();
            addresses.retain(|address| self.settings.quic || !is_quic(address));
            self.directory.counters.dials.add(1);
            // A port of its own for each dial: the listening port's old connection may still be dying.
            let dial = DialOpts::peer_id(id)
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .addresses(addresses)
                .allocate_new_port()
                .build();
            if let Err(error) = self.swarm.dial(dial) {
                self.on_dial_failed(id, &error);
            }
        }
    }

    /// Closes a connection that we, or the peer's own stream, gave a reason to.
    fn close(&mut self, id: PeerId, connection: ConnectionId, cause: Cause) {
        let Some(known) = self.peers.get_mut(&id).and_then(|peer| peer.live(connection)) else { return };
        // A lane that ended is mostly the first sign of a broken connection, whose own error says more.
        if cause != Cause::Closed {
            known.closing = Some(cause);
        }
        tracing::debug!(peer = %id, %cause, "closing a connection");
        self.swarm.close_connection(connection);
    }

    fn raise_lost(&self, id: PeerId, cause: Cause) {
        let Some(peer) = self.peers.get(&id) else { return };
        self.events.send(Event::Lost { peer: id, role: peer.member.role, cause }, None);
    }

    /// Says goodbye, so that the others needn't find out by themselves.
    async fn close_all(&mut self) {
        let connected: Vec<_> = self.swarm.connected_peers().copied().collect();
        for peer in connected {
            // An error means that it went in this very moment.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let swarm = &mut self.swarm;
        let gone = async {
            while swarm.connected_peers().next().is_some() {
                swarm.select_next_some().await;
            }
        };
        if tokio::time::timeout(FAREWELL, gone).await.is_err() {
            tracing::debug!("some connections didn't close in time and are dropped");
        }
    }
}
