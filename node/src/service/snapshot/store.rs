//! The snapshots that this node has made and can give away.
//!
//! ```text
//! <base>/snapshots/<number of the naming block>/manifest     the manifest, and where each chunk's bytes lie
//!                                              /<hash>       a chunk of state
//! ```
//!
//! State is copied, because the database goes on and forgets. Headers and ledger blocks never change, so their chunks
//! are read from the database when they are asked for: a snapshot takes no more disk than the state.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use parity_scale_codec::{Decode, DecodeAll, Encode};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::snapshot::{ChunkKind, Cutter, LedgerPart, Manifest, Offer};
use tierchain_storage::Database;

/// Snapshots that are kept in any case.
const KEPT: usize = 2;

/// Snapshots that are kept while somebody asks for them.
const KEPT_MAX: usize = 6;

/// For how long one counts as asked for.
const ASKED_FOR: Duration = Duration::from_secs(60);

/// Where the bytes of a chunk lie.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(super) enum Place {
    /// `count` headers from `first` on.
    #[codec(index = 0)]
    Headers { first: BlockNumber, count: u32 },
    /// A file of its own.
    #[codec(index = 1)]
    File,
    /// `count` parts of the ledger, from one on.
    #[codec(index = 2)]
    Ledger { first: (BlockNumber, u16), count: u32 },
}

/// A snapshot that is here.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) manifest: Manifest,
    pub(super) places: Vec<Place>,
    digest: H256,
    folder: PathBuf,
    asked: Mutex<Option<Instant>>,
}

impl Kept {
    /// Puts a snapshot together whose chunks of state lie in `folder`.
    pub(super) fn new(manifest: Manifest, places: Vec<Place>, folder: PathBuf) -> Self {
        let digest = manifest.contents.digest();
        Self { manifest, places, digest, folder, asked: Mutex::default() }
    }

    /// Number of the block that names it.
    pub(super) fn named_by(&self) -> BlockNumber {
        self.manifest.contents.header.number
    }

    /// A chunk's bytes; none when they aren't what the manifest names.
    pub(super) fn chunk(&self, db: &Database, index: usize) -> Option<Vec<u8>> {
        let info = self.manifest.contents.chunks.get(index)?;
        let bytes = match self.places.get(index)? {
            Place::File => fs::read(self.folder.join(file_name(&info.hash))).ok()?,
            Place::Headers { first, count } => headers_chunk(db, *first, *count)?,
            Place::Ledger { first, count } => ledger_chunk(db, *first, *count)?,
        };
        (sha256(&[&bytes]) == info.hash).then_some(bytes)
    }

    fn note_asked(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_asked_for(&self) -> bool {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.is_some_and(|at| at.elapsed() < ASKED_FOR)
    }

    fn write(&self) -> io::Result<()> {
        fs::write(self.folder.join("manifest"), (&self.manifest, &self.places).encode())
    }

    fn read(folder: PathBuf) -> Option<Self> {
        let bytes = fs::read(folder.join("manifest")).ok()?;
        let (manifest, places) = <(Manifest, Vec<Place>)>::decode_all(&mut bytes.as_slice()).ok()?;
        Some(Self::new(manifest, places, folder))
    }
}

/// All snapshots that are here, oldest first.
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    kept: Mutex<Vec<Arc<Kept>>>,
}

impl Store {
    /// Reads what an earlier run has made. What isn't whole is removed.
    pub(crate) fn open(root: PathBuf) -> Self {
        let mut kept = Vec::new();
        for entry in fs::read_dir(&root).into_iter().flatten().flatten() {
            match Kept::read(entry.path()).filter(|found| entry.file_name() == *found.named_by().to_string()) {
                Some(found) => kept.push(Arc::new(found)),
                None => remove(&entry.path()),
            }
        }
        kept.sort_by_key(|kept| kept.named_by());
        Self { root, kept: Mutex::new(kept) }
    }

