//! Makes snapshots in the background: one for each block whose number divides by the setting.
//!
//! It reads from a view, so nothing waits for it; and it rests as long as it works, so that it takes half a core at most.

use std::fs;
use std::io;
use std::sync::Arc;
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use parity_scale_codec::Encode;
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::limits::BLOCK_HASH_COUNT;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::all_epochs;
use tierchain_replica::snapshot::{
    CHUNKS_MAX, ChunkInfo, ChunkKind, Contents, Cut, Cutter, MANIFEST_BYTES_MAX, Manifest,
};
use tierchain_runtime::is_leaf;
use tierchain_storage::Database;

use super::epochs;
use super::store::{Kept, Place, Store, as_sent, file_name};
use crate::service::shared::Shared;
use crate::telemetry::metric;

/// How often is looked whether a block named a snapshot.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Items between two rests.
const ITEMS_PER_REST: u32 = 512;

/// Starts the thread; it ends when the driver does.
pub(super) fn start(shared: Arc<Shared>) -> io::Result<JoinHandle<()>> {
    Builder::new().name("snapshot-maker".into()).spawn(move || run(&shared))
}

fn run(shared: &Shared) {
    let every = shared.snapshot_every;
    if every == 0 {
        return;
    }
    let mut tried = 0;
    while !shared.driver.is_stopped() {
        thread::sleep(LOOK_EVERY);
        let finalized = shared.finalized().header.number;
        let due = finalized - finalized % every;
        let newest = shared.snapshots.newest().map_or(0, |kept| kept.named_by());
        if due <= newest.max(tried) {
            continue;
        }
        tried = due;
        let began = Instant::now();
        let epochs = all_epochs(&shared.db);
        let maker = Maker { db: &shared.db, store: &shared.snapshots, epochs: &epochs, genesis: shared.genesis };
        match maker.make(due, &mut Rest::new(&|| shared.driver.is_stopped())) {
            Ok(made) => report(&made, began.elapsed()),
            Err(error) if !shared.driver.is_stopped() => {
                tracing::warn!(block = due, error = format!("{error:#}"), "no snapshot was made");
            }
            Err(_) => {}
        }
    }
}

/// What a snapshot came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Made {
    pub(super) height: BlockNumber,
    pub(super) chunks: usize,
    pub(super) bytes: u64,
}

fn report(made: &Made, took: Duration) {
    metrics::gauge!(metric::SNAPSHOT_HEIGHT).set(f64::from(made.height));
    metrics::gauge!(metric::SNAPSHOT_BYTES).set(made.bytes as f64);
    metrics::gauge!(metric::SNAPSHOT_SECONDS).set(took.as_secs_f64());
    let seconds = format!("{:.1}", took.as_secs_f64());
    tracing::info!(height = made.height, chunks = made.chunks, bytes = made.bytes, seconds, "made a snapshot");
}

/// Rests as long as was worked since the last rest.
pub(super) struct Rest<'a> {
    since: Instant,
    items: u32,
    is_stopped: &'a dyn Fn() -> bool,
}

impl<'a> Rest<'a> {
    /// Rests until `is_stopped`.
    pub(super) fn new(is_stopped: &'a dyn Fn() -> bool) -> Self {
        Self { since: Instant::now(), items: 0, is_stopped }
    }

    fn after_item(&mut self) -> anyhow::Result<()> {
        self.items += 1;
        if self.items.is_multiple_of(ITEMS_PER_REST) {
            if (self.is_stopped)() {
                bail!("the node is stopping");
            }
            thread::sleep(self.since.elapsed());
            self.since = Instant::now();
        }
        Ok(())
    }
}

/// Makes one snapshot.
pub(super) struct Maker<'a> {
    pub(super) db: &'a Database,
    pub(super) store: &'a Store,
    pub(super) epochs: &'a Epochs,
    pub(super) genesis: H256,
}

/// The chunks so far, and where each lies.
#[derive(Default)]
struct Chunks {
    infos: Vec<ChunkInfo>,
    places: Vec<Place>,
}

impl Chunks {
    fn add(&mut self, info: ChunkInfo, place: Place) {
        self.infos.push(info);
        self.places.push(place);
    }
}

