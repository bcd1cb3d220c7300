//! Looking at the servers: what differs from what the event log says is written there.

use tierchain_primitives::ledger::Uuid;
use tierchain_primitives::numbers::Micros;
use tierchain_runtime::directives::Action;

use super::book::{Life, Written};
use super::{Host, HostError};
use crate::driver::{Driver, Figures, Observation, Seen};
use crate::feed::Fed;
use crate::source::process::{Line, What};

impl<D: Driver> Host<D> {
    /// Looks at every server once. Before the first directives are read nothing is written: what was begun and not
    /// finished is looked at by its directive first.
    pub(super) fn look(&mut self, now: Micros) -> Result<(), HostError> {
        self.seen = self.driver.observe().into_iter().map(|seen| (seen.uuid, seen)).collect();
        let leaders: Vec<u32> = self.seen.values().filter_map(|seen| seen.leader).collect();
        self.guests.keep(&leaders);
        if !self.has_read {
            return Ok(());
        }
        let living: Vec<Life> = self.intake.book.lives().filter(|life| life.is_living()).cloned().collect();
        for life in &living {
            if !self.is_in_hand(life.id.uuid) {
                self.compare(now, life)?;
            }
        }
        self.has_looked = true;
        self.watch.on_look(now);
        self.attest(now);
        Ok(())
    }

    /// Whether a directive that was begun and isn't answered ends or moves the server: what becomes of it is that
    /// directive's to write.
    fn is_in_hand(&self, uuid: Uuid) -> bool {
        self.open.iter().any(|(id, record)| {
            matches!(&record.directive.action, Action::Destroy { server } | Action::Migrate { server, .. } if server.uuid == uuid)
                && self.journal.has_begun(*id)
                && self.journal.answer(*id).is_none()
        })
    }

    fn compare(&mut self, now: Micros, life: &Life) -> Result<(), HostError> {
        let seen = self.seen.get(&life.id.uuid).filter(|seen| seen.directive == life.directive).cloned();
        let what = match (life.state, seen.as_ref().map(|seen| &seen.seen)) {
            (Written::Ordered, Some(_)) => return self.write_start(now, life, seen.as_ref()),
            (Written::Running, Some(Seen::Paused)) => What::Paused,
            (Written::Paused, Some(Seen::Running)) => What::Resumed,
            // The agent died after it had stopped it for a move, and came back when that was over.
            (Written::Running, Some(Seen::Halted)) => return self.start_again(now, life),
            (Written::Running | Written::Paused, Some(Seen::Gone { how })) => What::Crashed { how: how.clone() },
            (Written::Ordered | Written::Running | Written::Paused, None) => {
                What::Crashed { how: "nothing of it is here".into() }
            }
            _ => return Ok(()),
        };
        let figures = seen.and_then(|seen| seen.figures);
        self.write(now, life.id.uuid, what, figures)
    }

    /// That it was started, when it was.
    pub(super) fn write_start(
        &mut self,
        now: Micros,
        life: &Life,
        seen: Option<&Observation>,
    ) -> Result<(), HostError> {
        let started = seen.map_or(now, |seen| seen.started);
        self.write(started, life.id.uuid, What::Started, None)
    }

    /// Writes what happened to a living server, the figures of that moment before it.
    pub(super) fn write(
        &mut self,
        at: Micros,
        uuid: Uuid,
        what: What,
        figures: Option<Figures>,
    ) -> Result<(), HostError> {
        let Some(life) = self.intake.book.life(uuid).cloned() else { return Ok(()) };
        // A clock that was set back doesn't turn a life around.
        let time_us = at.max(life.latest);
        if let Some(figures) = figures {
            let info = info(&life, time_us, figures);
            self.write_line(&Line { time_us, uuid, reconciled: false, what: info })?;
        }
        tracing::info!(%uuid, ?what, "a server changed");
        let reconciled = !self.has_looked && matches!(what, What::Paused | What::Resumed | What::Crashed { .. });
        self.write_line(&Line { time_us, uuid, reconciled, what })
    }

    /// Writes a line and hands on what follows from it.
    pub(super) fn write_line(&mut self, line: &Line) -> Result<(), HostError> {
        let records = self.intake.write(line)?;
        if !records.is_empty() {
            self.outgoing.push_back(Fed::Records(records));
        }
        Ok(())
    }
}

/// The figures as a line. The ledger takes no more CPU time than the server was given, and none that decreases: what an
/// agent's restart or a process that left its server has hidden is not made up for.
fn info(life: &Life, now: Micros, figures: Figures) -> What {
    let held = life.declared.resources;
    let most = now.saturating_sub(life.ordered).saturating_mul(held.vcpus.into());
    What::Info {
        vcpus: held.vcpus,
        memory_mib: held.memory_mib,
        disk_gib: held.disk_gib,
        cpu_us: life.cpu_before_us.saturating_add(figures.cpu_us).min(most).max(life.cpu_us),
        rss_kib: figures.rss_kib,
    }
}
