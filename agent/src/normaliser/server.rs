//! One server: its lives one after the other, and which sightings belong to which.

use std::collections::VecDeque;

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EventKind, Resources, ServerState, Uuid};
use tierchain_primitives::numbers::Micros;

use super::Step;
use super::cpu::CpuTime;
use super::life::{Life, Phase};
use crate::record::LifeId;
use crate::sighting::{Info, Sighting, Sign};

/// How many of a server's latest lines are remembered, to know one that is repeated.
const LINES_REMEMBERED: usize = 64;

/// What is known of one server.
#[derive(Clone, Debug)]
pub(super) struct Server {
    uuid: Uuid,
    name: Option<String>,
    /// The current life or, when that ended, the last one.
    life: Option<Life>,
    /// The ordinal of its next life.
    next: u32,
    /// As last reported; may be known before the birth.
    resources: Option<Resources>,
    cpu: CpuTime,
    latest: VecDeque<H256>,
}

impl Server {
    /// A server of which nothing is known; its first life gets the ordinal `first`.
    pub(super) fn new(uuid: Uuid, first: u32) -> Self {
        let latest = VecDeque::with_capacity(LINES_REMEMBERED);
        Self { uuid, name: None, life: None, next: first, resources: None, cpu: CpuTime::default(), latest }
    }

    /// Its name, for the screen.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Takes a sighting.
    pub(super) fn on_sighting(&mut self, sighting: &Sighting, step: &mut Step<'_>) {
        if sighting.name.is_some() {
            self.name.clone_from(&sighting.name);
        }
        if self.is_repeated_line(sighting.evidence) {
            step.counts.repeated += 1;
            return;
        }
        if let Sign::Info(info) = &sighting.sign {
            return self.on_info(sighting, info, step);
        }
        match self.life.as_ref().map(Life::phase) {
            None => self.before_birth(sighting, step),
            Some(Phase::Open) => self.in_life(sighting, step),
            Some(Phase::Ending) => self.in_grace(sighting, step),
            Some(Phase::Ended) => self.after_end(sighting, step),
            Some(Phase::Left) => self.elsewhere(sighting, step),
        }
    }

    /// A window of this server has closed.
    pub(super) fn on_deadline(&mut self, due: Micros, step: &mut Step<'_>) {
        let Some(life) = &mut self.life else { return };
        life.announce_by(due, step);
        let Some(held) = life.end_by(due, step) else { return };
        self.forget_figures();
        for sighting in held {
            self.after_end(&sighting, step);
        }
    }

    /// Figures of one life say nothing about the next one.
    fn forget_figures(&mut self) {
        self.cpu = CpuTime::default();
        self.resources = None;
    }

    fn is_repeated_line(&mut self, evidence: H256) -> bool {
        if self.latest.contains(&evidence) {
            return true;
        }
        if self.latest.len() == LINES_REMEMBERED {
            self.latest.pop_front();
        }
        self.latest.push_back(evidence);
        false
    }

    fn on_info(&mut self, sighting: &Sighting, info: &Info, step: &mut Step<'_>) {
        self.cpu.report(info);
        self.resources = Some(info.resources);
        let Some(life) = &mut self.life else { return };
        life.learn_resources(sighting, info.resources, step);
        // Off and still there: it has a configuration, so its stop was no end.
        if info.start.is_none() && life.is_ending_by_stop() {
            self.go_on(step);
        }
    }

    fn before_birth(&mut self, sighting: &Sighting, step: &mut Step<'_>) {
        match &sighting.sign {
            Sign::Defined
            | Sign::Ordered(_)
            | Sign::Arrived(_)
            | Sign::Claimed(_)
            | Sign::Started
            | Sign::Changed(_)
            | Sign::Rebooted => {
                self.be_born(sighting, step);
            }
            Sign::Resumed | Sign::Cause(_) => step.counts.repeated += 1,
            Sign::Undefined | Sign::Stopped(_) | Sign::MovedOut { .. } | Sign::Left | Sign::Destroyed => {
                step.counts.unborn += 1;
            }
            Sign::Info(_) => {}
        }
    }

