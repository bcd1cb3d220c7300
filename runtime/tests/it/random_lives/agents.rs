//! Agents: they send what waits, in batches, in any order, twice, and after a crash once more.

use tierchain_primitives::ledger::Event;
use tierchain_primitives::limits::GUEST_REPORTS_MAX;
use tierchain_runtime::{Call, query};

use super::stage::{HOSTS, LIAR, Stage, host_id};
use crate::world::{Who, append, attest, batch, guests, late};

/// Events of one batch.
const BATCH: usize = 64;
/// Most that one agent sends in a round.
const ROUND: usize = 512;

impl Stage {
    /// Everybody says what they have to say, and hears what became of it.
    pub(super) fn speak(&mut self) {
        let mut calls = self.trackers_speak();
        for host in (0..HOSTS).filter(|host| !self.is_silent(*host)).collect::<Vec<_>>() {
            calls.extend(self.agent_speaks(host));
        }
        self.world.block(&calls);
        let calls = self.others_speak();
        self.world.block(&calls);
        let calls = self.listen();
        self.world.block(&calls);
    }

    fn is_silent(&self, host: u8) -> bool {
        self.silent.is_some_and(|(silent, _)| silent == host)
    }

    fn agent_speaks(&mut self, host: u8) -> Vec<(Who, Call)> {
        let who = Who::Host(host);
        if self.dice.once_in(15) {
            self.crash(who);
        }
        let mut events = self.waiting(who);
        if self.dice.once_in(10) {
            let twice = events.len() / 2;
            events.extend(events[..twice].to_vec());
            self.world.tally.add_some("agent sent twice", twice);
        }
        if self.dice.once_in(8) {
            let before = self.sent_before(who);
            self.world.tally.add_some("agent sent again", before.len());
            events.extend(before);
        }
        if host == LIAR || self.dice.once_in(20) {
            self.dice.shuffle(&mut events);
            self.world.tally.add("agent sent in another order");
        }
        let mut calls: Vec<(Who, Call)> = match events.as_slice() {
            [one] => vec![(who, append(one.clone()))],
            many => many.chunks(BATCH).map(|events| (who, batch(events.to_vec()))).collect(),
        };
        calls.extend(self.attests(host));
        calls
    }

    /// The first events that wait, of lives in any order.
    fn waiting(&mut self, who: Who) -> Vec<Event> {
        let has_some = |at: &usize| self.lives[*at].waiting.get(&who).is_some_and(|events| !events.is_empty());
        let mut which: Vec<usize> = (0..self.lives.len()).filter(has_some).collect();
        self.dice.shuffle(&mut which);
        let mut events = Vec::new();
        for at in which {
            if events.len() >= ROUND {
                break;
            }
            let count = 1 + self.dice.below(4);
            events.extend(self.lives[at].waiting[&who].iter().take(count).cloned());
        }
        events
    }

    /// Some of what the agent sent at some time, or was about to.
    fn sent_before(&mut self, who: Who) -> Vec<Event> {
        let mut events = Vec::new();
        for _ in 0..10.min(self.lives.len()) {
            let at = self.dice.below(self.lives.len());
            let seen = self.lives[at].truth.get(&who.id());
            let count = seen.map_or(0, Vec::len);
            let from = self.dice.below(count + 1);
            events.extend(seen.into_iter().flat_map(|seen| seen[from..].iter().take(3).cloned()));
        }
        events
    }

    /// What its host's agent watched; now and then it misses one, which the next one covers.
    fn attests(&mut self, host: u8) -> Option<(Who, Call)> {
        if self.dice.once_in(5) {
            return None;
        }
        let (since, until) = (self.attested[usize::from(host)], self.world.now());
        self.attested[usize::from(host)] = until;
        Some((Who::Host(host), attest(host_id(host), since, until)))
    }

    /// The agent loses what it hadn't sent of some lives, and wasn't there for a while.
    fn crash(&mut self, who: Who) {
        self.world.tally.add("agent crashed");
        for _ in 0..5.min(self.lives.len()) {
            let (at, count) = (self.dice.below(self.lives.len()), 1 + self.dice.below(3));
            self.lives[at].loses(who, count);
        }
        if let Who::Host(host) = who {
            self.attested[usize::from(host)] = self.world.now() + 1;
        }
    }

    /// The host that has a server by the ledger carries what its tracker saw.
    fn trackers_speak(&mut self) -> Vec<(Who, Call)> {
        let mut carried: [Vec<Event>; HOSTS as usize] = Default::default();
        for life in &self.lives {
            let waits = life.waiting.get(&Who::Tracker).filter(|events| !events.is_empty());
            let Some((events, (_, record))) = waits.zip(query::server(&self.world.state, life.id.uuid, None)) else {
                continue;
            };
            let host = (0..HOSTS).find(|host| host_id(*host) == record.host).expect("it is on a known host");
            carried[usize::from(host)].extend(events.iter().take(3).cloned());
        }
        let mut calls = Vec::new();
        for (host, events) in (0..).zip(carried).filter(|(host, _)| !self.is_silent(*host)) {
            calls.extend(events.chunks(GUEST_REPORTS_MAX).map(|chunk| (Who::Host(host), guests(chunk.to_vec()))));
        }
        calls
    }

    /// Everybody asks the ledger for the next numbers. What comes after an end is sent as late, once.
    fn listen(&mut self) -> Vec<(Who, Call)> {
        let mut calls = Vec::new();
        for life in self.lives.iter_mut().filter(|life| life.has_waiting()) {
            let state = &self.world.state;
            let writers: Vec<Who> = life.waiting.keys().copied().collect();
            for who in &writers {
                // A life whose birth hasn't come through yet has no numbers.
                let next = query::writer_next(state, &life.id, &who.id()).unwrap_or(0);
                life.taken(*who, next);
            }
            let record = query::server(state, life.id.uuid, Some(life.id.generation));
            if record.is_none_or(|(_, record)| record.end.is_none()) {
                continue;
            }
            let hosts = writers.into_iter().filter(|who| *who != Who::Tracker);
            let next = hosts.filter_map(|who| Some((who, life.waiting[&who].front()?.clone())));
            calls.extend(next.map(|(who, event)| (who, late(event))));
            life.give_up();
        }
        calls
    }
}
