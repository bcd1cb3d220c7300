//! What the node's threads share.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tierchain_network::Handle;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::header::Header;
use tierchain_primitives::ports::StateChange;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_rpc::Watchers;
use tierchain_rpc::backend::FinalHead;
use tierchain_storage::Database;
use tokio::sync::broadcast;

use super::clock::SystemClock;
use super::departures::{self, Departures};
use super::driver::DriverHandle;
use super::gaps::Gaps;
use super::gate::Gate;
use super::peers::{Directory, members};
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
    /// Whether it votes.
    pub(crate) is_validator: bool,
    /// The validators.
    pub(crate) set: ValidatorSet,
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
    /// The clock.
    pub(crate) clock: SystemClock,
    finalized: RwLock<Arc<FinalHead>>,
    changes: Mutex<VecDeque<BlockChanges>>,
}

impl Shared {
    /// Puts it together.
    pub(crate) fn new(
        config: &RunConfig,
        db: Database,
        genesis: H256,
        set: ValidatorSet,
        network: Handle,
        driver: DriverHandle,
    ) -> Self {
        let (number, hash) = db.best().expect("opening the disk wrote at least genesis");
        let header = db.header(number).expect("the newest block has a header");
        // The same list was read when the network was configured.
        let directory = Directory::new(&members(&config.spec).unwrap_or_default());
        Self {
            departures: Departures::of(&db, departures::KEPT),
            db,
            genesis,
            spec: config.spec.clone(),
            is_validator: config.consensus_key.is_some(),
            set,
            network,
            directory,
            driver,
            verifier: Verifier::new(genesis),
            gate: Gate::default(),
            watchers: Watchers::default(),
            gaps: Gaps::default(),
            heads: broadcast::channel(HEADS_KEPT).0,
            clock: SystemClock::new(),
            finalized: RwLock::new(Arc::new(FinalHead { hash, header })),
            changes: Mutex::default(),
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
