//! The consensus machine's effects, performed inside the replica or handed on.

use std::sync::Arc;

#[cfg(feature = "bugs")]
use tierchain_consensus::Bug;
use tierchain_consensus::{Effect as MachineEffect, Input as MachineInput, Message, Record as MachineRecord, Target};
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::header::Header;
use tierchain_primitives::{AccountId, BlockNumber, H256, ValidatorIndex};
use tierchain_runtime::Checked;

use super::settle::next;
use super::{Replica, Turn, Wanted};
use crate::accounts::LedgerRead;
use crate::body::Room;
use crate::checks::{CLOCK_BEHIND_MS, Context, Fault, Outcome};
use crate::effect::{Effect, ExecuteJob, Recipients};
use crate::evidence::Evidence;
use crate::input::Member;
use crate::record::Record;
use crate::wire::{CertifiedBlock, SyncMessage};

impl Replica {
    /// A message of somebody outside the set counts nowhere; one of another epoch the machine lets go.
    pub(super) fn on_message<L>(&mut self, from: AccountId, message: Message, turn: &mut Turn<'_, L>) {
        if let Some(from) = self.index_of(Member::Validator(from)) {
            turn.queue.push_back(MachineInput::Message { from, message });
        }
    }

    /// Runs the machine once and deals with what it wants.
    pub(super) fn drive<L: LedgerRead>(&mut self, input: MachineInput, turn: &mut Turn<'_, L>) {
        let Some(machine) = &mut self.machine else { return };
        for effect in machine.step(turn.now.monotonic, input, turn.ports.signer) {
            self.perform(effect, turn);
        }
        self.follow_epoch(turn);
    }

    fn perform<L: LedgerRead>(&mut self, effect: MachineEffect, turn: &mut Turn<'_, L>) {
        match effect {
            MachineEffect::Record(record) => self.on_record(record, turn),
            MachineEffect::Send { to, message } => {
                let to = match to {
                    Target::All => Recipients::All,
                    Target::One(index) => Recipients::One(self.key_of(index)),
                };
                self.say(Effect::SendConsensus { to, message }, turn);
            }
            MachineEffect::Check { view, hash, header, bundles } => {
                match self.chain.in_flight(&hash) {
                    // Proposed again in a later view: it was checked then, and the clock has moved on since.
                    Some(_) => turn.queue.push_back(MachineInput::Valid { hash }),
                    None => self.checks.begin(view, hash, header, bundles),
                }
            }
            MachineEffect::Obtain { number, hash, holders } => match self.chain.in_flight(&hash) {
                Some(block) => turn.queue.push_back(MachineInput::Obtained { header: block.header.clone() }),
                None => {
                    let wanted = Wanted { number, holders, asks: 0, asked: None };
                    let known = self.wanted.entry(hash).or_insert_with(|| wanted.clone());
                    known.holders = wanted.holders;
                }
            },
            MachineEffect::Final { header, certificate } => self.on_final(&header, certificate, turn),
            MachineEffect::Behind { number, peer } => {
                self.catch_up.note_height(Member::Validator(self.key_of(peer)), number)
            }
            MachineEffect::Evidence(pair) => self.note_evidence(Arc::new(Evidence::Contradiction(pair)), None, turn),
            MachineEffect::WakeAt(at) => self.machine_wake = Some(at),
        }
    }

    /// Says something once what it rests on is on disk.
    fn say<L>(&self, message: Effect, turn: &mut Turn<'_, L>) {
        #[cfg(feature = "bugs")]
        if self.has(Bug::VoteBeforeWal) {
            return turn.staged.free(message);
        }
        turn.staged.bind(message);
    }

    fn on_record<L>(&mut self, record: MachineRecord, turn: &mut Turn<'_, L>) {
        turn.record(&Record::Consensus(record));
    }

    /// Tries every check that is under way; one that succeeds may make the next one possible.
    pub(super) fn try_checks<L: LedgerRead>(&mut self, turn: &mut Turn<'_, L>) {
        for hash in self.checks.hashes() {
            let Some(pending) = self.checks.get(&hash).cloned() else { continue };
            let mut context = Context {
                chain: &self.chain,
                accounts: &mut self.accounts,
                bundles: &self.bundles,
                ledger: turn.ports.ledger,
                set: self.epochs.current(),
                change: self.executed_epoch.change.as_ref().filter(|change| change.end > self.epochs.begins_after()),
                weights: &self.settings.weights,
                quota: &self.settings.quota,
                wall: turn.now.wall,
            };
            match pending.try_check(&mut context) {
                Outcome::Valid(body) => self.on_valid(pending.header, body, turn),
                Outcome::Invalid(fault) => self.on_invalid(&pending.header, fault, turn),
                Outcome::Wait => {}
                Outcome::Missing(digests) => {
                    let primary = self.set().primary(pending.view);
                    self.ask_for_bundles(&hash, primary, digests, turn);
                }
                Outcome::Unverified(unverified) => {
                    for (digest, entries) in unverified {
                        self.ask_for_verdicts(pending.header.number, digest, entries, turn);
                    }
                }
            }
        }
    }

