//! A few replicas joined by a queue. Nothing is lost unless a story says so; time passes when it says so.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use parity_scale_codec::{Decode, DecodeAll, Encode};
use tierchain_consensus::{Config, Message, Parameters, Target};
use tierchain_primitives::certificate::{Certificate, ValidatorSet};
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::extrinsic::{Era, Extrinsic, Nonce};
use tierchain_primitives::ports::{ChainRead, LogDisk};
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256, ValidatorIndex};
use tierchain_replica::chain::{Block, ChainBase};
use tierchain_replica::executor::execute;
use tierchain_replica::genesis::Genesis;
use tierchain_replica::log::WriteAheadLog;
use tierchain_replica::wire::{CertifiedBlock, SignedBundle, SyncMessage};
use tierchain_replica::{
    Clock, DropReason, Effect, Entry, Executed, Input, LedgerRead, Member, OpenBundle, Pace, Ports, Record, Recovered,
    Refusal, Replica, Settings, Staged, Ticket, Verdict,
};
use tierchain_runtime::{AccountInfo, Call, Checked, GenesisConfig, Roles, VERSIONS, Weights, system};

/// How many validators there are.
pub(crate) const VALIDATORS: usize = 4;

/// The time of genesis.
const GENESIS_MS: u64 = 1_000_000;

/// A validator's consensus key.
fn key(index: usize) -> KeyPair {
    KeyPair::from_seed(&[100 + index as u8; 32])
}

/// A client's key.
fn client() -> KeyPair {
    KeyPair::from_seed(&[1; 32])
}

/// The files of a vote log, which outlive its process.
#[derive(Clone, Default)]
struct Files(Rc<RefCell<BTreeMap<u64, Vec<u8>>>>);

impl LogDisk for Files {
    fn segments(&self) -> Vec<u64> {
        self.0.borrow().keys().copied().collect()
    }

    fn read(&self, segment: u64) -> Vec<u8> {
        self.0.borrow()[&segment].clone()
    }

    fn start(&mut self, segment: u64, content: &[u8]) {
        self.0.borrow_mut().insert(segment, content.to_vec());
    }

    fn resume(&mut self, segment: u64, end: usize) {
        self.0.borrow_mut().entry(segment).or_default().truncate(end);
    }

    fn append(&mut self, bytes: &[u8]) {
        self.0.borrow_mut().last_entry().expect("a log has a segment").get_mut().extend(bytes);
    }

    fn remove(&mut self, segment: u64) {
        self.0.borrow_mut().remove(&segment);
    }

    fn salt(&mut self) -> u64 {
        7
    }
}

/// Everything executed, by block: enough to read any state.
struct Ledger {
    blocks: Vec<(CertifiedBlock, H256)>,
    states: Vec<BTreeMap<Vec<u8>, Vec<u8>>>,
    pages: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl ChainRead for Ledger {
    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        Some(self.blocks.get(number as usize)?.0.header.hash())
    }
}

impl LedgerRead for Ledger {
    fn account_nonce(&self, account: &AccountId, at: BlockNumber) -> Option<Nonce> {
        let bytes = self.states.get(at as usize)?.get(&system::ACCOUNT.key(account))?.clone();
        AccountInfo::decode(&mut bytes.as_slice()).ok().map(|info| info.nonce)
    }
}

/// A member and what it keeps.
struct Node {
    replica: Option<Replica>,
    log: Option<WriteAheadLog<Files>>,
    files: Files,
    ledger: Ledger,
    wake: Option<u64>,
}

/// What stories look at.
#[derive(Default)]
pub(crate) struct Seen {
    /// Answers to submissions.
    pub(crate) answers: Vec<Result<H256, Refusal>>,
    /// Extrinsics let go.
    pub(crate) dropped: Vec<DropReason>,
}

