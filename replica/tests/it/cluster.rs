//! A few replicas joined by a queue. Nothing is lost unless a story says so; time passes when it says so.
//!
//! What is sent is encoded and comes in through the inbound code that ships.

use std::collections::{BTreeMap, VecDeque};

use parity_scale_codec::{DecodeAll, Encode};
use tierchain_consensus::{Message, Parameters, Verify};
use tierchain_primitives::certificate::{Certificate, ValidatorSet};
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::extrinsic::{Era, Extrinsic, Nonce};
use tierchain_primitives::header::Header;
use tierchain_primitives::ports::ChainRead;
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256};
use tierchain_replica::evidence::{Evidence, Topic};
use tierchain_replica::genesis::Genesis;
use tierchain_replica::inbound::{Inbound, Senses, decode_sync, range};
use tierchain_replica::log::WriteAheadLog;
use tierchain_replica::wire::{CertifiedBlock, SignedBundle, SyncMessage};
use tierchain_replica::{
    Clock, DropReason, Effect, Input, Log, Member, Pace, Ports, Recipients, Record, Recovered, Refusal, Replica,
    Settings, Staged, Ticket, Verdict, Voter, epochs_of,
};
use tierchain_runtime::registry::{self, Proposal};
use tierchain_runtime::{Call, Checked, GenesisConfig, Roles, VERSIONS, Weights, system};

use crate::ledger::{Files, Ledger};
use crate::people::{Keyed, Seals, client, consensus_key, operator, validator};

/// How many validators there are at first.
pub(crate) const VALIDATORS: usize = 4;

/// The time of genesis.
const GENESIS_MS: u64 = 1_000_000;

/// A member and what it keeps.
struct Node {
    /// With which of its consensus keys it runs; none for an observer.
    generation: Option<u8>,
    replica: Option<Replica>,
    log: Option<WriteAheadLog<Files>>,
    files: Files,
    ledger: Ledger,
    /// What its inbound side looks with.
    epochs: Epochs,
    /// The faults that its disk holds.
    evidence: Vec<Evidence>,
    wake: Option<u64>,
}

/// What stories look at.
#[derive(Default)]
pub(crate) struct Seen {
    /// Answers to submissions.
    pub(crate) answers: Vec<Result<H256, Refusal>>,
    /// Faults that members hold proven, in order.
    pub(crate) evidence: Vec<(usize, Topic)>,
    /// Members, and makers of bundles that they found no honest one's, in order.
    pub(crate) implausible: Vec<(usize, AccountId)>,
    /// Extrinsics let go.
    pub(crate) dropped: Vec<DropReason>,
    /// Epochs that members told of, in order.
    pub(crate) epochs: Vec<(usize, Epoch)>,
    /// Votes by epoch and voter's key.
    pub(crate) voted: BTreeMap<Epoch, Vec<AccountId>>,
}

/// A message on its way.
enum Parcel {
    Consensus(Vec<u8>),
    Sync(Vec<u8>),
    Bundle(Vec<u8>),
    Block(Vec<u8>),
}

/// Something that happens next.
#[expect(clippy::large_enum_variant, reason = "a queue holds a handful of them")]
enum Next {
    Input(Input),
    Arrives { from: usize, parcel: Parcel },
}

/// The cluster.
pub(crate) struct Cluster {
    nodes: Vec<Node>,
    pub(crate) genesis: Genesis,
    now: u64,
    queue: VecDeque<(usize, Next)>,
    nonces: BTreeMap<AccountId, Nonce>,
    /// Whose messages get lost.
    pub(crate) cut: Vec<usize>,
    /// Whether gossip of bundles gets lost.
    pub(crate) gossip_is_lost: bool,
    /// Who gets none of the others' bundles.
    pub(crate) deaf_to_bundles: Option<usize>,
    /// Who stops, after how many more things it does.
    pub(crate) fuse: Option<(usize, u32)>,
    pub(crate) seen: Seen,
}

/// A member's senses: its chain, the genesis hash, the evidence it has on disk.
struct Eyes<'a>(&'a Ledger, H256, &'a [Evidence]);

impl ChainRead for Eyes<'_> {
    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        self.0.block_hash(number)
    }
}

