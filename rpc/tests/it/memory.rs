//! A backend in memory: a chain of as many blocks as a test wants, state, a pool, a small ledger.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use tierchain_primitives::certificate::{Certificate, CertificateKind};
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::extrinsic::{Extrinsic, extrinsic_hash};
use tierchain_primitives::header::{DigestItem, Header, PreRuntime};
use tierchain_primitives::ledger::{EntityBlock, MetaBlock, ServerId, Uuid};
use tierchain_primitives::ports::StateChange;
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256, ValidatorIndex, View};
use tierchain_rpc::backend::{
    CallError, ChainBackend, Derived, DirectivesBackend, FinalBlock, FinalHead, FoundryBackend, LedgerBackend,
    NodeBackend, PoolBackend, RegistryBackend, StateBackend, StateError,
};
use tierchain_rpc::types::{
    AccountGrants, AccountRoles, Address, AnnouncementInfo, AttestationInfo, ChainRef, ChainType, ConsensusStatus,
    Cursor, DataCenterInfo, DirectiveFilter, DirectiveInfo, DirectiveStep, Dispute, Electorate, EpochInfo,
    EvidenceInfo, ExecutedBlock, ExtrinsicState, ExtrinsicStatus, Grantable, Hash, Health, HostInfo, Identity,
    ImageInfo, InFlight, MetaChain, MetaFilter, NoteInfo, Ownership, Page, Peer, ProposalInfo, ProposalStatus,
    ProviderInfo, RuntimeVersion, ServerCursor, ServerFilter, ServerInfo, SyncState, TrailEntry, TransactionStatus,
    U64, ValidatorStatus, Votes,
};
use tierchain_rpc::{SubmitError, Watchers};
use tokio::sync::{broadcast, mpsc};

use crate::{beside, registry};

type Values = BTreeMap<Vec<u8>, Vec<u8>>;

struct Stored {
    head: Arc<FinalHead>,
    block: FinalBlock,
    values: Values,
    changes: Arc<Vec<StateChange>>,
    spec_version: u32,
}

/// What a test may change.
#[derive(Default)]
pub(crate) struct Inner {
    blocks: Vec<Stored>,
    pool: Vec<Vec<u8>>,
    pub(crate) spec_version: u32,
    /// The refusal of the next submissions.
    pub(crate) refuse: Option<SubmitError>,
    /// Why the node can't serve.
    pub(crate) unready: Option<String>,
    /// What was added to the filter of the log.
    pub(crate) log_filter: String,
    /// Blocks below are pruned.
    pub(crate) oldest: BlockNumber,
    /// Whether blocks remember what they changed.
    pub(crate) forgets_changes: bool,
    pub(crate) evidence: Vec<(EvidenceInfo, Vec<u8>)>,
    pub(crate) servers: Vec<ServerInfo>,
    pub(crate) entity_blocks: BTreeMap<H256, Vec<EntityBlock>>,
    pub(crate) metas: Vec<MetaChain>,
    pub(crate) meta_blocks: BTreeMap<H256, Vec<MetaBlock>>,
    /// The ledger's blocks in the order in which the network derived them.
    pub(crate) derived: Vec<Derived>,
    /// The steps of directives.
    pub(crate) steps: Vec<DirectiveStep>,
}

pub(crate) struct MemoryBackend {
    inner: Mutex<Inner>,
    heads: broadcast::Sender<Arc<FinalHead>>,
    watchers: Watchers,
    /// Locked while a test holds reads of values up.
    reading: Arc<Mutex<()>>,
}

/// Holds reads up until dropped.
pub(crate) struct Held(std::sync::mpsc::Sender<()>);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

impl MemoryBackend {
    pub(crate) fn new() -> Self {
        // Two places only, so that followers fall behind easily.
        let backend = Self {
            inner: Mutex::default(),
            heads: broadcast::channel(2).0,
            watchers: Watchers::default(),
            reading: Arc::default(),
        };
        backend.finalise(vec![(b":code".to_vec(), Some(b"native".to_vec()))]);
        backend
    }

    /// Holds all reads of values up until what it gives is dropped.
    pub(crate) fn hold_reads(&self) -> Held {
        let (reading, (release, released), (locked, is_locked)) =
            (self.reading.clone(), std::sync::mpsc::channel(), std::sync::mpsc::channel());
        std::thread::spawn(move || {
            let _held = reading.lock().expect("no test panicked");
            let _ = locked.send(());
            let _ = released.recv();
        });
        is_locked.recv().expect("the thread runs");
        Held(release)
    }