/// The cluster: validators first, perhaps one observer behind.
pub(crate) struct Cluster {
    nodes: Vec<Node>,
    genesis: Genesis,
    set: ValidatorSet,
    now: u64,
    queue: VecDeque<(usize, Input)>,
    /// Whose messages get lost.
    pub(crate) cut: Vec<usize>,
    /// Whether gossip of bundles gets lost.
    pub(crate) gossip_is_lost: bool,
    pub(crate) seen: Seen,
}

impl Cluster {
    pub(crate) fn new(observers: usize) -> Self {
        let set = ValidatorSet { epoch: Epoch(0), keys: (0..VALIDATORS).map(|at| key(at).public()).collect() };
        let genesis = Genesis::build(&GenesisConfig {
            time: GENESIS_MS,
            block_nonce_bits: 0,
            accounts: vec![(client().public(), Roles::NONE)],
            ..GenesisConfig::default()
        });
        let members = VALIDATORS + observers;
        let nodes = (0..members).map(|who| Node::new(&genesis, who < VALIDATORS)).collect();
        let (queue, cut, seen) = (VecDeque::new(), Vec::new(), Seen::default());
        let mut cluster = Self { nodes, genesis, set, now: 0, queue, cut, gossip_is_lost: false, seen };
        (0..members).for_each(|who| cluster.start(who));
        cluster
    }

    /// Starts a member from what it keeps, and connects it.
    pub(crate) fn start(&mut self, who: usize) {
        let settings = self.settings(who);
        let clock = self.clock();
        let genesis = self.genesis.hash;
        let node = &mut self.nodes[who];
        let mut records = Vec::new();
        if who < VALIDATORS {
            let (log, recovered) = WriteAheadLog::open(node.files.clone(), genesis).expect("the log is whole");
            let decode = |bytes: &Vec<u8>| Record::decode_all(&mut bytes.as_slice()).expect("it was encoded here");
            records = recovered.records.iter().map(decode).collect();
            node.log = Some(log);
        }
        let (base, certificate) = node.ledger.base();
        let recovered = Recovered { base, certificate, records };
        let key = key(who);
        let ports = Ports { ledger: &node.ledger, signer: &key };
        let (replica, staged) = Replica::recover(settings, recovered, clock, &ports);
        node.replica = Some(replica);
        self.finish(who, staged);
        for other in (0..self.nodes.len()).filter(|other| *other != who) {
            if self.nodes[other].replica.is_some() {
                self.queue.push_back((other, Input::Connected(member(who))));
                self.queue.push_back((who, Input::Connected(member(other))));
            }
        }
        self.settle();
    }

    /// Kills a member: what isn't on disk or executed is gone.
    pub(crate) fn kill(&mut self, who: usize) {
        self.nodes[who].replica = None;
        self.queue.retain(|(to, _)| *to != who);
        for other in 0..self.nodes.len() {
            self.queue.push_back((other, Input::Lost { peer: member(who), refused: true }));
        }
    }

    /// Lets a member lose what it has executed, as after a power failure long after the last flush.
    pub(crate) fn lose_executed(&mut self, who: usize) {
        let validator = who < VALIDATORS;
        let fresh = Node::new(&self.genesis, validator).ledger;
        self.nodes[who].ledger = fresh;
    }

    /// Submits a remark of the client to a validator.
    pub(crate) fn submit(&mut self, to: usize, nonce: Nonce) -> H256 {
        self.submit_with(to, nonce, Era::Immortal)
    }

    pub(crate) fn submit_with(&mut self, to: usize, nonce: Nonce, era: Era) -> H256 {
        let following = self.height(to) + 1;
        let genesis = self.genesis.hash;
        let birth = self.nodes[to].ledger.block_hash(era.birth(following)).expect("it is executed");
        let call = Call::System(system::Call::Remark { remark: vec![1] }).encode();
        let extrinsic = Extrinsic::sign(&client(), call, era, nonce, VERSIONS, &genesis, &birth);
        let checked = tierchain_runtime::check(&extrinsic.encode()).expect("it is whole");
        let hash = checked.hash;
        self.queue.push_back((to, Input::Submit { ticket: Ticket(0), checked, birth }));
        self.settle();
        hash
    }

