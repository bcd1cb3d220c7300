//! What all scenarios share: the binaries, processes that end with their owner, networks, and what a node is asked.

mod agent;
mod author;
mod ledger;
mod liar;
mod load;
mod network;
mod node;
mod operators;
pub(crate) mod site;
mod world;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub(crate) use agent::{Replay, Report};
pub(crate) use author::Author;
pub(crate) use ledger::Ledger;
pub(crate) use liar::Liar;
pub(crate) use load::Trickle;
pub(crate) use network::{Network, others};
pub(crate) use node::{Node, wait_for};
pub(crate) use operators::{Operators, words};
pub(crate) use site::{People, Site, until_clock};
use tierchain_testnet::cluster;
pub(crate) use tierchain_testnet::cluster::Finished;
pub(crate) use world::{World, tierchain};

/// How long anything may take that must happen: far more than it takes on a machine that does something else as well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// How often is looked whether it has happened.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Held by the scenario that runs.
static TURN: Mutex<()> = Mutex::new(());

/// Waits for this scenario's turn. A scenario that failed before doesn't matter.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").join(path)
}

/// Runs a command that must end within a time.
///
/// # Panics
/// When it doesn't.
pub(crate) fn finish(command: &mut Command, limit: Duration) -> Finished {
    cluster::finish(command, limit).unwrap_or_else(|error| panic!("{error:#}"))
}

/// Waits for an outcome.
///
/// # Panics
/// When it doesn't come, naming it.
pub(crate) fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, look)
}

/// Waits for an outcome that must come in a time that is part of what is tested.
///
/// # Panics
/// When it doesn't come, naming it.
pub(crate) fn within<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < limit, "after {limit:?} still not so: {what}");
        sleep(LOOK_EVERY);
    }
}

/// Watches for a time that something stays as it is.
///
/// # Panics
/// When `holds` says no.
pub(crate) fn stays(time: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while began.elapsed() < time {
        assert!(holds(), "after {:?} no longer so: {what}", began.elapsed());
        sleep(LOOK_EVERY);
    }
}
