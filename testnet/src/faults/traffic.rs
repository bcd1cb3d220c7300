//! Load that outlives its nodes: accounts that submit remarks one after the other, each handed to the next node when
//! one is gone or doesn't bring it in, and a book of what was reported final.
//!
//! An account sends the same bytes again and goes on only when they are final, so nothing stands in the chain twice and
//! no account is stuck on a nonce.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use parity_scale_codec::Encode;
use tierchain_primitives::extrinsic::{Era, Extrinsic, extrinsic_hash};
use tierchain_primitives::{BlockNumber, H256};
use tierchain_rpc::api::{AuthorApiClient, SystemApiClient};
use tierchain_rpc::client::{Client, refusal};
use tierchain_rpc::types::{Address, Bytes, RefusalKind};
use tierchain_runtime::{Call, system};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::watch::First;
use crate::load::{self, Account, Latency, LatencySummary, Network};

/// How long an extrinsic that a node took may be on its way before another node gets it too.
const HAND_ON_AFTER: Duration = Duration::from_millis(500);

/// How soon the next node is asked when one doesn't take it.
const NEXT_NODE_AFTER: Duration = Duration::from_millis(5);

/// How long one submission may take.
const SUBMIT_WAIT: Duration = Duration::from_secs(1);

/// How long an extrinsic may take to be final, faults and all: beyond that it is lost.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often a block is asked for again while no node answers.
const BLOCK_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// How hard the load is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Intensity {
    /// Accounts at work at the same time, each with one extrinsic on its way.
    pub accounts: u32,
    /// How long an account rests between two extrinsics, in milliseconds.
    pub pause_ms: u64,
    /// Bytes of each remark.
    pub remark_bytes: usize,
}

#[derive(Default)]
struct Book {
    waiting: HashMap<H256, oneshot::Sender<Instant>>,
    /// Extrinsics of blocks that were reported final, ours alone.
    reported: BTreeMap<BlockNumber, Vec<H256>>,
    finalised: u64,
    latency: Latency,
}

/// The load, until it is stopped.
pub(crate) struct Traffic {
    book: Arc<Mutex<Book>>,
    stop: watch::Sender<bool>,
    workers: JoinSet<anyhow::Result<()>>,
    reader: JoinHandle<()>,
}

impl Traffic {
    /// The accounts' addresses, to be admitted at genesis.
    pub(crate) fn addresses(intensity: Intensity) -> impl Iterator<Item = String> {
        (0..intensity.accounts).map(|place| Account::new(SEED, place).address())
    }

    /// Begins. `firsts` tells of each block that is seen final.
    pub(crate) fn start(
        clients: &[Arc<Client>],
        network: Network,
        intensity: Intensity,
        firsts: mpsc::UnboundedReceiver<First>,
    ) -> Self {
        let (book, stop) = (Arc::<Mutex<Book>>::default(), watch::Sender::new(false));
        let mut workers = JoinSet::new();
        for place in 0..intensity.accounts {
            let worker = Worker {
                place,
                account: Account::new(SEED, place),
                clients: clients.to_vec(),
                network,
                intensity,
                book: book.clone(),
            };
            workers.spawn(worker.work(stop.subscribe()));
        }
        let reader = tokio::spawn(read_blocks(clients.to_vec(), firsts, book.clone()));
        Self { book, stop, workers, reader }
    }

    /// How many extrinsics were reported final so far.
    pub(crate) fn finalised(&self) -> u64 {
        lock(&self.book).finalised
    }

    /// Takes out what was reported final in blocks up to this one.
    pub(crate) fn take_reported(&self, upto: BlockNumber) -> BTreeMap<BlockNumber, Vec<H256>> {
        let mut book = lock(&self.book);
        let later = book.reported.split_off(&upto.saturating_add(1));
        std::mem::replace(&mut book.reported, later)
    }

    /// Times from submission to finality so far, faults and all.
    pub(crate) fn latency(&self) -> LatencySummary {
        lock(&self.book).latency.summary()
    }

    /// What went wrong in an account so far, if anything did.
    pub(crate) fn failures(&mut self) -> Vec<String> {
        let mut failures = Vec::new();
        while let Some(ended) = self.workers.try_join_next() {
            failures.extend(failure(ended));
        }
        failures
    }

