//! Joining: what a node does first whose base path is empty. It meets the others, and where they are far ahead it takes
//! a snapshot instead of executing everything again.
//!
//! Nothing else runs meanwhile. A node without a database can do nothing before it is connected to f + 1 validators
//! anyway, so meeting them costs nothing; what it hears before it knows whether to join is kept and heard again by the
//! service ([`meet`] gives it back).

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use parity_scale_codec::{DecodeAll, Encode};
use tierchain_network::{Channel, Event, Events, Handle, Offence, PeerId, Verdict};
use tierchain_primitives::BlockNumber;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_replica::genesis::Genesis;
use tierchain_replica::snapshot::{Blame, Download, Meeting, Message, News, Request};
use tierchain_replica::wire::{CertifiedBlock, SyncMessage};
use tierchain_storage::Settings;
use tokio::task::JoinHandle;

use super::above::Above;
use super::epochs;
use super::import::{ImportError, Material, Watch};
use super::staging::Staging;
use crate::telemetry::metric;

/// How often is looked what to ask.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How often the blocks above the snapshot are asked of another peer.
const RANGE_EVERY: Duration = Duration::from_secs(1);

/// How often the log says how far it is.
const SAY_EVERY: Duration = Duration::from_secs(1);

/// For how long nobody may have offered a snapshot before the node goes on by ranges.
const NO_OFFERS_MAX: Duration = Duration::from_secs(15);

/// For how long those who offer some may not have agreed on one: fewer than f + 1 keep nobody waiting for ever.
const NO_AGREEMENT_MAX: Duration = Duration::from_secs(120);

/// Most events that are kept for the service. Beyond them the oldest are let go: the protocol repeats what matters.
const EVENTS_KEPT: usize = 4_096;

/// What a node has that may join.
pub(crate) struct Joiner {
    /// Block 0.
    pub(crate) genesis: Genesis,
    /// The genesis set.
    pub(crate) set: ValidatorSet,
    /// How many validators there are besides this node.
    pub(crate) others: usize,
    /// Join when the others are more than so many blocks ahead.
    pub(crate) above: BlockNumber,
    /// Where it is kept.
    pub(crate) staging: Staging,
    /// The database's settings.
    pub(crate) settings: Settings,
}

/// Meets the others, and joins them if they are far ahead. Answers with the events that the service still has to hear.
///
/// # Errors
/// What the disk says.
pub(crate) async fn meet(joiner: Joiner, network: &Handle, events: &mut Events) -> anyhow::Result<Vec<Event>> {
    let needed = (joiner.set.faulty_max() + 1).min(joiner.others);
    if needed == 0 {
        return Ok(Vec::new());
    }
    let mut meeting = Meeting::new(needed);
    let mut heard = VecDeque::new();
    // Of its own: events of peers that can't be reached come all the time, and mustn't keep it from being said.
    let mut say_it = Some(Box::pin(tokio::time::sleep(SAY_EVERY)));
    let reached = loop {
        let next = match &mut say_it {
            None => events.next().await,
            Some(due) => tokio::select! {
                next = events.next() => next,
                () = due => {
                    tracing::info!(
                        needed,
                        "nothing is here yet: waiting for that many validators to say how far they are; RPC opens then"
                    );
                    say_it = None;
                    continue;
                }
            },
        };
        let Some(event) = next else { return Ok(heard.into()) };
        note(&mut meeting, network, &event);
        if heard.len() == EVENTS_KEPT {
            heard.pop_front();
        }
        heard.push_back(event);
        if let Some(reached) = meeting.vouched() {
            break reached;
        }
    };
    if reached <= joiner.above {
        return Ok(heard.into());
    }
    tracing::info!(reached, "the others are far ahead: joining by a snapshot");
    drop(heard);
    let mut join = Join::new(joiner, network, meeting)?;
    join.run(events).await?;
    Ok(join.heard_again())
}

/// Takes what an event says about how far a validator is, and tells newcomers how far we are.
fn note(meeting: &mut Meeting<PeerId>, network: &Handle, event: &Event) {
    match event {
        Event::Connected { peer, .. } => send(network, *peer, &SyncMessage::Height { number: 0 }),
        Event::Lost { peer, .. } => meeting.on_lost(peer),
        Event::Message { peer, role, channel: Channel::Sync, bytes } if role.is_validator() => {
            if let Ok(SyncMessage::Height { number }) = SyncMessage::decode_all(&mut &bytes[..]) {
                meeting.on_height(*peer, number);
            }
        }
        _ => {}
    }
}

fn send(network: &Handle, peer: PeerId, message: &SyncMessage) {
    if let Err(error) = network.send(peer, Channel::Sync, message.encode()) {
        tracing::debug!(%error, "a message wasn't sent");
    }
}

/// A join under way.
struct Join<'a> {
    joiner: Arc<Joiner>,
    network: &'a Handle,
    meeting: Meeting<PeerId>,
    download: Download<PeerId>,
    above: Option<Above>,
    range_asked: Option<Instant>,
    ranges_asked: usize,
    import: Option<JoinHandle<Result<BlockNumber, ImportError>>>,
    watch: Watch,
    began: Instant,
    agreed: Instant,
    said: Instant,
    is_over: bool,
}

