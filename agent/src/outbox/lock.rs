//! The lock that keeps a second agent out of an outbox. The system drops it with the process, however that ends.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

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
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _file: file }),
            Err(_) => Err(OutboxError::Locked { path: folder.into() }),
        }
    }
}
