//! A network in memory: the real runtime executes, and validators can be killed, cut off and made to lose their pool.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use parity_scale_codec::Encode;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::extrinsic::{Era, Extrinsic};
use tierchain_primitives::header::{Header, PreRuntime};
use tierchain_primitives::ledger::{EntityBlock, MetaBlock, party_id};
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::{H256, ValidatorIndex};
use tierchain_runtime::{
    BlockContext, Call, Checked, DataCenter, GenesisConfig, Host, Role, RuntimeEvent, VERSIONS, account, chains, check,
    execute, genesis_state, query,
};

use tierchain_client::{AskError, Chain, ItemRefused, Ledger, LifeView, Outcome, SubmitError};
use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_primitives::{AccountId, BlockNumber};

pub(crate) const GENESIS: H256 = H256([0xaa; 32]);

/// The one chain behind all validators.
pub(crate) struct World {
    state: BTreeMap<Vec<u8>, Vec<u8>>,
    height: BlockNumber,
    /// By account and nonce.
    pool: BTreeMap<(AccountId, Nonce), Checked>,
    outcomes: BTreeMap<H256, Outcome>,
    /// What the wall shows, for who has a host: blocks are never older.
    pub(crate) now_ms: Millis,
    timestamp: Millis,
    /// Where each server's blocks are among all.
    places: BTreeMap<ServerId, Vec<usize>>,
    pub(crate) entity_blocks: Vec<EntityBlock>,
    pub(crate) meta_blocks: Vec<MetaBlock>,
    /// How many extrinsics were executed.
    pub(crate) executed: usize,
    /// Blocks are made only while this holds.
    pub(crate) finalises: bool,
}

/// A validator of it.
pub(crate) struct FakeLedger {
    pub(crate) world: Rc<RefCell<World>>,
    name: String,
    /// It answers nothing.
    pub(crate) dead: Rc<Cell<bool>>,
}

/// The provider that genesis admits, and its key.
pub(crate) fn provider() -> (H256, KeyPair) {
    (party_id("provider"), KeyPair::from_seed(&[4; 32]))
}

/// The keys that genesis admits: hypervisor of host `host-0` and foundry.
pub(crate) fn keys() -> (KeyPair, KeyPair) {
    (KeyPair::from_seed(&[1; 32]), KeyPair::from_seed(&[2; 32]))
}

impl World {
    /// A network whose genesis admits the [`keys`], each to its role, or the first to both.
    pub(crate) fn new() -> Rc<RefCell<Self>> {
        let (hypervisor, foundry) = keys();
        let both = tierchain_runtime::registry::Roles::NONE.with(Role::Hypervisor).with(Role::Foundry);
        let data_center = DataCenter::named("dc-0");
        let host = Host::new(party_id("host-0"), data_center.id, hypervisor.public());
        let (provider, provider_key) = provider();
        let provides = tierchain_runtime::registry::Roles::NONE.with(Role::Provider);
        let config = GenesisConfig {
            allow_replay: true,
            unknown_images: true,
            accounts: vec![(hypervisor.public(), both), (foundry.public(), both), (provider_key.public(), provides)],
            providers: vec![(provider, provider_key.public())],
            data_centers: vec![data_center],
            hosts: vec![host],
            ..GenesisConfig::default()
        };
        let state = genesis_state(&config).into_iter().collect();
        let (pool, outcomes) = (BTreeMap::new(), BTreeMap::new());
        let (entity_blocks, meta_blocks) = (Vec::new(), Vec::new());
        let (now_ms, timestamp, places) = (0, 0, BTreeMap::new());
        let world = Self {
            state,
            height: 0,
            pool,
            outcomes,
            now_ms,
            timestamp,
            places,
            entity_blocks,
            meta_blocks,
            executed: 0,
            finalises: true,
        };
        Rc::new(RefCell::new(world))
    }

    /// `count` validators of the network.
    pub(crate) fn validators(world: &Rc<RefCell<Self>>, count: usize) -> Vec<FakeLedger> {
        let validator = |index| FakeLedger {
            world: Rc::clone(world),
            name: format!("validator {index}"),
            dead: Rc::new(Cell::new(false)),
        };
        (0..count).map(validator).collect()
    }

