//! What the network tells its owner, and the queue it comes through.
//!
//! The queue has no bound of its own. What stands in it is bounded per peer: the bytes of a message are taken from the
//! peer's inbox budget when it is queued and given back when it is taken. A peer without budget is not read from.

use core::fmt;

use libp2p::gossipsub::MessageId;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::channel::{Channel, Topic};
use crate::config::Role;

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A member can be talked to. What was under way when it was last lost is lost too: repeat what stands.
    Connected {
        /// Who.
        peer: PeerId,
        /// Its role.
        role: Role,
        /// Where it is.
        address: Multiaddr,
    },
    /// A member went, or a dial of a member failed (again). A message that was already queued may still follow.
    Lost {
        /// Who.
        peer: PeerId,
        /// Its role.
        role: Role,
        /// Why.
        cause: Cause,
    },
    /// A message of a channel. In order within one connection.
    Message {
        /// From whom.
        peer: PeerId,
        /// Its role.
        role: Role,
        /// On what.
        channel: Channel,
        /// The message.
        bytes: Vec<u8>,
    },
    /// A gossiped message, spread further only when it is accepted with
    /// [`validate_gossip`](crate::Handle::validate_gossip). May come before the sender's [`Event::Connected`].
    Gossip {
        /// Who handed it to us, not necessarily who made it.
        peer: PeerId,
        /// On what.
        topic: Topic,
        /// The message.
        bytes: Vec<u8>,
        /// To validate it with.
        id: GossipId,
    },
}

/// Why a peer was lost.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// Nobody listens at its address: the process is gone.
    Refused,
    /// Its address didn't answer a dial, or answered as somebody else.
    Unreachable,
    /// The connection was reset.
    Reset,
    /// The other end closed the connection: it stopped, was killed, or refuses us.
    Closed,
    /// Nothing was heard for too long.
    Silent,
    /// It follows another chain.
    OtherChain,
    /// It speaks this chain's protocols wrongly.
    Broken,
    /// It misbehaved and is refused for a while.
    Penalised,
    /// It is no member any more, or its role or ours changed.
    Membership,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Silent => "silent",
            Self::OtherChain => "follows another chain",
            Self::Broken => "broke the protocol",
            Self::Penalised => "misbehaved",
            Self::Membership => "membership changed",
        })
    }
}

/// Names a gossiped message and who handed it to us.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GossipId {
    pub(crate) message: MessageId,
    pub(crate) from: PeerId,
}

/// The owner's judgement of a gossiped message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Good: spread it.
    Accept,
    /// Not wrong, not wanted: don't spread it.
    Ignore,
    /// Wrong: don't spread it and hold it against the peer.
    Reject,
}

/// An event with the budget it holds.
pub(crate) struct Envelope {
    pub(crate) event: Event,
    pub(crate) budget: Option<OwnedSemaphorePermit>,
}

/// The queue of events, for its one reader.
pub struct Events {
    receiver: mpsc::UnboundedReceiver<Envelope>,
}

impl Events {
    pub(crate) fn new() -> (EventSender, Self) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (EventSender(sender), Self { receiver })
    }

    /// The next event; `None` once the network is shut down and all is read.
    pub async fn next(&mut self) -> Option<Event> {
        self.receiver.recv().await.map(Self::open)
    }

    /// The next event if one is there.
    pub fn try_next(&mut self) -> Option<Event> {
        self.receiver.try_recv().ok().map(Self::open)
    }

    fn open(envelope: Envelope) -> Event {
        drop(envelope.budget);
        envelope.event
    }
}

/// The writing end, shared by the driver and the readers of all connections.
#[derive(Clone)]
pub(crate) struct EventSender(mpsc::UnboundedSender<Envelope>);

impl EventSender {
    /// Queues an event. Nobody listening means that the owner is going down, so nothing is lost that matters.
    pub(crate) fn send(&self, event: Event, budget: Option<OwnedSemaphorePermit>) {
        let _ = self.0.send(Envelope { event, budget });
    }
}