impl Senses for Eyes<'_> {
    fn consensus(&self) -> &dyn Verify {
        &Seals
    }

    fn extrinsics_hold(&self, entries: &[(Checked, H256)]) -> Vec<bool> {
        entries.iter().map(|(checked, birth)| checked.extrinsic.verify(VERSIONS, &self.1, birth)).collect()
    }

    fn height(&self) -> BlockNumber {
        self.0.height()
    }

    fn certified_header(&self, number: BlockNumber) -> Option<(Header, Certificate)> {
        let (block, _) = self.0.blocks.get(number as usize)?;
        Some((block.header.clone(), block.certificate.clone()))
    }

    fn wants_evidence(&self, topic: &Topic) -> bool {
        self.2.iter().all(|kept| kept.topic() != *topic)
    }
}

impl Cluster {
    /// Four validators and some observers.
    pub(crate) fn new(observers: usize) -> Self {
        Self::of(VALIDATORS, observers)
    }

    /// So many of each, validators first.
    pub(crate) fn of(validators: usize, observers: usize) -> Self {
        let genesis = Genesis::build(&GenesisConfig {
            time: GENESIS_MS,
            block_nonce_bits: 0,
            validators: (0..validators).map(validator).collect(),
            accounts: vec![(client().public(), Roles::NONE)],
            ..GenesisConfig::default()
        });
        let members = validators + observers;
        let nodes = (0..members).map(|who| Node::new(&genesis, (who < validators).then_some(0))).collect();
        let (queue, nonces, cut) = (VecDeque::new(), BTreeMap::new(), Vec::new());
        let seen = Seen::default();
        let (now, gossip_is_lost, deaf_to_bundles, fuse) = (0, false, None, None);
        let mut cluster = Self { nodes, genesis, now, queue, nonces, cut, gossip_is_lost, deaf_to_bundles, fuse, seen };
        (0..members).for_each(|who| cluster.start(who));
        cluster
    }

    /// The validators of genesis.
    pub(crate) fn first_set(&self) -> ValidatorSet {
        registry::epoch(&self.nodes[0].ledger, Epoch(0)).expect("genesis begins an epoch").set
    }

    /// A member more, with an empty vote log: no validator yet.
    pub(crate) fn join(&mut self) -> usize {
        let who = self.nodes.len();
        self.nodes.push(Node::new(&self.genesis, Some(0)));
        self.start(who);
        who
    }

    /// Starts a member from what it keeps, and connects it.
    pub(crate) fn start(&mut self, who: usize) {
        let clock = self.clock();
        let key = self.key(who);
        let genesis = self.genesis.hash;
        let node = &mut self.nodes[who];
        let mut records = Vec::new();
        if node.generation.is_some() {
            let (log, recovered) = WriteAheadLog::open(node.files.clone(), genesis).expect("the log is whole");
            let decode = |bytes: &Vec<u8>| Record::decode_all(&mut bytes.as_slice()).expect("it was encoded here");
            records = recovered.records.iter().map(decode).collect();
            node.log = Some(log);
        }
        let (base, certificate) = node.ledger.base();
        let recovered = Recovered { base, certificate, records, evidence: node.evidence.clone() };
        node.epochs = epochs_of(&node.ledger);
        let parameters = Parameters::default();
        let rejoins = recovered.challenge();
        let voter = node.generation.map(|_| Voter { key, parameters, rejoins });
        let (epochs, pace) = (node.epochs.clone(), Pace::new(GENESIS_MS, 1_000));
        let quota = registry::quota(&node.ledger);
        let settings = Settings { genesis, epochs, voter, pace, weights: Weights::new(0), quota };
        let ports = Ports { ledger: &node.ledger, signer: &Keyed(key) };
        let (replica, staged) = Replica::recover(settings, recovered, clock, &ports);
        node.replica = Some(replica);
        self.finish(who, staged);
        for other in (0..self.nodes.len()).filter(|other| *other != who) {
            if self.nodes[other].replica.is_some() {
                self.tell(other, Input::Connected(self.member(who)));
                self.tell(who, Input::Connected(self.member(other)));
            }
        }
        self.settle();
    }

    /// Kills a member: what isn't on disk or executed is gone.
    pub(crate) fn kill(&mut self, who: usize) {
        self.nodes[who].replica = None;
        self.nodes[who].wake = None;
        self.queue.retain(|(to, _)| *to != who);
        for other in 0..self.nodes.len() {
            self.tell(other, Input::Lost { peer: self.member(who), refused: true });
        }
    }

