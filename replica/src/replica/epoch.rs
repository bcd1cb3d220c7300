//! Epochs: who certifies, whether this replica may vote, and the change from one to the next.
//!
//! The set is state of the runtime. Its change is decided by execution, announced by the header of the epoch's last
//! block, and in force as soon as that block is final: the machine of the old epoch goes, and one of the new epoch
//! begins on it at view 0. No machine ever sees a message, a vote or an index of another epoch.
//!
//! A replica votes in an epoch when its key is in the set, its log binds it to no later epoch, and the log is the one
//! that counts: the chain knows of no rejoin of the key, or the newest is the one that the log begins with (perhaps
//! made with a key that this one replaced). Otherwise it follows like an observer.

use tierchain_consensus::{Base, Config, Input as MachineInput, Machine};
use tierchain_primitives::certificate::{Certificate, ValidatorSet};
use tierchain_primitives::epoch::{EpochChange, Epochs};
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256, ValidatorIndex, View};

use super::{Replica, Turn, Voter};
use crate::accounts::LedgerRead;
use crate::effect::Effect;
use crate::epochs::predecessors;
use crate::input::Member;
use crate::record::Record;
use crate::wire::SyncMessage;

#[cfg(feature = "bugs")]
mod bug;

/// Why a replica doesn't vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Abstains {
    /// It has no key to vote with.
    Observer,
    /// The set in force doesn't have its key.
    NoSeat,
    /// Its log binds it to an epoch that isn't reached yet.
    LaterEpoch,
    /// Its log takes the place of a lost one, and the epoch that its rejoin begins isn't reached yet.
    Rejoining,
    /// The key has rejoined with another log: this one is out of force.
    Superseded,
}

impl Replica {
    /// The epochs known here.
    #[must_use]
    pub fn epochs(&self) -> &Epochs {
        &self.epochs
    }

    /// The set in force after the newest final block.
    #[must_use]
    pub fn set(&self) -> &ValidatorSet {
        self.epochs.current()
    }

    /// The key it votes with, when it may; none for an observer.
    pub(super) fn key(&self) -> Option<AccountId> {
        self.settings.voter.as_ref().map(|voter| voter.key)
    }

    /// This replica's place in the set in force, whether or not it may vote; none for an observer.
    #[must_use]
    pub fn seat(&self) -> Option<ValidatorIndex> {
        self.set().index_of(&self.key()?)
    }

    /// This replica's place in the set while it votes.
    #[must_use]
    pub fn me(&self) -> Option<ValidatorIndex> {
        self.seat().filter(|_| self.machine.is_some())
    }

    /// The challenge with which this replica's log begins, until the chain answers it.
    #[must_use]
    pub fn unanswered_challenge(&self) -> Option<H256> {
        let challenge = self.settings.voter.as_ref()?.rejoins?;
        let answered = self.executed_epoch.rejoined.is_some_and(|rejoined| rejoined.challenge == challenge);
        (!answered).then_some(challenge)
    }

    /// The decided end of the epoch in force. What the ledger says of an earlier epoch's is over.
    pub(super) fn pending_end(&self) -> Option<&EpochChange> {
        self.executed_epoch.change.as_ref().filter(|change| change.end > self.epochs.begins_after())
    }

    /// Reads what execution says about epochs: after the start and after each executed block.
    pub(super) fn read_epoch(&mut self, ledger: &impl LedgerRead) {
        self.executed_epoch.change = ledger.epoch_change();
        self.read_rejoin(ledger);
    }

    /// Reads the newest rejoin of the key, or of one that it replaced: of all their logs the newest one's counts.
    fn read_rejoin(&mut self, ledger: &impl LedgerRead) {
        let keys = self.key().into_iter().chain(self.predecessors.iter().copied());
        let rejoins = keys.filter_map(|key| ledger.rejoined(&key));
        self.executed_epoch.rejoined = rejoins.max_by_key(|rejoined| rejoined.epoch);
    }