impl Maker<'_> {
    /// Makes the snapshot that a final block names and puts it into the store.
    pub(super) fn make(&self, naming: BlockNumber, rest: &mut Rest<'_>) -> anyhow::Result<Made> {
        let header = self.db.header(naming).context("its header is missing")?;
        let certificate = self.db.certificate(naming).context("its certificate is missing")?;
        let height = header.pre_runtime().context("its header has no consensus data")?.executed;
        anyhow::ensure!(height > 0, "block {naming} names genesis");
        let epochs = epochs::proofs(self.db, self.epochs, naming).context("an epoch's end is missing")?;
        let folder = self.store.new_folder(naming)?;
        let mut chunks = Chunks::default();
        self.cut_headers(height, naming, &mut chunks, rest)?;
        self.cut_state(height, &folder, &mut chunks, rest)?;
        self.cut_ledger(height, &mut chunks, rest)?;
        let contents = Contents { genesis: self.genesis, height, header, chunks: chunks.infos };
        let made = Made { height, chunks: contents.chunks.len(), bytes: contents.bytes() };
        let manifest = Manifest { contents, certificate, epochs };
        let is_sendable = made.chunks <= CHUNKS_MAX && manifest.encoded_size() <= MANIFEST_BYTES_MAX;
        anyhow::ensure!(
            is_sendable,
            "a manifest of {} chunks and {} epochs fits no message",
            made.chunks,
            manifest.epochs.len()
        );
        self.store.add(Kept::new(manifest, chunks.places, folder))?;
        Ok(made)
    }

    fn cut_headers(
        &self,
        height: BlockNumber,
        naming: BlockNumber,
        chunks: &mut Chunks,
        rest: &mut Rest<'_>,
    ) -> anyhow::Result<()> {
        let lowest = height.saturating_sub(BLOCK_HASH_COUNT - 1).max(1);
        let mut run = Run::new(ChunkKind::Headers, lowest);
        let place = |first, count| Place::Headers { first, count };
        for number in lowest..=naming {
            let header = self.db.header(number).with_context(|| format!("header {number} is missing"))?;
            run.push(&header, number, chunks, place)?;
            rest.after_item()?;
        }
        run.finish(chunks, place);
        Ok(())
    }

    /// The leaves as they were after `height`, into files.
    fn cut_state(
        &self,
        height: BlockNumber,
        folder: &std::path::Path,
        chunks: &mut Chunks,
        rest: &mut Rest<'_>,
    ) -> anyhow::Result<()> {
        let view = self.db.view();
        let mut cutter = Cutter::new(ChunkKind::State);
        let mut keep = |cut: Cut| -> io::Result<()> {
            fs::write(folder.join(file_name(&cut.info.hash)), &cut.bytes)?;
            chunks.add(cut.info, Place::File);
            Ok(())
        };
        for entry in view.entries_after(height)?.filter(|(key, _)| is_leaf(key)) {
            cutter.push(&entry)?.map(&mut keep).transpose()?;
            rest.after_item()?;
        }
        cutter.finish().map(keep).transpose()?;
        // Pruning may have overtaken the walk.
        Ok(view.is_readable(height)?)
    }

    /// The ledger up to `height`. All its chunks but the last are those of the snapshot before, which aren't read again.
    fn cut_ledger(&self, height: BlockNumber, chunks: &mut Chunks, rest: &mut Rest<'_>) -> anyhow::Result<()> {
        let first = self.take_old_ledger(chunks);
        let mut run = Run::new(ChunkKind::Ledger, first);
        let place = |first, count| Place::Ledger { first, count };
        for part in self.db.ledger_parts(first).take_while(|part| part.height <= height) {
            let at = (part.height, part.part);
            run.push(&as_sent(part), at, chunks, place)?;
            rest.after_item()?;
        }
        run.finish(chunks, place);
        Ok(())
    }

    /// Takes over the full chunks of the newest snapshot; says where its last one begins.
    fn take_old_ledger(&self, chunks: &mut Chunks) -> (BlockNumber, u16) {
        let Some(old) = self.store.newest() else { return (0, 0) };
        let ledger = old.manifest.contents.chunks.iter().zip(&old.places);
        let ledger: Vec<_> = ledger.filter(|(info, _)| info.kind == ChunkKind::Ledger).collect();
        let Some((last, full)) = ledger.split_last() else { return (0, 0) };
        full.iter().for_each(|(info, place)| chunks.add(**info, (*place).clone()));
        match last.1 {
            Place::Ledger { first, .. } => *first,
            _ => (0, 0),
        }
    }
}

/// Chunks cut from what lies in the database in the very order: it is enough to remember where each begins.
struct Run<P> {
    cutter: Cutter,
    first: P,
    count: u32,
}

impl<P: Copy> Run<P> {
    fn new(kind: ChunkKind, first: P) -> Self {
        Self { cutter: Cutter::new(kind), first, count: 0 }
    }

    fn push(
        &mut self,
        item: &impl Encode,
        at: P,
        chunks: &mut Chunks,
        place: impl Fn(P, u32) -> Place,
    ) -> anyhow::Result<()> {
        if self.count == 0 {
            self.first = at;
        }
        if let Some(cut) = self.cutter.push(item)? {
            chunks.add(cut.info, place(self.first, self.count));
            (self.first, self.count) = (at, 0);
        }
        self.count += 1;
        Ok(())
    }

    fn finish(mut self, chunks: &mut Chunks, place: impl Fn(P, u32) -> Place) {
        if let Some(cut) = self.cutter.finish() {
            chunks.add(cut.info, place(self.first, self.count));
        }
    }
}