    /// Lets each account bring in what it has on its way, and ends. What went wrong with them.
    pub(crate) async fn stop(&mut self) -> Vec<String> {
        // Nobody listens where all accounts have failed already.
        let _ = self.stop.send(true);
        let mut failures = Vec::new();
        while let Some(ended) = self.workers.join_next().await {
            failures.extend(failure(ended));
        }
        failures
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Seed of the accounts' keys.
const SEED: u64 = 0x6661_756c_7473;

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failure(ended: Result<anyhow::Result<()>, tokio::task::JoinError>) -> Option<String> {
    match ended {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{error:#}")),
        Err(error) => Some(format!("an account's task: {error}")),
    }
}

/// One account at work.
struct Worker {
    place: u32,
    account: Account,
    clients: Vec<Arc<Client>>,
    network: Network,
    intensity: Intensity,
    book: Arc<Mutex<Book>>,
}

impl Worker {
    async fn work(self, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        let mut nonce = self.first_nonce().await?;
        while !*stop.borrow() {
            let mut remark = [self.place.to_le_bytes(), nonce.to_le_bytes()].concat();
            remark.resize(self.intensity.remark_bytes.max(remark.len()), 0);
            let call = Call::System(system::Call::Remark { remark });
            let Network { genesis, versions } = self.network;
            let key = &self.account.key;
            let signed = Extrinsic::sign(key, call.encode(), Era::Immortal, nonce, versions, &genesis, &genesis);
            self.bring_in(signed.encode()).await.with_context(|| format!("{}/{nonce}", self.account.address()))?;
            nonce += 1;
            tokio::time::sleep(Duration::from_millis(self.intensity.pause_ms)).await;
        }
        Ok(())
    }

    async fn first_nonce(&self) -> anyhow::Result<u32> {
        let address = Address(self.account.key.public());
        self.clients[0].account_next_index(address).await.context("the account's nonce")
    }

    /// Hands an extrinsic to one node after the other until it is reported final.
    async fn bring_in(&self, bytes: Vec<u8>) -> anyhow::Result<()> {
        let (hash, began) = (extrinsic_hash(&bytes), Instant::now());
        let (told, mut is_final) = oneshot::channel();
        lock(&self.book).waiting.insert(hash, told);
        for turn in self.place as usize.. {
            let is_taken = self.submit(&self.clients[turn % self.clients.len()], &bytes).await?;
            let wait = if is_taken { HAND_ON_AFTER } else { NEXT_NODE_AFTER };
            if let Ok(at) = timeout(wait, &mut is_final).await {
                let at = at.context("nobody reads blocks any more")?;
                lock(&self.book).latency.record(at.saturating_duration_since(began));
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                bail!("the extrinsic {hash} isn't final after {PATIENCE:?}: it is lost, or the network is stuck");
            }
        }
        unreachable!("the loop has no end but its returns")
    }

    /// Whether the node has the extrinsic now.
    async fn submit(&self, client: &Client, bytes: &[u8]) -> anyhow::Result<bool> {
        let Ok(answer) = timeout(SUBMIT_WAIT, client.submit_extrinsic(Bytes(bytes.to_vec()))).await else {
            return Ok(false);
        };
        let Err(error) = answer else { return Ok(true) };
        match refusal(&error) {
            // Its nonce was used: by itself, for nobody else has the key.
            Some(refused) if matches!(refused.kind, RefusalKind::AlreadyImported | RefusalKind::NonceTooLow) => {
                Ok(true)
            }
            Some(refused) if !refused.temporary => Err(error).context("a node refuses an extrinsic"),
            // It is gone, or has no room now.
            _ => Ok(false),
        }
    }
}

/// Reads every block that was seen final, from whichever node has it, and enters what it holds.
async fn read_blocks(clients: Vec<Arc<Client>>, mut firsts: mpsc::UnboundedReceiver<First>, book: Arc<Mutex<Book>>) {
    let mut next = 1;
    while let Some(first) = firsts.recv().await {
        // Heads that came at once with others may be skipped: numbers tell which.
        for number in next..=first.number {
            let hashes = read_block(&clients, first.node, number).await;
            enter(&book, number, &hashes, first.at);
        }
        next = first.number + 1;
    }
}

/// Asks the node that reported the block, and the others while that one doesn't answer.
async fn read_block(clients: &[Arc<Client>], node: u16, number: BlockNumber) -> Vec<H256> {
    for turn in usize::from(node).. {
        let read = load::extrinsics(&clients[turn % clients.len()], number);
        if let Ok(Ok(hashes)) = timeout(SUBMIT_WAIT, read).await {
            return hashes;
        }
        tokio::time::sleep(BLOCK_AGAIN_AFTER).await;
    }
    unreachable!("the loop has no end but its return")
}

fn enter(book: &Mutex<Book>, number: BlockNumber, hashes: &[H256], at: Instant) {
    let mut book = lock(book);
    for hash in hashes {
        if let Some(told) = book.waiting.remove(hash) {
            book.finalised += 1;
            book.reported.entry(number).or_default().push(*hash);
            // The account may have given up.
            let _ = told.send(at);
        }
    }
}
