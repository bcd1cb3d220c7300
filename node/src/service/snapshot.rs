//! Snapshots as a node makes, serves and joins by them. What they are and what they prove is `replica::snapshot`'s.
//!
//! ```text
//! snapshot-maker   one thread: when a block names a snapshot, cuts it from a view of the database, resting as long as
//!                  it works
//! snapshot-server  one thread: answers requests from a short queue at a bounded rate
//! join             before anything else runs, where the base path is empty: meets the others, downloads, imports
//! ```

mod above;
mod epochs;
mod import;
mod join;
mod maker;
mod server;
mod staging;
mod store;

#[cfg(test)]
mod tests;

pub(crate) use join::{Joiner, meet};
pub(crate) use server::Desk;
pub(crate) use staging::{Staging, take_over};
pub(crate) use store::Store;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use super::shared::Shared;

/// The threads that make and serve.
pub(crate) struct Threads {
    maker: JoinHandle<()>,
}

impl Threads {
    /// Waits for the maker, which stops when the driver does.
    pub(crate) fn join(self) {
        // It may have ended by a panic that was reported already.
        let _ = self.maker.join();
    }
}

/// Starts making and serving snapshots.
///
/// # Errors
/// When a thread can't be started.
pub(crate) fn start(shared: &Arc<Shared>, requests: server::Requests) -> io::Result<Threads> {
    server::start(shared.clone(), requests)?;
    Ok(Threads { maker: maker::start(shared.clone())? })
}
