//! How far one life has come on its way to the ledger: a value that says what to send next and takes what came of it.
//!
//! Announced by the hypervisor, born by the foundry, then its events in order, its late events, its anchor. The first
//! two and the third are of different accounts, whose order within a block nobody promises: each waits until the one
//! before it is final. A step that comes to nothing is tried again, [`ATTEMPTS`] times if the ledger gives a reason.

use std::collections::{BTreeMap, VecDeque};

use tierchain_client::LifeView;
use tierchain_primitives::ledger::{EntityBlock, Event, ServerId};
use tierchain_primitives::{AccountId, H256};

use crate::record::{Birth, Fact, Happening, LifeId};

/// How often the ledger may refuse the same step of a life.
const ATTEMPTS: u32 = 3;

/// Where a life stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// Its generation on the ledger isn't known yet.
    Unplaced,
    /// It is to be announced.
    Unannounced,
    /// Its announcement is final; it is to be born.
    Announced,
    /// It is born: its events may follow.
    Born,
    /// The ledger refuses it, for this reason.
    Refused(String),
}

/// What one extrinsic carries of a life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cargo {
    /// Its announcement.
    Announcement,
    /// Its birth.
    Birth,
    /// So many of its events; the first has this place in its batch.
    Events {
        /// Place of the first in the batch.
        index: u32,
        /// How many.
        count: u32,
    },
    /// A late event.
    Late,
    /// Its anchor.
    Anchor,
}

/// One life.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) id: LifeId,
    pub(crate) birth: Birth,
    pub(crate) stage: Stage,
    /// Its generation and the end hash of the one before, once placed.
    pub(crate) place: Option<(ServerId, Option<H256>)>,
    /// As last seen on the ledger.
    pub(crate) view: Option<LifeView>,
    /// Its happenings that aren't final, in order; true for late ones.
    waiting: VecDeque<(Happening, bool)>,
    /// The writer's number of happening 0: 1 where the birth, which is a foundry's, is of the same account.
    first_number: u64,
    /// Below this number everything is final.
    next: u64,
    /// Content hashes of numbers that an earlier run wrote.
    written: BTreeMap<u64, H256>,
    /// How many of `waiting` are on their way.
    sent: usize,
    /// Extrinsics on their way that carry something of it.
    in_flight: u32,
    anchor_wanted: bool,
    /// The ledger's first reason against something of it since nothing was on its way.
    complaint: Option<String>,
    /// Whether it has come further since then.
    moved: bool,
    refusals: u32,
}

impl Progress {
    /// A life of which only the birth is known; `first_number` is what happening 0 gets from the ledger's numbers.
    pub(crate) fn new(id: LifeId, birth: Birth, first_number: u64) -> Self {
        Self {
            id,
            birth,
            stage: Stage::Unplaced,
            place: None,
            view: None,
            waiting: VecDeque::new(),
            first_number,
            next: 0,
            written: BTreeMap::new(),
            sent: 0,
            in_flight: 0,
            anchor_wanted: false,
            complaint: None,
            moved: false,
            refusals: 0,
        }
    }

    /// Takes a record of this life.
    pub(crate) fn add(&mut self, fact: Fact) {
        match fact {
            Fact::Birth(_) => {}
            Fact::Event(happening) => self.waiting.push_back((happening, false)),
            Fact::Late(happening) => self.waiting.push_back((happening, true)),
            Fact::Anchor => self.anchor_wanted = true,
        }
        self.drop_final();
    }

    /// How many happenings wait or are on their way.
    pub(crate) fn backlog(&self) -> usize {
        self.waiting.len()
    }

