//! A foundry's bookmark: up to where every end on the ledger is anchored, in a file. Lost, all ends are looked at once.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use tierchain_primitives::H256;
use tierchain_rpc::types::{Cursor, Hash};
use tokio::time::Instant;

/// How often it is written at most: what was anchored since is looked at again after a restart.
const WRITE_EVERY: Duration = Duration::from_secs(5);

/// More bytes than it has.
const BYTES_MAX: u64 = 4_096;

/// The file.
#[derive(Debug)]
pub(super) struct Bookmark {
    path: PathBuf,
    genesis: H256,
    written: Option<Cursor>,
    at: Option<Instant>,
}

/// What it says.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    /// Of which network.
    genesis: Hash,
    /// Up to where every end is anchored.
    settled: Cursor,
}

impl Bookmark {
    /// Reads the file, if it is there.
    ///
    /// # Errors
    /// When it can't be read, is none, or is another network's.
    pub(super) fn open(path: &Path, genesis: H256) -> anyhow::Result<Self> {
        let written = read(path).with_context(|| format!("cannot use the bookmark {}", path.display()))?;
        if let Some(mark) = &written {
            ensure!(
                mark.genesis.0 == genesis,
                "the bookmark {} is of the network {}, and this is {genesis}: name another file",
                path.display(),
                mark.genesis.0
            );
        }
        Ok(Self { path: path.to_owned(), genesis, written: written.map(|mark| mark.settled), at: None })
    }

    /// Where it was left.
    pub(super) fn cursor(&self) -> Option<Cursor> {
        self.written
    }

    /// Moves on, if it is time to. What can't be written now is written later.
    pub(super) fn move_to(&mut self, settled: Cursor) {
        if self.written == Some(settled) || self.at.is_some_and(|at| at.elapsed() < WRITE_EVERY) {
            return;
        }
        self.at = Some(Instant::now());
        match self.write(settled) {
            Ok(()) => self.written = Some(settled),
            Err(error) => tracing::warn!(path = %self.path.display(), %error, "cannot write the bookmark"),
        }
    }

    /// Written beside it and renamed: it is the old one or the new one.
    fn write(&self, settled: Cursor) -> std::io::Result<()> {
        let draft = self.path.with_extension("draft");
        let mark = Mark { genesis: Hash(self.genesis), settled };
        let mut file = File::create(&draft)?;
        file.write_all(serde_json::to_string(&mark).expect("two texts").as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, &self.path)
    }
}

fn read(path: &Path) -> anyhow::Result<Option<Mark>> {
    let length = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        found => found?.len(),
    };
    let remedy = "it isn't a foundry's bookmark: name another file, or remove it, and all ends are looked at once";
    ensure!(length <= BYTES_MAX, "{remedy}");
    serde_json::from_slice(&fs::read(path)?).map(Some).context(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_found_where_it_was_left() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("bookmark.json");
        let genesis = H256([7; 32]);
        let mut bookmark = Bookmark::open(&path, genesis).expect("nothing is there");
        assert_eq!(bookmark.cursor(), None);
        bookmark.move_to(Cursor { block: 5, place: 2 });
        bookmark.move_to(Cursor { block: 6, place: 0 });
        let found = Bookmark::open(&path, genesis).expect("ours").cursor();
        assert_eq!(found, Some(Cursor { block: 5, place: 2 }), "the second came too soon after the first");
        let other = Bookmark::open(&path, H256([8; 32])).expect_err("another network").to_string();
        assert!(other.contains("name another file"), "{other}");
    }

    #[test]
    fn what_is_none_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("bookmark.json");
        for text in ["", "{}", "null", r#"{"genesis":"0x00","settled":"1/2"}"#, &"x".repeat(5_000)] {
            fs::write(&path, text).expect("a temporary folder");
            let told = format!("{:#}", Bookmark::open(&path, H256::ZERO).expect_err("no bookmark"));
            assert!(told.contains("looked at once"), "{text}: {told}");
        }
    }
}
