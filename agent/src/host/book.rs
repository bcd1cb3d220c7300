//! What the event log says of the servers: the newest life of each, as it was written last, and who is on the way here.
//! What a look finds is compared with this, so that each change is written once, whenever the agent was killed.

use std::collections::BTreeMap;

use tierchain_primitives::H256;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::Uuid;
use tierchain_primitives::numbers::Micros;
use tierchain_runtime::directives::DirectiveId;

use crate::record::{LifeId, Ordinals};
use crate::sighting::{Arrival, Declared};
use crate::source::process::{Course, Line, What};

/// The newest life of every server.
#[derive(Debug, Default)]
pub(crate) struct Book {
    ordinals: Ordinals,
    lives: BTreeMap<Uuid, Life>,
    coming: BTreeMap<Uuid, Coming>,
}

/// A server on its way here, whose arrival the ledger hasn't taken yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Coming {
    /// As it was seen.
    pub(crate) arrival: Arrival,
    /// When its arrival is said to be.
    pub(crate) at: Micros,
    /// Evidence of that: the hash of the line that says so.
    pub(crate) evidence: H256,
}

/// A life as the log has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Life {
    /// Which.
    pub(crate) id: LifeId,
    /// By which directive it was made.
    pub(crate) directive: DirectiveId,
    /// What was ordered.
    pub(crate) declared: Declared,
    /// When.
    pub(crate) ordered: Micros,
    /// Evidence of its birth: the hash of the line that says so.
    pub(crate) line: String,
    /// The state last written.
    pub(crate) state: Written,
    /// The CPU time last written.
    pub(crate) cpu_us: u64,
    /// What of that was before its processes were last started.
    pub(crate) cpu_before_us: u64,
    /// Where its tracker's numbers and times go on, if it came from another host.
    pub(crate) reports_from: (u64, Micros),
    /// The newest move of it that was called off.
    pub(crate) called_off: Option<DirectiveId>,
    /// When the last line was written: the next one isn't older.
    pub(crate) latest: Micros,
}

/// A state as the log has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Written {
    /// It is ordered, and off.
    Ordered,
    /// It runs.
    Running,
    /// It is stopped.
    Paused,
    /// It came from another host, and is to be started.
    Landed,
    /// It was stopped, and the other host may take it until then.
    Leaving(Course, Micros),
    /// It is called back, and goes on here when the ledger has taken that.
    Recalled(Course),
    /// It is at another host, by this directive.
    Left(DirectiveId),
    /// It ended by itself.
    Crashed,
    /// It was ended for good, by this directive.
    Destroyed(DirectiveId),
}

impl Life {
    /// Whether it is here, and hasn't been ended for good.
    pub(crate) fn is_living(&self) -> bool {
        !matches!(self.state, Written::Destroyed(_) | Written::Left(_))
    }

    /// Where it goes, while that isn't settled.
    pub(crate) fn course(&self) -> Option<Course> {
        match self.state {
            Written::Leaving(course, _) | Written::Recalled(course) => Some(course),
            _ => None,
        }
    }
}

impl Book {
    /// A book of a log from which whole lives were taken.
    pub(crate) fn of_rest(floor: u32) -> Self {
        Self { ordinals: Ordinals::above(floor), ..Self::default() }
    }

    /// The next life of a server of which nothing is known has this ordinal.
    pub(crate) fn count_from(&mut self, uuid: Uuid, ordinal: u32) {
        self.ordinals.count_from(uuid, ordinal);
    }

    /// The newest life of a server.
    pub(crate) fn life(&self, uuid: Uuid) -> Option<&Life> {
        self.lives.get(&uuid)
    }

    /// The newest life of every server.
    pub(crate) fn lives(&self) -> impl Iterator<Item = &Life> {
        self.lives.values()
    }

