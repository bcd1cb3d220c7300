//! Flushes the database in the background, so that old segments of the vote log can go.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use tierchain_primitives::BlockNumber;

use super::shared::Shared;

/// "Segments before this one can go once the state after this block is on stable storage."
#[derive(Clone, Copy, Debug)]
pub(crate) struct FlushRequest {
    /// The first segment that has to stay.
    pub(crate) segment: u64,
    /// The newest final block when that segment was begun.
    pub(crate) number: BlockNumber,
}

/// How often a flush looks whether execution has come far enough.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Starts the thread; it ends with the last sender, or when the driver stops.
pub(crate) fn start(shared: Arc<Shared>) -> io::Result<Sender<FlushRequest>> {
    let (sender, requests) = channel();
    thread::Builder::new().name("flusher".into()).spawn(move || run(&shared, &requests))?;
    Ok(sender)
}

fn run(shared: &Shared, requests: &Receiver<FlushRequest>) {
    while let Ok(request) = requests.recv() {
        // What the log holds beyond the executed state it still has to give back.
        while shared.db.best().is_none_or(|(best, _)| best < request.number) {
            if shared.driver.is_stopped() {
                return;
            }
            thread::sleep(LOOK_EVERY);
        }
        if shared.db.flush_synced().is_some_and(|durable| durable >= request.number) {
            shared.driver.flushed(request.segment);
        }
    }
}
