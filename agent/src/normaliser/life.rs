//! One life of a server: its state as last written, its numbering, and the three things it can wait for: resources at
//! its birth, the cause of a stop, the grace of its end.

use tierchain_primitives::ledger::{Detail, EndReason, EventKind, Meter, Resources, ServerState};
use tierchain_primitives::numbers::Micros;

use super::{BIRTH_WAIT_US, REBOOT_BURST_US, Step};
use crate::record::{Birth, Fact, Happening, LifeId, Record};
use crate::sighting::{Sighting, Sign};

/// Where a life stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// It goes on.
    Open,
    /// It has ended unless the server comes back within the grace.
    Ending,
    /// It has ended.
    Ended,
    /// It goes on at another host.
    Left,
}

/// A life.
#[derive(Clone, Debug)]
pub(super) struct Life {
    id: LifeId,
    state: ServerState,
    resources: Option<Resources>,
    /// Stays when it stops.
    permanent: bool,
    /// The number of its next happening.
    number: u64,
    /// Of the latest happening: none may lie before it.
    latest: Micros,
    cause: Option<&'static str>,
    rebooted: Option<Micros>,
    waiting: Option<Waiting>,
    ending: Option<Ending>,
    ended: bool,
    left: bool,
}

/// A birth that waits for its resources, and what is to follow it.
#[derive(Clone, Debug)]
struct Waiting {
    due: Micros,
    birth: Birth,
    then: Vec<Fact>,
}

/// An end that waits for its grace to close.
#[derive(Clone, Debug)]
struct Ending {
    due: Micros,
    by_stop: bool,
    end: Happening,
    held: Vec<Sighting>,
}

impl Life {
    /// Begins with what shows the server to exist, off; or, of one that came from another host, as it came.
    pub(super) fn begin(
        id: LifeId,
        sighting: &Sighting,
        resources: Option<Resources>,
        permanent: bool,
        step: &mut Step<'_>,
    ) -> Self {
        let Sighting { time, precision, evidence, tenant, .. } = sighting;
        let mut life = Self {
            id,
            state: ServerState::Stopped,
            resources,
            permanent,
            number: 0,
            latest: *time,
            cause: None,
            rebooted: None,
            waiting: None,
            ending: None,
            ended: false,
            left: false,
        };
        step.counts.births += 1;
        let (occurred_at, precision, evidence, tenant) = (*time, *precision, *evidence, *tenant);
        let birth = Birth { occurred_at, precision, evidence, resources, tenant, declared: None };
        let birth = match &sighting.sign {
            Sign::Ordered(declared) => Birth { declared: Some(declared.clone()), ..birth },
            // The ledger knows it by its birth, which was elsewhere; what moves is a server that runs.
            Sign::Arrived(arrival) => {
                life.state = ServerState::Running;
                life.number = arrival.number + 1;
                let (occurred_at, evidence) = (arrival.born, arrival.evidence);
                Birth { occurred_at, evidence, declared: Some(Box::new(arrival.declared.clone())), ..birth }
            }
            _ => birth,
        };
        if resources.is_none() && step.grammar.reports_resources_afterwards() {
            let due = time.saturating_add(BIRTH_WAIT_US);
            step.deadlines.insert((due, id.uuid));
            life.waiting = Some(Waiting { due, birth, then: Vec::new() });
        } else {
            life.record(Fact::Birth(birth), step);
        }
        life
    }

    /// Where it stands.
    pub(super) fn phase(&self) -> Phase {
        match (self.ended, &self.ending) {
            _ if self.left => Phase::Left,
            (true, _) => Phase::Ended,
            (false, Some(_)) => Phase::Ending,
            (false, None) => Phase::Open,
        }
    }

    /// The state last written.
    pub(super) fn state(&self) -> ServerState {
        self.state
    }

