//! The normaliser: what sources say, turned into records of servers' lives, by one rule for all sources.
//!
//! A value without I/O or clock: state and one line in, records out. The same lines give the same records however
//! they arrive and wherever the agent was restarted between them; the outbox relies on it.
//!
//! The rule:
//! - A life begins with the first line that shows the server to exist, off. It ends when its configuration is removed
//!   or it is destroyed, or when a server without configuration stops; but only if it does not come back within
//!   [`GRACE_US`]. The end carries the time of its cause. Then its anchor follows.
//! - A state is written when it differs from the one last written. Resumed counts only from PAUSED: libvirt says it
//!   before Started on most starts. A shutdown event only gives the cause of the stop that follows.
//! - Reboots within [`REBOOT_BURST_US`] of one that was written are the same reboot.
//! - Figures never decide the state. They give resources (a birth waits up to [`BIRTH_WAIT_US`] for them) and the
//!   meter, whose CPU time counts on over restarts.
//! - A line seen before changes nothing. What changes nothing is counted as `repeated`; what comes after the end is
//!   `late`.
//! - Windows are on the recording's clock. [`Normaliser::finish`] advances it past all of them.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::ledger::Uuid;
use tierchain_primitives::numbers::Micros;

use crate::record::{Ordinals, Record};
use crate::sighting::{Garbage, Parsed, Sighting};
use crate::source::{Grammar, LINE_BYTES_MAX, Line};

mod cpu;
mod life;
mod server;

#[cfg(test)]
mod tests;

use server::Server;

/// How long a server that ended may come back to have not ended, where the source doesn't know better: a hard reboot, a
/// migration back.
pub(crate) const GRACE_US: Micros = 120_000_000;

/// How long after a written reboot others are the same one.
pub(crate) const REBOOT_BURST_US: Micros = 2_000_000;

/// How long a birth waits for the line with the server's resources.
pub(crate) const BIRTH_WAIT_US: Micros = 2_000_000;

/// What became of the lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub(crate) struct Counts {
    /// Lines read.
    pub(crate) lines: u64,
    /// Births recorded.
    pub(crate) births: u64,
    /// Changes of state, resources or place recorded.
    pub(crate) changes: u64,
    /// Reboots recorded.
    pub(crate) reboots: u64,
    /// Ends recorded.
    pub(crate) ends: u64,
    /// Lines that changed nothing.
    pub(crate) repeated: u64,
    /// Lines about servers that had ended.
    pub(crate) late: u64,
    /// Lines about servers that were never seen to begin.
    pub(crate) unborn: u64,
    /// Lines that are not of the source's grammar, or too long.
    pub(crate) garbage: u64,
}

/// Turns a source's lines into records.
#[derive(Clone, Debug)]
pub(crate) struct Normaliser {
    grammar: Grammar,
    ordinals: Ordinals,
    clock: Micros,
    servers: BTreeMap<Uuid, Server>,
    /// When to look at which server again.
    deadlines: BTreeSet<(Micros, Uuid)>,
    counts: Counts,
}

/// Where one step puts what it finds.
struct Step<'a> {
    grammar: Grammar,
    cursor: u64,
    counts: &'a mut Counts,
    deadlines: &'a mut BTreeSet<(Micros, Uuid)>,
    records: &'a mut Vec<Record>,
}

impl Normaliser {
    /// A normaliser that has seen nothing.
    pub(crate) fn new(grammar: Grammar) -> Self {
        Self::of_rest(grammar, 0)
    }

    /// A normaliser of a source from which whole lives were taken, with lower ordinals than `floor`.
    pub(crate) fn of_rest(grammar: Grammar, floor: u32) -> Self {
        let (servers, deadlines) = (BTreeMap::new(), BTreeSet::new());
        let ordinals = Ordinals::above(floor);
        Self { grammar, ordinals, clock: 0, servers, deadlines, counts: Counts::default() }
    }

    /// The next life of a server of which nothing is known has this ordinal.
    pub(crate) fn count_from(&mut self, uuid: Uuid, ordinal: u32) {
        self.ordinals.count_from(uuid, ordinal);
    }

    /// What became of the lines so far.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// The recording's clock: the latest time seen.
    pub(crate) fn clock(&self) -> Micros {
        self.clock
    }

    /// The servers seen, with their names where the source gives them.
    pub(crate) fn names(&self) -> impl Iterator<Item = (Uuid, Option<&str>)> {
        self.servers.iter().map(|(uuid, server)| (*uuid, server.name()))
    }

    /// Takes one line; `cursor` is where the next one begins.
    ///
    /// # Errors
    /// [`Garbage`] when the line isn't of the grammar: it is counted, and changes nothing.
    pub(crate) fn on_line(&mut self, line: &Line, cursor: u64) -> Result<Vec<Record>, Garbage> {
        self.counts.lines += 1;
        let parsed = match line {
            Line::Whole(bytes) => self.grammar.parse(bytes),
            Line::TooLong => Err(Garbage::new(format!("it is longer than {LINE_BYTES_MAX} bytes"))),
        };
        let mut records = Vec::new();
        match parsed {
            Ok(Parsed::Sighting(sighting)) => {
                self.advance(sighting.time, cursor, &mut records);
                self.on_sighting(&sighting, cursor, &mut records);
                // Without a grace an end is one at once; there may be no next line for a long time.
                if self.grammar.end_grace_us() == 0 {
                    self.advance(self.clock, cursor, &mut records);
                }
            }
            Ok(Parsed::Noise(time)) => self.advance(time, cursor, &mut records),
            Err(garbage) => {
                self.counts.garbage += 1;
                return Err(garbage);
            }
        }
        Ok(records)
    }

    /// The input ended: advances the clock past every window.
    pub(crate) fn finish(&mut self, cursor: u64) -> Vec<Record> {
        let mut records = Vec::new();
        self.advance(Micros::MAX, cursor, &mut records);
        records
    }

    fn advance(&mut self, time: Micros, cursor: u64, records: &mut Vec<Record>) {
        self.clock = self.clock.max(time);
        while let Some((due, uuid)) = self.deadlines.first().copied().filter(|(due, _)| *due <= self.clock) {
            self.deadlines.remove(&(due, uuid));
            self.at_server(uuid, cursor, records, |server, step| server.on_deadline(due, step));
        }
    }

    fn on_sighting(&mut self, sighting: &Sighting, cursor: u64, records: &mut Vec<Record>) {
        self.at_server(sighting.uuid, cursor, records, |server, step| server.on_sighting(sighting, step));
    }

    fn at_server(
        &mut self,
        uuid: Uuid,
        cursor: u64,
        records: &mut Vec<Record>,
        act: impl FnOnce(&mut Server, &mut Step<'_>),
    ) {
        let Self { grammar, ordinals, counts, deadlines, .. } = self;
        let mut step = Step { grammar: *grammar, cursor, counts, deadlines, records };
        let server = self.servers.entry(uuid).or_insert_with(|| Server::new(uuid, ordinals.first(uuid)));
        act(server, &mut step);
    }
}
