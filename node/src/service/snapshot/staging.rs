//! What a join keeps on disk until it is through, so that it goes on where it was killed.
//!
//! ```text
//! <base>/joining/chunks/<hash>   chunks that are here, each under the hash that it has
//! <base>/joining/db/             the database that is being made of them
//! <base>/joining/complete        written last: that database is whole and takes the place of none
//! ```
//!
//! Chunks outlive a change of the snapshot: what the newer one has in common isn't asked for again. The database is
//! made anew from them whenever a start finds it without `complete`.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use tierchain_primitives::H256;
use tierchain_storage::BasePath;

use super::store::file_name;

/// The folder of a join.
#[derive(Clone, Debug)]
pub(crate) struct Staging {
    root: PathBuf,
}

impl Staging {
    /// The folder under a base path. Nothing is made.
    pub(crate) fn of(base_path: &BasePath) -> Self {
        Self { root: base_path.root().join("joining") }
    }

    /// Makes the folder for chunks.
    pub(super) fn make(&self) -> io::Result<()> {
        fs::create_dir_all(self.root.join("chunks"))
    }

    /// Where the database is made.
    pub(super) fn database(&self) -> PathBuf {
        self.root.join("db")
    }

    /// Whether a chunk is here.
    pub(super) fn has(&self, hash: &H256) -> bool {
        self.chunk(hash).exists()
    }

    /// Keeps a chunk.
    pub(super) fn keep(&self, hash: &H256, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.root.join("unfinished");
        fs::write(&unfinished, bytes)?;
        fs::rename(&unfinished, self.chunk(hash))
    }

    /// Reads a chunk. One that a machine lost in a power cut reads as nothing, and its hash will tell.
    pub(super) fn read(&self, hash: &H256) -> Vec<u8> {
        fs::read(self.chunk(hash)).unwrap_or_default()
    }

    /// Forgets a chunk that isn't what its name says.
    pub(super) fn forget(&self, hash: &H256) -> io::Result<()> {
        match fs::remove_file(self.chunk(hash)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Says that the database is whole and on stable storage.
    pub(super) fn complete(&self) -> io::Result<()> {
        File::create(self.complete_mark())?.sync_all()?;
        sync_folder(&self.root)
    }

    fn complete_mark(&self) -> PathBuf {
        self.root.join("complete")
    }

    fn chunk(&self, hash: &H256) -> PathBuf {
        self.root.join("chunks").join(file_name(hash))
    }
}

/// Puts the database of a complete join in its place. What an abandoned join left behind is removed where there is a
/// database. A node that is killed in the middle of this goes on with it at its next start.
pub(crate) fn take_over(base_path: &BasePath) -> anyhow::Result<()> {
    let staging = Staging::of(base_path);
    let (made, place) = (staging.database(), base_path.database());
    if staging.complete_mark().exists() && made.exists() {
        ensure!(
            !place.exists(),
            "{} holds a complete join, and {} exists: move one away",
            made.display(),
            place.display()
        );
        fs::rename(&made, &place).with_context(|| format!("cannot move {} to {}", made.display(), place.display()))?;
        sync_folder(base_path.root())?;
    }
    if place.exists() && staging.root.exists() {
        fs::remove_dir_all(&staging.root).with_context(|| format!("cannot remove {}", staging.root.display()))?;
    }
    Ok(())
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