    /// Lets time pass, millisecond by millisecond.
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        for _ in 0..milliseconds {
            self.now += 1;
            for who in 0..self.nodes.len() {
                if self.nodes[who].wake.is_some_and(|at| at <= self.now) {
                    self.nodes[who].wake = None;
                    self.queue.push_back((who, Input::Tick));
                }
            }
            self.settle();
        }
    }

    /// The newest executed block of a member.
    pub(crate) fn height(&self, who: usize) -> BlockNumber {
        BlockNumber::try_from(self.nodes[who].ledger.blocks.len() - 1).expect("a few blocks")
    }

    /// Root after that block.
    pub(crate) fn root(&self, who: usize) -> H256 {
        self.nodes[who].ledger.root()
    }

    /// The numbers of the blocks in which a member has an extrinsic.
    pub(crate) fn blocks_with(&self, who: usize, hash: H256) -> Vec<BlockNumber> {
        let has = |block: &CertifiedBlock| {
            block.body.iter().any(|bytes| tierchain_primitives::extrinsic::extrinsic_hash(bytes) == hash)
        };
        let blocks = &self.nodes[who].ledger.blocks;
        blocks.iter().map(|(block, _)| block).filter(|block| has(block)).map(|block| block.header.number).collect()
    }

    pub(crate) fn replica(&self, who: usize) -> &Replica {
        self.nodes[who].replica.as_ref().expect("it runs")
    }

    /// Begins a new segment of a member's log and removes the ones before.
    pub(crate) fn roll(&mut self, who: usize) {
        let checkpoint = self.replica(who).checkpoint();
        let log = self.nodes[who].log.as_mut().expect("a validator has a log");
        let segment = log.roll(&checkpoint);
        log.remove_before(segment);
    }

    fn settings(&self, who: usize) -> Settings {
        let me = ValidatorIndex(who as u16);
        let (genesis, set) = (self.genesis.hash, self.set.clone());
        let config = Config { genesis, set: set.clone(), me, parameters: Parameters::default() };
        let machine = (who < VALIDATORS).then_some(config);
        Settings { genesis, set, machine, pace: Pace::new(GENESIS_MS, 1_000), weights: Weights::new(0) }
    }

    fn clock(&self) -> Clock {
        Clock { monotonic: self.now, wall: GENESIS_MS + self.now }
    }

    /// Until nobody has anything to say.
    fn settle(&mut self) {
        while let Some((who, input)) = self.queue.pop_front() {
            let (clock, key) = (self.clock(), key(who));
            let node = &mut self.nodes[who];
            let Some(replica) = &mut node.replica else { continue };
            let staged = replica.step(clock, input, &Ports { ledger: &node.ledger, signer: &key });
            self.finish(who, staged);
        }
    }

    fn finish(&mut self, who: usize, staged: Staged) {
        let effects = match &mut self.nodes[who].log {
            Some(log) => staged.persist(log).into_effects(),
            None => staged.persist(&mut NoLog).into_effects(),
        };
        effects.into_iter().for_each(|effect| self.perform(who, effect));
    }

    fn perform(&mut self, who: usize, effect: Effect) {
        match effect {
            Effect::SendConsensus { to, message } => self.send_consensus(who, to, &message),
            Effect::SendSync { to, message } => {
                let to = number(to);
                if self.hears(who, to) {
                    self.receive(who, to, message);
                }
            }
            Effect::GossipBundle(bundle) => {
                for to in (0..VALIDATORS).filter(|to| !self.gossip_is_lost && self.hears(who, *to)).collect::<Vec<_>>()
                {
                    let open = self.open(&bundle);
                    self.queue.push_back((to, Input::Bundle(open)));
                }
            }
            Effect::GossipBlock(block) => {
                for to in (0..self.nodes.len()).filter(|to| self.hears(who, *to)).collect::<Vec<_>>() {
                    let input = Input::Gossiped { block: (*block).clone(), body: take_apart(&block.body) };
                    self.queue.push_back((to, input));
                }
            }
            Effect::Answer { result, .. } => self.seen.answers.push(result),
            Effect::Execute(job) => {
                let executed = self.nodes[who].ledger.execute(self.genesis.hash, &job);
                self.queue.push_back((who, Input::Executed(executed)));
            }
            Effect::Verify { digest, entries } => {
                let verdicts = entries.iter().map(|(checked, birth)| self.verdict(checked, *birth)).collect();
                self.queue.push_back((who, Input::Verdicts { digest, verdicts }));
            }
            Effect::Dropped { reason, .. } => self.seen.dropped.push(reason),
            Effect::Evidence(evidence) => panic!("nobody lies: {evidence:?}"),
            Effect::Diverged { number, .. } => panic!("states differ after block {number}"),
            Effect::WakeAt(at) => {
                assert!(at > self.now, "{who} wants to be woken at {at}, and it is {}", self.now);
                let wake = &mut self.nodes[who].wake;
                *wake = Some(wake.map_or(at, |known| known.min(at)));
            }
        }
    }

    fn send_consensus(&mut self, from: usize, to: Target, message: &Message) {
        let mut heard_by: Vec<usize> = match to {
            Target::All => (0..VALIDATORS).collect(),
            Target::One(index) => vec![index.as_usize()],
        };
        heard_by.retain(|to| self.hears(from, *to));
        for to in heard_by {
            let sender = ValidatorIndex(from as u16);
            self.queue.push_back((to, Input::Consensus { from: sender, message: message.clone() }));
        }
    }

    fn receive(&mut self, from: usize, to: usize, message: SyncMessage) {
        let sender = member(from);
        let input = match message {
            SyncMessage::BundleRequest { digest } => Input::BundleRequest { from: sender, digest },
            SyncMessage::Bundle(bundle) => Input::Bundle(self.open(&bundle)),
            SyncMessage::BlockRequest { number, hash } => Input::BlockRequest { from: sender, number, hash },
            SyncMessage::Block { header, body } => Input::Block { header, body: take_apart(&body) },
            SyncMessage::RangeRequest { from: first } => {
                let blocks: Vec<CertifiedBlock> =
                    self.nodes[to].ledger.blocks.iter().skip(first as usize).map(|(block, _)| block.clone()).collect();
                return self.receive(to, from, SyncMessage::Range { blocks });
            }
            SyncMessage::Range { blocks } => {
                let blocks = blocks.into_iter().map(|block| {
                    let body = take_apart(&block.body);
                    (block, body)
                });
                Input::Range { from: sender, blocks: blocks.collect() }
            }
            SyncMessage::Height { number } => Input::Height { from: sender, number },
            SyncMessage::Missing { .. } | SyncMessage::Snapshot(_) => return,
        };
        self.queue.push_back((to, input));
    }

    fn hears(&self, from: usize, to: usize) -> bool {
        from != to && !self.cut.contains(&from) && !self.cut.contains(&to)
    }

    fn open(&self, bundle: &SignedBundle) -> OpenBundle {
        let entry = |bytes: &Vec<u8>| {
            let checked = tierchain_runtime::check(bytes).expect("clients send whole extrinsics");
            // Verified only when asked for.
            Entry { checked, verdict: Verdict::Unknown }
        };
        let entries = bundle.bundle.extrinsics.iter().map(entry).collect();
        OpenBundle { digest: bundle.bundle.digest(), signed: Arc::new(bundle.clone()), entries }
    }

    fn verdict(&self, checked: &Checked, birth: H256) -> Verdict {
        match checked.extrinsic.verify(VERSIONS, &self.genesis.hash, &birth) {
            true => Verdict::Holds { birth },
            false => Verdict::Fails { birth },
        }
    }
}

