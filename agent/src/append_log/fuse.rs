//! Ends a test's agent at any of the points at which it touches the world: a thread of tests has a countdown of such
//! points, and the one at which it reaches zero fails as if the process had been killed there.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write};

thread_local! {
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Lets so many points pass; none for all of them.
pub(crate) fn set(points: Option<u64>) {
    LEFT.set(points);
}

/// Whether the point at which it ends was reached.
pub(crate) fn is_burnt() -> bool {
    LEFT.get() == Some(0)
}

/// One point.
pub(crate) fn burn() -> io::Result<()> {
    match LEFT.get() {
        None => Ok(()),
        Some(0) => Err(io::Error::other("killed")),
        Some(left) => {
            LEFT.set(Some(left - 1));
            if left == 1 { Err(io::Error::other("killed")) } else { Ok(()) }
        }
    }
}

/// Two points before a write: nothing of it is there, or half of it is.
pub(crate) fn before_write(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    burn()?;
    burn().inspect_err(|_| {
        // The half line is what a crash leaves; a failure to leave it changes nothing.
        let _ = file.write_all(&bytes[..bytes.len() / 2]);
    })
}
