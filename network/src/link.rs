//! A connection that has all its lanes: one writer and one reader per lane, each a task of its own.
//!
//! - A writer takes frames from the peer's [`Outbox`], writes them in order and flushes when none is left.
//! - A reader checks each frame's length, takes the peer's inbox budget for it and hands it to the owner. Without
//!   budget it waits, so the transport's window closes and the *peer's* queue fills: one loud peer costs the others
//!   nothing.
//! - An observer's reader also waits when the observer sends more than its rate.
//!
//! The tasks end with the link. What they notice goes to the driver as a [`Note`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use futures::AsyncWriteExt;
use futures::io::{BufReader, BufWriter};
use libp2p::swarm::{ConnectionId, Stream};
use libp2p::{Multiaddr, PeerId};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::channel::{Channel, Lane};
use crate::config::Role;
use crate::counters::Counters;
use crate::event::{Event, EventSender};
use crate::frame::{FrameError, read_frame, write_frame};
use crate::offence::Offence;
use crate::outbox::Outbox;
use crate::pulse::{BEAT_BYTES, Beat, Pulse};
use crate::rate::Rate;

/// Small frames are gathered up to here before they go out.
const WRITE_BUFFER_BYTES: usize = 64 * 1024;

/// Frames are read from the transport in pieces of this size.
const READ_BUFFER_BYTES: usize = 16 * 1024;

/// Answers to pings that may wait to be written. Who pings faster gets fewer answers.
const PONGS_MAX: usize = 4;

/// What a message costs of the inbox budget beside its bytes.
const MESSAGE_COST_BYTES: usize = 256;

/// What a link's tasks tell the driver.
#[derive(Debug)]
pub(crate) enum Note {
    /// A lane ended or broke.
    Ended { peer: PeerId, connection: ConnectionId },
    /// The peer did wrong.
    Offence { peer: PeerId, offence: Offence },
}

/// The streams of a connection as they come in.
pub(crate) struct Streams {
    wanted: Vec<Lane>,
    opened: BTreeMap<Lane, Stream>,
    accepted: BTreeMap<Lane, Stream>,
}

impl Streams {
    pub(crate) fn new(wanted: Vec<Lane>) -> Self {
        Self { wanted, opened: BTreeMap::new(), accepted: BTreeMap::new() }
    }

    pub(crate) fn opened(&mut self, lane: Lane, stream: Stream) {
        self.opened.insert(lane, stream);
    }

    pub(crate) fn accepted(&mut self, lane: Lane, stream: Stream) {
        self.accepted.insert(lane, stream);
    }

    /// Goes on without votes.
    pub(crate) fn forgo_consensus(&mut self) {
        self.wanted.retain(|lane| *lane != Lane::Channel(Channel::Consensus));
    }

    /// Whether votes go both ways.
    pub(crate) fn have_consensus(&self) -> bool {
        self.wanted.contains(&Lane::Channel(Channel::Consensus))
    }

    /// Whether every lane stands in both directions.
    pub(crate) fn are_complete(&self) -> bool {
        self.wanted.iter().all(|lane| self.opened.contains_key(lane) && self.accepted.contains_key(lane))
    }
}

/// What [`Handle`](crate::Handle)s see of a link.
pub(crate) struct LinkView {
    pub(crate) peer: PeerId,
    pub(crate) role: Role,
    pub(crate) address: Multiaddr,
    pub(crate) connected_since: SystemTime,
    pub(crate) has_consensus: bool,
    pub(crate) pulse: Pulse,
    pub(crate) outbox: Outbox,
}

/// What one peer may make us hold, over all its connections.
#[derive(Clone)]
pub(crate) struct Budget {
    inbox: Arc<Semaphore>,
    inbox_bytes: usize,
    rate: Option<Arc<Mutex<Rate>>>,
}

impl Budget {
    pub(crate) fn new(inbox_bytes: usize, rate: Option<Rate>) -> Self {
        let inbox_bytes = inbox_bytes.min(Semaphore::MAX_PERMITS).min(u32::MAX as usize);
        Self {
            inbox: Arc::new(Semaphore::new(inbox_bytes)),
            inbox_bytes,
            rate: rate.map(|rate| Arc::new(Mutex::new(rate))),
        }
    }

    /// A message's share of the inbox. The longest message takes all of a small inbox, never more.
    fn cost(&self, bytes: usize) -> u32 {
        let cost = bytes.saturating_add(MESSAGE_COST_BYTES).min(self.inbox_bytes);
        u32::try_from(cost).expect("the inbox was cut to u32 when it was made")
    }

    /// Takes the share of a message if it is there, and says whether the rate allows it too.
    pub(crate) fn try_take(&self, bytes: usize) -> Option<tokio::sync::OwnedSemaphorePermit> {
        let share = self.inbox.clone().try_acquire_many_owned(self.cost(bytes)).ok()?;
        (self.overdrawn(bytes) == Duration::ZERO).then_some(share)
    }

    /// Books a message with the rate; how long to wait after it.
    fn overdrawn(&self, bytes: usize) -> Duration {
        self.rate.as_ref().map_or(Duration::ZERO, |rate| {
            rate.lock().unwrap_or_else(PoisonError::into_inner).take(bytes, Instant::now())
        })
    }
}

/// What the tasks of a link need.
#[derive(Clone)]
pub(crate) struct LinkContext {
    pub(crate) view: Arc<LinkView>,
    pub(crate) connection: ConnectionId,
    pub(crate) budget: Budget,
    pub(crate) events: EventSender,
    pub(crate) notes: mpsc::UnboundedSender<Note>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) ping_interval: Duration,
}