    /// Finds the keys that this replica's key replaced, where its log takes the place of a lost one: what the log
    /// forgot may have been said with one of them, and a replaced key's log goes on. That may be long before the epochs
    /// that are known here, so all of the ledger's are read: at the start, and when the key gets its seat.
    pub(super) fn find_predecessors(&mut self, ledger: &impl LedgerRead) {
        let Some(Voter { key, rejoins: Some(_), .. }) = self.settings.voter else { return };
        let mut known: Vec<ValidatorSet> = self.epochs.iter().map(|(_, set)| set.clone()).collect();
        let oldest = known.first().map_or(0, |set| set.epoch.0);
        known.reverse();
        let before = (0..oldest).rev().map_while(|epoch| ledger.epoch_set(Epoch(epoch)));
        self.predecessors = predecessors(key, known.into_iter().chain(before));
    }

    /// Goes on to the next epoch, if the newest final block ends this one.
    pub(super) fn follow_epoch<L: LedgerRead>(&mut self, turn: &mut Turn<'_, L>) {
        if self.leave_epoch(turn) {
            self.tell_all_where_we_are(turn);
            self.try_vote(turn);
            self.tell_whom_we_miss(turn);
        }
    }

    /// Leaves the epoch, if the newest final block ends it. Everything that names a place in the old set goes with it.
    pub(super) fn leave_epoch<L: LedgerRead>(&mut self, turn: &mut Turn<'_, L>) -> bool {
        #[cfg(feature = "bugs")]
        let bug = self.settings.voter.as_ref().and_then(|voter| voter.parameters.bug);
        #[cfg(feature = "bugs")]
        let executed_epoch = self.executed_epoch.clone();
        let was_seated = self.seat().is_some();
        let Self { epochs, chain, .. } = self;
        let last = &chain.last().header;
        #[cfg(feature = "bugs")]
        let follows_anyway = bug::follows_anyway(bug, epochs, last, executed_epoch.change.as_ref());
        #[cfg(not(feature = "bugs"))]
        let follows_anyway = false;
        if !follows_anyway && !epochs.follow(last).expect("a quorum, and an honest one in it, compared the next set") {
            return false;
        }
        #[cfg(feature = "bugs")]
        bug::keep_those_that_left(bug, epochs);
        let (begins_after, set) = (last.number, epochs.current().clone());
        self.bind_log(set.epoch, turn);
        if !was_seated && self.seat().is_some() {
            self.find_predecessors(turn.ports.ledger);
            self.read_rejoin(turn.ports.ledger);
        }
        turn.staged.free(Effect::EpochBegan { begins_after, set });
        turn.queue.clear();
        self.machine = None;
        self.machine_wake = None;
        self.wanted.clear();
        self.checks.clear();
        self.work = false;
        self.judged_view = View(0);
        self.bundles.forget_turns();
        self.implausible.clear();
        self.greeted.clear();
        self.forget_past_epochs();
        true
    }

    /// The log of whoever has voted binds to no epoch below this one. Said when the epoch begins, with a seat in it or
    /// without: the next checkpoint lets the records of those before go, and a database that is lost after that leads back
    /// to them.
    fn bind_log<L>(&mut self, epoch: Epoch, turn: &mut Turn<'_, L>) {
        if self.log_epoch.is_some_and(|bound| bound < epoch) {
            turn.record(&Record::Epoch(epoch));
            self.log_epoch = Some(epoch);
        }
    }

    /// Lets records go that bind in epochs that are over: nobody votes there any more.
    pub(super) fn forget_past_epochs(&mut self) {
        let epoch = self.set().epoch;
        self.records.retain(|record| record.epoch() >= epoch);
    }

