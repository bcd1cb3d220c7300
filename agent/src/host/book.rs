//! What the event log says of the servers: the newest life of each, as it was written last. What a look finds is
//! compared with this, so that each change is written once, whenever the agent was killed.

use std::collections::BTreeMap;

use tierchain_primitives::ledger::Uuid;
use tierchain_primitives::numbers::Micros;
use tierchain_runtime::directives::DirectiveId;

use crate::record::{LifeId, Ordinals};
use crate::sighting::Declared;
use crate::source::process::{Line, What};

/// The newest life of every server.
#[derive(Debug, Default)]
pub(crate) struct Book {
    ordinals: Ordinals,
    lives: BTreeMap<Uuid, Life>,
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
    /// It ended by itself.
    Crashed,
    /// It was ended for good, by this directive.
    Destroyed(DirectiveId),
}

impl Life {
    /// Whether it hasn't been ended for good.
    pub(crate) fn is_living(&self) -> bool {
        !matches!(self.state, Written::Destroyed(_))
    }
}

impl Book {
    /// A book of a log from which whole lives were taken.
    pub(crate) fn of_rest(floor: u32) -> Self {
        Self { ordinals: Ordinals::above(floor), lives: BTreeMap::new() }
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

    /// Takes a line in, as text and as what it says.
    pub(crate) fn take(&mut self, line: &Line, text: &str) {
        if let What::Ordered { directive, .. } = &line.what {
            if let Some(declared) = line.what.declared() {
                self.begin(line, *directive, declared, text);
            }
            return;
        }
        let Some(life) = self.lives.get_mut(&line.uuid) else { return };
        life.latest = life.latest.max(line.time_us);
        match &line.what {
            What::Ordered { .. } => {}
            What::Started | What::Resumed => life.state = Written::Running,
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
        let ordinal = match self.life(line.uuid) {
            Some(life) => life.id.ordinal + 1,
            None => self.ordinals.first(line.uuid),
        };
        let life = Life {
            id: LifeId { uuid: line.uuid, ordinal },
            directive,
            declared,
            ordered: line.time_us,
            line: text.to_owned(),
            state: Written::Ordered,
            cpu_us: 0,
            latest: line.time_us,
        };
        self.lives.insert(line.uuid, life);
    }
}