    /// How many extrinsics are watched.
    pub(crate) fn watched(&self) -> usize {
        self.watchers.sweep();
        self.watchers.len()
    }

    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        change(&mut self.inner.lock().expect("no test panicked"))
    }

    /// Makes the pool and some changes of state the next final block.
    pub(crate) fn finalise(&self, changes: Vec<StateChange>) -> Arc<FinalHead> {
        let (head, included) = self.with(|inner| inner.append(changes));
        for hash in included {
            self.watchers.tell(&hash, &TransactionStatus::InBlock(Hash(head.hash)));
            self.watchers.tell(&hash, &TransactionStatus::Finalized(Hash(head.hash)));
        }
        let _ = self.heads.send(head.clone());
        head
    }

    pub(crate) fn tell(&self, hash: &H256, status: &TransactionStatus) {
        self.watchers.tell(hash, status);
    }
}

impl Inner {
    fn append(&mut self, changes: Vec<StateChange>) -> (Arc<FinalHead>, Vec<H256>) {
        let number = self.blocks.len() as u32;
        let parent = self.blocks.last();
        let parent_hash = parent.map_or(H256::ZERO, |stored| stored.head.hash);
        let mut values = parent.map(|stored| stored.values.clone()).unwrap_or_default();
        for (key, value) in &changes {
            match value {
                Some(value) => values.insert(key.clone(), value.clone()),
                None => values.remove(key),
            };
        }
        let pre_runtime = PreRuntime {
            proposer: ValidatorIndex(1),
            timestamp: 1_000 + u64::from(number),
            executed: number.saturating_sub(1),
        };
        let mut header = Header::new(parent_hash, number, H256([2; 32]), H256([3; 32]), pre_runtime);
        if parent.is_some_and(|stored| stored.spec_version != self.spec_version) {
            header.digest.push(DigestItem::RuntimeEnvironmentUpdated);
        }
        let hash = header.hash();
        let head = Arc::new(FinalHead { hash, header: header.clone() });
        let extrinsics = core::mem::take(&mut self.pool);
        let included = extrinsics.iter().map(|bytes| extrinsic_hash(bytes)).collect();
        let certificate = (number > 0).then(|| Certificate {
            kind: CertificateKind::Committed,
            epoch: Epoch(0),
            view: View(0),
            number,
            hash,
            votes: vec![(ValidatorIndex(0), Signature([9; 64]))],
        });
        self.blocks.push(Stored {
            head: head.clone(),
            block: FinalBlock { header, extrinsics, certificate },
            values,
            changes: Arc::new(changes),
            spec_version: self.spec_version,
        });
        (head, included)
    }

    fn stored(&self, hash: &H256) -> Option<&Stored> {
        self.blocks.iter().find(|stored| stored.head.hash == *hash)
    }

    fn values(&self, at: &H256) -> Result<&Values, StateError> {
        let stored = self.stored(at).ok_or(StateError::UnknownBlock(*at))?;
        let number = stored.head.header.number;
        if number < self.oldest {
            return Err(StateError::Pruned { hash: *at, number, oldest: self.oldest });
        }
        Ok(&stored.values)
    }
}

impl ChainBackend for MemoryBackend {
    fn finalized(&self) -> Arc<FinalHead> {
        self.with(|inner| inner.blocks.last().expect("genesis").head.clone())
    }

    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        self.with(|inner| inner.blocks.get(number as usize).map(|stored| stored.head.hash))
    }

    fn header(&self, hash: &H256) -> Option<Header> {
        self.with(|inner| inner.stored(hash).map(|stored| stored.head.header.clone()))
    }

    fn block(&self, hash: &H256) -> Option<FinalBlock> {
        self.with(|inner| inner.stored(hash).map(|stored| stored.block.clone()))
    }

    fn heads(&self) -> broadcast::Receiver<Arc<FinalHead>> {
        self.heads.subscribe()
    }
}

impl StateBackend for MemoryBackend {
    fn storage(&self, at: &H256, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        drop(self.reading.lock().expect("no test panicked"));
        self.with(|inner| inner.values(at).map(|values| values.get(key).cloned()))
    }

    fn keys(&self, at: &H256, prefix: &[u8], after: Option<&[u8]>, count: usize) -> Result<Vec<Vec<u8>>, StateError> {
        self.with(|inner| {
            let wanted = |key: &&Vec<u8>| key.starts_with(prefix) && after.is_none_or(|after| key.as_slice() > after);
            Ok(inner.values(at)?.keys().filter(wanted).take(count).cloned().collect())
        })
    }

