//! A chain of executed blocks with servers on it, and the snapshots that follow from it. No network, no votes: headers
//! are made one after the other, and four keys certify each.

#![allow(dead_code, reason = "the replica's tests and the node's each use a part of it")]

use std::collections::BTreeMap;
use std::sync::Arc;

use parity_scale_codec::Encode;
use tierchain_primitives::certificate::{Certificate, CertificateKind, ValidatorSet, signed_bytes};
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::extrinsic::{Era, Extrinsic, Nonce};
use tierchain_primitives::header::{Header, PreRuntime, extrinsics_root};
use tierchain_primitives::ledger::{
    Announcement, BirthRequest, Detail, EndReason, Etsi, Event, EventKind, Ownership, Precision, Relations, ServerId,
    ServerState, TrackerCustody, Uuid, party_id,
};
use tierchain_primitives::limits::LEDGER_PART_BLOCKS;
use tierchain_primitives::ports::{NodeRead, StateRead};
use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};
use tierchain_replica::ExecuteJob;
use tierchain_replica::executor::execute;
use tierchain_replica::genesis::Genesis;
use tierchain_replica::snapshot::{ChunkInfo, ChunkKind, Contents, Cutter, LedgerPart, Manifest};
use tierchain_replica::wire::CertifiedBlock;
use tierchain_runtime::{Call, Checked, DataCenter, GenesisConfig, Host, Role, Roles, chains, is_leaf, meta};

/// The time of genesis.
const START_MS: u64 = 1_795_227_255_000;

/// State and pages by key: what a database holds.
#[derive(Clone, Default, PartialEq, Debug)]
pub(crate) struct Store {
    pub(crate) state: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) pages: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl StateRead for Store {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        StateRead::get(&self.state, key)
    }
}

impl NodeRead for Store {
    fn page(&self, key: &[u8]) -> Option<Vec<u8>> {
        NodeRead::page(&self.pages, key)
    }
}

impl Store {
    /// Writes and removes.
    pub(crate) fn apply(map: &mut BTreeMap<Vec<u8>, Vec<u8>>, changes: &[(Vec<u8>, Option<Vec<u8>>)]) {
        for (key, value) in changes {
            match value {
                Some(value) => drop(map.insert(key.clone(), value.clone())),
                None => drop(map.remove(key)),
            }
        }
    }
}

/// The chain.
pub(crate) struct World {
    pub(crate) genesis: Genesis,
    keys: Vec<KeyPair>,
    author: KeyPair,
    nonce: Nonce,
    /// The latest number of each server's writer; 0 is the birth.
    numbers: BTreeMap<u8, u64>,
    pub(crate) store: Store,
    remembers: bool,
    /// The state after each block, unless it forgets them.
    pub(crate) states: Vec<BTreeMap<Vec<u8>, Vec<u8>>>,
    /// Its root.
    pub(crate) roots: Vec<H256>,
    /// From block 1 on.
    pub(crate) blocks: Vec<CertifiedBlock>,
    /// As a database packs them.
    pub(crate) parts: Vec<LedgerPart>,
}

