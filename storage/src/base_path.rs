//! The base path: where everything of one node lies, and the lock that keeps a second process out.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// A base path in the hands of this process. The kernel frees it when the process ends, however it ends.
#[derive(Debug)]
pub struct BasePath {
    root: PathBuf,
    _lock: File,
}

/// Why a base path can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BasePathError {
    /// Another process has it.
    #[error("the base path {path} is in use by process {pid}: stop that process or choose another --base-path")]
    InUse {
        /// The base path.
        path: PathBuf,
        /// What the other process wrote into the lock file.
        pid: String,
    },
    /// The file system says no.
    #[error("cannot {action} {path}: {source}; check that the node may write there")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl BasePath {
    /// Makes the directory if needed and takes its lock.
    ///
    /// # Errors
    /// [`BasePathError`] when another process has it or the file system refuses.
    pub fn lock(root: &Path) -> Result<Self, BasePathError> {
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |source| BasePathError::Io { action, path, source }
        };
        fs::create_dir_all(root).map_err(failed("create", root))?;
        let path = root.join("lock");
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(failed("open", &path))?;
        if !try_lock(&file).map_err(failed("lock", &path))? {
            return Err(BasePathError::InUse { path: root.to_owned(), pid: holder(&mut file) });
        }
        write_pid(&mut file).map_err(failed("write", &path))?;
        Ok(Self { root: root.to_owned(), _lock: file })
    }

    /// The base path itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the database lies.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.root.join("db")
    }

    /// Where the vote log lies.
    #[must_use]
    pub fn votes(&self) -> PathBuf {
        self.root.join("votes")
    }
}

/// Takes the lock, or says that somebody else has it.
#[expect(unsafe_code, reason = "the standard library locks files only from Rust 1.89 on")]
fn try_lock(file: &File) -> io::Result<bool> {
    // SAFETY: flock takes a descriptor and flags; the descriptor is open as long as `file` is borrowed.
    if unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    if error.kind() == io::ErrorKind::WouldBlock { Ok(false) } else { Err(error) }
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

/// The process id in a lock file; for the message only, the lock itself is the kernel's.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.take(20).read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "unknown".to_owned(),
    }
}