    fn changes(&self, block: &H256) -> Option<Arc<Vec<StateChange>>> {
        self.with(|inner| if inner.forgets_changes { None } else { Some(inner.stored(block)?.changes.clone()) })
    }

    fn runtime_version(&self, at: &H256) -> Result<RuntimeVersion, StateError> {
        self.with(|inner| {
            let stored = inner.stored(at).ok_or(StateError::UnknownBlock(*at))?;
            Ok(RuntimeVersion {
                spec_name: "tierchain".into(),
                impl_name: "tierchain-node".into(),
                authoring_version: 1,
                spec_version: stored.spec_version,
                impl_version: 1,
                apis: vec![(vec![0xdf, 0x6a, 0xcb, 0x68, 0x99, 0x07, 0x60, 0x9b].into(), 5)],
                transaction_version: 1,
                state_version: 1,
            })
        })
    }

    fn metadata(&self, at: &H256) -> Result<Vec<u8>, CallError> {
        self.with(|inner| Ok(inner.values(at).map(|_| b"meta\x0e".to_vec())?))
    }

    fn call(&self, at: &H256, function: &str, arguments: &[u8]) -> Result<Vec<u8>, CallError> {
        let values = self.with(|inner| inner.values(at).map(BTreeMap::len))?;
        if function != FUNCTION {
            let reason = format!("there is no such function: the only one is {FUNCTION}");
            return Err(CallError::Refused { function: function.into(), reason });
        }
        Ok([arguments, &[values as u8]].concat())
    }
}

/// The only function of the runtime in memory: gives back its arguments and how many values the state has.
const FUNCTION: &str = "Memory_echo";

impl PoolBackend for MemoryBackend {
    fn submit(&self, extrinsic: Vec<u8>) -> BoxFuture<'_, Result<H256, SubmitError>> {
        Box::pin(async move {
            if let Some(error) = self.with(|inner| inner.refuse.clone()) {
                return Err(error);
            }
            Extrinsic::decode(&extrinsic)?;
            let hash = extrinsic_hash(&extrinsic);
            self.with(|inner| inner.pool.push(extrinsic));
            self.watchers.tell(&hash, &TransactionStatus::Ready);
            Ok(hash)
        })
    }

    fn watch(&self, hash: H256) -> mpsc::Receiver<TransactionStatus> {
        self.watchers.watch(hash)
    }

    fn pending(&self) -> Vec<Vec<u8>> {
        self.with(|inner| inner.pool.clone())
    }

    fn next_nonce(&self, account: &AccountId) -> u32 {
        u32::from(account.0[0])
    }

    fn extrinsic_status(&self, hash: &H256) -> ExtrinsicStatus {
        ExtrinsicStatus {
            hash: Hash(*hash),
            state: ExtrinsicState::Unknown,
            included: None,
            error: None,
            items_refused: Vec::new(),
            left: None,
            explanation: format!("this node knows nothing of {hash}: submit it again"),
        }
    }
}

impl NodeBackend for MemoryBackend {
    fn evidence(&self, from: usize, count: usize) -> Vec<EvidenceInfo> {
        let kept = self.with(|inner| inner.evidence.clone());
        kept.into_iter().map(|(info, _)| info).skip(from).take(count).collect()
    }

    fn evidence_file(&self, id: &[u8]) -> Option<Vec<u8>> {
        self.with(|inner| inner.evidence.iter().find(|(info, _)| info.id.0 == id).map(|(_, file)| file.clone()))
    }

    fn identity(&self) -> Identity {
        Identity {
            name: "tierchain".into(),
            version: "0.1.0".into(),
            chain: "Memory".into(),
            chain_type: ChainType::Local,
            peer_id: "12D3KooW".into(),
            roles: vec!["Authority".into()],
        }
    }

    fn health(&self) -> Health {
        Health { peers: 3, is_syncing: false, should_have_peers: true }
    }

    fn readiness(&self) -> Result<(), String> {
        self.with(|inner| inner.unready.clone().map_or(Ok(()), Err))
    }

    fn add_log_filter(&self, directives: &str) -> Result<(), String> {
        if directives.contains('=') {
            self.with(|inner| inner.log_filter.push_str(directives));
            return Ok(());
        }
        Err(format!("{directives:?} is no directive"))
    }

    fn reset_log_filter(&self) {
        self.with(|inner| inner.log_filter.clear());
    }

    fn peers(&self) -> Vec<Peer> {
        let best_hash = Hash(self.finalized().hash);
        vec![Peer { peer_id: "12D3KooX".into(), roles: "AUTHORITY".into(), best_hash, best_number: 0 }]
    }