    /// Whether a member runs.
    pub(crate) fn runs(&self, who: usize) -> bool {
        self.nodes[who].replica.is_some()
    }

    /// Lets a member lose what it has executed, as after a power failure long after the last flush.
    pub(crate) fn lose_executed(&mut self, who: usize) {
        self.nodes[who].ledger = Ledger::new(&self.genesis);
    }

    /// Lets a member lose its disk. What it gets is a vote log that takes the place of the lost one.
    pub(crate) fn lose_disk(&mut self, who: usize, challenge: H256) {
        let node = &mut self.nodes[who];
        let generation = node.generation;
        *node = Node::new(&self.genesis, None);
        node.generation = generation;
        let mut log = WriteAheadLog::create(node.files.clone(), self.genesis.hash).expect("there is none");
        log.append(&Record::Rejoin { challenge }.encode());
        log.sync();
    }

    /// Lets a member run with its next consensus key from its next start on.
    pub(crate) fn change_key(&mut self, who: usize) {
        let generation = &mut self.nodes[who].generation;
        *generation = generation.map(|generation| generation + 1);
    }

    /// Submits a remark of the client to a validator.
    pub(crate) fn submit(&mut self, to: usize, nonce: Nonce) -> H256 {
        self.submit_with(to, nonce, Era::Immortal)
    }

    pub(crate) fn submit_with(&mut self, to: usize, nonce: Nonce, era: Era) -> H256 {
        let call = Call::System(system::Call::Remark { remark: vec![1] });
        self.submit_call(to, &client(), nonce, era, &call)
    }

    /// Submits the client's next remark.
    pub(crate) fn remark(&mut self, to: usize) -> H256 {
        let nonce = self.next_nonce(&client());
        self.submit(to, nonce)
    }

    /// Submits an operator's or a validator's call.
    pub(crate) fn call(&mut self, to: usize, signer: &KeyPair, call: registry::Call) -> H256 {
        let nonce = self.next_nonce(signer);
        self.submit_call(to, signer, nonce, Era::Immortal, &Call::Registry(call))
    }

    /// Has the operators of these validators decide on something.
    pub(crate) fn decide(&mut self, to: usize, operators: &[usize], proposal: Proposal) {
        let id = registry::PROPOSAL_COUNT.get(&self.nodes[to].ledger).unwrap_or_default();
        let hash = proposal.hash();
        self.call(to, &operator(operators[0]), registry::Call::Propose { proposal });
        self.pass(30);
        for who in &operators[1..] {
            self.call(to, &operator(*who), registry::Call::Approve { id, hash });
        }
    }

    fn next_nonce(&mut self, signer: &KeyPair) -> Nonce {
        let next = self.nonces.entry(signer.public()).or_default();
        *next += 1;
        *next - 1
    }