    /// The life that a line is about, once it was taken; none of a server that is on its way here, or that nobody knows.
    pub(crate) fn owner(&self, line: &Line) -> Option<LifeId> {
        match line.what {
            What::Arriving { .. } | What::Withdrawn { .. } => None,
            _ => self.life(line.uuid).map(|life| life.id),
        }
    }

    /// Who is on the way here.
    pub(crate) fn coming(&self) -> impl Iterator<Item = &Coming> {
        self.coming.values()
    }

    /// Whether a server is on the way here.
    pub(crate) fn is_coming(&self, uuid: Uuid) -> bool {
        self.coming.contains_key(&uuid)
    }

    /// Takes a line in, as text and as what it says.
    pub(crate) fn take(&mut self, line: &Line, text: &str) {
        match &line.what {
            What::Ordered { directive, .. } => {
                if let Some(declared) = line.what.declared() {
                    self.begin(line, *directive, declared, text);
                }
            }
            What::Arriving { .. } => {
                if let Some(arrival) = line.what.arrival() {
                    let evidence = sha256(&[text.as_bytes()]);
                    self.coming.insert(line.uuid, Coming { arrival, at: line.time_us, evidence });
                }
            }
            What::Arrived { .. } => {
                self.coming.remove(&line.uuid);
                if let Some(arrival) = line.what.arrival() {
                    self.land(line, arrival, text);
                }
            }
            What::Withdrawn { .. } => drop(self.coming.remove(&line.uuid)),
            _ => self.change(line),
        }
    }

    fn change(&mut self, line: &Line) {
        let Some(life) = self.lives.get_mut(&line.uuid) else { return };
        life.latest = life.latest.max(line.time_us);
        match &line.what {
            What::Ordered { .. } | What::Arriving { .. } | What::Arrived { .. } | What::Withdrawn { .. } => {}
            What::Started => {
                life.state = Written::Running;
                life.cpu_before_us = life.cpu_us;
            }
            What::Resumed => life.state = Written::Running,
            What::MovedOut { course, until_us, .. } => life.state = Written::Leaving(*course, *until_us),
            What::CalledOff { course } => {
                life.state = Written::Recalled(*course);
                life.called_off = Some(course.directive);
            }
            What::Left { directive } => life.state = Written::Left(*directive),
            What::Paused => life.state = Written::Paused,
            What::Crashed { .. } => life.state = Written::Crashed,
            What::Destroyed { directive } => life.state = Written::Destroyed(*directive),
            What::Info { cpu_us, .. } => life.cpu_us = life.cpu_us.max(*cpu_us),
        }
    }

    fn begin(&mut self, line: &Line, directive: DirectiveId, declared: Declared, text: &str) {
        // The normaliser takes an order for a living server for a repeat, and counts only lives that it began.
        if self.life(line.uuid).is_some_and(Life::is_living) {
            return;
        }
        let life = self.next_life(line, directive, declared, text);
        self.lives.insert(line.uuid, life);
    }

    fn land(&mut self, line: &Line, arrival: Arrival, text: &str) {
        if self.life(line.uuid).is_some_and(Life::is_living) {
            return;
        }
        let Arrival { directive, born, cpu_us, report, reported, declared, .. } = arrival;
        let life = Life {
            ordered: born,
            state: Written::Landed,
            cpu_us,
            reports_from: (report, reported),
            ..self.next_life(line, directive, declared, text)
        };
        self.lives.insert(line.uuid, life);
    }

    fn next_life(&self, line: &Line, directive: DirectiveId, declared: Declared, text: &str) -> Life {
        let ordinal = match self.life(line.uuid) {
            Some(life) => life.id.ordinal + 1,
            None => self.ordinals.first(line.uuid),
        };
        Life {
            id: LifeId { uuid: line.uuid, ordinal },
            directive,
            declared,
            ordered: line.time_us,
            line: text.to_owned(),
            state: Written::Ordered,
            cpu_us: 0,
            cpu_before_us: 0,
            reports_from: (0, 0),
            called_off: None,
            latest: line.time_us,
        }
    }
}
