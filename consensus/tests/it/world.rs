//! Honest machines on an asynchronous, lossy network with disks that forget what wasn't synced, and the checkers that
//! look at everything they say.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_consensus::{Base, Effect, Input, Machine, Message, Record, Target, VoteKind};
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::header::Header;
use tierchain_primitives::{H256, ValidatorIndex, View};

use crate::cast;
use crate::random::Random;

pub(crate) const WINDOW: u32 = 3;

/// Something on its way to a node.
pub(crate) enum Event {
    /// A message on the network.
    Message { to: usize, from: u16, message: Message },
    /// An answer of the node's own body; lost when it crashes.
    Answer { to: usize, life: u32, input: Input },
}

/// An honest node: the machine, and what its disk holds.
pub(crate) struct Node {
    pub(crate) machine: Machine,
    life: u32,
    wake: u64,
    log: Vec<Record>,
    headers: BTreeMap<H256, Header>,
    unsynced: Vec<Header>,
    /// Final blocks, from block 1 on.
    pub(crate) finals: Vec<(Header, Certificate)>,
    /// The machine was told this many of them; after a crash it starts lower and tells them again.
    told: usize,
    /// Below this its log doesn't reach back.
    base_min: usize,
}

impl Node {
    /// The last block it was told to be final.
    fn base(&self) -> Base {
        match self.told.checked_sub(1).and_then(|last| self.finals.get(last)) {
            Some((header, certificate)) => Base { header: header.clone(), certificate: Some(certificate.clone()) },
            None => cast::base(),
        }
    }
}

/// All nodes and all that was ever said.
pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) now: u64,
    pub(crate) n: u16,
    pub(crate) faulty: Vec<u16>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) bag: Vec<Event>,
    pub(crate) blocks: BTreeMap<H256, Header>,
    /// Every vote that anybody ever signed: the ground truth of what may be certified.
    pub(crate) said: BTreeMap<(VoteKind, View, u32, H256), BTreeMap<ValidatorIndex, Signature>>,
    /// VIEW-CHANGEs of the honest, by view.
    pub(crate) changes: BTreeMap<View, BTreeMap<ValidatorIndex, Message>>,
    agreed: BTreeMap<u32, H256>,
    committable: BTreeMap<u32, H256>,
    pub(crate) salt: u64,
    pub(crate) evidence: usize,
}

impl World {
    pub(crate) fn new(seed: u64, n: u16, faulty: u16) -> Self {
        let honest = n - faulty;
        let node = |me| Node {
            machine: Machine::new(cast::config(n, me, WINDOW), cast::base(), 0),
            life: 0,
            wake: 0,
            log: Vec::new(),
            headers: BTreeMap::new(),
            unsynced: Vec::new(),
            finals: Vec::new(),
            told: 0,
            base_min: 0,
        };
        let genesis = cast::genesis();
        Self {
            random: Random::new(seed),
            now: 0,
            n,
            faulty: (honest..n).collect(),
            nodes: (0..honest).map(node).collect(),
            bag: Vec::new(),
            blocks: [(genesis.hash(), genesis)].into(),
            said: BTreeMap::new(),
            changes: BTreeMap::new(),
            agreed: BTreeMap::new(),
            committable: BTreeMap::new(),
            salt: 0,
            evidence: 0,
        }
    }

    pub(crate) fn quorum(&self) -> usize {
        cast::set(self.n).quorum()
    }

    /// A new block; whoever asks for it by hash can have it.
    pub(crate) fn new_block(&mut self, parent: H256, proposer: u16) -> Option<Header> {
        self.salt += 1;
        let header = cast::block(self.blocks.get(&parent)?, proposer, self.salt);
        self.blocks.insert(header.hash(), header.clone());
        Some(header)
    }