    /// Whether it ends because a server without configuration stopped.
    pub(super) fn is_ending_by_stop(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.by_stop)
    }

    /// Figures say what it is given: its birth needn't wait for that any more; a difference is a resize.
    pub(super) fn learn_resources(&mut self, sighting: &Sighting, resources: Resources, step: &mut Step<'_>) {
        if let Some(waiting) = &mut self.waiting {
            waiting.birth.resources = Some(resources);
            self.resources = Some(resources);
            self.announce(step);
        } else if self.phase() == Phase::Open && self.resources != Some(resources) {
            self.resources = Some(resources);
            self.write(EventKind::Resized { resources }, sighting, None, step);
        }
    }

    /// It has a configuration.
    pub(super) fn define(&mut self, step: &mut Step<'_>) {
        self.permanent = true;
        step.counts.repeated += 1;
    }

    /// It has no configuration any more: its end if it is off, else as soon as it stops.
    pub(super) fn undefine(&mut self, sighting: &Sighting, meter: Option<Meter>, step: &mut Step<'_>) {
        self.permanent = false;
        match self.state {
            ServerState::Running | ServerState::Paused | ServerState::SuspendedToRam => {}
            ServerState::Stopped | ServerState::Crashed | ServerState::SuspendedToDisk => {
                self.end_after_grace(sighting, false, meter, step);
            }
        }
    }

    /// It is in `state` now: a block if that differs from the state last written.
    pub(super) fn change(
        &mut self,
        state: ServerState,
        sighting: &Sighting,
        meter: Option<Meter>,
        step: &mut Step<'_>,
    ) {
        if state == self.state {
            step.counts.repeated += 1;
            return;
        }
        self.state = state;
        self.write(EventKind::StateChanged { state }, sighting, meter, step);
    }

    /// Its hypervisor process is gone. Saved, it can be restored; otherwise, without a configuration, it ends.
    pub(super) fn stop(&mut self, state: ServerState, sighting: &Sighting, meter: Option<Meter>, step: &mut Step<'_>) {
        let cause = self.cause.take().map(|cause| format!(" by {cause}")).unwrap_or_default();
        let with_cause = Sighting { words: format!("{}{cause}", sighting.words), ..sighting.clone() };
        self.change(state, &with_cause, meter, step);
        if !self.permanent && state != ServerState::SuspendedToDisk {
            self.end_after_grace(sighting, true, meter, step);
        }
    }

    /// Why it is going to stop.
    pub(super) fn note_cause(&mut self, cause: &'static str) {
        self.cause = Some(cause);
    }

    /// It was reset: a marker, unless it is still the reboot that was written.
    pub(super) fn reboot(&mut self, sighting: &Sighting, meter: Option<Meter>, step: &mut Step<'_>) {
        let same = |written: Micros| sighting.time < written.saturating_add(REBOOT_BURST_US);
        if self.rebooted.is_some_and(same) {
            step.counts.repeated += 1;
            return;
        }
        self.rebooted = Some(sighting.time);
        self.write(EventKind::Rebooted, sighting, meter, step);
    }

    /// It has ended unless the server comes back.
    pub(super) fn end_after_grace(
        &mut self,
        sighting: &Sighting,
        by_stop: bool,
        meter: Option<Meter>,
        step: &mut Step<'_>,
    ) {
        let due = sighting.time.saturating_add(step.grammar.end_grace_us());
        step.deadlines.insert((due, self.id.uuid));
        // Its number is given when it is written: a server that comes back goes on with it.
        let end = self.happening(EventKind::Ended { reason: EndReason::Terminated }, sighting, meter);
        self.ending = Some(Ending { due, by_stop, end, held: Vec::new() });
    }

    /// Keeps a sighting until it is known whether the life ended before it.
    pub(super) fn hold(&mut self, sighting: Sighting) {
        if let Some(ending) = &mut self.ending {
            ending.held.push(sighting);
        }
    }

    /// The server came back: the life goes on, with what was held.
    pub(super) fn go_on(&mut self) -> Vec<Sighting> {
        self.ending.take().map(|ending| ending.held).unwrap_or_default()
    }

    /// Ends it if its grace closed at `due`, and gives what was held: late from now on.
    pub(super) fn end_by(&mut self, due: Micros, step: &mut Step<'_>) -> Option<Vec<Sighting>> {
        let mut ending = self.ending.take_if(|ending| ending.due <= due)?;
        self.announce(step);
        self.ended = true;
        ending.end.number = self.number;
        ending.end.occurred_at = ending.end.occurred_at.max(self.latest);
        self.number += 1;
        self.latest = ending.end.occurred_at;
        step.counts.ends += 1;
        self.record(Fact::Event(ending.end), step);
        self.record(Fact::Anchor, step);
        Some(ending.held)
    }

    /// Records its birth without resources if their time was up at `due`.
    pub(super) fn announce_by(&mut self, due: Micros, step: &mut Step<'_>) {
        if self.waiting.as_ref().is_some_and(|waiting| waiting.due <= due) {
            self.announce(step);
        }
    }

    /// It is at another host for good.
    pub(super) fn leave(&mut self, step: &mut Step<'_>) {
        self.left = true;
        self.record(Fact::Left, step);
    }

    /// Writes a happening.
    pub(super) fn write(&mut self, kind: EventKind, sighting: &Sighting, meter: Option<Meter>, step: &mut Step<'_>) {
        match kind {
            EventKind::Rebooted => step.counts.reboots += 1,
            _ => step.counts.changes += 1,
        }
        let happening = self.happening(kind, sighting, meter);
        self.number += 1;
        self.latest = happening.occurred_at;
        self.record(Fact::Event(happening), step);
    }

    /// Notes what was seen after its end, with the next number of the same numbering.
    pub(super) fn write_late(&mut self, kind: EventKind, sighting: &Sighting, step: &mut Step<'_>) {
        step.counts.late += 1;
        let happening = self.happening(kind, sighting, None);
        self.number += 1;
        self.latest = happening.occurred_at;
        self.record(Fact::Late(happening), step);
    }

    /// A line that is older than the latest happening takes that one's time: the ledger refuses a step back.
    fn happening(&self, event: EventKind, sighting: &Sighting, meter: Option<Meter>) -> Happening {
        Happening {
            number: self.number,
            occurred_at: sighting.time.max(self.latest),
            precision: sighting.precision,
            event,
            meter,
            evidence: sighting.evidence,
            detail: Detail(sighting.words.clone().into_bytes()),
        }
    }

    fn announce(&mut self, step: &mut Step<'_>) {
        let Some(Waiting { birth, then, .. }) = self.waiting.take() else { return };
        self.record(Fact::Birth(birth), step);
        for fact in then {
            self.record(fact, step);
        }
    }

    fn record(&mut self, fact: Fact, step: &mut Step<'_>) {
        match &mut self.waiting {
            Some(waiting) => waiting.then.push(fact),
            None => step.records.push(Record { cursor: step.cursor, life: self.id, fact }),
        }
    }
}