    /// Lets so many blocks pass, the pool being lost.
    pub(crate) fn pass(&mut self, blocks: u32) {
        self.pool.clear();
        self.height += blocks;
    }

    /// How many extrinsics wait.
    pub(crate) fn pending(&self) -> usize {
        self.pool.len()
    }

    /// The newest final state.
    pub(crate) fn state(&self) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        &self.state
    }

    /// The blocks of a server's chain.
    pub(crate) fn chain(&self, server: ServerId) -> impl Iterator<Item = &EntityBlock> {
        self.places.get(&server).into_iter().flatten().map(|place| &self.entity_blocks[*place])
    }

    /// Hands in a call of anybody's.
    pub(crate) fn say(&mut self, key: &KeyPair, call: &Call) {
        let mine = (key.public(), 0)..=(key.public(), Nonce::MAX);
        let nonce = self.pool.range(mine).next_back().map_or(0, |((_, nonce), _)| nonce + 1);
        let nonce = nonce.max(self.nonce(&key.public()));
        let era = Era::mortal(4_096, self.height);
        let born = Self::hash_of(era.birth(self.height));
        let extrinsic = Extrinsic::sign(key, call.encode(), era, nonce, VERSIONS, &GENESIS, &born);
        self.take(&extrinsic.encode()).expect("it is well signed");
    }

    fn hash_of(number: BlockNumber) -> H256 {
        let mut hash = [0xbb; 32];
        hash[..4].copy_from_slice(&number.to_le_bytes());
        if number == 0 { GENESIS } else { H256(hash) }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), SubmitError> {
        let checked = check(bytes).map_err(|error| SubmitError::Never(error.to_string()))?;
        let Extrinsic { signer, era, nonce, .. } = checked.extrinsic;
        let birth = era.birth(self.height);
        if !checked.extrinsic.verify(VERSIONS, &GENESIS, &Self::hash_of(birth)) {
            return Err(SubmitError::Later("a bad signature, or an era that is over".into()));
        }
        if nonce < self.nonce(&signer) {
            return Err(SubmitError::Later("the nonce was used".into()));
        }
        // The first extrinsic with a nonce stays.
        self.pool.entry((signer, nonce)).or_insert(checked);
        Ok(())
    }

    fn nonce(&self, id: &AccountId) -> Nonce {
        account(&self.state, id).map_or(0, |info| info.nonce)
    }

    /// One block with every extrinsic whose turn it is.
    pub(crate) fn make_block(&mut self) {
        let mut next: BTreeMap<AccountId, Nonce> = BTreeMap::new();
        let mut body = Vec::new();
        for ((signer, nonce), checked) in &self.pool {
            let due = next.entry(*signer).or_insert_with(|| self.nonce(signer));
            if *nonce == *due {
                *due += 1;
                body.push(checked.clone());
            }
        }
        if body.is_empty() || !self.finalises {
            return;
        }
        self.height += 1;
        self.timestamp = self.now_ms.max(self.timestamp + 1);
        let timestamp = self.timestamp;
        let slot = PreRuntime { proposer: ValidatorIndex(0), timestamp, executed: self.height - 1 };
        let root = H256::ZERO;
        let header = Header::new(Self::hash_of(self.height - 1), self.height, root, root, slot);
        let block = BlockContext::new(&header, GENESIS).expect("the header was made with its pre-runtime digest");
        let outcome = execute(&self.state, &block, &body);
        for (key, value) in outcome.changes {
            match value {
                Some(value) => self.state.insert(key, value),
                None => self.state.remove(&key),
            };
        }
        for (index, (checked, result)) in (0u32..).zip(body.iter().zip(&outcome.results)) {
            let refused = outcome.events.iter().filter_map(|record| match &record.event {
                RuntimeEvent::Chains(chains::Event::ItemRefused { index: item, error, .. })
                    if record.phase == tierchain_runtime::Phase::ApplyExtrinsic(index) =>
                {
                    Some(ItemRefused { index: *item, error: format!("{error:?}") })
                }
                _ => None,
            });
            let known = match result {
                Ok(()) => Outcome::Succeeded { refused: refused.collect() },
                Err(error) => Outcome::Failed(format!("{error:?}")),
            };
            self.outcomes.insert(checked.hash, known);
            self.pool.remove(&(checked.extrinsic.signer, checked.extrinsic.nonce));
        }
        let spent: Vec<_> = self.pool.keys().filter(|(id, nonce)| *nonce < self.nonce(id)).copied().collect();
        for key in spent {
            self.pool.remove(&key);
        }
        self.executed += body.len();
        for block in outcome.entity_blocks {
            self.places.entry(block.tx.event.server).or_default().push(self.entity_blocks.len());
            self.entity_blocks.push(block);
        }
        self.meta_blocks.extend(outcome.meta_blocks);
    }

    fn life(&self, uuid: Uuid, generation: Option<u32>) -> Option<LifeView> {
        let next = query::generations(&self.state, uuid);
        let announced = ServerId { uuid, generation: generation.unwrap_or(next) };
        if chains::ANNOUNCEMENTS.has(&self.state, &announced) {
            return Some(LifeView {
                server: announced,
                born: None,
                end: None,
                anchored: false,
                state: None,
                blocks: 0,
                head: None,
                late: 0,
                next: Vec::new(),
            });
        }
        let (server, record) = query::server(&self.state, uuid, generation)?;
        let writers = [keys().0.public(), keys().1.public()];
        let next = writers.map(|id| (id, query::writer_next(&self.state, &server, &id).unwrap_or(0)));
        Some(LifeView {
            server,
            born: Some(record.born),
            end: record.end.map(|end| end.hash),
            anchored: record.anchored.is_some(),
            state: Some(record.state),
            blocks: record.length,
            head: Some(record.head),
            late: record.late.into(),
            next: next.to_vec(),
        })
    }
}

