//! The host that a server leaves.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_primitives::numbers::{Micros, Millis};
use tierchain_runtime::directives::{DirectiveId, FailReason};

use super::Standing;
use crate::driver::{Driver, DriverError, Request, Seen};
use crate::host::act::{Step, no_such};
use crate::host::book::{Life, Written};
use crate::host::{Host, HostError};
use crate::seal;
use crate::source::process::{Course, What};

impl<D: Driver> Host<D> {
    /// Goes on with a directive that moves a server. Once the departure is written down, [`Host::follow_departures`]
    /// does the rest, whether the directive is still open or not.
    pub(in crate::host) fn migrate(
        &mut self,
        now: Micros,
        id: DirectiveId,
        (server, to): (ServerId, H256),
        deadline: Millis,
    ) -> Result<Step, HostError> {
        match self.intake.book.life(server.uuid) {
            Some(life) if life.state == Written::Left(id) => {
                let words = format!("moved {server} to {to}, cold: it started anew there");
                return Ok(self.clear(server.uuid).map_or_else(Step::from, |()| Step::Done(server, words)));
            }
            Some(life) if life.called_off == Some(id) && life.course().is_none() => {
                let words = "the other host didn't take it over in time: it was called back, and goes on here";
                return Ok(Step::Fails(FailReason::Broken, words.into()));
            }
            _ => {}
        }
        let life = match self.known(server) {
            Err(_) => return Ok(no_such(server)),
            Ok(None) => return Ok(Step::Waits),
            Ok(Some(life)) => life,
        };
        let seen = self.seen.get(&server.uuid).map(|seen| seen.seen.clone());
        if let Some(Seen::Gone { how }) = &seen
            && life.state == Written::Running
        {
            self.write(now, server.uuid, What::Crashed { how: how.clone() }, None)?;
        }
        let why_not = match (life.state, &seen) {
            (Written::Paused, _) => Some("a cold move would lose what the pause holds: resume it first"),
            (Written::Crashed, _) | (_, Some(Seen::Gone { .. })) => Some("it has ended by itself: destroy it"),
            _ if self.settings.host == to => Some("it is here"),
            // Once it is stopped, the departure follows whatever time it is: the ledger decides who was in time.
            _ if deadline <= now / 1_000 && !self.moves.halted.contains_key(&id) => {
                Some("its deadline was over before it could be begun")
            }
            _ => None,
        };
        if let Some(words) = why_not {
            return Ok(Step::Fails(FailReason::Refused, words.into()));
        }
        self.depart(now, id, &life, (server, to), deadline)
    }

    /// Stops it, has decided what its tracker reported, and writes its departure down.
    fn depart(
        &mut self,
        now: Micros,
        id: DirectiveId,
        life: &Life,
        (server, to): (ServerId, H256),
        deadline: Millis,
    ) -> Result<Step, HostError> {
        let here = |standing: &&Standing| standing.host == self.settings.host && standing.moving_to.is_none();
        let Some(standing) = self.moves.standings.get(&server).filter(here).copied() else { return Ok(Step::Waits) };
        let Some(other) = standing.other else { return Ok(Step::Waits) };
        if !self.moves.halted.contains_key(&id) {
            let mut halted = match self.driver.halt(server.uuid) {
                Ok(halted) => halted,
                Err(error) => return Ok(error.into()),
            };
            // Nobody signs for the tracker any more until it is started at the other host, with the next number.
            for report in std::mem::take(&mut halted.reports) {
                self.take_report(life, report);
            }
            self.moves.halted.insert(id, halted);
        }
        if self.guests.has_reports(server.uuid) {
            return Ok(Step::Waits);
        }
        let Some(halted) = self.moves.halted.remove(&id) else { return Ok(Step::Waits) };
        let tracker = halted.tracker.filter(|key| key.public() == life.declared.tracker);
        let sealed = tracker.and_then(|key| {
            let seed = zeroize::Zeroizing::new(key.seed());
            seal::seal(&self.settings.genesis, &server, &other, &seed)
        });
        let Some(sealed) = sealed else {
            let words = "its tracker's key can't be handed over: its disk has another one than was announced, or none";
            return Ok(Step::Fails(FailReason::Broken, words.into()));
        };
        let course = Course { directive: id, generation: server.generation, to, length: standing.length };
        let until_us = now.saturating_add(self.settings.move_wait).min(deadline.saturating_mul(1_000)).max(now);
        let what = What::MovedOut { course, until_us, key: hex::encode(sealed) };
        self.write(now, server.uuid, what, Some(halted.figures))?;
        Ok(Step::Waits)
    }

    /// Goes on with what has left, or is called back.
    pub(in crate::host) fn follow_departures(&mut self, now: Micros) -> Result<(), HostError> {
        let moving: Vec<Life> = self.intake.book.lives().filter(|life| life.course().is_some()).cloned().collect();
        for life in moving {
            let Some(course) = life.course() else { continue };
            let server = ServerId { uuid: life.id.uuid, generation: course.generation };
            let newer = |standing: &&Standing| standing.length > course.length;
            let Some(standing) = self.moves.standings.get(&server).filter(newer).copied() else { continue };
            self.follow(now, &life, course, standing)?;
        }
        Ok(())
    }

    fn follow(&mut self, now: Micros, life: &Life, course: Course, standing: Standing) -> Result<(), HostError> {
        let (own, uuid) = (self.settings.host, life.id.uuid);
        if standing.host != own || standing.ended {
            let directive = course.directive;
            let what = match standing.ended {
                // A foundry gave it up meanwhile.
                true => What::Destroyed { directive },
                false => What::Left { directive },
            };
            self.write(now, uuid, what, None)?;
            self.places.remove(&life.id);
            if let Err(error) = self.clear(uuid) {
                tracing::warn!(%uuid, %error, "what is left of a server that moved away can't be dropped");
            }
            return Ok(());
        }
        match life.state {
            Written::Leaving(_, until) if standing.moving_to.is_some() && now > until => {
                tracing::warn!(%uuid, to = %course.to, "a move wasn't taken over in time: it is called off");
                let course = Course { to: own, length: standing.length, ..course };
                self.write(now, uuid, What::CalledOff { course }, None)
            }
            Written::Recalled(_) if standing.moving_to.is_none() => self.start_again(now, life),
            _ => Ok(()),
        }
    }

    /// Starts a server that was stopped for a move, from its own disk. One that can't be started has crashed.
    pub(in crate::host) fn start_again(&mut self, now: Micros, life: &Life) -> Result<(), HostError> {
        let uuid = life.id.uuid;
        match self.run(life) {
            Ok(()) => {
                self.seen = self.driver.observe().into_iter().map(|seen| (seen.uuid, seen)).collect();
                self.write(now, uuid, What::Started, None)
            }
            Err(error) => {
                tracing::warn!(%uuid, %error, "it can't be started");
                self.write(now, uuid, What::Crashed { how: format!("cannot start: {}", error.reason().name()) }, None)
            }
        }
    }

    fn run(&mut self, life: &Life) -> Result<(), DriverError> {
        let (uuid, image, resources): (Uuid, _, _) = (life.id.uuid, life.declared.image, life.declared.resources);
        self.driver.create(&Request { uuid, directive: life.directive, image, resources })
    }
}
