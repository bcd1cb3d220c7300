//! The others: foundries that watch for silence, whoever has chains linked, witnesses, and an agent that lies.

use tierchain_primitives::ledger::{
    Announcement, EndReason, Event, EventKind, GuestReport, Ownership, Resources, ServerId, ServerState, party_id,
};
use tierchain_runtime::chains::{DiscrepancyKind, Verdict, standing};
use tierchain_runtime::{Call, chains, query};

use super::life::STATES;
use super::stage::{HOSTS, LIAR, Stage, host_id};
use crate::world::{
    GENESIS, Who, anchor, announce, announcement, append, attest, batch, birth, event, guest, late, note, request,
    resolve, witness,
};

const KINDS: [DiscrepancyKind; 3] =
    [DiscrepancyKind::StateDisagrees, DiscrepancyKind::MoveUnfinished, DiscrepancyKind::CapacityExceeded];

impl Stage {
    pub(super) fn others_speak(&mut self) -> Vec<(Who, Call)> {
        let mut calls = self.foundry_watches();
        calls.extend(self.anchors());
        calls.extend(self.witnesses());
        calls.extend((0..6).filter_map(|_| self.lie()));
        calls.extend(self.hasty());
        calls
    }

    /// Any life, whether it has begun on the ledger or not.
    fn anybody(&mut self) -> Option<ServerId> {
        let count = self.all_lives().count();
        let at = self.dice.below(count);
        self.all_lives().nth(at).map(|life| life.id)
    }

    /// A foundry suspects what is silent, and gives it up when that is due.
    fn foundry_watches(&mut self) -> Vec<(Who, Call)> {
        if self.silent.is_none() {
            return Vec::new();
        }
        let (time, now, state) = (self.world.time, self.world.now(), &self.world.state);
        let mut events = Vec::new();
        for life in &self.lives {
            let Some((id, record)) = query::server(state, life.id.uuid, None) else { continue };
            if record.end.is_some() || time < query::suspectable_at(state, &record) {
                continue;
            }
            let number = query::writer_next(state, &id, &Who::Foundry.id()).expect("it is born");
            let kind = match standing(state, &record) {
                None => EventKind::Suspected { since: record.last_at.min(now) },
                Some(_) if query::orphaned_at(state, &record).is_some_and(|due| due <= time) => {
                    EventKind::Ended { reason: EndReason::Orphaned }
                }
                Some(_) => continue,
            };
            events.push(event(id, number, now.max(record.born), kind));
        }
        events.chunks(200).map(|events| (Who::Foundry, batch(events.to_vec()))).collect()
    }

    /// Ended chains are linked by whoever may, and asked for by whoever may not.
    fn anchors(&mut self) -> Vec<(Who, Call)> {
        let mut calls = Vec::new();
        for _ in 0..40 {
            let Some(id) = self.anybody() else { break };
            let Some((_, record)) = query::server(&self.world.state, id.uuid, Some(id.generation)) else { continue };
            let host = (0..HOSTS).find(|host| host_id(*host) == record.host).expect("it is on a known host");
            let who = match self.dice.below(6) {
                0 => Who::Foundry,
                1 => Who::Host(LIAR),
                _ => Who::Host(host),
            };
            calls.push((who, anchor(id)));
        }
        calls
    }

    /// Orchestrators say something, right or wrong; auditors look; providers settle.
    fn witnesses(&mut self) -> Vec<(Who, Call)> {
        let mut calls = Vec::new();
        for _ in 0..3 {
            let Some(id) = self.anybody() else { break };
            let since = self.world.now() - self.dice.below(1_000_000_000) as u64;
            let witness_of = [Who::Orchestrator, Who::Provider, Who::OtherProvider][self.dice.below(3)];
            calls.push((witness_of, witness(id, STATES[self.dice.below(STATES.len())], since)));
            let other = self.anybody().unwrap_or(id);
            calls.push((Who::Auditor, note(other, KINDS[self.dice.below(KINDS.len())])));
        }
        let state = &self.world.state;
        let disputed = query::disputed(state, 0, usize::MAX);
        for id in disputed.into_iter().filter(|_| self.dice.once_in(10)) {
            let open = query::open_discrepancies(state, &id);
            let verdict = [Verdict::Ledger, Verdict::Witness, Verdict::Agreed][open.len() % 3];
            calls.extend(open.into_iter().map(|(_, number)| (Who::Provider, resolve(id, number, verdict))));
        }
        calls
    }