    /// Has a bundle's signatures verified for the birth blocks that count at `number`, once per number.
    pub(super) fn ask_for_verdicts<L>(
        &mut self,
        number: BlockNumber,
        digest: H256,
        entries: Vec<(Checked, H256)>,
        turn: &mut Turn<'_, L>,
    ) {
        if self.verifying.insert((number, digest)) {
            turn.staged.free(Effect::Verify { digest, entries });
        }
    }

    fn on_valid<L>(&mut self, header: Header, body: Arc<Vec<Checked>>, turn: &mut Turn<'_, L>) {
        let hash = header.hash();
        self.checks.remove(&hash);
        if let Ok(pre) = header.pre_runtime()
            && pre.timestamp + CLOCK_BEHIND_MS < turn.now.wall
        {
            turn.queue.push_back(MachineInput::SuspectPrimary);
        }
        self.seen_fresh.insert(header.number, turn.now.monotonic);
        if self.put_in_flight(header, body, turn) {
            turn.queue.push_back(MachineInput::Valid { hash });
        }
    }

    fn on_invalid<L>(&mut self, header: &Header, fault: Fault, turn: &mut Turn<'_, L>) {
        let hash = header.hash();
        self.checks.remove(&hash);
        if let Fault::Root { number, here, there } = fault {
            turn.staged.free(Effect::Diverged { number, here, there });
        }
        turn.queue.push_back(MachineInput::Invalid { hash });
    }

    /// Puts a block in flight and writes it down, bundle contents included. False if its header is of no use.
    pub(super) fn put_in_flight<L>(&mut self, header: Header, body: Arc<Vec<Checked>>, turn: &mut Turn<'_, L>) -> bool {
        let Ok(block) = crate::chain::Block::new(header, body, &self.settings.weights) else { return false };
        let is_new = self.machine.is_some() && self.chain.in_flight(&block.hash).is_none();
        #[cfg(feature = "bugs")]
        let is_new = is_new && !self.has(Bug::PrepareBeforeBody);
        if is_new {
            let bytes = block.body.iter().map(|checked| checked.bytes.clone()).collect();
            turn.record(&Record::Block { header: block.header.clone(), body: bytes });
        }
        self.wanted.remove(&block.hash);
        self.chain.insert(block);
        true
    }

    fn ask_for_bundles<L>(&mut self, hash: &H256, primary: ValidatorIndex, digests: Vec<H256>, turn: &mut Turn<'_, L>) {
        let Some(asks) = self.checks.should_ask(hash, turn.now.monotonic) else { return };
        // The primary serves what it names; if it doesn't answer twice, others that hold it may.
        let turn_of = (primary.as_usize() + asks / 2) % self.set().len();
        let peer = ValidatorIndex(u16::try_from(turn_of).expect("a set has at most VALIDATORS_MAX validators"));
        if Some(peer) == self.me() {
            return;
        }
        for digest in digests {
            let message = SyncMessage::BundleRequest { digest };
            turn.staged.free(Effect::SendSync { to: Member::Validator(self.key_of(peer)), message });
        }
    }

    /// A block became final: execute it, and let go of what it settles.
    pub(super) fn on_final<L: LedgerRead>(
        &mut self,
        header: &Header,
        certificate: Certificate,
        turn: &mut Turn<'_, L>,
    ) {
        let hash = header.hash();
        let Some(block) = self.chain.finalise(&hash) else {
            unreachable!("only blocks that were put in flight become final: block {}", header.number)
        };
        self.certificate = Some(certificate.clone());
        let number = block.header.number;
        self.accounts.on_final(&block);
        for (hash, reason) in self.pool.on_final(number, &block.body) {
            turn.staged.free(Effect::Dropped { hash, reason });
        }
        self.bundles.on_final(&block.body, turn.now.monotonic);
        let later = self.seen_fresh.split_off(&next(number));
        let seen = core::mem::replace(&mut self.seen_fresh, later).remove(&number);
        if let Some(at) = seen.filter(|_| Room::is_ample_after(&block.body, &self.settings.weights)) {
            self.bundles.on_room(at);
        }
        self.checks.on_final(number);
        self.verifying = self.verifying.split_off(&(next(number), H256::ZERO));
        self.includable = None;
        if Some(block.pre.proposer) == self.me() {
            let body = block.body.iter().map(|checked| checked.bytes.clone()).collect();
            let certified = CertifiedBlock { header: header.clone(), body, certificate: certificate.clone() };
            turn.staged.bind(Effect::GossipBlock(Arc::new(certified)));
        }
        let job = ExecuteJob { hash, header: block.header, body: block.body, certificate };
        turn.staged.bind(Effect::Execute(job));
    }
}
