//! Answers requests for snapshots: one at a time, from a short queue, at a bounded rate. A request that finds the queue
//! full stays unanswered: the joiner asks somebody else.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Builder};
use std::time::Duration;

use parity_scale_codec::Encode;
use tierchain_network::{Channel, PeerId};
use tierchain_replica::snapshot::Message;
use tierchain_replica::wire::SyncMessage;

use crate::service::shared::Shared;
use crate::telemetry::metric;

/// Requests that wait, of all peers.
const WAITING_MAX: usize = 64;

/// Requests that wait, of one peer.
const WAITING_OF_ONE_MAX: usize = 8;

/// Bytes that are given away per second, to all peers together.
const BYTES_PER_SECOND: u64 = 32 * 1024 * 1024;

/// The other end of a desk.
pub(crate) type Requests = Receiver<(PeerId, Message)>;

/// Where requests are handed in.
pub(crate) struct Desk {
    queue: SyncSender<(PeerId, Message)>,
    waiting: Mutex<BTreeMap<PeerId, usize>>,
}

impl Desk {
    /// A desk and its other end.
    pub(crate) fn new() -> (Self, Requests) {
        let (queue, requests) = sync_channel(WAITING_MAX);
        (Self { queue, waiting: Mutex::default() }, requests)
    }

    /// Takes a request, if there is room for it. An answer is nothing to a node that runs: it comes after the join is
    /// through.
    pub(crate) fn take(&self, peer: PeerId, message: Message) {
        let is_request =
            matches!(message, Message::OffersRequest | Message::ManifestRequest { .. } | Message::ChunkRequest { .. });
        if !is_request {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.entry(peer).or_default();
        if *count < WAITING_OF_ONE_MAX && self.queue.try_send((peer, message)).is_ok() {
            *count += 1;
        }
    }

    fn answered(&self, peer: PeerId) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match waiting.get_mut(&peer) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(waiting.remove(&peer)),
        }
    }
}

/// Starts the thread; it ends with the process.
pub(super) fn start(shared: Arc<Shared>, requests: Requests) -> io::Result<()> {
    Builder::new().name("snapshot-server".into()).spawn(move || {
        for (peer, request) in requests {
            if shared.driver.is_stopped() {
                return;
            }
            shared.desk.answered(peer);
            if let Some(message) = answer(&shared, request) {
                send(&shared, peer, message);
            }
        }
    })?;
    Ok(())
}

fn answer(shared: &Shared, request: Message) -> Option<Message> {
    Some(match request {
        Message::OffersRequest => Message::Offers(shared.snapshots.offers()),
        Message::ManifestRequest { digest } => match shared.snapshots.manifest(&digest) {
            Some(kept) => Message::Manifest(Box::new(kept.manifest.clone())),
            None => Message::Gone { hash: digest },
        },
        Message::ChunkRequest { hash } => match shared.snapshots.chunk(&shared.db, &hash) {
            Some(bytes) => Message::Chunk { hash, bytes },
            None => Message::Gone { hash },
        },
        _ => return None,
    })
}

fn send(shared: &Shared, peer: PeerId, message: Message) {
    let bytes = SyncMessage::Snapshot(message).encode();
    let length = bytes.len() as u64;
    metrics::counter!(metric::SNAPSHOT_BYTES_SENT).increment(length);
    if let Err(error) = shared.network.send(peer, Channel::Sync, bytes) {
        tracing::debug!(%error, "a piece of a snapshot wasn't sent");
        return;
    }
    thread::sleep(Duration::from_micros(length * 1_000_000 / BYTES_PER_SECOND));
}
