//! The lock that keeps a second agent out of a folder. The system drops it with the process, however that ends.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

/// A held lock.
#[derive(Debug)]
pub(crate) struct Lock {
    /// Open as long as the lock is held.
    _file: File,
}

/// Why there is no lock.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Another process holds it.
    Held,
    /// The file can't be used.
    Io(io::Error),
}

impl Lock {
    /// Locks a file, made if it doesn't exist.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn take(path: &Path) -> Result<Self, Refused> {
        let file = File::create(path).map_err(Refused::Io)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _file: file }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(Refused::Held),
            Err(error) => Err(Refused::Io(error.into())),
        }
    }
}