    fn submit_call(&mut self, to: usize, signer: &KeyPair, nonce: Nonce, era: Era, call: &Call) -> H256 {
        let following = self.height(to) + 1;
        let genesis = self.genesis.hash;
        let birth = self.nodes[to].ledger.block_hash(era.birth(following)).expect("it is executed");
        let extrinsic = Extrinsic::sign(signer, call.encode(), era, nonce, VERSIONS, &genesis, &birth);
        let checked = tierchain_runtime::check(&extrinsic.encode()).expect("it is whole");
        let hash = checked.hash;
        self.tell(to, Input::Submit { ticket: Ticket(0), checked, birth });
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
                    self.tell(who, Input::Tick);
                }
            }
            self.settle();
        }
    }

    /// The newest executed block of a member.
    pub(crate) fn height(&self, who: usize) -> BlockNumber {
        self.nodes[who].ledger.height()
    }

    /// Root after that block.
    pub(crate) fn root(&self, who: usize) -> H256 {
        self.nodes[who].ledger.root()
    }

    /// What a member has executed.
    pub(crate) fn ledger(&self, who: usize) -> &Ledger {
        &self.nodes[who].ledger
    }

    /// The epoch that a member's replica is in, and whether it votes there.
    pub(crate) fn epoch(&self, who: usize) -> (u32, bool) {
        (self.replica(who).set().epoch.0, self.replica(who).me().is_some())
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
        let segment = self.begin_segment(who);
        self.nodes[who].log.as_mut().expect("a validator has a log").remove_before(segment);
    }

    /// Begins a new segment of a member's log.
    pub(crate) fn begin_segment(&mut self, who: usize) -> u64 {
        let checkpoint = self.replica(who).checkpoint();
        self.nodes[who].log.as_mut().expect("a validator has a log").roll(&checkpoint)
    }

    /// Hands a member a message as if another had sent it.
    pub(crate) fn say(&mut self, from: usize, to: usize, message: &Message) {
        let parcel = Parcel::Consensus(message.encode());
        self.queue.push_back((to, Next::Arrives { from, parcel }));
        self.settle();
    }

    /// Hands a member a bundle as if another had gossiped it.
    pub(crate) fn gossip(&mut self, from: usize, to: usize, bundle: &SignedBundle) {
        self.queue.push_back((to, Next::Arrives { from, parcel: Parcel::Bundle(bundle.encode()) }));
        self.settle();
    }

    fn clock(&self) -> Clock {
        Clock { monotonic: self.now, wall: GENESIS_MS + self.now }
    }

    /// A member's consensus key.
    fn key(&self, who: usize) -> AccountId {
        consensus_key(who, self.nodes[who].generation.unwrap_or_default()).public()
    }

    /// A member as the others know it.
    fn member(&self, who: usize) -> Member {
        match self.nodes[who].generation {
            Some(_) => Member::Validator(self.key(who)),
            None => Member::Observer(who as u32),
        }
    }

    fn number(&self, member: Member) -> Option<usize> {
        (0..self.nodes.len()).find(|who| self.member(*who) == member)
    }

    fn tell(&mut self, who: usize, input: Input) {
        self.queue.push_back((who, Next::Input(input)));
    }

    /// Until nobody has anything to say.
    fn settle(&mut self) {
        while let Some((who, next)) = self.queue.pop_front() {
            let input = match next {
                Next::Input(input) => Some(input),
                Next::Arrives { from, parcel } => self.receive(who, from, parcel),
            };
            let (clock, key) = (self.clock(), self.key(who));
            let node = &mut self.nodes[who];
            let (Some(replica), Some(input)) = (&mut node.replica, input) else { continue };
            let staged = replica.step(clock, input, &Ports { ledger: &node.ledger, signer: &Keyed(key) });
            self.finish(who, staged);
        }
    }

    fn finish(&mut self, who: usize, staged: Staged) {
        if self.burns_down(who) {
            return;
        }
        let effects = match &mut self.nodes[who].log {
            Some(log) => staged.persist(log).into_effects(),
            None => staged.persist(&mut NoLog).into_effects(),
        };
        for effect in effects {
            if self.burns_down(who) {
                return;
            }
            self.perform(who, effect);
        }
    }

    /// Burns a piece of a member's fuse; with the last of it the process ends.
    fn burns_down(&mut self, who: usize) -> bool {
        match &mut self.fuse {
            Some((of, left)) if *of == who && *left > 0 => {
                *left -= 1;
                false
            }
            Some((of, _)) if *of == who => {
                self.fuse = None;
                self.kill(who);
                true
            }
            _ => false,
        }
    }

    fn perform(&mut self, who: usize, effect: Effect) {
        match effect {
            Effect::SendConsensus { to, message } => self.send_consensus(who, to, &message),
            Effect::SendSync { to, message } => {
                let is_bundle = matches!(message, SyncMessage::Bundle(_));
                if let Some(to) = self.number(to).filter(|to| !is_bundle || self.deaf_to_bundles != Some(*to)) {
                    self.send(who, to, Parcel::Sync(message.encode()));
                }
            }
            Effect::GossipBundle(bundle) if !self.gossip_is_lost => {
                let hears = |to: &usize| self.deaf_to_bundles != Some(*to);
                let hearers: Vec<usize> = (0..self.nodes.len()).filter(hears).collect();
                hearers.into_iter().for_each(|to| self.send(who, to, Parcel::Bundle(bundle.encode())));
            }
            Effect::GossipBundle(_) => {}
            Effect::GossipBlock(block) => {
                (0..self.nodes.len()).for_each(|to| self.send(who, to, Parcel::Block(block.encode())));
            }
            Effect::Answer { result, .. } => self.seen.answers.push(result),
            Effect::Execute(job) => {
                let executed = self.nodes[who].ledger.execute(&job);
                self.tell(who, Input::Executed(executed));
            }
            Effect::Verify { digest, entries } => {
                let verdicts = entries.iter().map(|(checked, birth)| self.verdict(checked, *birth)).collect();
                self.tell(who, Input::Verdicts { digest, verdicts });
            }
            Effect::Dropped { reason, .. } => self.seen.dropped.push(reason),
            Effect::Evidence(evidence) => {
                let topic = evidence.topic();
                self.nodes[who].evidence.push((*evidence).clone());
                self.seen.evidence.push((who, topic));
            }
            Effect::Implausible { maker, .. } => self.seen.implausible.push((who, maker)),
            Effect::Diverged { number, .. } => panic!("states differ after block {number}"),
            Effect::EpochBegan { set, .. } => {
                self.seen.epochs.push((who, set.epoch));
                self.nodes[who].epochs = self.nodes[who].replica.as_ref().expect("it acts").epochs().clone();
            }
            Effect::WakeAt(at) => {
                assert!(at > self.now, "{who} wants to be woken at {at}, and it is {}", self.now);
                let wake = &mut self.nodes[who].wake;
                *wake = Some(wake.map_or(at, |known| known.min(at)));
            }
        }
    }

    fn send_consensus(&mut self, from: usize, to: Recipients, message: &Message) {
        if let Message::Vote(vote) = message {
            let key = self.key(from);
            self.seen.voted.entry(vote.epoch).or_default().push(key);
        }
        match to {
            Recipients::All => {
                (0..self.nodes.len()).for_each(|to| self.send(from, to, Parcel::Consensus(message.encode())));
            }
            Recipients::One(key) => {
                if let Some(to) = self.number(Member::Validator(key)) {
                    self.send(from, to, Parcel::Consensus(message.encode()));
                }
            }
        }
    }

    fn send(&mut self, from: usize, to: usize, parcel: Parcel) {
        if from != to && !self.cut.contains(&from) && !self.cut.contains(&to) {
            self.queue.push_back((to, Next::Arrives { from, parcel }));
        }
    }

    fn receive(&mut self, who: usize, from: usize, parcel: Parcel) -> Option<Input> {
        let (genesis, sender) = (self.genesis.hash, self.member(from));
        let node = &self.nodes[who];
        let is_seated = node.replica.as_ref()?.seat().is_some();
        let senses = Eyes(&node.ledger, genesis, &node.evidence);
        let inbound = Inbound { genesis, epochs: &node.epochs, is_seated, senses: &senses };
        let taken = match parcel {
            Parcel::Consensus(bytes) => inbound.consensus(sender, &bytes),
            Parcel::Bundle(bytes) => inbound.gossiped_bundle(&bytes),
            Parcel::Block(bytes) => inbound.gossiped_block(&bytes),
            Parcel::Sync(bytes) => match decode_sync(&bytes).expect("it was encoded here") {
                SyncMessage::RangeRequest { from: first } => {
                    let read = |number: BlockNumber| Some(node.ledger.blocks.get(number as usize)?.0.clone());
                    let answer = range(first, node.ledger.height(), read);
                    self.send(who, from, Parcel::Sync(answer.encode()));
                    return None;
                }
                message => inbound.sync(sender, message),
            },
        };
        match taken {
            Ok(input) => input,
            Err(refused) => {
                assert!(!refused.is_offence(), "nobody lies, and {who} refuses what {from} says: {refused}");
                None
            }
        }
    }

    fn verdict(&self, checked: &Checked, birth: H256) -> Verdict {
        match checked.extrinsic.verify(VERSIONS, &self.genesis.hash, &birth) {
            true => Verdict::Holds { birth },
            false => Verdict::Fails { birth },
        }
    }
}

impl Node {
    fn new(genesis: &Genesis, generation: Option<u8>) -> Self {
        let files = Files::default();
        if generation.is_some() {
            WriteAheadLog::create(files.clone(), genesis.hash).expect("there is none");
        }
        let ledger = Ledger::new(genesis);
        let epochs = epochs_of(&ledger);
        Self { generation, replica: None, log: None, files, ledger, epochs, evidence: Vec::new(), wake: None }
    }
}

/// An observer has no vote log.
struct NoLog;

impl Log for NoLog {
    fn append(&mut self, _: &[u8]) {}
    fn sync(&mut self) {}
}
