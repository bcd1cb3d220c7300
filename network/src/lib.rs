//! The network body: carries opaque bytes between the members of one chain.
//!
//! It knows peers, roles, channels and limits, and nothing of what the bytes mean. [`start()`] gives a [`Handle`] to
//! speak with and [`Events`] to listen to; everything else runs in tasks of its own.
//!
//! # Who is talked to
//!
//! Members only, by peer id ([`Config::members`]). The noise handshake proves the id; a stranger is closed right after
//! it. A peer of another chain finds no protocol it knows, for the genesis hash is part of every name, and is closed
//! too. There is one connection per peer; where both ends dial at once, both keep the same one (`admission`).
//!
//! # How bytes travel
//!
//! | way | who | order | when the receiver is slow |
//! |---|---|---|---|
//! | [`Channel::Consensus`] | validator to validator | kept within a connection | oldest dropped and counted |
//! | [`Channel::Sync`] | any two members | kept within a connection | oldest dropped and counted |
//! | [`Topic::Bundles`], [`Topic::Blocks`] | all | none | dropped and counted, to be asked for |
//!
//! Nothing is acknowledged and nothing is repeated here: the protocol above repeats what still stands on every
//! [`Event::Connected`] and while it makes no progress, so a dropped message costs time and never safety. A sender
//! never waits (`outbox`); a receiver that doesn't take its events is no longer sent to (`link`).
//!
//! # When a peer goes
//!
//! A process that ends closes its sockets: [`Event::Lost`] follows within milliseconds. It is dialled again at once,
//! and a refusal raises [`Event::Lost`] with [`Cause::Refused`], again with every further one. Where packets just
//! vanish, pings tell: nothing heard for 2 s and the connection is dropped and dialled anew, rather than waiting for
//! TCP, whose own back-off after a partition is up to 50 s. Dials are abandoned after 1 s and repeated at least every
//! 500 ms.
//!
//! # What a peer can do to us
//!
//! Lengths are checked before memory is taken (`frame`); what one peer makes us hold is bounded by its inbox budget,
//! both ways; observers have a rate (`rate`); offences add up to a refusal for a while (`offence`); connections are
//! bounded per peer, per direction and while they shake hands (`behaviour`).

mod admission;
mod behaviour;
mod cause;
mod channel;
mod config;
mod counters;
mod driver;
mod error;
mod event;
mod frame;
mod gossip;
mod handle;
mod lanes;
mod link;
mod offence;
mod outbox;
mod peers;
mod pulse;
mod rate;
mod redial;
mod start;
mod transport;

pub use channel::{Channel, Topic};
pub use config::{Config, Limits, Member, Members, Role, Timing, parse_address, peer_id};
pub use counters::Totals;
pub use error::{ConfigError, SendError, StartError};
pub use event::{Cause, Event, Events, GossipId, Verdict};
pub use handle::{Audience, Handle, PeerInfo};
pub use libp2p::multiaddr::Protocol;
pub use libp2p::{Multiaddr, PeerId};
pub use offence::Offence;
pub use start::start;
