//! Head subscriptions, one feed per connection.
//!
//! A client that follows all, new and finalized heads must hear of each block in this order, and of every block. Three
//! independent tasks could overtake each other, so all head subscriptions of a connection are served by one task, its
//! feed, which sends a head to each of them before it takes the next one. A slow connection holds up its own feed only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jsonrpsee::core::to_json_raw_value;
use jsonrpsee::{ConnectionId, SubscriptionSink};
use tokio::sync::mpsc;

use crate::backend::{Backend, FinalHead};
use crate::heads::HeadFollower;
use crate::types::Header;

/// How often a feed looks whether anybody is left on an idle chain.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// In which order the subscriptions of a connection hear of a head.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Stage {
    /// `chain_allHead`.
    All,
    /// `chain_newHead`.
    New,
    /// `chain_finalizedHead`.
    Finalized,
}

type Joining = (Stage, SubscriptionSink);

/// The feeds of all connections.
pub(crate) struct HeadFeeds {
    backend: Arc<dyn Backend>,
    /// How new subscriptions reach the feed of their connection. An entry is there as long as the feed runs.
    feeds: Mutex<HashMap<ConnectionId, mpsc::UnboundedSender<Joining>>>,
}

impl HeadFeeds {
    pub(crate) fn new(backend: Arc<dyn Backend>) -> Arc<Self> {
        Arc::new(Self { backend, feeds: Mutex::default() })
    }

    /// Adds a subscription to its connection's feed. It is sent the current head at once.
    pub(crate) fn join(self: &Arc<Self>, stage: Stage, sink: SubscriptionSink) {
        let connection = sink.connection_id();
        let mut feeds = self.lock();
        // Unbounded, but a connection can't have more subscriptions than the server allows.
        let joining = feeds.entry(connection).or_insert_with(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            let (follower, current) = HeadFollower::start(Arc::clone(&self.backend));
            let feed = Feed { connection, receiver, follower, current, sinks: Vec::new() };
            tokio::spawn(feed.run(Arc::clone(self)));
            sender
        });
        // Fails only when the feed ended with its runtime, and then nobody is left to be told.
        let _ = joining.send((stage, sink));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, mpsc::UnboundedSender<Joining>>> {
        // No step between lock and unlock can leave the map half changed.
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The head subscriptions of one connection.
struct Feed {
    connection: ConnectionId,
    receiver: mpsc::UnboundedReceiver<Joining>,
    follower: HeadFollower,
    current: Arc<FinalHead>,
    /// In order of stages.
    sinks: Vec<Joining>,
}

impl Feed {
    async fn run(mut self, feeds: Arc<HeadFeeds>) {
        loop {
            tokio::select! {
                Some(joining) = self.receiver.recv() => self.add(joining).await,
                head = self.follower.next() => match head {
                    Some(head) => self.send(head).await,
                    None => break,
                },
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            self.sinks.retain(|(_, sink)| !sink.is_closed());
            if self.sinks.is_empty() && self.try_leave(&feeds) {
                return;
            }
        }
        feeds.lock().remove(&self.connection);
    }

    async fn add(&mut self, (stage, sink): Joining) {
        if send_head(&sink, &self.current).await {
            self.sinks.push((stage, sink));
            self.sinks.sort_by_key(|(stage, _)| *stage);
        }
    }

    async fn send(&mut self, head: Arc<FinalHead>) {
        for (_, sink) in &self.sinks {
            // Whoever hung up is taken out after the round.
            send_head(sink, &head).await;
        }
        self.current = head;
    }

    /// Ends the feed unless somebody joins at this moment.
    fn try_leave(&mut self, feeds: &HeadFeeds) -> bool {
        let mut feeds = feeds.lock();
        let is_idle = self.receiver.is_empty();
        if is_idle {
            feeds.remove(&self.connection);
        }
        is_idle
    }
}

async fn send_head(sink: &SubscriptionSink, head: &FinalHead) -> bool {
    let Ok(message) = to_json_raw_value(&Header::from(&head.header)) else { return false };
    sink.send(message).await.is_ok()
}
