//! What is kept on disk of a server: its record, on disk before its processes do anything.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tierchain_primitives::ledger::Uuid;
use tierchain_primitives::numbers::Micros;
use tierchain_runtime::directives::DirectiveId;

use super::proc::Identity;

/// Most bytes of a record: it has a few hundred.
const RECORD_BYTES_MAX: u64 = 16 * 1024;

/// A server's record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    /// By which directive it was made.
    pub(super) directive: DirectiveId,
    /// The process that leads its group.
    pub(super) pid: u32,
    /// When that was started, in clock ticks since the system was.
    pub(super) start: u64,
    /// Which start of the system.
    pub(super) boot_id: String,
    /// When it was started, on the host's clock.
    pub(super) started_us: Micros,
}

impl Record {
    /// The leader.
    pub(super) fn leader(&self) -> Identity {
        Identity { pid: self.pid, start: self.start }
    }
}

/// The folders of all servers.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    /// The shelf in a folder, made if it doesn't exist.
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// The shelf in a folder, as it is.
    pub(super) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// A server's folder.
    pub(super) fn folder(&self, uuid: Uuid) -> PathBuf {
        self.folder.join(uuid.to_string())
    }

    /// The folder that is the server's own disk.
    pub(super) fn guest(&self, uuid: Uuid) -> PathBuf {
        self.folder(uuid).join("guest")
    }

    /// All servers with a folder.
    pub(super) fn uuids(&self) -> io::Result<Vec<Uuid>> {
        let entries = fs::read_dir(&self.folder)?;
        Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
    }

    /// A server's record; none where it was never started, or the record is none of ours.
    pub(super) fn record(&self, uuid: Uuid) -> Option<Record> {
        let path = self.folder(uuid).join("server.json");
        if fs::metadata(&path).ok()?.len() > RECORD_BYTES_MAX {
            return None;
        }
        serde_json::from_slice(&fs::read(&path).ok()?).ok()
    }

    /// Writes a server's record; it survives a crash once this returns.
    pub(super) fn write(&self, uuid: Uuid, record: &Record) -> io::Result<()> {
        let folder = self.folder(uuid);
        let draft = folder.join("server.new");
        let mut file = File::create(&draft)?;
        file.write_all(&serde_json::to_vec(record)?)?;
        file.sync_all()?;
        fs::rename(&draft, folder.join("server.json"))?;
        sync_folder(&folder)?;
        sync_folder(&self.folder)
    }

    /// Drops all that is kept of a server.
    pub(super) fn remove(&self, uuid: Uuid) -> io::Result<()> {
        match fs::remove_dir_all(self.folder(uuid)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.and_then(|()| sync_folder(&self.folder)),
        }
    }
}

/// Removes a file, if it is there; that survives a crash once this returns.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.and_then(|()| sync_folder(path.parent().unwrap_or(Path::new(".")))),
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
