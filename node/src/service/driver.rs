//! The driver: the one thread that owns the replica and the vote log.
//!
//! A turn takes whatever is waiting, steps the replica with each, syncs the log once, and only then lets out what
//! rests on it. The types see to the order: a `Staged` can't be sent, a `Durable` comes from the log alone.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use tierchain_consensus::Signer;
use tierchain_primitives::H256;
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_replica::log::{SEGMENT_BYTES, WriteAheadLog};
use tierchain_replica::{ExecuteJob, Input, Log, Ports, Recovered, Refusal, Replica, Settings, Staged, Ticket};
use tierchain_runtime::Checked;
use tierchain_storage::LogDirectory;
use tokio::sync::oneshot;

use super::flusher::FlushRequest;
use super::ledger::ExecutedLedger;
use super::shared::Shared;
use crate::telemetry::metric;

/// Most inputs of one turn, so that the first of them doesn't wait for ever.
const TURN_INPUTS_MAX: usize = 512;

/// Most bytes that one turn writes.
const TURN_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Asks something of the replica, between two steps.
type Question = Box<dyn FnOnce(&Replica) + Send>;

/// What the driver is told.
#[expect(clippy::large_enum_variant, reason = "most events are the large one, and each is moved once")]
pub(crate) enum Event {
    /// Something happened.
    Input(Input),
    /// Somebody submits an extrinsic.
    Submit {
        /// The extrinsic.
        checked: Checked,
        /// The birth block for which its signature holds.
        birth: H256,
        /// Where the answer goes.
        answer: oneshot::Sender<Result<H256, Refusal>>,
    },
    /// Somebody wants to know something.
    Ask(Question),
    /// The database is flushed: segments before this one can go.
    Flushed(u64),
    /// End.
    Stop,
}

/// The driver's inbox.
#[derive(Clone)]
pub(crate) struct DriverHandle {
    events: Sender<Event>,
    stopped: Arc<AtomicBool>,
}

impl DriverHandle {
    /// An inbox and its other end.
    pub(crate) fn new() -> (Self, Receiver<Event>) {
        let (events, receiver) = channel();
        (Self { events, stopped: Arc::default() }, receiver)
    }

    /// Something happened.
    pub(crate) fn input(&self, input: Input) {
        self.tell(Event::Input(input));
    }

    /// Submits an extrinsic whose signature holds for `birth`. None when the node is stopping.
    pub(crate) async fn submit(&self, checked: Checked, birth: H256) -> Option<Result<H256, Refusal>> {
        let (answer, answered) = oneshot::channel();
        self.tell(Event::Submit { checked, birth, answer });
        answered.await.ok()
    }

    /// Asks the replica something and waits for the answer. None when the node is stopping.
    pub(crate) fn ask<T: Send + 'static>(&self, question: impl FnOnce(&Replica) -> T + Send + 'static) -> Option<T> {
        let (answer, answered) = channel();
        self.tell(Event::Ask(Box::new(move |replica| {
            // Whoever asked may have gone away.
            let _ = answer.send(question(replica));
        })));
        answered.recv().ok()
    }

    /// Looks at the replica between two steps, without an answer.
    pub(crate) fn look(&self, look: impl FnOnce(&Replica) + Send + 'static) {
        self.tell(Event::Ask(Box::new(look)));
    }

    /// The database is flushed: segments of the vote log before this one can go.
    pub(crate) fn flushed(&self, segment: u64) {
        self.tell(Event::Flushed(segment));
    }

    /// Ends the driver after the turn it is in.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.tell(Event::Stop);
    }

    /// Whether it was told to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn tell(&self, event: Event) {
        // An error says that the driver has ended: the node is stopping, and nothing is promised any more.
        let _ = self.events.send(event);
    }
}

/// The signer of a node without a consensus key: an observer's replica has no machine that would sign.
struct NoSigner;

impl Signer for NoSigner {
    fn sign(&self, _: &[u8]) -> Signature {
        unreachable!("an observer's replica signs nothing")
    }
}

/// A vote log that notes how long its syncs take, or none at all for an observer.
struct MeteredLog<'a>(Option<&'a mut WriteAheadLog<LogDirectory>>);

impl Log for MeteredLog<'_> {
    fn append(&mut self, record: &[u8]) {
        if let Some(log) = &mut self.0 {
            log.append(record);
        }
    }

    fn sync(&mut self) {
        if let Some(log) = &mut self.0 {
            let start = Instant::now();
            log.sync();
            metrics::histogram!(metric::SYNC_SECONDS).record(start.elapsed());
        }
    }
}

/// Everything the thread owns besides the replica.
pub(crate) struct Driver {
    pub(super) shared: Arc<Shared>,
    settings: Option<Settings>,
    log: Option<WriteAheadLog<LogDirectory>>,
    key: Option<KeyPair>,
    pub(super) jobs: Sender<ExecuteJob>,
    flusher: Sender<FlushRequest>,
    pub(super) runtime: tokio::runtime::Handle,
    pub(super) answers: BTreeMap<Ticket, oneshot::Sender<Result<H256, Refusal>>>,
    next_ticket: u64,
    /// When to step without news, by the monotonic clock.
    pub(super) wake: Option<u64>,
    stopping: bool,
}