/// A running link. Dropping it ends its tasks.
pub(crate) struct Link {
    pub(crate) view: Arc<LinkView>,
    counters: Arc<Counters>,
    _tasks: JoinSet<()>,
}

impl Link {
    /// Starts the tasks on complete streams.
    pub(crate) fn start(context: LinkContext, mut streams: Streams) -> Self {
        let mut tasks = JoinSet::new();
        let (pings_heard, pongs_due) = mpsc::channel(PONGS_MAX);
        if let Some(stream) = streams.opened.remove(&Lane::Pulse) {
            tasks.spawn(context.clone().send_beats(stream, pongs_due));
        }
        if let Some(stream) = streams.accepted.remove(&Lane::Pulse) {
            tasks.spawn(context.clone().hear_beats(stream, pings_heard));
        }
        for channel in Channel::ALL {
            if let Some(stream) = streams.opened.remove(&Lane::Channel(channel)) {
                tasks.spawn(context.clone().write(channel, stream));
            }
            if let Some(stream) = streams.accepted.remove(&Lane::Channel(channel)) {
                tasks.spawn(context.clone().read(channel, stream));
            }
        }
        Self { view: context.view, counters: context.counters, _tasks: tasks }
    }
}

/// What is still queued is lost with the link, and counted.
impl Drop for Link {
    fn drop(&mut self) {
        self.counters.messages_dropped.add(self.view.outbox.waiting() as u64);
    }
}

impl LinkContext {
    /// Writes a channel's frames in order until the stream breaks.
    async fn write(self, channel: Channel, stream: Stream) {
        let queue = self.view.outbox.queue(channel);
        let mut writer = BufWriter::with_capacity(WRITE_BUFFER_BYTES, stream);
        loop {
            let frame = match queue.try_pop() {
                Some(frame) => frame,
                None if writer.flush().await.is_err() => break,
                None => queue.pop().await,
            };
            if write_frame(&mut writer, &frame).await.is_err() {
                self.counters.messages_dropped.add(1);
                break;
            }
            self.counters.messages_out.add(1);
            self.counters.bytes_out.add(frame.len() as u64);
        }
        self.note_end();
    }

    /// Reads a channel's frames and hands them to the owner, until the stream ends.
    async fn read(self, channel: Channel, stream: Stream) {
        let mut reader = BufReader::with_capacity(READ_BUFFER_BYTES, stream);
        loop {
            match read_frame(&mut reader, channel.frame_bytes_max()).await {
                Ok(bytes) => self.deliver(channel, bytes).await,
                Err(error @ FrameError::TooLarge { .. }) => {
                    tracing::warn!(peer = %self.view.peer, %channel, %error, "refused");
                    return self.note_offence(Offence::Oversize);
                }
                Err(FrameError::Io(_)) => return self.note_end(),
            }
        }
    }

    /// Hands over one message, when the peer's budget and rate allow.
    async fn deliver(&self, channel: Channel, bytes: Vec<u8>) {
        self.view.pulse.beat();
        self.counters.messages_in.add(1);
        self.counters.bytes_in.add(bytes.len() as u64);
        let pause = self.budget.overdrawn(bytes.len());
        let share = self.budget.inbox.clone().acquire_many_owned(self.budget.cost(bytes.len())).await.ok();
        let (peer, role) = (self.view.peer, self.view.role);
        self.events.send(Event::Message { peer, role, channel, bytes }, share);
        if pause > Duration::ZERO {
            tokio::time::sleep(pause).await;
        }
    }

    /// Pings in time and answers the peer's pings.
    async fn send_beats(self, mut stream: Stream, mut pongs_due: mpsc::Receiver<u64>) {
        let mut interval = tokio::time::interval(self.ping_interval);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let beat = tokio::select! {
                _ = interval.tick() => Beat::Ping(self.view.pulse.clock()),
                Some(clock) = pongs_due.recv() => Beat::Pong(clock),
            };
            if write_frame(&mut stream, &beat.encode()).await.is_err() || stream.flush().await.is_err() {
                return self.note_end();
            }
        }
    }

    /// Hears pings, which are passed on to be answered, and answers.
    async fn hear_beats(self, stream: Stream, pings_heard: mpsc::Sender<u64>) {
        let mut reader = BufReader::with_capacity(BEAT_BYTES * 16, stream);
        loop {
            let frame = match read_frame(&mut reader, BEAT_BYTES).await {
                Ok(frame) => frame,
                Err(FrameError::TooLarge { .. }) => return self.note_offence(Offence::Oversize),
                Err(FrameError::Io(_)) => return self.note_end(),
            };
            self.view.pulse.beat();
            match Beat::decode(&frame) {
                // A full queue of answers is the peer's own haste.
                Some(Beat::Ping(clock)) => drop(pings_heard.try_send(clock)),
                Some(Beat::Pong(clock)) => self.view.pulse.answered(clock),
                None => return self.note_offence(Offence::Undecodable),
            }
        }
    }

    /// The driver may be gone already; then nobody needs to know.
    fn note_end(&self) {
        let _ = self.notes.send(Note::Ended { peer: self.view.peer, connection: self.connection });
    }

    fn note_offence(&self, offence: Offence) {
        let _ = self.notes.send(Note::Offence { peer: self.view.peer, offence });
        self.note_end();
    }
}