/// What genesis says: one account that may do everything for the servers of its host.
pub(crate) fn genesis_config(author: &KeyPair) -> GenesisConfig {
    let center = DataCenter::named("fra-1");
    let roles = Roles::NONE.with(Role::Hypervisor).with(Role::Foundry);
    GenesisConfig {
        time: START_MS,
        allow_replay: true,
        unknown_images: true,
        block_nonce_bits: 2,
        accounts: vec![(author.public(), roles)],
        hosts: vec![Host::new(party_id("host"), center.id, author.public())],
        data_centers: vec![center],
        ..GenesisConfig::default()
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let author = KeyPair::from_seed(&[9; 32]);
        let genesis = Genesis::build(&genesis_config(&author));
        let mut store = Store::default();
        Store::apply(&mut store.state, &genesis.state);
        Store::apply(&mut store.pages, &genesis.pages);
        let (states, roots) = (vec![store.state.clone()], vec![genesis.root]);
        let keys = (1..=4).map(|seed| KeyPair::from_seed(&[seed; 32])).collect();
        let (numbers, blocks, parts) = (BTreeMap::new(), Vec::new(), Vec::new());
        let remembers = true;
        Self { genesis, keys, author, nonce: 0, numbers, store, remembers, states, roots, blocks, parts }
    }

    /// A chain on which servers live, some end and are linked: `rounds` of a few blocks each, some of them empty. One
    /// more server than asked for goes on to the end.
    pub(crate) fn with_servers(servers: u8, rounds: u32) -> Self {
        let mut world = Self::new();
        let births: Vec<Call> = (0..=servers).flat_map(|server| world.birth(server)).collect();
        world.block(&births);
        for round in 0..rounds {
            let server = u8::try_from(round % u32::from(servers)).expect("below a u8");
            let event = match round / u32::from(servers) {
                0 => EventKind::StateChanged { state: ServerState::Running },
                1 => EventKind::StateChanged { state: ServerState::Paused },
                _ => EventKind::Rebooted,
            };
            let calls = [world.event(server, event)];
            world.block(&calls);
            world.block(&[]);
        }
        // Half of them end, each linked together with an event of the one that goes on.
        for server in (0..servers).step_by(2) {
            let end = world.event(server, EventKind::Ended { reason: EndReason::Terminated });
            world.block(&[end]);
            let anchor = Call::Meta(meta::Call::Anchor { server: Self::server(server) });
            let event = world.event(servers, EventKind::Rebooted);
            world.block(&[anchor, event]);
        }
        (0..3).for_each(|_| world.block(&[]));
        world
    }

    /// A long chain without its states: `blocks` of 64 events each, on 16 servers.
    pub(crate) fn long(blocks: u32) -> Self {
        let mut world = Self { remembers: false, ..Self::new() };
        let births: Vec<Call> = (0..16).flat_map(|server| world.birth(server)).collect();
        world.block(&births);
        for block in 0..blocks {
            let state = if block % 2 == 0 { ServerState::Running } else { ServerState::Paused };
            let events = (0..64).map(|at| world.raw_event(at % 16, EventKind::StateChanged { state })).collect();
            world.block(&[Call::Chains(chains::Call::AppendBatch { events })]);
        }
        (0..3).for_each(|_| world.block(&[]));
        world
    }

    /// The newest block's number.
    pub(crate) fn height(&self) -> BlockNumber {
        u32::try_from(self.blocks.len()).expect("a short chain")
    }

    /// The epochs as genesis has them.
    pub(crate) fn epochs(&self) -> Epochs {
        Epochs::new(0, self.set())
    }

    pub(crate) fn set(&self) -> ValidatorSet {
        ValidatorSet { epoch: Epoch(0), keys: self.keys.iter().map(KeyPair::public).collect() }
    }

    fn server(server: u8) -> ServerId {
        ServerId { uuid: Uuid([server; 16]), generation: 0 }
    }

    fn birth(&self, server: u8) -> [Call; 2] {
        let server = Self::server(server);
        let [provider, tenant, service] = ["provider", "tenant", "service"].map(party_id);
        let announcement = Announcement {
            server,
            host: party_id("host"),
            image: H256::ZERO,
            resources: None,
            tracker: self.author.public(),
            custody: TrackerCustody::Agent,
            ownership: Ownership { provider, tenant, service },
            etsi: Etsi::default(),
            relations: Relations::default(),
        };
        let (precision, evidence) = (Precision::Event, H256::ZERO);
        let request = BirthRequest { server, occurred_at: START_MS * 1_000, precision, evidence, previous: None };
        let tracker_signature = self.author.sign(&request.signed_bytes(&self.genesis.hash));
        [
            Call::Chains(chains::Call::Announce { announcement }),
            Call::Chains(chains::Call::Birth { request, tracker_signature }),
        ]
    }

    fn event(&mut self, server: u8, event: EventKind) -> Call {
        Call::Chains(chains::Call::Append { event: self.raw_event(server, event) })
    }

    fn raw_event(&mut self, server: u8, event: EventKind) -> Event {
        let number = *self.numbers.entry(server).and_modify(|number| *number += 1).or_insert(1);
        Event {
            server: Self::server(server),
            number,
            occurred_at: START_MS * 1_000 + number,
            precision: Precision::Event,
            event,
            meter: None,
            evidence: H256::ZERO,
            detail: Detail(vec![server; 3]),
        }
    }

    /// Executes the next block. What a call says must be right: its outcome is looked at.
    pub(crate) fn block(&mut self, calls: &[Call]) {
        let body: Vec<Checked> = calls.iter().map(|call| self.checked(call)).collect();
        let bytes: Vec<Vec<u8>> = body.iter().map(|checked| checked.bytes.clone()).collect();
        let number = self.height() + 1;
        let parent = self.blocks.last().map_or(self.genesis.hash, |block| block.header.hash());
        // Execution lags behind by up to two blocks.
        let executed = number.saturating_sub(3);
        let timestamp = START_MS + u64::from(number) * 5;
        let pre = PreRuntime { proposer: ValidatorIndex(1), timestamp, executed };
        let header = Header::new(parent, number, self.roots[executed as usize], extrinsics_root(&bytes), pre);
        let certificate = self.certify(&header);
        let job = ExecuteJob {
            hash: header.hash(),
            header: header.clone(),
            body: Arc::new(body),
            certificate: certificate.clone(),
        };
        let root = self.roots[number as usize - 1];
        let made = execute(&self.store, &self.store, self.genesis.hash, root, &job);
        assert!(made.results.iter().all(Result::is_ok), "block {number}: {:?}", made.results);
        Store::apply(&mut self.store.state, &made.changes);
        Store::apply(&mut self.store.pages, &made.pages);
        if self.remembers {
            self.states.push(self.store.state.clone());
        }
        self.roots.push(made.root);
        self.blocks.push(CertifiedBlock { header, body: bytes, certificate });
        assert!(made.entity_blocks.len() + made.meta_blocks.len() <= LEDGER_PART_BLOCKS, "one part a height");
        if !made.entity_blocks.is_empty() || !made.meta_blocks.is_empty() {
            self.parts.push(LedgerPart { height: number, entities: made.entity_blocks, metas: made.meta_blocks });
        }
    }

    fn checked(&mut self, call: &Call) -> Checked {
        let (signer, nonce) = (self.author.public(), self.nonce);
        self.nonce += 1;
        let extrinsic =
            Extrinsic { signer, signature: Signature::ZERO, era: Era::Immortal, nonce, call: call.encode() };
        tierchain_runtime::check(&extrinsic.encode()).expect("it is whole")
    }

    /// All four commit.
    pub(crate) fn certify(&self, header: &Header) -> Certificate {
        let (kind, epoch, view) = (CertificateKind::Committed, Epoch(0), View(3));
        let (number, hash) = (header.number, header.hash());
        let bytes = signed_bytes(&self.genesis.hash, epoch, kind.vote(), view, number, &hash);
        let votes = (0u16..).zip(&self.keys).map(|(at, key)| (ValidatorIndex(at), key.sign(&bytes))).collect();
        Certificate { kind, epoch, view, number, hash, votes }
    }

    /// The snapshot that a block names.
    pub(crate) fn snapshot(&self, named_by: BlockNumber) -> (Manifest, Vec<Vec<u8>>) {
        let naming = &self.blocks[named_by as usize - 1];
        let height = naming.header.pre_runtime().expect("it has consensus data").executed;
        let headers = self.blocks[..named_by as usize].iter().map(|block| block.header.encode());
        let leaves = self.states[height as usize].iter().filter(|(key, _)| is_leaf(key)).map(|entry| entry.encode());
        let parts = self.parts.iter().filter(|part| part.height <= height).map(Encode::encode);
        let mut chunks = cut(ChunkKind::Headers, headers);
        chunks.extend(cut(ChunkKind::State, leaves));
        chunks.extend(cut(ChunkKind::Ledger, parts));
        let (infos, chunks) = chunks.into_iter().unzip();
        let contents = Contents { genesis: self.genesis.hash, height, header: naming.header.clone(), chunks: infos };
        (Manifest { contents, certificate: naming.certificate.clone(), epochs: Vec::new() }, chunks)
    }
}

/// Bytes that are encoded already.
struct Encoded(Vec<u8>);

impl Encode for Encoded {
    fn encode(&self) -> Vec<u8> {
        self.0.clone()
    }
}

fn cut(kind: ChunkKind, items: impl Iterator<Item = Vec<u8>>) -> Vec<(ChunkInfo, Vec<u8>)> {
    let mut cutter = Cutter::new(kind);
    let mut cuts: Vec<_> = items.filter_map(|item| cutter.push(&Encoded(item)).expect("short items")).collect();
    cuts.extend(cutter.finish());
    cuts.into_iter().map(|cut| (cut.info, cut.bytes)).collect()
}