    /// What can be offered.
    pub(super) fn offers(&self) -> Vec<Offer> {
        let offer = |kept: &Arc<Kept>| Offer { height: kept.manifest.contents.height, digest: kept.digest };
        self.lock().iter().map(offer).collect()
    }

    /// A manifest by its digest.
    pub(super) fn manifest(&self, digest: &H256) -> Option<Arc<Kept>> {
        let found = self.lock().iter().find(|kept| kept.digest == *digest).cloned();
        found.inspect(|kept| kept.note_asked())
    }

    /// A chunk by its hash, of the newest snapshot that has it.
    pub(super) fn chunk(&self, db: &Database, hash: &H256) -> Option<Vec<u8>> {
        let kept = self.lock().clone();
        let index = |kept: &Kept| kept.manifest.contents.chunks.iter().position(|chunk| chunk.hash == *hash);
        let (kept, index) = kept.into_iter().rev().find_map(|kept| Some((kept.clone(), index(&kept)?)))?;
        kept.note_asked();
        let bytes = kept.chunk(db, index);
        if bytes.is_none() {
            tracing::error!(
                block = kept.named_by(),
                index,
                "a chunk of a snapshot is damaged: the snapshot is dropped"
            );
            self.drop_one(&kept);
        }
        bytes
    }

    /// The newest one.
    pub(super) fn newest(&self) -> Option<Arc<Kept>> {
        self.lock().last().cloned()
    }

    /// A folder for one that is being made. It counts only under its final name.
    pub(super) fn new_folder(&self, named_by: BlockNumber) -> io::Result<PathBuf> {
        let folder = self.root.join(format!("{named_by}.making"));
        remove(&folder);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Takes one that is whole, and lets old ones go.
    pub(super) fn add(&self, mut made: Kept) -> io::Result<()> {
        made.write()?;
        let folder = self.root.join(made.named_by().to_string());
        remove(&folder);
        fs::rename(&made.folder, &folder)?;
        made.folder = folder;
        let mut kept = self.lock();
        kept.push(Arc::new(made));
        let excess = kept.len().saturating_sub(KEPT);
        let must_go = kept.len().saturating_sub(KEPT_MAX);
        let mut place = 0;
        kept.retain(|kept| {
            place += 1;
            let goes = place <= must_go || (place <= excess && !kept.is_asked_for());
            if goes {
                remove(&kept.folder);
            }
            !goes
        });
        Ok(())
    }

    fn drop_one(&self, gone: &Arc<Kept>) {
        self.lock().retain(|kept| !Arc::ptr_eq(kept, gone));
        remove(&gone.folder);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Kept>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a chunk's file.
pub(super) fn file_name(hash: &H256) -> String {
    hex::encode(hash)
}

/// Removes a folder of ours with all that is in it.
fn remove(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, folder = %folder.display(), "a snapshot's folder can't be removed");
        }
        _ => {}
    }
}

fn headers_chunk(db: &Database, first: BlockNumber, count: u32) -> Option<Vec<u8>> {
    let mut cutter = Cutter::new(ChunkKind::Headers);
    for number in first..first.checked_add(count)? {
        cutter.push(&db.header(number)?).ok()?;
    }
    cutter.finish().map(|cut| cut.bytes)
}

fn ledger_chunk(db: &Database, first: (BlockNumber, u16), count: u32) -> Option<Vec<u8>> {
    let mut cutter = Cutter::new(ChunkKind::Ledger);
    for part in db.ledger_parts(first).take(count as usize) {
        cutter.push(&as_sent(part)).ok()?;
    }
    cutter.finish().map(|cut| cut.bytes)
}

/// A part of the ledger in a snapshot's form.
pub(super) fn as_sent(part: tierchain_storage::LedgerPart) -> LedgerPart {
    LedgerPart { height: part.height, entities: part.entities, metas: part.metas }
}