impl<'a> Join<'a> {
    fn new(joiner: Joiner, network: &'a Handle, meeting: Meeting<PeerId>) -> anyhow::Result<Self> {
        joiner.staging.make()?;
        let mut download = Download::new(joiner.genesis.hash, epochs::since_genesis(&joiner.set), 0);
        network.peers().iter().for_each(|info| download.on_connected(info.peer, info.role.is_validator()));
        let now = Instant::now();
        Ok(Self {
            joiner: Arc::new(joiner),
            network,
            meeting,
            download,
            above: None,
            range_asked: None,
            ranges_asked: 0,
            import: None,
            watch: Watch::default(),
            began: now,
            agreed: now,
            said: now,
            is_over: false,
        })
    }

    /// Joins, or finds that nobody has a snapshot.
    async fn run(&mut self, events: &mut Events) -> anyhow::Result<()> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        while !self.is_over {
            tokio::select! {
                event = events.next() => match event {
                    Some(event) => self.on_event(event)?,
                    None => return Ok(()),
                },
                _ = look.tick() => self.look().await?,
            }
            self.ask();
        }
        Ok(())
    }

    /// What the service would have heard by now: who is there, and how far.
    fn heard_again(&self) -> Vec<Event> {
        let peers = self.network.peers();
        let role = |peer: PeerId| peers.iter().find(|info| info.peer == peer).map(|info| info.role);
        let connected = peers.iter().map(|info| Event::Connected {
            peer: info.peer,
            role: info.role,
            address: info.address.clone(),
        });
        let heights = self.meeting.heights().filter_map(|(peer, number)| {
            let bytes = SyncMessage::Height { number }.encode();
            Some(Event::Message { peer, role: role(peer)?, channel: Channel::Sync, bytes })
        });
        connected.chain(heights).collect()
    }

    fn on_event(&mut self, event: Event) -> anyhow::Result<()> {
        note(&mut self.meeting, self.network, &event);
        match event {
            Event::Connected { peer, role, .. } => self.download.on_connected(peer, role.is_validator()),
            Event::Lost { peer, .. } => self.download.on_lost(peer),
            Event::Message { peer, channel: Channel::Sync, bytes, .. } => {
                match SyncMessage::decode_all(&mut &bytes[..]) {
                    Ok(SyncMessage::Snapshot(message)) => self.on_message(peer, message)?,
                    Ok(SyncMessage::Range { blocks }) => self.on_range(peer, blocks),
                    // All else is for a node that has something.
                    Ok(_) => {}
                    Err(_) => self.network.report(peer, Offence::Undecodable),
                }
            }
            Event::Gossip { id, .. } => self.network.validate_gossip(id, Verdict::Ignore),
            _ => {}
        }
        Ok(())
    }

    fn on_message(&mut self, peer: PeerId, message: Message) -> anyhow::Result<()> {
        match self.download.on_message(peer, message) {
            Ok(News::Nothing) => {}
            Ok(News::Manifest) => self.on_manifest(),
            Ok(News::Chunk { hash, bytes }) => self.joiner.staging.keep(&hash, &bytes)?,
            Err(blame) => {
                tracing::warn!(%peer, %blame, "a peer is asked no more");
                let is_late = blame == Blame::Unrequested;
                self.network.report(peer, if is_late { Offence::Unrequested } else { Offence::Invalid });
            }
        }
        Ok(())
    }

    /// Looks which chunks an earlier run, or an older snapshot, has left here.
    fn on_manifest(&mut self) {
        let Some(manifest) = self.download.manifest() else { return };
        let contents = manifest.contents.clone();
        for chunk in contents.chunks.iter().filter(|chunk| self.joiner.staging.has(&chunk.hash)) {
            self.download.have(&chunk.hash);
        }
        let progress = self.download.progress();
        let (height, chunks, bytes) = (contents.height, progress.chunks_all, progress.bytes_all);
        tracing::info!(height, chunks, bytes, here = progress.chunks, "took a manifest");
        self.above = None;
    }

    fn on_range(&mut self, peer: PeerId, blocks: Vec<CertifiedBlock>) {
        let Some(above) = &mut self.above else { return };
        self.range_asked = None;
        if let Err(error) = above.take(blocks) {
            tracing::warn!(%peer, %error, "a range was refused");
            self.network.report(peer, Offence::Invalid);
        }
    }

    fn ask(&mut self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if self.import.is_some() {
            return;
        }
        for (peer, request) in self.download.requests(now) {
            let message = match request {
                Request::Offers => Message::OffersRequest,
                Request::Manifest(digest) => Message::ManifestRequest { digest },
                Request::Chunk(hash) => Message::ChunkRequest { hash },
            };
            send(self.network, peer, &SyncMessage::Snapshot(message));
        }
        self.ask_above();
    }

    fn ask_above(&mut self) {
        let Some((manifest, epochs)) = self.download.complete() else { return };
        let above = self.above.get_or_insert_with(|| Above::new(&manifest.contents, epochs.clone()));
        let Some(from) = above.wanted() else { return };
        if self.range_asked.is_some_and(|at| at.elapsed() < RANGE_EVERY) {
            return;
        }
        let holders: Vec<PeerId> = self.download.holders().collect();
        let Some(peer) = holders.get(self.ranges_asked % holders.len().max(1)) else { return };
        self.ranges_asked += 1;
        self.range_asked = Some(Instant::now());
        send(self.network, *peer, &SyncMessage::RangeRequest { from });
    }

    /// What is due: the import, its end, a line in the log, giving up.
    async fn look(&mut self) -> anyhow::Result<()> {
        if self.import.as_ref().is_some_and(JoinHandle::is_finished)
            && let Some(import) = self.import.take()
        {
            let made = import.await?;
            self.on_imported(made)?;
        }
        self.begin_import();
        self.give_up_without_offers();
        if self.said.elapsed() >= SAY_EVERY {
            self.said = Instant::now();
            self.say();
        }
        Ok(())
    }

    fn begin_import(&mut self) {
        if self.import.is_some() || self.is_over {
            return;
        }
        let Some((manifest, _)) = self.download.complete() else { return };
        let Some(above) = self.above.as_ref().filter(|above| above.wanted().is_none()) else { return };
        let (manifest, blocks, joiner) = (manifest.clone(), above.blocks().to_vec(), self.joiner.clone());
        let watch = self.watch.clone();
        watch.chunks.store(0, Ordering::Relaxed);
        self.import = Some(tokio::task::spawn_blocking(move || {
            let (staging, settings, genesis) = (joiner.staging.clone(), joiner.settings, joiner.genesis.clone());
            Material { staging, settings, genesis, manifest, above: blocks }.import(&watch)
        }));
    }

    fn on_imported(&mut self, made: Result<BlockNumber, ImportError>) -> anyhow::Result<()> {
        match made {
            Ok(number) => {
                let seconds = format!("{:.1}", self.began.elapsed().as_secs_f64());
                tracing::info!(number, seconds, bytes = self.download.progress().bytes_all, "joined by a snapshot");
                self.is_over = true;
            }
            Err(ImportError::Torn(index)) => {
                tracing::warn!(index, "a chunk that was here is torn: it is asked for again");
                if let Some(chunk) = self.download.manifest().and_then(|known| known.contents.chunks.get(index)) {
                    self.joiner.staging.forget(&chunk.hash)?;
                }
                self.download.lost(index);
            }
            Err(ImportError::Fault(fault)) => {
                tracing::error!(
                    %fault,
                    "a snapshot that f + 1 validators offer isn't what it claims: it is never taken again; tell their \
                     operators"
                );
                self.download.refuse();
                self.above = None;
            }
            Err(ImportError::Other(error)) => return Err(error.context("joining by a snapshot")),
        }
        Ok(())
    }

    /// Where nobody has a snapshot, the ranges from block 1 on are all there is.
    fn give_up_without_offers(&mut self) {
        if self.download.chosen().is_some() {
            self.agreed = Instant::now();
        }
        let limit = if self.download.is_offered_any() { NO_AGREEMENT_MAX } else { NO_OFFERS_MAX };
        if self.agreed.elapsed() > limit && self.download.heard() > self.joiner.set.faulty_max() {
            tracing::info!("no snapshot is offered by enough validators: going on by ranges of blocks");
            self.is_over = true;
        }
    }

    fn say(&self) {
        let progress = self.download.progress();
        let imported = self.watch.chunks.load(Ordering::Relaxed);
        metrics::gauge!(metric::JOIN_BYTES).set(progress.bytes as f64);
        metrics::gauge!(metric::JOIN_BYTES_ALL).set(progress.bytes_all as f64);
        metrics::gauge!(metric::JOIN_CHUNKS_IMPORTED).set(imported as f64);
        metrics::gauge!(metric::PEERS).set(self.network.peers().len() as f64);
        let doing = match (&self.import, self.download.chosen(), self.download.manifest()) {
            (Some(_), _, _) => "importing",
            (_, None, _) => "asking for a snapshot that enough validators offer",
            (_, Some(_), None) => "asking for its manifest",
            _ if self.download.complete().is_some() => "asking for the blocks above it",
            _ => "downloading",
        };
        tracing::info!(
            doing,
            height = self.download.chosen().map(|offer| offer.height),
            chunks = progress.chunks,
            of_chunks = progress.chunks_all,
            bytes = progress.bytes,
            of_bytes = progress.bytes_all,
            imported,
            from = self.download.holders().count(),
            "joining"
        );
    }
}

impl Drop for Join<'_> {
    /// An import that nobody waits for any more stops at its next chunk, or the process couldn't end.
    fn drop(&mut self) {
        self.watch.is_stopped.store(true, Ordering::Relaxed);
    }
}
