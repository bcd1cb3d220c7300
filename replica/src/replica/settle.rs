//! After an input: run the machine, the checks and the proposer until nothing moves, then say when to look again.

use tierchain_consensus::{Input as MachineInput, Machine};
use tierchain_primitives::{BlockNumber, H256};

use super::{Replica, Turn};
use crate::accounts::LedgerRead;
use crate::body::Deriver;
use crate::effect::Effect;
use crate::input::Member;
use crate::wire::SyncMessage;

/// How often a block that a quorum vouches for is asked for.
const ASK_AGAIN_MS: u64 = 50;

/// How often bundles that were left behind are looked at; a suspicion that lasts is handed to the machine as often,
/// which forgets it after a while.
const JUDGE_AGAIN_MS: u64 = 100;

impl Replica {
    pub(super) fn settle<L: LedgerRead>(&mut self, turn: &mut Turn<'_, L>) {
        self.pool.bundle_again(turn.now.monotonic);
        // The machine names a time once: what is due is ticked now, or it would be waited for again and again.
        if self.machine_wake.take_if(|at| *at <= turn.now.monotonic).is_some() {
            turn.queue.push_back(MachineInput::Tick);
        }
        self.suspect_passing_over(turn);
        loop {
            while let Some(input) = turn.queue.pop_front() {
                self.drive(input, turn);
            }
            self.try_checks(turn);
            self.make_bundle(turn);
            if turn.queue.is_empty() {
                self.try_propose(turn);
            }
            self.tell_work(turn);
            if turn.queue.is_empty() {
                break;
            }
        }
        self.ask_for_wanted(turn);
        self.ask_for_range(turn);
        self.set_wake(turn);
    }

    /// Tells the machine whether there is work, when that changed.
    fn tell_work<L: LedgerRead>(&mut self, turn: &mut Turn<'_, L>) {
        if self.machine.is_none() {
            return;
        }
        let last = self.chain.last();
        let since_last = turn.now.wall.saturating_sub(last.pre.timestamp);
        let overdue = since_last > self.settings.pace.heartbeat_ms;
        let work = overdue || self.pending_end().is_some() || self.is_uncovered() || self.is_includable(turn);
        if work != self.work {
            self.work = work;
            turn.queue.push_back(MachineInput::Work(work));
        }
    }

    /// Whether the newest final block leaves a state without a root that this replica could give.
    fn is_uncovered(&self) -> bool {
        let last = self.chain.last();
        let nonempty = self.chain.newest_nonempty(&last.hash);
        nonempty > last.pre.executed && self.chain.executed() >= nonempty
    }

    /// Whether something held here can be included on the newest final block.
    fn is_includable<L: LedgerRead>(&mut self, turn: &Turn<'_, L>) -> bool {
        if let Some(known) = self.includable {
            return known;
        }
        let mut deriver = Deriver {
            chain: &self.chain,
            accounts: &mut self.accounts,
            ledger: turn.ports.ledger,
            weights: &self.settings.weights,
            quota: &self.settings.quota,
        };
        // The newest first: what has waited for long may wait for something.
        let includable = deriver.includes_any(self.bundles.live().rev());
        self.includable = Some(includable);
        includable
    }

    /// Suspects a primary that passes over a bundle.
    fn suspect_passing_over<L: LedgerRead>(&mut self, turn: &mut Turn<'_, L>) {
        let Some(view) = self.machine.as_ref().map(Machine::view) else { return };
        if self.judged_view != view {
            self.judged_view = view;
            self.bundles.forget_turns();
        }
        let now = turn.now.monotonic;
        if now < self.judge_again || Some(self.set().primary(view)) == self.me() {
            return;
        }
        let judged = self.bundles.next_judged();
        if judged.is_empty() {
            return;
        }
        self.judge_again = now + JUDGE_AGAIN_MS;
        turn.wake_at(self.judge_again);
        let passed_over = judged.iter().filter(|digest| self.is_passed_over(digest, turn)).count();
        if passed_over > 0 {
            turn.queue.push_back(MachineInput::SuspectPrimary);
        }
    }

    fn is_passed_over<L: LedgerRead>(&mut self, digest: &H256, turn: &Turn<'_, L>) -> bool {
        let mut deriver = Deriver {
            chain: &self.chain,
            accounts: &mut self.accounts,
            ledger: turn.ports.ledger,
            weights: &self.settings.weights,
            quota: &self.settings.quota,
        };
        let includable = self.bundles.get(digest).map(|held| deriver.includes_of(held)).unwrap_or_default();
        self.bundles.judge(digest, &includable, turn.now.monotonic)
    }

    /// Asks those who vouch for a block that isn't here, one after the other.
    fn ask_for_wanted<L>(&mut self, turn: &mut Turn<'_, L>) {
        let now = turn.now.monotonic;
        let last = self.chain.last().header.number;
        let again = now + ASK_AGAIN_MS;
        self.wanted.retain(|_, wanted| wanted.number > last && !wanted.holders.is_empty());
        let set = self.epochs.current();
        for (hash, wanted) in &mut self.wanted {
            let due = wanted.asked.map_or(now, |at| at + ASK_AGAIN_MS);
            turn.wake_at(if due > now { due } else { again });
            if due > now {
                continue;
            }
            let holder = wanted.holders[wanted.asks % wanted.holders.len()];
            wanted.asks += 1;
            wanted.asked = Some(now);
            let message = SyncMessage::BlockRequest { number: wanted.number, hash: *hash };
            let to = Member::Validator(*set.key(holder).expect("the machine names places of the set in force"));
            turn.staged.free(Effect::SendSync { to, message });
        }
    }

    fn ask_for_range<L>(&mut self, turn: &mut Turn<'_, L>) {
        let last = self.chain.last().header.number;
        let polls = self.machine.is_none();
        if let Some(peer) = self.catch_up.next_request(turn.now.monotonic, last, polls) {
            let message = SyncMessage::RangeRequest { from: next(last) };
            turn.staged.free(Effect::SendSync { to: peer, message });
        }
        if let Some(at) = self.catch_up.wake_at(polls) {
            turn.wake_at(at);
        }
    }

    fn set_wake<L>(&mut self, turn: &mut Turn<'_, L>) {
        let now = turn.now;
        let heartbeat = self.chain.last().pre.timestamp + self.settings.pace.heartbeat_ms + 1;
        // Once it is overdue the machine's own alarms go on; another look at the heartbeat would be due for ever.
        if heartbeat > now.wall {
            turn.wake_at(now.monotonic + (heartbeat - now.wall));
        }
        if let Some(at) = self.machine_wake {
            turn.wake_at(at);
        }
        if let Some(at) = self.pool.bundle_again_at() {
            turn.wake_at(at);
        }
        if let Some(at) = self.checks.next_ask(now.monotonic) {
            turn.wake_at(at);
        }
    }
}

/// The number after this one. u32 lasts for years by the proposer's budget, and a chain at its end makes no block.
pub(super) fn next(number: BlockNumber) -> BlockNumber {
    number.saturating_add(1)
}