    fn sync_state(&self) -> SyncState {
        SyncState { starting_block: 0, current_block: 1, highest_block: 2 }
    }

    fn consensus(&self) -> ConsensusStatus {
        let validator = |index: u16| ValidatorStatus {
            index,
            name: Some(format!("validator {index}")),
            key: Address(AccountId([index as u8; 32])),
            connected: index < 2,
            suspects: false,
        };
        ConsensusStatus {
            epoch: 0,
            view: U64(u64::MAX),
            height: 7,
            final_hash: Hash(H256([7; 32])),
            executed: ExecutedBlock { number: 6, state_root: Hash(H256([6; 32])) },
            primary: 3,
            me: Some(0),
            validators: (0..4).map(validator).collect(),
            in_flight: vec![InFlight {
                number: 8,
                hash: Hash(H256([8; 32])),
                prepares: Votes { have: vec![0, 1], missing: vec![2, 3] },
                commits: Votes { have: vec![], missing: vec![0, 1, 2, 3] },
            }],
            waiting_for: "block 8 waits for one more prepare, of validator 2 or 3: neither is connected".into(),
        }
    }
}

impl LedgerBackend for MemoryBackend {
    fn server(&self, uuid: Uuid, generation: Option<u32>) -> Option<ServerInfo> {
        let is_it = |info: &&ServerInfo| {
            info.server.uuid.0 == uuid && generation.is_none_or(|generation| generation == info.server.generation)
        };
        self.with(|inner| inner.servers.iter().rev().find(is_it).cloned())
    }

    fn servers(&self, after: Option<ServerId>, count: usize, filter: &ServerFilter) -> Page<ServerInfo, ServerCursor> {
        self.with(|inner| {
            let comes = |info: &&ServerInfo| after.is_none_or(|after| ServerId::from(info.server) > after);
            let mut found = inner.servers.iter().filter(comes).filter(|info| filter.matches(info));
            let items: Vec<_> = found.by_ref().take(count).cloned().collect();
            let last = items.last().map(|info| ServerCursor(info.server.into()));
            Page { items, next: found.next().and(last) }
        })
    }

    fn entity_blocks(&self, chain: &ChainRef, from: u32, count: usize) -> Option<Vec<EntityBlock>> {
        let name = match chain {
            ChainRef::Chain(name) => *name,
            ChainRef::Newest(uuid) => self.server(*uuid, None)?.chain.0,
            ChainRef::Server(server) => self.server(server.uuid, Some(server.generation))?.chain.0,
        };
        self.with(|inner| {
            Some(inner.entity_blocks.get(&name)?.iter().skip(from as usize).take(count).cloned().collect())
        })
    }

    fn meta(&self, meta: &H256) -> Option<MetaChain> {
        self.with(|inner| inner.metas.iter().find(|known| known.meta.0 == *meta).cloned())
    }

    fn metas(&self, after: Option<H256>, count: usize, filter: &MetaFilter) -> Page<MetaChain, Hash> {
        self.with(|inner| {
            let comes = |known: &&MetaChain| after.is_none_or(|after| known.meta.0 > after);
            let mut found = inner.metas.iter().filter(comes).filter(|known| filter.matches(known));
            let items: Vec<_> = found.by_ref().take(count).cloned().collect();
            let last = items.last().map(|known| known.meta);
            Page { items, next: found.next().and(last) }
        })
    }

    fn meta_blocks(&self, meta: &H256, from: u32, count: usize) -> Option<Vec<MetaBlock>> {
        self.with(|inner| Some(inner.meta_blocks.get(meta)?.iter().skip(from as usize).take(count).cloned().collect()))
    }

    fn derived(&self, from: Cursor) -> Vec<Derived> {
        // Three at once only, so that catching up takes several steps.
        self.with(|inner| inner.derived.iter().filter(|found| found.cursor >= from).take(3).cloned().collect())
    }

    fn ownership(&self, server: &ServerId) -> Option<Ownership> {
        self.server(server.uuid, Some(server.generation)).map(|info| info.ownership)
    }

    fn announcement(&self, uuid: Uuid, generation: Option<u32>) -> Option<AnnouncementInfo> {
        self.server(uuid, generation).as_ref().map(beside::announcement)
    }

    fn notes(&self, chain: &ChainRef, from: u32, count: usize) -> Option<Vec<NoteInfo>> {
        self.entity_blocks(chain, 0, 1)?;
        Some((from..4).take(count).map(beside::note).collect())
    }

    fn disputes(&self, start: u64, count: usize) -> Page<Dispute, u64> {
        beside::page(start, count, 3, |_| beside::dispute())
    }

