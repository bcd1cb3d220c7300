//! The owner's way to speak to the network.
//!
//! A direct message goes straight into the outbox of its connection; gossip, verdicts, reports and the list of members
//! go to the driver. Nothing here waits, except [`Handle::shutdown`].

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use libp2p::{Multiaddr, PeerId};
use tokio::sync::{mpsc, oneshot};

use crate::channel::{Channel, Topic};
use crate::config::{Members, Role};
use crate::counters::{Counters, Totals};
use crate::error::SendError;
use crate::event::{GossipId, Verdict};
use crate::link::LinkView;
use crate::offence::Offence;

/// What the owner asks of the driver.
pub(crate) enum Command {
    Validate(GossipId, Verdict),
    Report(PeerId, Offence),
    SetMembers(Members),
    Shutdown(oneshot::Sender<()>),
}

/// Whom a broadcast is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    /// The connected validators.
    Validators,
    /// All connected members.
    All,
}

/// A connected peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerInfo {
    /// Who.
    pub peer: PeerId,
    /// Its role.
    pub role: Role,
    /// Where it is.
    pub address: Multiaddr,
    /// Round trip of the last ping.
    pub round_trip: Option<Duration>,
    /// Since when.
    pub connected_since: SystemTime,
    /// How long nothing was heard.
    pub silent_for: Duration,
    /// Messages waiting to be written to it.
    pub waiting: usize,
}

/// What driver and handles share.
pub(crate) struct Directory {
    pub(crate) local: PeerId,
    pub(crate) listening: Vec<Multiaddr>,
    pub(crate) counters: Arc<Counters>,
    links: RwLock<BTreeMap<PeerId, Arc<LinkView>>>,
}

impl Directory {
    pub(crate) fn new(local: PeerId, listening: Vec<Multiaddr>) -> Self {
        Self { local, listening, counters: Arc::default(), links: RwLock::default() }
    }

    /// Enters a link in place of an older one of the same peer.
    pub(crate) fn enter(&self, link: Arc<LinkView>) {
        self.links.write().unwrap_or_else(PoisonError::into_inner).insert(link.peer, link);
    }

    /// Removes a link, unless a newer one took its place.
    pub(crate) fn remove(&self, link: &Arc<LinkView>) {
        let mut links = self.links.write().unwrap_or_else(PoisonError::into_inner);
        if links.get(&link.peer).is_some_and(|entered| Arc::ptr_eq(entered, link)) {
            links.remove(&link.peer);
        }
    }

    fn find(&self, peer: &PeerId) -> Option<Arc<LinkView>> {
        self.links.read().unwrap_or_else(PoisonError::into_inner).get(peer).cloned()
    }

    fn all(&self) -> Vec<Arc<LinkView>> {
        self.links.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// Speaks to the network. Cheap to clone. The network stops when the last handle is dropped.
#[derive(Clone)]
pub struct Handle {
    directory: Arc<Directory>,
    commands: mpsc::UnboundedSender<Command>,
    gossip: mpsc::Sender<(Topic, Vec<u8>)>,
}

impl Handle {
    pub(crate) fn new(
        directory: Arc<Directory>,
        commands: mpsc::UnboundedSender<Command>,
        gossip: mpsc::Sender<(Topic, Vec<u8>)>,
    ) -> Self {
        Self { directory, commands, gossip }
    }

    /// Who we are.
    #[must_use]
    pub fn local_peer(&self) -> PeerId {
        self.directory.local
    }

    /// Where we listen, with the ports that were really taken.
    #[must_use]
    pub fn listen_addresses(&self) -> &[Multiaddr] {
        &self.directory.listening
    }

    /// Queues a message to one peer. Older messages to a slow peer are dropped for it and counted.
    pub fn send(&self, peer: PeerId, channel: Channel, bytes: impl Into<Arc<[u8]>>) -> Result<(), SendError> {
        let link = self.directory.find(&peer).ok_or(SendError::NotConnected { peer })?;
        if channel == Channel::Consensus && !link.has_consensus {
            return Err(SendError::NoChannel { peer, channel });
        }
        let bytes = within_limit(bytes.into(), channel.frame_bytes_max())?;
        self.queue(&link, channel, bytes);
        Ok(())
    }

    /// Queues a message to every connected peer of the audience that has the channel; says to how many.
    pub fn broadcast(
        &self,
        audience: Audience,
        channel: Channel,
        bytes: impl Into<Arc<[u8]>>,
    ) -> Result<usize, SendError> {
        let bytes = within_limit(bytes.into(), channel.frame_bytes_max())?;
        let mut links = self.directory.all();
        links.retain(|link| audience == Audience::All || link.role.is_validator());
        links.retain(|link| channel == Channel::Sync || link.has_consensus);
        for link in &links {
            self.queue(link, channel, bytes.clone());
        }
        Ok(links.len())
    }

    /// Spreads a message to everybody. Repeating one within a minute does nothing.
    pub fn gossip(&self, topic: Topic, bytes: Vec<u8>) -> Result<(), SendError> {
        let limit = Topic::MESSAGE_BYTES_MAX;
        if bytes.len() > limit {
            return Err(SendError::TooLarge { bytes: bytes.len(), limit });
        }
        self.gossip.try_send((topic, bytes)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SendError::Busy,
            mpsc::error::TrySendError::Closed(_) => SendError::Stopped,
        })
    }

    /// Judges a gossiped message. Each needs one verdict, and soon: it is forgotten after some seconds.
    pub fn validate_gossip(&self, id: GossipId, verdict: Verdict) {
        self.command(Command::Validate(id, verdict));
    }

    /// Holds an offence against a peer. Above the limit it is disconnected and refused for a while.
    pub fn report(&self, peer: PeerId, offence: Offence) {
        self.command(Command::Report(peer, offence));
    }

    /// Takes over another list of members: who isn't in it is disconnected, who is new is dialled.
    pub fn set_members(&self, members: Members) {
        self.command(Command::SetMembers(members));
    }

    /// The connected peers, by peer id.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerInfo> {
        self.directory.all().iter().map(|link| info(link)).collect()
    }

    /// What happened how often since the start.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.directory.counters.totals()
    }

    /// Closes all connections and stops listening. Returns when that is done.
    pub async fn shutdown(&self) {
        let (done, stopped) = oneshot::channel();
        self.command(Command::Shutdown(done));
        // An error means that the driver was gone already.
        let _ = stopped.await;
    }

    fn queue(&self, link: &LinkView, channel: Channel, bytes: Arc<[u8]>) {
        let dropped = link.outbox.queue(channel).push(bytes);
        if dropped > 0 {
            self.directory.counters.messages_dropped.add(dropped);
            tracing::debug!(peer = %link.peer, %channel, dropped, "peer too slow, oldest messages dropped");
        }
    }

    /// A stopped driver has nothing left that a command could change.
    fn command(&self, command: Command) {
        let _ = self.commands.send(command);
    }
}

fn within_limit(bytes: Arc<[u8]>, limit: usize) -> Result<Arc<[u8]>, SendError> {
    if bytes.len() > limit {
        return Err(SendError::TooLarge { bytes: bytes.len(), limit });
    }
    Ok(bytes)
}

fn info(link: &LinkView) -> PeerInfo {
    PeerInfo {
        peer: link.peer,
        role: link.role,
        address: link.address.clone(),
        round_trip: link.pulse.round_trip(),
        connected_since: link.connected_since,
        silent_for: link.pulse.silence(),
        waiting: link.outbox.waiting(),
    }
}