    /// Begins to vote, once that is allowed: with the epoch, or in the middle of it where execution has shown only
    /// then that this log counts.
    pub(super) fn try_vote<L>(&mut self, turn: &mut Turn<'_, L>) {
        let Some(me) = self.seat().filter(|_| self.machine.is_none() && self.abstains().is_none()) else { return };
        let Some(parameters) = self.settings.voter.as_ref().map(|voter| voter.parameters) else { return };
        let set = self.set().clone();
        let epoch = set.epoch;
        let config = Config { genesis: self.settings.genesis, set, me, parameters };
        let base = Base { header: self.chain.last().header.clone(), certificate: self.epoch_certificate() };
        let records = core::mem::take(&mut self.records);
        let (records, later): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| record.epoch() <= epoch);
        self.records = later;
        let headers = self.chain.flight().map(|block| block.header.clone()).collect();
        if self.log_epoch != Some(epoch) {
            turn.record(&Record::Epoch(epoch));
            self.log_epoch = Some(epoch);
        }
        self.machine = Some(Machine::recover(config, base, records, headers, turn.now.monotonic));
        turn.queue.push_back(MachineInput::Tick);
        self.tell_whom_not_to_trust(turn);
    }

    /// Why this replica doesn't vote in the epoch in force; none when it may.
    #[must_use]
    pub fn abstains(&self) -> Option<Abstains> {
        let Some(Voter { rejoins, .. }) = &self.settings.voter else { return Some(Abstains::Observer) };
        let epoch = self.set().epoch;
        if self.seat().is_none() {
            return Some(Abstains::NoSeat);
        }
        if self.log_epoch.is_some_and(|bound| bound > epoch) {
            #[cfg(feature = "bugs")]
            if self.has(tierchain_consensus::Bug::VotesBelowLog) {
                return None;
            }
            return Some(Abstains::LaterEpoch);
        }
        #[cfg(feature = "bugs")]
        if self.has(tierchain_consensus::Bug::RejoinsAtOnce) && rejoins.is_some() {
            let answered = self.executed_epoch.rejoined.map(|rejoined| rejoined.challenge) == *rejoins;
            return (!answered).then_some(Abstains::Rejoining);
        }
        match (rejoins, &self.executed_epoch.rejoined) {
            (None, None) => None,
            (Some(challenge), Some(rejoined)) if rejoined.challenge == *challenge && rejoined.epoch <= epoch => None,
            (Some(_), _) => Some(Abstains::Rejoining),
            (None, Some(_)) => Some(Abstains::Superseded),
        }
    }

    /// The newest final block's certificate, where it is of the epoch in force.
    fn epoch_certificate(&self) -> Option<Certificate> {
        self.certificate.clone().filter(|certificate| certificate.number > self.epochs.begins_after())
    }

    /// Tells every validator that this replica is in the new epoch. Who was there before said things that were lost
    /// on it, and says them again.
    fn tell_all_where_we_are<L>(&self, turn: &mut Turn<'_, L>) {
        let number = self.chain.last().header.number;
        for peer in self.catch_up.peers().filter(|peer| matches!(peer, Member::Validator(_))) {
            turn.staged.free(Effect::SendSync { to: peer, message: SyncMessage::Height { number } });
        }
    }

    /// A new machine takes everybody for connected; those who aren't are told to it.
    fn tell_whom_we_miss<L>(&self, turn: &mut Turn<'_, L>) {
        let me = self.me();
        for index in self.set().indices() {
            let key = self.key_of(index);
            if Some(index) != me && !self.catch_up.is_connected(Member::Validator(key)) {
                turn.queue.push_back(MachineInput::Lost { peer: index, refused: false });
            }
        }
    }

    /// A validator has shown that it is in the epoch in force: it hears, once an epoch, what stands here.
    pub(super) fn greet<L>(&mut self, peer: Member, number: BlockNumber, turn: &mut Turn<'_, L>) {
        if number < self.epochs.begins_after() || self.epochs.begins_after() == 0 {
            return;
        }
        if let Some(index) = self.index_of(peer)
            && self.greeted.insert(peer)
        {
            turn.queue.push_back(MachineInput::Connected(index));
        }
    }

    /// A member speaks in another epoch. If it is ahead, it has the last block of this one; if it is behind, it learns
    /// how far this replica is.
    pub(super) fn on_other_epoch<L>(&mut self, from: Member, epoch: Epoch, turn: &mut Turn<'_, L>) {
        let last = self.chain.last().header.number;
        if epoch > self.set().epoch {
            self.catch_up.note_height(from, last.saturating_add(1));
        } else if epoch < self.set().epoch && self.catch_up.may_tell_height(from, turn.now.monotonic) {
            turn.staged.free(Effect::SendSync { to: from, message: SyncMessage::Height { number: last } });
        }
    }

    /// A member's place in the set in force.
    pub(super) fn index_of(&self, member: Member) -> Option<ValidatorIndex> {
        match member {
            Member::Validator(key) => self.set().index_of(&key),
            Member::Observer(_) => None,
        }
    }

    /// The key of a validator of the set in force.
    pub(super) fn key_of(&self, index: ValidatorIndex) -> AccountId {
        *self.set().key(index).expect("machine and checks name places of the set in force")
    }
}
