//! What the node's threads share.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use tierchain_network::Handle;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::header::Header;
use tierchain_primitives::ports::StateChange;
use tierchain_primitives::{AccountId, BlockNumber, H256, ValidatorIndex};
use tierchain_replica::evidence::{Book, Evidence, Topic};
use tierchain_replica::{Input, epochs_of};
use tierchain_rpc::Watchers;
use tierchain_rpc::backend::FinalHead;
use tierchain_storage::Database;
use tokio::sync::broadcast;

use super::clock::SystemClock;
use super::departures::{self, Departures};
use super::driver::DriverHandle;
use super::evidence::{Origin, kept};
use super::gaps::Gaps;
use super::gate::Gate;
use super::peers::{Directory, Renamed, Roll};
use super::ranges::Ranges;
use super::snapshot::{Desk, Store};
use super::verifier::Verifier;
use crate::chain_spec::ChainSpec;
use crate::config::RunConfig;

/// Heads that a slow listener may be behind before it has to read them from the database.
const HEADS_KEPT: usize = 256;

/// Blocks whose changes are kept for storage subscriptions.
const CHANGES_KEPT: usize = 32;

/// A block's hash and what it changed.
type BlockChanges = (H256, Arc<Vec<StateChange>>);

/// One node's common things.
pub(crate) struct Shared {
    /// Chain and state.
    pub(crate) db: Database,
    /// Hash of block 0.
    pub(crate) genesis: H256,
    /// The chain's specification.
    pub(crate) spec: ChainSpec,
    /// The consensus key it votes with, in each epoch whose set has it; none for an observer.
    pub(crate) key: Option<AccountId>,
    /// The network.
    pub(crate) network: Handle,
    /// Who is who on it.
    pub(crate) directory: Directory,
    /// The driver's inbox.
    pub(crate) driver: DriverHandle,
    /// Verifies extrinsics' signatures.
    pub(crate) verifier: Verifier,
    /// Takes submissions.
    pub(crate) gate: Gate,
    /// Who follows which extrinsic.
    pub(crate) watchers: Watchers,
    /// Which of them wait for a lower nonce.
    pub(crate) gaps: Gaps,
    /// What became of accepted extrinsics that were never included.
    pub(crate) departures: Departures,
    /// Announces final blocks.
    pub(crate) heads: broadcast::Sender<Arc<FinalHead>>,
    /// Snapshots that were made here.
    pub(crate) snapshots: Store,
    /// Takes requests for them.
    pub(crate) desk: Desk,
    /// Ranges of blocks that are under way.
    pub(crate) ranges: Ranges,
    /// One is made of every so many blocks; 0 for none.
    pub(crate) snapshot_every: BlockNumber,
    /// The clock.
    pub(crate) clock: SystemClock,
    origin: OnceLock<Origin>,
    epochs: RwLock<Arc<Epochs>>,
    finalized: RwLock<Arc<FinalHead>>,
    changes: Mutex<VecDeque<BlockChanges>>,
    /// The evidence kept, as the replica's book has it.
    book: Mutex<Book>,
}

impl Shared {
    /// Puts it together.
    pub(crate) fn new(
        config: &RunConfig,
        db: Database,
        genesis: H256,
        network: Handle,
        driver: DriverHandle,
        desk: Desk,
    ) -> Self {
        let (number, hash) = db.best().expect("opening the disk wrote at least genesis");
        let header = db.header(number).expect("the newest block has a header");
        let epochs = epochs_of(&db);
        let directory = Directory::new(&Roll::of(&db), epochs.current());
        let mut book = Book::default();
        for evidence in kept(&db) {
            book.insert(Arc::new(evidence));
        }
        Self {
            departures: Departures::of(&db, departures::KEPT),
            db,
            genesis,
            spec: config.spec.clone(),
            key: config.consensus_key.as_ref().map(KeyPair::public),
            network,
            directory,
            driver,
            verifier: Verifier::new(genesis),
            gate: Gate::default(),
            watchers: Watchers::default(),
            gaps: Gaps::default(),
            heads: broadcast::channel(HEADS_KEPT).0,
            snapshots: Store::open(config.base_path.join("snapshots")),
            desk,
            ranges: Ranges::default(),
            snapshot_every: config.snapshot_every,
            clock: SystemClock::new(config.clock_offset_ms),
            origin: OnceLock::new(),
            epochs: RwLock::new(Arc::new(epochs)),
            finalized: RwLock::new(Arc::new(FinalHead { hash, header })),
            changes: Mutex::default(),
            book: Mutex::new(book),
        }
    }

    /// What the genesis state proves.
    pub(crate) fn origin(&self) -> &Origin {
        self.origin.get_or_init(|| Origin::of(&self.spec.genesis))
    }

    /// The epochs known by now.
    pub(crate) fn epochs(&self) -> Arc<Epochs> {
        self.epochs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its place in the set in force; none for one that follows.
    pub(crate) fn seat(&self, epochs: &Epochs) -> Option<ValidatorIndex> {
        epochs.current().index_of(&self.key?)
    }

    /// An epoch begins: from here on its set is in force.
    pub(crate) fn begin_epoch(&self, begins_after: BlockNumber, set: &ValidatorSet) {
        let known = self.epochs();
        let history = known.iter().map(|(number, set)| (number, set.clone())).chain([(begins_after, set.clone())]);
        let epochs = Epochs::resume(history.collect()).expect("the replica goes from one epoch to the next");
        *self.epochs.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(epochs);
        self.rename(self.directory.set_epoch(set));
    }

    /// Lets in whom the registry lists by now, and nobody else.
    pub(crate) fn follow_roll(&self) {
        let roll = Roll::of(&self.db);
        self.network.set_members(roll.members(self.network.local_peer()));
        self.rename(self.directory.set_roll(&roll));
    }

    /// Tells the replica of connected peers that have another name.
    fn rename(&self, renamed: Vec<Renamed>) {
        for Renamed { from, to } in renamed {
            self.driver.input(Input::Lost { peer: from, refused: false });
            self.driver.input(Input::Connected(to));
        }
    }

    /// The newest block that is final and whose state is committed.
    pub(crate) fn finalized(&self) -> Arc<FinalHead> {
        self.finalized.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of a final block that was announced.
    pub(crate) fn number_of(&self, hash: &H256) -> Option<BlockNumber> {
        self.db.number_of(hash).filter(|number| *number <= self.finalized().header.number)
    }

    /// A block became final and its state is committed: tells everybody.
    pub(crate) fn announce(&self, hash: H256, header: Header, changes: Vec<StateChange>) {
        self.keep_changes(hash, changes);
        let head = Arc::new(FinalHead { hash, header });
        *self.finalized.write().unwrap_or_else(PoisonError::into_inner) = head.clone();
        // An error says that nobody listens.
        let _ = self.heads.send(head);
    }

    /// Whether evidence of this topic would be news.
    pub(crate) fn is_news(&self, topic: &Topic) -> bool {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).wants(topic)
    }

    /// Evidence is kept: more of the same is no news.
    pub(crate) fn note_evidence(&self, evidence: Arc<Evidence>) {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).insert(evidence);
    }

    /// What one of the newest blocks changed.
    pub(crate) fn changes(&self, block: &H256) -> Option<Arc<Vec<StateChange>>> {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        changes.iter().find(|(hash, _)| hash == block).map(|(_, changes)| changes.clone())
    }

    fn keep_changes(&self, hash: H256, changes: Vec<StateChange>) {
        let mut kept = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == CHANGES_KEPT {
            kept.pop_front();
        }
        kept.push_back((hash, Arc::new(changes)));
    }
}