impl Node {
    fn new(genesis: &Genesis, is_validator: bool) -> Self {
        let files = Files::default();
        if is_validator {
            WriteAheadLog::create(files.clone(), genesis.hash).expect("there is none");
        }
        Self { replica: None, log: None, files, ledger: Ledger::new(genesis), wake: None }
    }
}

impl Ledger {
    fn new(genesis: &Genesis) -> Self {
        let certificate = no_certificate(genesis);
        let block = CertifiedBlock { header: genesis.header.clone(), body: Vec::new(), certificate };
        let written = |changes: &[(Vec<u8>, Option<Vec<u8>>)]| {
            changes.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
        };
        Self {
            blocks: vec![(block, genesis.root)],
            states: vec![written(&genesis.state)],
            pages: written(&genesis.pages),
        }
    }

    fn root(&self) -> H256 {
        self.blocks.last().expect("genesis stays").1
    }

    fn execute(&mut self, genesis: H256, job: &tierchain_replica::ExecuteJob) -> Executed {
        assert_eq!(job.header.number as usize, self.blocks.len(), "blocks come in order, each once");
        let mut state = self.states.last().expect("genesis stays").clone();
        let executed = execute(&state, &self.pages, genesis, self.root(), job);
        apply(&mut state, executed.changes);
        apply(&mut self.pages, executed.pages);
        self.states.push(state);
        let body = job.body.iter().map(|checked| checked.bytes.clone()).collect();
        let block = CertifiedBlock { header: job.header.clone(), body, certificate: job.certificate.clone() };
        self.blocks.push((block, executed.root));
        Executed { number: executed.number, root: executed.root }
    }

