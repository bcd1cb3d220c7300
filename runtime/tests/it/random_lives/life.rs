//! A life as it really is: what its host and its tracker see, whatever the ledger has heard of it.

use std::collections::{BTreeMap, VecDeque};

use tierchain_primitives::AccountId;
use tierchain_primitives::ledger::{Event, EventKind, Meter, ServerId, ServerState};
use tierchain_primitives::numbers::Micros;

use crate::world::{Who, event};

/// A life and what waits to be sent of it.
pub(super) struct Life {
    pub(super) id: ServerId,
    /// The host that has it.
    pub(super) host: u8,
    pub(super) born: Micros,
    /// Whether its host has seen its end.
    pub(super) has_ended: bool,
    /// Whether somebody lied about it, lost something of it, or gave it up.
    pub(super) is_spoiled: bool,
    /// What each writer saw, in order.
    pub(super) truth: BTreeMap<AccountId, Vec<Event>>,
    /// Each writer's next number: they go on across rollovers.
    next: BTreeMap<Who, u64>,
    last_at: BTreeMap<Who, Micros>,
    /// What each writer has seen and the ledger hasn't taken.
    pub(super) waiting: BTreeMap<Who, VecDeque<Event>>,
}

impl Life {
    pub(super) fn new(id: ServerId, host: u8, born: Micros) -> Self {
        Self {
            id,
            host,
            born,
            has_ended: false,
            is_spoiled: host == super::stage::LIAR,
            truth: BTreeMap::new(),
            next: BTreeMap::new(),
            last_at: BTreeMap::new(),
            waiting: BTreeMap::new(),
        }
    }

    /// The life that goes on where this one rolled over: writers' numbers go on too.
    pub(super) fn successor(&self, born: Micros) -> Self {
        let id = ServerId { generation: self.id.generation + 1, ..self.id };
        let (next, last_at) = (self.next.clone(), self.last_at.clone());
        Self { next, last_at, ..Self::new(id, self.host, born) }
    }

    /// Somebody sees something. Says when that was, by the clock that it has: it doesn't go back.
    pub(super) fn sees(&mut self, who: Who, at: Micros, kind: EventKind) -> Micros {
        let number = self.next.entry(who).or_insert(0);
        let last = self.last_at.entry(who).or_insert(self.born);
        let at = at.max(*last).max(self.born);
        // CPU time runs at a tenth of the clock: less than any server has.
        let meter = (who != Who::Tracker).then(|| Meter { cpu_us: (at - self.born) / 10, ..Meter::default() });
        let seen = Event { meter, ..event(self.id, *number, at, kind) };
        (*number, *last) = (*number + 1, at);
        self.truth.entry(who.id()).or_default().push(seen.clone());
        self.waiting.entry(who).or_default().push_back(seen);
        at
    }

    /// The agent loses what it saw last and hadn't sent, if that was nothing that made another life of it.
    pub(super) fn loses(&mut self, who: Who, count: usize) {
        let Some(waiting) = self.waiting.get_mut(&who) else { return };
        for _ in 0..count {
            let plain = |event: &Event| matches!(event.event, EventKind::StateChanged { .. } | EventKind::Rebooted);
            if !waiting.back().is_some_and(plain) {
                return;
            }
            waiting.pop_back();
            let seen = self.truth.get_mut(&who.id()).expect("what waits was seen");
            seen.pop();
            // The next one has this number again. Where the clock was, it stays.
            *self.next.get_mut(&who).expect("it has seen something") -= 1;
        }
    }

    /// The ledger has taken a writer's events below this number.
    pub(super) fn taken(&mut self, who: Who, next: u64) {
        let Some(waiting) = self.waiting.get_mut(&who) else { return };
        while waiting.front().is_some_and(|event| event.number < next) {
            waiting.pop_front();
        }
    }

    /// Nothing more is sent of it.
    pub(super) fn give_up(&mut self) {
        self.is_spoiled |= self.waiting.values().any(|events| !events.is_empty());
        self.has_ended = true;
        self.waiting.clear();
    }

    pub(super) fn has_waiting(&self) -> bool {
        self.waiting.values().any(|events| !events.is_empty())
    }

    /// Whether all that was seen of it must stand on the ledger.
    pub(super) fn is_told_whole(&self) -> bool {
        !self.is_spoiled && !self.has_waiting()
    }
}

/// The states that a server changes into.
pub(super) const STATES: [ServerState; 6] = [
    ServerState::Running,
    ServerState::Paused,
    ServerState::SuspendedToRam,
    ServerState::SuspendedToDisk,
    ServerState::Stopped,
    ServerState::Crashed,
];
