//! What happened how often: the network's share of the metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// A counter that only rises.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The live counters.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) messages_in: Counter,
    pub(crate) messages_out: Counter,
    pub(crate) messages_dropped: Counter,
    pub(crate) gossip_in: Counter,
    pub(crate) gossip_out: Counter,
    pub(crate) gossip_dropped: Counter,
    pub(crate) strangers_refused: Counter,
    pub(crate) peers_refused: Counter,
    pub(crate) offences: Counter,
    pub(crate) silences: Counter,
    pub(crate) dials: Counter,
}

impl Counters {
    pub(crate) fn totals(&self) -> Totals {
        Totals {
            bytes_in: self.bytes_in.get(),
            bytes_out: self.bytes_out.get(),
            messages_in: self.messages_in.get(),
            messages_out: self.messages_out.get(),
            messages_dropped: self.messages_dropped.get(),
            gossip_in: self.gossip_in.get(),
            gossip_out: self.gossip_out.get(),
            gossip_dropped: self.gossip_dropped.get(),
            strangers_refused: self.strangers_refused.get(),
            peers_refused: self.peers_refused.get(),
            offences: self.offences.get(),
            silences: self.silences.get(),
            dials: self.dials.get(),
        }
    }
}

/// The counters at one moment. All count from the start of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Bytes of messages read from channels.
    pub bytes_in: u64,
    /// Bytes of messages written to channels.
    pub bytes_out: u64,
    /// Messages read from channels.
    pub messages_in: u64,
    /// Messages written to channels.
    pub messages_out: u64,
    /// Messages that were queued and never written: their peer was too slow or went.
    pub messages_dropped: u64,
    /// Gossiped messages handed to the owner.
    pub gossip_in: u64,
    /// Messages gossiped by the owner.
    pub gossip_out: u64,
    /// Gossiped messages dropped, because the owner or the peer was too slow, or nobody was there to take them.
    pub gossip_dropped: u64,
    /// Connections of non-members closed.
    pub strangers_refused: u64,
    /// Connections closed because their member is refused for a while or has too many.
    pub peers_refused: u64,
    /// Offences of members.
    pub offences: u64,
    /// Connections dropped because nothing was heard.
    pub silences: u64,
    /// Dials begun.
    pub dials: u64,
}
