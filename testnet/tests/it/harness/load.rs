//! A steady trickle of remarks beside a scenario: what was answered for must be final in the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use tierchain_primitives::H256;

use super::{Author, Network};

/// Between two remarks.
const EVERY: Duration = Duration::from_millis(15);

/// Remarks under way.
pub(crate) struct Trickle {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<H256>>,
}

impl Trickle {
    /// Begins to send remarks to these nodes in turn, which have to run as long as it lasts.
    pub(crate) fn start(network: &Network, nodes: &[u16]) -> Self {
        let nodes: Vec<_> = nodes.iter().map(|node| network.node(*node)).collect();
        let author = Author::new("visitor", nodes[0].genesis());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let send = move || {
            let first = nodes[0].next_nonce("visitor");
            let mut hashes = Vec::new();
            for (nonce, node) in (first..).zip(nodes.iter().cycle()) {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let bytes = author.sign(&Author::remark(&format!("remark {nonce}")), nonce);
                hashes.push(node.submit(&bytes).unwrap_or_else(|refused| panic!("node {}: {refused:?}", node.index)));
                sleep(EVERY);
            }
            hashes
        };
        Self { stop, thread: spawn(send) }
    }

    /// Ends it, and waits until all of it is final at a node that has run all the time.
    pub(crate) fn finish(self, network: &Network, at: u16) {
        self.stop.store(true, Ordering::Relaxed);
        let hashes = self.thread.join().expect("every remark was taken");
        assert!(hashes.len() > 20, "there was load");
        let node = network.node(at);
        hashes.iter().for_each(|hash| drop(node.outcome(*hash)));
    }
}