impl FakeLedger {
    fn answer<T>(&self, answer: impl FnOnce(&mut World) -> T) -> Result<T, AskError> {
        if self.dead.get() {
            Err(AskError("connection refused".into()))
        } else {
            Ok(answer(&mut self.world.borrow_mut()))
        }
    }
}

impl Ledger for FakeLedger {
    fn name(&self) -> &str {
        &self.name
    }

    async fn chain(&self) -> Result<Chain, AskError> {
        self.answer(|_| Chain { genesis: GENESIS, versions: VERSIONS, validators: 4 })
    }

    async fn height(&self) -> Result<BlockNumber, AskError> {
        self.answer(|world| {
            world.make_block();
            world.height
        })
    }

    async fn block_hash(&self, number: BlockNumber) -> Result<Option<H256>, AskError> {
        self.answer(|world| (number <= world.height).then(|| World::hash_of(number)))
    }

    async fn nonce(&self, account: &AccountId) -> Result<Nonce, AskError> {
        self.answer(|world| world.nonce(account))
    }

    async fn life(&self, uuid: Uuid, generation: Option<u32>) -> Result<Option<LifeView>, AskError> {
        self.answer(|world| world.life(uuid, generation))
    }

    async fn blocks(&self, server: ServerId, from: u32, count: u32) -> Result<Vec<EntityBlock>, AskError> {
        self.answer(|world| world.chain(server).skip(from as usize).take(count as usize).cloned().collect())
    }

    async fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, AskError> {
        self.answer(|world| world.state.get(key).cloned())
    }

    async fn submit(&self, extrinsic: &[u8]) -> Result<(), SubmitError> {
        match self.answer(|world| world.take(extrinsic)) {
            Ok(taken) => taken,
            Err(error) => Err(SubmitError::Later(error.0)),
        }
    }

    async fn outcome(&self, extrinsic: &H256) -> Result<Outcome, AskError> {
        self.answer(|world| world.outcomes.get(extrinsic).cloned().unwrap_or(Outcome::Unknown))
    }
}