    fn be_born(&mut self, sighting: &Sighting, step: &mut Step<'_>) {
        let resources = match &sighting.sign {
            Sign::Claimed(claimed) => Some(*claimed),
            Sign::Ordered(declared) => Some(declared.resources),
            Sign::Arrived(arrival) => Some(arrival.declared.resources),
            _ => self.resources,
        };
        let id = LifeId { uuid: self.uuid, ordinal: self.next };
        self.next += 1;
        let permanent = !step.grammar.tells_transient_servers() || sighting.sign == Sign::Defined;
        self.life = Some(Life::begin(id, sighting, resources, permanent, step));
        if !matches!(sighting.sign, Sign::Defined | Sign::Ordered(_) | Sign::Arrived(_) | Sign::Claimed(_)) {
            self.in_life(sighting, step);
        }
    }

    fn in_life(&mut self, sighting: &Sighting, step: &mut Step<'_>) {
        let meter = self.cpu.meter();
        let Some(life) = &mut self.life else { return };
        match &sighting.sign {
            Sign::Defined => life.define(step),
            Sign::Undefined => life.undefine(sighting, meter, step),
            Sign::Claimed(_) | Sign::Ordered(_) | Sign::Arrived(_) => step.counts.repeated += 1,
            Sign::Started => life.change(ServerState::Running, sighting, meter, step),
            Sign::Resumed if life.state() == ServerState::Paused => {
                life.change(ServerState::Running, sighting, meter, step);
            }
            Sign::Resumed => step.counts.repeated += 1,
            Sign::Changed(state) => life.change(*state, sighting, meter, step),
            Sign::Stopped(state) => life.stop(*state, sighting, meter, step),
            Sign::Rebooted => life.reboot(sighting, meter, step),
            Sign::Cause(cause) => life.note_cause(cause),
            Sign::MovedOut { to } => life.write(EventKind::MovedOut { to: *to }, sighting, meter, step),
            Sign::Left => {
                life.leave(step);
                self.forget_figures();
            }
            Sign::Destroyed => life.end_after_grace(sighting, false, meter, step),
            Sign::Info(_) => {}
        }
    }

    /// Between the cause of an end and the end: the server may come back; anything else waits for which it is.
    fn in_grace(&mut self, sighting: &Sighting, step: &mut Step<'_>) {
        match &sighting.sign {
            Sign::Defined | Sign::Ordered(_) | Sign::Arrived(_) | Sign::Claimed(_) | Sign::Started => {
                self.go_on(step);
                self.in_life(sighting, step);
            }
            Sign::Undefined | Sign::Destroyed => step.counts.repeated += 1,
            _ => {
                if let Some(life) = &mut self.life {
                    life.hold(sighting.clone());
                }
            }
        }
    }

    /// It had not ended: what was held back happened in this life.
    fn go_on(&mut self, step: &mut Step<'_>) {
        let held = self.life.as_mut().map(Life::go_on).unwrap_or_default();
        for sighting in held {
            match self.life.as_ref().map(Life::phase) {
                Some(Phase::Ending) => self.in_grace(&sighting, step),
                _ => self.in_life(&sighting, step),
            }
        }
    }

    /// It is at another host: only its return, or its next life, is ours to tell.
    fn elsewhere(&mut self, sighting: &Sighting, step: &mut Step<'_>) {
        match sighting.sign {
            Sign::Ordered(_) | Sign::Arrived(_) => self.be_born(sighting, step),
            _ => step.counts.repeated += 1,
        }
    }

    fn after_end(&mut self, sighting: &Sighting, step: &mut Step<'_>) {
        let kind = match &sighting.sign {
            Sign::Defined | Sign::Ordered(_) | Sign::Arrived(_) | Sign::Claimed(_) | Sign::Started => {
                return self.be_born(sighting, step);
            }
            Sign::Resumed if self.life.as_ref().is_some_and(|life| life.state() == ServerState::Paused) => {
                EventKind::StateChanged { state: ServerState::Running }
            }
            Sign::Resumed | Sign::Undefined | Sign::Destroyed | Sign::Left | Sign::Cause(_) => {
                step.counts.repeated += 1;
                return;
            }
            Sign::Info(_) => return,
            Sign::Changed(state) | Sign::Stopped(state) => EventKind::StateChanged { state: *state },
            Sign::Rebooted => EventKind::Rebooted,
            Sign::MovedOut { to } => EventKind::MovedOut { to: *to },
        };
        if let Some(life) = &mut self.life {
            life.write_late(kind, sighting, step);
        }
    }
}