    /// The lying agent says anything about anybody.
    fn lie(&mut self) -> Option<(Who, Call)> {
        let (who, id) = (Who::Host(LIAR), self.anybody()?);
        let next = query::writer_next(&self.world.state, &id, &who.id()).unwrap_or(0);
        let number = if self.dice.once_in(4) { self.dice.below(9) as u64 } else { next };
        let at = self.world.now() - self.dice.below(500_000) as u64;
        let told = event(id, number, at, self.any_kind());
        let call = match self.dice.below(14) {
            0 => late(told),
            1 => attest(host_id(u8::try_from(self.dice.below(HOSTS.into())).expect("small")), at, at + 1),
            2 => birth(&request(id, at)),
            3 => note(id, KINDS[self.dice.below(KINDS.len())]),
            4 => resolve(id, 0, Verdict::Ledger),
            5 => witness(id, ServerState::Crashed, at),
            6 | 7 => forged(guest(id, number, at, 66)),
            8 | 9 => announce(&self.squat(id)),
            10 => batch(vec![told.clone(), told, event(id, number + 1, at, EventKind::Rebooted)]),
            _ => append(told),
        };
        Some((who, call))
    }

    /// Somebody else's server, this life or the next, claimed for the liar's host and for any provider.
    fn squat(&mut self, id: ServerId) -> Announcement {
        let server = ServerId { generation: id.generation + u32::from(!self.dice.once_in(3)), ..id };
        let provider = party_id(if self.dice.once_in(2) { "P" } else { "Q" });
        let ownership = Ownership { provider, ..announcement(server).ownership };
        Announcement { host: host_id(LIAR), tracker: Who::Fresh(7).id(), ownership, ..announcement(server) }
    }

    /// A foundry that can't wait says that a host is silent which isn't.
    fn hasty(&mut self) -> Option<(Who, Call)> {
        let id = self.anybody()?;
        let number = query::writer_next(&self.world.state, &id, &Who::OtherFoundry.id())?;
        Some((Who::OtherFoundry, append(event(id, number, self.world.now(), EventKind::Suspected { since: 0 }))))
    }

    fn any_kind(&mut self) -> EventKind {
        let host = host_id(u8::try_from(self.dice.below(HOSTS.into())).expect("small"));
        match self.dice.below(9) {
            0 => EventKind::MovedOut { to: host },
            1 => EventKind::MovedIn { from: host },
            2 => EventKind::Ended { reason: EndReason::Terminated },
            3 => EventKind::Ended { reason: EndReason::Orphaned },
            4 => EventKind::Suspected { since: 0 },
            5 => EventKind::GuestEvent { code: 1 },
            6 => EventKind::Resized { resources: Resources { vcpus: u32::MAX, memory_mib: u64::MAX, disk_gib: 1 } },
            7 => EventKind::Summary { transitions: 9, first: 0, state: ServerState::Running },
            _ => EventKind::StateChanged { state: STATES[self.dice.below(STATES.len())] },
        }
    }
}

/// A guest's report that the agent signed itself.
fn forged(event: Event) -> Call {
    let signature = Who::Host(LIAR).key().sign(&event.guest_signed_bytes(&GENESIS));
    Call::Chains(chains::Call::AppendGuest { reports: vec![GuestReport { event, signature }] })
}