    /// Whether the life's end is final.
    pub(crate) fn has_ended(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.end.is_some())
    }

    /// Whether nothing is left to do for it.
    pub(crate) fn is_settled(&self) -> bool {
        match self.stage {
            Stage::Refused(_) => true,
            Stage::Born => self.waiting.is_empty() && self.in_flight == 0 && !self.wants_anchor(),
            Stage::Announced => self.is_over_unborn(),
            Stage::Unplaced | Stage::Unannounced => false,
        }
    }

    /// Whether its server has ended while the birth that its tracker asks for hadn't come. It may still come.
    pub(crate) fn is_over_unborn(&self) -> bool {
        self.awaits_birth() && self.anchor_wanted
    }

    /// It is new to the ledger, which has this place for it.
    pub(crate) fn place(&mut self, server: ServerId, previous: Option<H256>) {
        self.place = Some((server, previous));
        self.stage = Stage::Unannounced;
    }

    /// The ledger has it already, from an earlier run; `written` are the newest of its blocks.
    pub(crate) fn find_again(&mut self, view: LifeView, written: Vec<EntityBlock>, me: &AccountId) {
        let mine = written.into_iter().map(|block| block.tx).filter(|tx| tx.writer == *me);
        self.written = mine.map(|tx| (tx.event.number, tx.event.content_hash())).collect();
        self.place = Some((view.server, None));
        self.stage = Stage::Born;
        self.see(view, me);
    }

    /// Whether it waits for a birth that its tracker asks for.
    pub(crate) fn awaits_birth(&self) -> bool {
        self.stage == Stage::Announced && self.birth.declared.is_some()
    }

    /// Takes a look at the ledger that no extrinsic of ours has led to.
    pub(crate) fn on_look(&mut self, view: LifeView, me: &AccountId) {
        if !self.awaits_birth() || view.born.is_none() {
            return;
        }
        self.stage = match view.born == Some(self.birth.occurred_at) {
            true => Stage::Born,
            false => Stage::Refused("AlreadyBorn: its tracker asked for another birth than the one it was told".into()),
        };
        self.see(view, me);
    }

    /// The single extrinsic it needs next, if it isn't on its way.
    pub(crate) fn next_single(&self) -> Option<Cargo> {
        if self.in_flight > 0 {
            return None;
        }
        match self.stage {
            Stage::Unannounced => Some(Cargo::Announcement),
            // A tracker with a directive's order asks a foundry by itself.
            Stage::Announced if self.birth.declared.is_none() => Some(Cargo::Birth),
            Stage::Born if self.wants_anchor() => Some(Cargo::Anchor),
            Stage::Announced | Stage::Born | Stage::Unplaced | Stage::Refused(_) => None,
        }
    }

    /// The events to send next, in order, up to a late one; none while the life isn't born.
    pub(crate) fn next_events(&self) -> impl Iterator<Item = Event> {
        self.unsent().take_while(|(_, late)| !late).map(|(event, _)| event)
    }

    /// The late events to send next, in order, once all others are sent.
    pub(crate) fn next_late(&self) -> impl Iterator<Item = Event> {
        self.unsent().take_while(|(_, late)| *late).map(|(event, _)| event)
    }

    /// What isn't sent, and whether it is late: it is, too, where others have ended the chain. A foundry gives a server up
    /// whose host is silent; what its agent says when it comes back can't be in the chain.
    fn unsent(&self) -> impl Iterator<Item = (Event, bool)> {
        let born = self.place.filter(|_| self.stage == Stage::Born);
        let is_over = self.has_ended();
        let unsent = move |(server, _)| {
            let waiting = self.waiting.iter().skip(self.sent);
            waiting.map(move |(happening, late)| (self.event_of(server, happening), *late || is_over))
        };
        born.map(unsent).into_iter().flatten()
    }

    /// An extrinsic with `cargo` is on its way.
    pub(crate) fn on_sent(&mut self, cargo: Cargo) {
        self.in_flight += 1;
        match cargo {
            Cargo::Events { count, .. } => self.sent += count as usize,
            Cargo::Late => self.sent += 1,
            Cargo::Announcement | Cargo::Birth | Cargo::Anchor => {}
        }
    }

    /// An extrinsic with `cargo` is final or will never be. `refusal` is the ledger's reason, if it refused; `view` the
    /// life as it stands now.
    pub(crate) fn on_resolved(
        &mut self,
        cargo: Cargo,
        succeeded: bool,
        refusal: Option<String>,
        view: Option<LifeView>,
        me: &AccountId,
    ) {
        self.in_flight -= 1;
        let before = (self.stage == Stage::Born, self.waiting.len(), self.is_anchored());
        self.advance(cargo, succeeded, view, me);
        let now = (self.stage == Stage::Born, self.waiting.len(), self.is_anchored());
        self.moved |= before != now;
        if self.complaint.is_none() {
            self.complaint = refusal;
        }
        // Only when nothing more of it is on its way is it known what must be sent again.
        if self.in_flight == 0 {
            self.sent = 0;
            match (core::mem::take(&mut self.moved), self.complaint.take()) {
                (true, _) => self.refusals = 0,
                (false, Some(reason)) => self.on_refusal(reason),
                (false, None) => {}
            }
        }
    }

    fn advance(&mut self, cargo: Cargo, succeeded: bool, view: Option<LifeView>, me: &AccountId) {
        if matches!(self.stage, Stage::Refused(_)) {
            return;
        }
        match view.filter(|view| view.born.is_some()) {
            Some(view) => {
                if view.born == Some(self.birth.occurred_at) {
                    self.stage = Stage::Born;
                }
                self.see(view, me);
            }
            None if cargo == Cargo::Announcement && succeeded => self.stage = Stage::Announced,
            // The announcement may be what was missing.
            None if cargo == Cargo::Birth => self.stage = Stage::Unannounced,
            None => {}
        }
    }

    /// The ledger refused a step.
    fn on_refusal(&mut self, reason: String) {
        self.refusals += 1;
        tracing::warn!(life = ?self.id, reason, attempt = self.refusals, "the ledger refused a step");
        if self.refusals >= ATTEMPTS {
            self.stage = Stage::Refused(reason);
        }
    }

    fn see(&mut self, view: LifeView, me: &AccountId) {
        self.next = view.next_of(me);
        self.view = Some(view);
        self.drop_final();
    }

    /// Drops what is final from what waits. What an earlier run wrote must say the same.
    fn drop_final(&mut self) {
        let Some((server, _)) = self.place else { return };
        while let Some(event) = self.waiting.front().map(|(happening, _)| self.event_of(server, happening)) {
            if event.number >= self.next {
                return;
            }
            self.waiting.pop_front();
            self.sent = self.sent.saturating_sub(1);
            if self.written.remove(&event.number).is_some_and(|content| content != event.content_hash()) {
                self.stage = Stage::Refused(format!(
                    "SequenceConflict: the ledger has another event of this writer under number {} of {server}; give \
                     each agent a key of its own, or replay the recording that was written first",
                    event.number
                ));
            }
        }
    }

    fn is_anchored(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.anchored)
    }

    fn wants_anchor(&self) -> bool {
        self.anchor_wanted && self.has_ended() && !self.is_anchored()
    }

    fn event_of(&self, server: ServerId, happening: &Happening) -> Event {
        let Happening { number, occurred_at, precision, event, meter, evidence, detail } = happening.clone();
        let number = self.first_number + number;
        Event { server, number, occurred_at, precision, event, meter, evidence, detail }
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::ledger::{EventKind, Precision, ServerState, Uuid};

    use super::*;

    const ME: AccountId = AccountId([1; 32]);

    fn view(end: Option<H256>, next: u64) -> LifeView {
        LifeView {
            server: ServerId { uuid: Uuid([7; 16]), generation: 0 },
            born: Some(5),
            end,
            anchored: false,
            state: Some(ServerState::Running),
            blocks: 2,
            head: None,
            late: 0,
            next: vec![(ME, next)],
        }
    }

    /// A life that was born, with as many events that wait.
    fn life(events: u64) -> Progress {
        let (evidence, precision) = (H256::ZERO, Precision::Event);
        let birth = Birth { occurred_at: 5, precision, evidence, resources: None, tenant: None, declared: None };
        let mut life = Progress::new(LifeId { uuid: Uuid([7; 16]), ordinal: 0 }, birth, 0);
        life.find_again(view(None, 0), Vec::new(), &ME);
        for number in 0..events {
            let event = EventKind::StateChanged { state: ServerState::Paused };
            let detail = tierchain_primitives::ledger::Detail::default();
            let happening =
                Happening { number, occurred_at: 6 + number, precision, event, meter: None, evidence, detail };
            life.add(Fact::Event(happening));
        }
        life
    }

    #[test]
    fn what_waits_when_others_have_ended_the_chain_is_late() {
        let mut life = life(3);
        assert_eq!((life.next_events().count(), life.next_late().count()), (3, 0));
        life.on_sent(Cargo::Events { index: 0, count: 3 });
        let refusal = Some("Chains.ChainEnded".to_owned());
        life.on_resolved(Cargo::Events { index: 0, count: 3 }, false, refusal, Some(view(Some(H256::ZERO), 0)), &ME);
        assert_eq!((life.next_events().count(), life.next_late().count()), (0, 3));
        for next in 1..=3 {
            life.on_sent(Cargo::Late);
            life.on_resolved(Cargo::Late, true, None, Some(view(Some(H256::ZERO), next)), &ME);
        }
        assert!(life.is_settled() && life.next_late().count() == 0, "nothing is said twice: {life:?}");
    }
}