impl Driver {
    /// A driver that hasn't started.
    pub(crate) fn new(
        shared: Arc<Shared>,
        settings: Settings,
        log: Option<WriteAheadLog<LogDirectory>>,
        key: Option<KeyPair>,
        jobs: Sender<ExecuteJob>,
        flusher: Sender<FlushRequest>,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        Self {
            shared,
            settings: Some(settings),
            log,
            key,
            jobs,
            flusher,
            runtime,
            answers: BTreeMap::new(),
            next_ticket: 0,
            wake: None,
            stopping: false,
        }
    }

    fn run(mut self, recovered: Recovered, events: &Receiver<Event>) {
        let Some(settings) = self.settings.take() else { return };
        let now = self.shared.clock.now();
        let (mut replica, staged) = self.with_ports(|ports| Replica::recover(settings, recovered, now, ports));
        self.finish_turn(&replica, staged);
        self.note_log_size();
        while !self.stopping {
            let mut staged = Staged::default();
            if let Some(event) = self.wait(events) {
                self.take(event, &mut replica, &mut staged);
            }
            for _ in 0..TURN_INPUTS_MAX {
                let Ok(event) = events.try_recv() else { break };
                self.take(event, &mut replica, &mut staged);
                if staged.record_bytes() > TURN_BYTES_MAX {
                    break;
                }
            }
            if self.wake.is_some_and(|at| at <= self.shared.clock.now().monotonic) {
                self.wake = None;
                self.step(Input::Tick, &mut replica, &mut staged);
            }
            self.finish_turn(&replica, staged);
        }
    }

    fn wait(&self, events: &Receiver<Event>) -> Option<Event> {
        let Some(at) = self.wake else { return events.recv().ok().or(Some(Event::Stop)) };
        let left = at.saturating_sub(self.shared.clock.now().monotonic);
        match events.recv_timeout(Duration::from_millis(left)) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Event::Stop),
        }
    }

    fn take(&mut self, event: Event, replica: &mut Replica, staged: &mut Staged) {
        match event {
            Event::Input(input) => self.step(input, replica, staged),
            Event::Submit { checked, birth, answer } => {
                let ticket = Ticket(self.next_ticket);
                self.next_ticket += 1;
                self.answers.insert(ticket, answer);
                self.step(Input::Submit { ticket, checked, birth }, replica, staged);
            }
            Event::Ask(question) => question(replica),
            Event::Flushed(segment) => {
                if let Some(log) = &mut self.log {
                    log.remove_before(segment);
                }
                self.note_log_size();
            }
            Event::Stop => self.stopping = true,
        }
    }

    fn step(&mut self, input: Input, replica: &mut Replica, staged: &mut Staged) {
        let now = self.shared.clock.now();
        let mut more = self.with_ports(|ports| replica.step(now, input, ports));
        // What promises nothing needn't wait for the disk.
        for effect in more.take_free() {
            self.perform(effect);
        }
        staged.join(more);
    }

    fn finish_turn(&mut self, replica: &Replica, staged: Staged) {
        let durable = staged.persist(&mut MeteredLog(self.log.as_mut()));
        for effect in durable.into_effects() {
            self.perform(effect);
        }
        self.roll_log(replica);
    }

    /// Begins a new segment when the current one is full; the old ones go once the state they lead to is durable.
    fn roll_log(&mut self, replica: &Replica) {
        let Some(log) = &mut self.log else { return };
        if !log.needs_roll(0) {
            return;
        }
        let segment = log.roll(&replica.checkpoint());
        let number = replica.chain().last().header.number;
        // An error says that the node is stopping.
        let _ = self.flusher.send(FlushRequest { segment, number });
        self.note_log_size();
    }

    fn note_log_size(&self) {
        let segments = self.log.as_ref().map_or(0, |log| log.segments().count());
        metrics::gauge!(metric::VOTE_LOG_BYTES).set((segments * SEGMENT_BYTES) as f64);
    }

    fn with_ports<T>(&self, act: impl FnOnce(&Ports<'_, ExecutedLedger<'_>>) -> T) -> T {
        let ledger = ExecutedLedger(&self.shared.db);
        let signer: &dyn Signer = match &self.key {
            Some(key) => key,
            None => &NoSigner,
        };
        act(&Ports { ledger: &ledger, signer })
    }

    /// Remembers when the replica wants to be woken: each step says it anew, all its deadlines considered.
    pub(super) fn wake_at(&mut self, at: u64) {
        self.wake = Some(at);
    }

    /// Answers a submission.
    pub(super) fn answer(&mut self, ticket: Ticket, result: Result<H256, Refusal>) {
        if let Some(answer) = self.answers.remove(&ticket) {
            // Whoever asked may have hung up.
            let _ = answer.send(result);
        }
    }
}

/// Starts the thread.
pub(crate) fn start(driver: Driver, recovered: Recovered, events: Receiver<Event>) -> io::Result<JoinHandle<()>> {
    Builder::new().name("driver".into()).spawn(move || driver.run(recovered, &events))
}