    fn base(&self) -> (ChainBase, Option<Certificate>) {
        let (newest, root) = self.blocks.last().expect("genesis stays");
        let block = Block::new(newest.header.clone(), Arc::default()).expect("it has consensus data");
        let nonempty = self.blocks.iter().rev().find(|(block, _)| !block.body.is_empty());
        let roots = self.blocks.iter().map(|(block, root)| (block.header.number, *root)).collect();
        let newest_nonempty = nonempty.map_or(0, |(block, _)| block.header.number);
        let certificate = (newest.header.number > 0).then(|| newest.certificate.clone());
        (ChainBase { block, root: *root, newest_nonempty, roots }, certificate)
    }
}

/// An observer has no vote log.
struct NoLog;

impl tierchain_replica::Log for NoLog {
    fn append(&mut self, _: &[u8]) {}
    fn sync(&mut self) {}
}

fn no_certificate(genesis: &Genesis) -> Certificate {
    let kind = tierchain_primitives::certificate::CertificateKind::Committed;
    let view = tierchain_primitives::View(0);
    Certificate { kind, epoch: Epoch(0), view, number: 0, hash: genesis.hash, votes: Vec::new() }
}

fn apply(table: &mut BTreeMap<Vec<u8>, Vec<u8>>, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) {
    for (key, value) in changes {
        match value {
            Some(value) => table.insert(key, value),
            None => table.remove(&key),
        };
    }
}

fn take_apart(body: &[Vec<u8>]) -> Arc<Vec<Checked>> {
    Arc::new(body.iter().map(|bytes| tierchain_runtime::check(bytes).expect("it was checked before")).collect())
}

fn member(who: usize) -> Member {
    if who < VALIDATORS {
        Member::Validator(ValidatorIndex(who as u16))
    } else {
        Member::Observer((who - VALIDATORS) as u32)
    }
}

fn number(member: Member) -> usize {
    match member {
        Member::Validator(index) => index.as_usize(),
        Member::Observer(number) => VALIDATORS + number as usize,
    }
}
