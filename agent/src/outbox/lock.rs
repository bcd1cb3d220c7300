//! The lock that keeps a second agent out of an outbox. The system drops it with the process, however that ends.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

use super::{OutboxError, io_error};

/// A held lock.
pub(super) struct Lock {
    /// Open as long as the lock is held.
    _file: File,
}

impl Lock {
    /// Locks a folder.
    ///
    /// # Errors
    /// [`OutboxError::Locked`] when another process holds it.
    pub(super) fn take(folder: &Path) -> Result<Self, OutboxError> {
        let path = folder.join("lock");
        let file = File::create(&path).map_err(io_error(&path))?;
        // SAFETY: flock takes a descriptor, which `file` keeps open during the call, and a constant; it touches no
        // memory of ours.
        #[expect(unsafe_code, reason = "flock has no safe form in the standard library of our oldest Rust")]
        let refused = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } != 0;
        if refused { Err(OutboxError::Locked { path: folder.into() }) } else { Ok(Self { _file: file }) }
    }
}
