//! The replica: ordering, execution, mempool and catch-up joined into one value.
//!
//! [`Replica::step`] takes an input and gives a [`Staged`]. Inside, one input may set off several steps of the
//! consensus machine: a bundle completes a check, the check lets the machine prepare, the vote completes a
//! certificate, the certificate opens a slot, the slot is filled. They all end in the same `Staged`, so that one sync
//! covers them.

mod epoch;
mod on_bundle;
mod on_consensus;
mod on_evidence;
mod on_submit;
mod on_sync;
mod propose;
mod recover;
mod settle;
mod status;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use parity_scale_codec::Encode;
use tierchain_consensus::{Input as MachineInput, Machine, Parameters, Record as MachineRecord, Signer};
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::epoch::{EpochChange, Epochs};
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256, ValidatorIndex, View};
use tierchain_runtime::registry::Rejoined;
use tierchain_runtime::{Checked, Quota, Weights};

use crate::accounts::{Accounts, LedgerRead};
use crate::bundles::Bundles;
use crate::catch_up::CatchUp;
use crate::chain::Chain;
use crate::checks::Checks;
use crate::clock::Clock;
use crate::effect::Effect;
use crate::evidence::Book;
use crate::input::{Executed, Input, Member};
use crate::pool::Pool;
use crate::proposer::{Pace, Proposer};
use crate::record::Record;
use crate::staged::Staged;

pub use epoch::Abstains;
pub use recover::Recovered;
pub use status::Status;

/// Who this replica is and how it paces itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Hash of the genesis block.
    pub genesis: H256,
    /// The epochs up to the newest executed block.
    pub epochs: Epochs,
    /// Whose votes this replica may cast; none for an observer.
    pub voter: Option<Voter>,
    /// When to make blocks.
    pub pace: Pace,
    /// What calls cost on this chain.
    pub weights: Weights,
    /// What an account may use that has no quota of its own.
    pub quota: Quota,
}

/// A validator, or one to be: in each epoch whose set has its key it votes, and in the others it follows.
#[derive(Clone, Debug)]
pub struct Voter {
    /// Its consensus key.
    pub key: AccountId,
    /// How patient it is.
    pub parameters: Parameters,
    /// The challenge that its vote log begins with, where it takes the place of a lost one. It doesn't vote before an
    /// epoch that began with a rejoin of just this challenge.
    pub rejoins: Option<H256>,
}

/// What a step may ask of its surroundings: the executed ledger and a signature.
pub struct Ports<'a, L> {
    /// The executed ledger.
    pub ledger: &'a L,
    /// Signs with the consensus key.
    pub signer: &'a dyn Signer,
}

/// A block that a quorum vouches for and that isn't here.
#[derive(Clone, Debug)]
struct Wanted {
    number: BlockNumber,
    holders: Vec<ValidatorIndex>,
    asks: usize,
    asked: Option<u64>,
}

/// What the newest executed state says about epochs.
#[derive(Clone, Debug, Default)]
struct ExecutedEpoch {
    /// The decided end of the epoch.
    change: Option<EpochChange>,
    /// The newest rejoin of this replica's key, or of one of its predecessors.
    rejoined: Option<Rejoined>,
}

/// One replica. See the module's text.
#[derive(Clone, Debug)]
pub struct Replica {
    settings: Settings,
    epochs: Epochs,
    executed_epoch: ExecutedEpoch,
    /// The keys that its own has replaced, newest first; none where its log begins with no challenge.
    predecessors: Vec<AccountId>,
    /// None while it follows only.
    machine: Option<Machine>,
    /// Records of the log that bind in epochs that aren't reached yet.
    records: Vec<MachineRecord>,
    /// The epoch that the log binds this replica to: it votes in none below.
    log_epoch: Option<Epoch>,
    /// The newest final block's certificate; none for genesis.
    certificate: Option<Certificate>,
    /// Who has shown to be in the epoch in force.
    greeted: BTreeSet<Member>,
    chain: Chain,
    accounts: Accounts,
    pool: Pool,
    bundles: Bundles,
    /// Bundles that can be judged once a block is executed, by that block.
    ahead: BTreeMap<BlockNumber, Vec<H256>>,
    /// Makers of whom bundles came in this epoch that no honest validator gathers.
    implausible: BTreeSet<AccountId>,
    checks: Checks,
    proposer: Proposer,
    catch_up: CatchUp,
    /// What the log answered for, of accounts that blocks yet to be executed may admit.
    unadmitted: Vec<(Checked, H256)>,
    wanted: BTreeMap<H256, Wanted>,
    /// Bundles whose verdicts were asked for on behalf of a block of this number.
    verifying: BTreeSet<(BlockNumber, H256)>,
    /// When the consensus machine wants to be woken.
    machine_wake: Option<u64>,
    /// What the machine was last told about work.
    work: bool,
    /// Whether something can be included on the newest final block; none when that has to be found out again.
    includable: Option<bool>,
    /// Faults that are proven.
    book: Book,
    /// The view whose primary is judged by what it includes.
    judged_view: View,
    /// When fresh proposals above the newest final block were found good. By this replica's own clock: a block's time is
    /// what its primary says.
    seen_fresh: BTreeMap<BlockNumber, u64>,
    /// When bundles left behind are looked at next.
    judge_again: u64,
    /// When this replica last made a bundle.
    last_bundled: Option<u64>,
}

