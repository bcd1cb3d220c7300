//! Subscriptions that go on from a cursor: a client that comes back misses nothing and sees nothing twice.
//!
//! A subscription doesn't live off notifications but off the list that it follows: it reads what stands there after its
//! place, sends it, and waits for the next final block. So it makes no difference whether an item was there before the
//! client came or came later, and a subscriber costs no memory but the items of one step. One that doesn't take an item
//! in time is cut off with the reason and goes on later from its cursor.

use std::sync::Arc;
use std::time::Duration;

use jsonrpsee::core::{SubscriptionError, to_json_raw_value};
use jsonrpsee::server::SendTimeoutError;
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::{PendingSubscriptionSink, SubscriptionSink};
use serde::Serialize;
use tierchain_primitives::BlockNumber;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, Semaphore, broadcast};

use crate::answer::read;
use crate::backend::{Backend, FinalHead};
use crate::error::SlowReader;
use crate::types::Cursor;

/// How many subscriptions read at once, so that those that have much to catch up with leave the disk to calls.
const READS_MAX: usize = 2;

/// A place in a list that only grows.
pub(crate) trait Source: Send + Sized + 'static {
    /// What stands in the list.
    type Item: Serialize + Send + 'static;

    /// Reads on from the place, and moves it behind what was read. Bounded.
    fn step(&mut self, backend: &dyn Backend) -> Step<Self::Item>;

    /// A number that changes when the list grows.
    fn mark(backend: &dyn Backend) -> u64;
}

/// What was read at once.
pub(crate) struct Step<T> {
    /// The items to send, each with the cursor behind it.
    pub(crate) items: Vec<(Cursor, T)>,
    /// Whether nothing was left to read.
    pub(crate) is_done: bool,
}

/// What all subscriptions share.
#[derive(Clone)]
pub(crate) struct Reading {
    places: Arc<Semaphore>,
    /// How long a subscriber may take to take an item.
    item_stall_max: Duration,
}

impl Reading {
    pub(crate) fn new(item_stall_max: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(READS_MAX)), item_stall_max }
    }
}

/// The subscriptions to one list.
pub(crate) struct Follower {
    backend: Arc<dyn Backend>,
    reading: Reading,
    /// The list's mark and the block as of which it was read: of a thousand who wait, one looks.
    known: Mutex<Option<(BlockNumber, u64)>>,
}

impl Follower {
    pub(crate) fn new(backend: Arc<dyn Backend>, reading: Reading) -> Self {
        Self { backend, reading, known: Mutex::new(None) }
    }

    /// Serves a subscription until its client or the node ends it.
    ///
    /// # Errors
    /// Why it was cut off, as the client is told.
    pub(crate) async fn follow<S: Source>(
        &self,
        pending: PendingSubscriptionSink,
        mut source: S,
    ) -> Result<(), SubscriptionError> {
        // Listening comes first, so that no block can fall between what is read and what is heard.
        let mut heads = self.backend.heads();
        let Ok(sink) = pending.accept().await else { return Ok(()) };
        let mut last = None;
        let mut seen = None;
        loop {
            let Some((moved, step)) = self.read_on(source).await else { return Ok(()) };
            source = moved;
            for (cursor, item) in step.items {
                match self.send(&sink, &item).await {
                    Ok(true) => last = Some(cursor),
                    Ok(false) => return Ok(()),
                    Err(waited) => return Err(told(SlowReader { waited_ms: waited.as_millis(), last })),
                }
            }
            if sink.is_closed() {
                return Ok(());
            }
            if step.is_done && !self.wait::<S>(&mut heads, &sink, &mut seen).await {
                return Ok(());
            }
        }
    }

    /// Waits until the list has grown; false once the subscriber or the node is gone.
    async fn wait<S: Source>(
        &self,
        heads: &mut broadcast::Receiver<Arc<FinalHead>>,
        sink: &SubscriptionSink,
        seen: &mut Option<u64>,
    ) -> bool {
        loop {
            let heard = tokio::select! {
                heard = heads.recv() => heard,
                () = sink.closed() => return false,
            };
            let mark = match heard {
                Ok(head) => self.mark::<S>(head.header.number).await,
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => return false,
            };
            if mark.is_none() || mark != *seen {
                *seen = mark;
                return true;
            }
        }
    }

    /// One step of a source; none when the node stops.
    async fn read_on<S: Source>(&self, mut source: S) -> Option<(S, Step<S::Item>)> {
        let _place = self.reading.places.acquire().await.ok()?;
        let read = read(&self.backend, move |backend| {
            let step = source.step(backend);
            (source, step)
        });
        read.await.ok()
    }

    /// The list's mark after a block, or after a later one.
    async fn mark<S: Source>(&self, number: BlockNumber) -> Option<u64> {
        let mut known = self.known.lock().await;
        if let Some((_, mark)) = known.filter(|(block, _)| *block >= number) {
            return Some(mark);
        }
        let mark = read(&self.backend, S::mark).await.ok()?;
        *known = Some((number, mark));
        Some(mark)
    }

    /// Sends an item; false once the subscriber is gone, an error when it doesn't take it.
    async fn send(&self, sink: &SubscriptionSink, item: &impl Serialize) -> Result<bool, Duration> {
        let Ok(message) = to_json_raw_value(item) else { return Ok(false) };
        let wait = self.reading.item_stall_max;
        match sink.send_timeout(message, wait).await {
            Ok(()) => Ok(true),
            Err(SendTimeoutError::Closed(_)) => Ok(false),
            Err(SendTimeoutError::Timeout(_)) => Err(wait),
        }
    }
}

/// An error as a notification carries it.
fn told(error: SlowReader) -> SubscriptionError {
    match to_json_raw_value(&ErrorObjectOwned::from(error)) {
        Ok(json) => SubscriptionError::from_json(json),
        Err(_) => SubscriptionError::from(error),
    }
}