    /// One step of one node, with a crash at some boundary of its effects when `crash` says so.
    pub(crate) fn step(&mut self, at: usize, input: Input, crash: bool) {
        let node = &mut self.nodes[at];
        match &input {
            Input::Propose { header, .. } | Input::Obtained { header } | Input::Certified { header, .. } => {
                node.unsynced.push(header.clone());
            }
            Input::Valid { hash } => node.unsynced.extend(self.blocks.get(hash).cloned()),
            _ => {}
        }
        let effects = node.machine.step(self.now, input, &cast::signer(at as u16));
        let end = if crash { self.random.below(effects.len() + 1) } else { effects.len() };
        let records = effects.iter().take_while(|effect| matches!(effect, Effect::Record(_))).count();
        assert!(effects[records..].iter().all(|effect| !matches!(effect, Effect::Record(_))), "records come first");
        // Until something is said nothing need be synced: of what is staged, any first part may be on disk.
        let synced = if end > records { records } else { self.random.below(end + 1) };
        if end > records || synced > 0 || !crash {
            let staged = std::mem::take(&mut self.nodes[at].unsynced);
            self.nodes[at].headers.extend(staged.into_iter().map(|header| (header.hash(), header)));
        }
        let synced = if crash { synced } else { records };
        for (index, effect) in effects.into_iter().enumerate().take(end) {
            match effect {
                Effect::Record(record) if index < synced => self.nodes[at].log.push(record),
                Effect::Record(_) => {}
                other => self.perform(at, other),
            }
        }
        if crash {
            self.restart(at);
        }
    }

    fn perform(&mut self, at: usize, effect: Effect) {
        let life = self.nodes[at].life;
        match effect {
            Effect::Record(_) => unreachable!("records were taken by the caller"),
            Effect::Send { to, message } => self.send(at as u16, to, message),
            Effect::Check { hash, header, .. } => {
                let input = if header.pre_runtime().is_ok() && header.state_root == H256::ZERO {
                    Input::Valid { hash }
                } else {
                    Input::Invalid { hash }
                };
                self.bag.push(Event::Answer { to: at, life, input });
            }
            Effect::Obtain { hash, holders, .. } => {
                let held = |holder: &ValidatorIndex| {
                    let node = self.nodes.get(holder.as_usize());
                    node.is_some_and(|node| node.headers.contains_key(&hash))
                };
                let known = holders.iter().any(held);
                assert!(known || holders.iter().all(|holder| self.faulty.contains(&holder.0)), "a voter has its block");
                if let Some(header) = self.blocks.get(&hash).filter(|_| known).cloned() {
                    self.bag.push(Event::Answer { to: at, life, input: Input::Obtained { header } });
                }
            }
            Effect::Final { header, certificate } => self.on_final(at, header, certificate),
            Effect::Behind { .. } => self.serve(at),
            Effect::Evidence(evidence) => {
                assert!(self.faulty.contains(&evidence.culprit.0), "an honest validator is accused: {evidence:?}");
                let judged = evidence.verify(&cast::signer(0), &cast::set(self.n), &cast::GENESIS);
                assert!(judged.is_ok(), "evidence convinces whoever looks: {judged:?} of {evidence:?}");
                self.evidence += 1;
            }
            Effect::WakeAt(wake) => self.nodes[at].wake = wake,
        }
    }

    /// Puts a message on the network; the checkers see it first.
    pub(crate) fn send(&mut self, from: u16, to: Target, message: Message) {
        self.note(&message);
        if self.random.chance(20) {
            cast::check(&message, self.n).expect("what is sent verifies");
        }
        for at in 0..self.nodes.len() {
            let is_for = match to {
                Target::All => at as u16 != from,
                Target::One(peer) => peer.as_usize() == at,
            };
            if is_for {
                self.bag.push(Event::Message { to: at, from, message: message.clone() });
            }
        }
    }

    fn note(&mut self, message: &Message) {
        match message {
            Message::Vote(vote) => {
                let place = (vote.kind, vote.view, vote.number, vote.hash);
                let voters = self.said.entry(place).or_default();
                voters.insert(vote.voter, vote.signature);
                if vote.kind == VoteKind::Commit {
                    let mut could: BTreeSet<u16> = voters.keys().map(|voter| voter.0).collect();
                    could.extend(&self.faulty);
                    if could.len() >= self.quorum() {
                        let first = *self.committable.entry(vote.number).or_insert(vote.hash);
                        assert_eq!(first, vote.hash, "AGREEMENT: two blocks {} can be certified", vote.number);
                    }
                }
            }
            Message::ViewChange(change) => {
                self.changes.entry(change.view).or_default().insert(change.sender, message.clone());
            }
            _ => {}
        }
    }