/// One step under way.
struct Turn<'a, L> {
    now: Clock,
    ports: &'a Ports<'a, L>,
    staged: Staged,
    queue: VecDeque<MachineInput>,
    wake: Option<u64>,
}

impl<L> Turn<'_, L> {
    fn record(&mut self, record: &Record) {
        self.staged.record(record.encode());
    }

    /// What the step wants written and said, its next alarm included.
    fn finish(mut self) -> Staged {
        if let Some(at) = self.wake {
            self.staged.free(Effect::WakeAt(at));
        }
        self.staged
    }

    fn wake_at(&mut self, at: u64) {
        self.wake = Some(self.wake.map_or(at, |known| known.min(at)));
    }
}

impl Replica {
    /// Takes one input.
    pub fn step<L: LedgerRead>(&mut self, now: Clock, input: Input, ports: &Ports<'_, L>) -> Staged {
        let mut turn = Turn { now, ports, staged: Staged::default(), queue: VecDeque::new(), wake: None };
        self.take(input, &mut turn);
        self.settle(&mut turn);
        turn.finish()
    }

    fn take<L: LedgerRead>(&mut self, input: Input, turn: &mut Turn<'_, L>) {
        match input {
            Input::Consensus { from, message } => self.on_message(from, message, turn),
            Input::Submit { ticket, checked, birth } => self.on_submit(ticket, checked, birth, turn),
            Input::Bundle(open) => self.on_bundle(open, turn),
            Input::Verdicts { digest, verdicts } => self.bundles.set_verdicts(&digest, verdicts),
            Input::BundleRequest { from, digest } => self.on_bundle_request(from, digest, turn),
            Input::BlockRequest { from, number, hash } => self.on_block_request(from, number, hash, turn),
            Input::Block { header, body } => self.on_block(header, body, turn),
            Input::Range { from, blocks } => self.on_range(from, blocks, turn),
            Input::Gossiped { block, body } => self.take_certified(block, body, turn),
            Input::OtherEpoch { from, epoch } => self.on_other_epoch(from, epoch, turn),
            Input::Height { from, number } => {
                self.catch_up.note_height(from, number);
                self.greet(from, number, turn);
            }
            Input::Executed(executed) => self.on_executed(executed, turn),
            Input::Evidence { from, evidence } => self.note_evidence(evidence, Some(from), turn),
            Input::Connected(peer) => self.on_connected(peer, turn),
            Input::Lost { peer, refused } => self.on_lost(peer, refused, turn),
            Input::Tick => {
                // The machine says anew when it wants to be woken; an alarm that went off must not go off for ever.
                self.machine_wake = self.machine_wake.filter(|at| *at > turn.now.monotonic);
                turn.queue.push_back(MachineInput::Tick);
            }
        }
        // Verdicts and executions change what can be included; so does nearly everything else that isn't a vote.
        self.includable = None;
    }

    fn on_connected<L>(&mut self, peer: Member, turn: &mut Turn<'_, L>) {
        self.catch_up.on_connected(peer);
        let height = crate::wire::SyncMessage::Height { number: self.chain.last().header.number };
        turn.staged.free(Effect::SendSync { to: peer, message: height });
        self.give_evidence(peer, turn);
        if let Some(index) = self.index_of(peer) {
            turn.queue.push_back(MachineInput::Connected(index));
            self.push_own_bundles(peer, turn);
        }
    }

    fn on_executed<L: LedgerRead>(&mut self, executed: Executed, turn: &mut Turn<'_, L>) {
        self.chain.on_executed(executed.number, executed.root);
        self.read_epoch(turn.ports.ledger);
        self.admit_late(turn);
        self.judge_those_ahead(turn);
        self.try_vote(turn);
    }

    fn on_lost<L>(&mut self, peer: Member, refused: bool, turn: &mut Turn<'_, L>) {
        self.catch_up.on_lost(peer);
        self.greeted.remove(&peer);
        if let Some(index) = self.index_of(peer) {
            turn.queue.push_back(MachineInput::Lost { peer: index, refused });
        }
    }

    /// Whether this bug is put in.
    #[cfg(feature = "bugs")]
    fn has(&self, bug: tierchain_consensus::Bug) -> bool {
        self.settings.voter.as_ref().is_some_and(|voter| voter.parameters.bug == Some(bug))
    }

    /// The view it is in; none for an observer.
    #[must_use]
    pub fn view(&self) -> Option<View> {
        self.machine.as_ref().map(Machine::view)
    }

    /// The chain as this replica sees it.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Whether an extrinsic waits here: in the pool, or for blocks to be executed that may admit its account.
    #[must_use]
    pub fn holds(&self, hash: &H256) -> bool {
        self.pool.get(hash).is_some() || self.unadmitted.iter().any(|(checked, _)| checked.hash == *hash)
    }

    /// The extrinsics waiting here.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }
}
