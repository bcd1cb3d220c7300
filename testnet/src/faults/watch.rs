//! Follows final blocks at every node at once: when each number was first seen final anywhere, and that no two nodes
//! ever call different blocks final.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tierchain_primitives::header::Header as PlainHeader;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_rpc::api::ChainApiClient;
use tierchain_rpc::client::connect;
use tierchain_rpc::types::Header;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How long one call may take.
const CALL_WAIT: Duration = Duration::from_secs(2);

/// How soon a node that went is looked for again.
const RETRY_AFTER: Duration = Duration::from_millis(10);

/// A block that was seen final for the first time, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct First {
    pub(crate) node: u16,
    pub(crate) number: BlockNumber,
    pub(crate) at: Instant,
}

#[derive(Default)]
struct Seen {
    hashes: BTreeMap<BlockNumber, H256>,
    firsts: Vec<First>,
    best: BlockNumber,
    forks: Vec<String>,
}

/// Follows all nodes until it is dropped.
pub(crate) struct Watch {
    seen: Arc<Mutex<Seen>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Watch {
    /// Begins, with a queue that tells of each new block.
    pub(crate) fn start(urls: Vec<String>) -> (Self, mpsc::UnboundedReceiver<First>) {
        let seen = Arc::<Mutex<Seen>>::default();
        let (news, firsts) = mpsc::unbounded_channel();
        let tasks = (0..).zip(urls).map(|(node, url)| tokio::spawn(follow(node, url, seen.clone(), news.clone())));
        (Self { tasks: tasks.collect(), seen }, firsts)
    }

    /// The highest block that was seen final.
    pub(crate) fn best(&self) -> BlockNumber {
        lock(&self.seen).best
    }

    /// The hash under which a block was seen final.
    pub(crate) fn hash_of(&self, number: BlockNumber) -> Option<H256> {
        lock(&self.seen).hashes.get(&number).copied()
    }

    /// When the first block after this moment was seen that nobody had seen before.
    pub(crate) fn first_after(&self, moment: Instant) -> Option<Instant> {
        let seen = lock(&self.seen);
        let at = seen.firsts.partition_point(|first| first.at <= moment);
        seen.firsts.get(at).map(|first| first.at)
    }

    /// How long ago the newest block was seen for the first time; none before the first.
    pub(crate) fn quiet_for(&self) -> Option<Duration> {
        lock(&self.seen).firsts.last().map(|first| first.at.elapsed())
    }

    /// The longest time without a new final block that ended after this moment, and when it ended.
    pub(crate) fn longest_gap(&self, since: Instant) -> Duration {
        let seen = lock(&self.seen);
        let pairs = seen.firsts.windows(2).filter(|pair| pair[1].at > since);
        pairs.map(|pair| pair[1].at.saturating_duration_since(pair[0].at)).max().unwrap_or_default()
    }

    /// Forgets what is older than a block; whatever was wrong was told by [`Self::forks`].
    pub(crate) fn forget_below(&self, number: BlockNumber) {
        let mut seen = lock(&self.seen);
        seen.hashes = seen.hashes.split_off(&number);
        seen.firsts.retain(|first| first.number >= number);
    }

    /// Two blocks of one number that were both called final, since this was last asked.
    pub(crate) fn forks(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.seen).forks)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Follows one node, whenever it runs.
async fn follow(node: u16, url: String, seen: Arc<Mutex<Seen>>, news: mpsc::UnboundedSender<First>) {
    loop {
        if let Ok(client) = connect(&url, CALL_WAIT).await
            && let Ok(mut heads) = client.subscribe_finalized_heads().await
        {
            while let Some(Ok(head)) = heads.next().await {
                note(&seen, node, &head, &news);
            }
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}

fn note(seen: &Mutex<Seen>, node: u16, head: &Header, news: &mpsc::UnboundedSender<First>) {
    let at = Instant::now();
    let mut seen = lock(seen);
    let header = match PlainHeader::try_from(head) {
        Ok(header) => header,
        Err(error) => return seen.forks.push(format!("node {node} reports a header that can't be read: {error}")),
    };
    let (number, hash) = (header.number, header.hash());
    let known = *seen.hashes.entry(number).or_insert(hash);
    if known != hash {
        seen.forks.push(format!("block {number} is {hash} to node {node} and {known} to another, both final"));
    }
    if number > seen.best {
        seen.best = number;
        let first = First { node, number, at };
        seen.firsts.push(first);
        // An error says that nobody reads blocks any more.
        let _ = news.send(first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(number: BlockNumber, state: u8) -> Header {
        Header::from(&PlainHeader {
            parent_hash: H256([1; 32]),
            number,
            state_root: H256([state; 32]),
            extrinsics_root: H256([3; 32]),
            digest: Vec::new(),
        })
    }

    #[test]
    fn two_blocks_of_one_number_are_a_fork_and_one_block_at_two_nodes_is_none() {
        let (watch, mut firsts) = (Watch { seen: Arc::default(), tasks: Vec::new() }, mpsc::unbounded_channel());
        let note = |node, head: &Header| note(&watch.seen, node, head, &firsts.0);
        note(0, &head(5, 1));
        note(1, &head(5, 1));
        note(1, &head(7, 1));
        note(0, &head(6, 1));
        assert!(watch.forks().is_empty());
        note(2, &head(6, 2));
        assert_eq!(watch.forks().len(), 1, "block 6 twice");
        assert!(watch.forks().is_empty(), "each is told once");
        assert_eq!(watch.best(), 7);
        let told = std::iter::from_fn(|| firsts.1.try_recv().ok());
        let told: Vec<_> = told.map(|first| (first.node, first.number)).collect();
        assert_eq!(told, [(0, 5), (1, 7)], "whatever is the newest yet, once");
    }

    #[test]
    fn a_gap_counts_when_it_ends_after_the_fault() {
        let watch = Watch { seen: Arc::default(), tasks: Vec::new() };
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        for (number, ms) in [(1, 0), (2, 900), (3, 910), (4, 1_200), (5, 1_210)] {
            lock(&watch.seen).firsts.push(First { node: 0, number, at: after(ms) });
        }
        for (since, gap) in [(0, 900), (900, 290), (1_000, 290), (1_200, 10), (1_210, 0)] {
            assert_eq!(watch.longest_gap(after(since)), Duration::from_millis(gap), "since {since} ms");
        }
        assert_eq!(watch.first_after(after(905)), Some(after(910)));
        assert_eq!(watch.first_after(after(1_210)), None);
        watch.forget_below(4);
        assert_eq!(watch.longest_gap(after(0)), Duration::from_millis(10));
    }
}