    fn attestation(&self, host: &H256, from: u32, count: usize) -> Option<AttestationInfo> {
        (*host != H256::ZERO).then(|| beside::attestation(*host, from, count))
    }
}

impl DirectivesBackend for MemoryBackend {
    fn directive(&self, id: u64) -> Option<DirectiveInfo> {
        self.with(|inner| {
            let of_it = |step: &&DirectiveStep| step.directive.id.0 == id;
            inner.steps.iter().rev().find(of_it).map(|step| step.directive.clone())
        })
    }

    fn directive_named(&self, issuer: &AccountId, reference: &H256) -> Option<DirectiveInfo> {
        let is_it = |info: &DirectiveInfo| info.issuer.0 == *issuer && info.reference.0 == *reference;
        (0..).map_while(|id| self.directive(id)).find(is_it)
    }

    fn directives_open(&self, host: &H256) -> Vec<DirectiveInfo> {
        let all = (0..).map_while(|id| self.directive(id));
        all.filter(|info| info.host.0 == *host && info.status.is_open()).collect()
    }

    fn directives(&self, before: Option<u64>, count: usize, filter: &DirectiveFilter) -> Page<DirectiveInfo, u64> {
        let all: Vec<_> = (0..before.unwrap_or(u64::MAX)).map_while(|id| self.directive(id)).collect();
        let mut found = all.into_iter().rev().filter(|info| filter.matches(info));
        let items: Vec<_> = found.by_ref().take(count).collect();
        let last = items.last().map(|info| info.id.0);
        Page { items, next: found.next().and(last) }
    }

    fn directive_step_count(&self) -> u64 {
        self.with(|inner| inner.steps.len() as u64)
    }

    fn directive_steps(&self, from: u64, count: usize) -> Vec<DirectiveStep> {
        self.with(|inner| inner.steps.iter().skip(from as usize).take(count).cloned().collect())
    }
}

impl FoundryBackend for MemoryBackend {
    fn image(&self, provider: &H256, image: &H256) -> Option<ImageInfo> {
        (*image == H256([7; 32])).then(|| beside::image(*provider, 7))
    }

    fn images(&self, provider: &H256, start: u64, count: usize) -> Page<ImageInfo, u64> {
        beside::page(start, count, 5, |place| beside::image(*provider, place as u8))
    }
}

impl RegistryBackend for MemoryBackend {
    fn electorate(&self) -> Electorate {
        registry::electorate()
    }

    fn proposals(&self, before: Option<u32>, count: usize, open: bool) -> Page<ProposalInfo, u32> {
        let below = (0..9).rev().filter(|id| before.is_none_or(|before| *id < before)).map(registry::proposal);
        let mut found = below.filter(|info| !open || info.status == ProposalStatus::Open);
        let items: Vec<_> = found.by_ref().take(count).collect();
        let last = items.last().map(|info| info.id);
        Page { items, next: found.next().and(last) }
    }

    fn proposal(&self, id: u32) -> Option<ProposalInfo> {
        (id < 9).then(|| registry::proposal(id))
    }

    fn epochs(&self, from: u32, count: usize) -> Vec<EpochInfo> {
        (from..4).take(count).map(registry::epoch).collect()
    }

    fn roles(&self, account: &AccountId) -> AccountRoles {
        registry::roles(*account)
    }

    fn grants(&self, account: &AccountId) -> Option<AccountGrants> {
        (account.0[0] == 1).then(|| registry::grants(*account))
    }

    fn who_may_grant(&self, role: &str, provider: Option<&H256>) -> Option<Grantable> {
        registry::grantable(role, provider)
    }

    fn host(&self, id: &H256) -> Option<HostInfo> {
        (id.0[0] < 5).then(|| registry::host(id.0[0]))
    }

    fn hosts(&self, start: u64, count: usize) -> Page<HostInfo, u64> {
        beside::page(start, count, 5, |place| registry::host(place as u8))
    }

    fn data_centers(&self, start: u64, count: usize) -> Page<DataCenterInfo, u64> {
        beside::page(start, count, 2, |place| registry::data_center(place as u8))
    }

    fn providers(&self, start: u64, count: usize) -> Page<ProviderInfo, u64> {
        beside::page(start, count, 2, |place| registry::provider(place as u8))
    }

    fn trail(&self, before: Option<u64>, count: usize) -> Page<TrailEntry, u64> {
        let end = before.unwrap_or(u64::MAX).min(7);
        let start = end.saturating_sub(count as u64);
        Page { items: (start..end).rev().map(registry::act).collect(), next: Some(start).filter(|start| *start > 0) }
    }
}