    fn on_final(&mut self, at: usize, header: Header, certificate: Certificate) {
        let number = header.number;
        let first = *self.agreed.entry(number).or_insert(certificate.hash);
        assert_eq!(first, certificate.hash, "AGREEMENT: two final blocks {number}");
        let node = &mut self.nodes[at];
        assert_eq!(number as usize, node.told + 1, "blocks become final in order, each once");
        assert!(node.headers.contains_key(&certificate.hash), "a final block is held");
        node.told += 1;
        if node.finals.len() < node.told {
            node.finals.push((header, certificate));
        }
    }

    /// Catch-up: somebody's next certified blocks.
    pub(crate) fn serve(&mut self, at: usize) {
        let (from, life) = (self.random.below(self.nodes.len()), self.nodes[at].life);
        let next = self.nodes[at].told;
        let blocks: Vec<_> = self.nodes[from].finals.iter().skip(next).take(4).cloned().collect();
        for (header, certificate) in blocks {
            self.bag.push(Event::Answer { to: at, life, input: Input::Certified { header, certificate } });
        }
    }

    /// The process dies and comes back with what its disk holds; executed state may be some blocks old.
    fn restart(&mut self, at: usize) {
        let back = self.random.below(4);
        let node = &mut self.nodes[at];
        node.unsynced.clear();
        node.life += 1;
        node.told = node.told.saturating_sub(back).max(node.base_min.min(node.told));
        let base = node.base();
        let number = base.header.number;
        let headers = node.headers.values().filter(|header| header.number > number).cloned().collect();
        let config = cast::config(self.n, at as u16, WINDOW);
        node.machine = Machine::recover(config, base, node.log.iter().cloned(), headers, self.now);
        node.wake = self.now;
    }

    /// The log rolls: a new segment starts with what stands, and the old ones go. What stands restores what stands.
    pub(crate) fn roll(&mut self, at: usize) {
        let config = cast::config(self.n, at as u16, WINDOW);
        let node = &mut self.nodes[at];
        let standing = node.machine.standing();
        let headers = node.headers.values().filter(|header| header.number as usize > node.told).cloned().collect();
        let again = Machine::recover(config, node.base(), standing.clone(), headers, self.now);
        assert_eq!(again.standing(), standing, "what stands restores the same promises");
        assert_eq!(again.slot(), node.machine.slot(), "and the same place in the view");
        node.log = standing;
        node.base_min = node.told;
    }

    /// Delivers what lies at this place of the bag.
    pub(crate) fn deliver(&mut self, index: usize, crash: bool) {
        match self.bag.swap_remove(index) {
            Event::Message { to, from, message } => {
                self.step(to, Input::Message { from: ValidatorIndex(from), message }, crash);
            }
            Event::Answer { to, life, input } if self.nodes[to].life == life => self.step(to, input, crash),
            Event::Answer { .. } => {}
        }
    }

    /// Fills the slot of a node that has one.
    pub(crate) fn propose(&mut self, at: usize, crash: bool) {
        let Some(slot) = self.nodes[at].machine.slot() else { return };
        let Some(header) = self.new_block(slot.parent, at as u16) else { return };
        self.step(at, Input::Propose { header, bundles: Vec::new() }, crash);
    }

    /// Time passes until the next alarm.
    pub(crate) fn wait(&mut self) {
        let next = self.nodes.iter().map(|node| node.wake).filter(|wake| *wake > self.now).min();
        self.now = next.unwrap_or(self.now + 10);
        for at in 0..self.nodes.len() {
            self.step(at, Input::Tick, false);
        }
    }

    pub(crate) fn heights(&self) -> impl Iterator<Item = usize> {
        self.nodes.iter().map(|node| node.finals.len())
    }
}
