//! Doing what accepted directives ask, each from what is: so it may be begun again at any point.

use tierchain_primitives::ledger::{Resources, ServerId, Uuid};
use tierchain_primitives::numbers::Micros;
use tierchain_runtime::directives::{Action, Directive, DirectiveId, FailReason, Order, Status};

use super::book::{Life, Written};
use super::{Answer, Host, HostError};
use crate::driver::{Driver, DriverError, Request};
use crate::sighting::Declared;
use crate::source::process::{Line, What};

/// How long a server's tracker may take to show its key.
const HELLO_WAIT_US: Micros = 30_000_000;

/// How long a server's birth may take.
const BIRTH_WAIT_US: Micros = 300_000_000;

/// What a server is given whose order doesn't say.
pub(crate) const RESOURCES_UNSAID: Resources = Resources { vcpus: 1, memory_mib: 128, disk_gib: 0 };

/// How an act stands.
pub(super) enum Step {
    /// Something has to happen first.
    Waits,
    /// It took effect.
    Done(ServerId, String),
    /// It can't be done.
    Fails(FailReason, String),
}

impl From<DriverError> for Step {
    fn from(error: DriverError) -> Self {
        Self::Fails(error.reason(), error.to_string())
    }
}

impl<D: Driver> Host<D> {
    /// Goes on with every accepted directive.
    pub(super) fn act(&mut self, now: Micros) -> Result<(), HostError> {
        let accepted = self.open.iter().filter(|(_, record)| record.status == Status::Accepted);
        let accepted: Vec<(DirectiveId, Directive)> =
            accepted.map(|(id, record)| (*id, record.directive.clone())).collect();
        for (id, directive) in accepted {
            if self.journal.answer(id).is_some() {
                self.say_answer(id);
                continue;
            }
            if !self.journal.has_begun(id) {
                self.journal.begin(id)?;
            }
            match self.step(now, id, &directive)? {
                Step::Waits => {}
                Step::Done(server, words) => self.answer(id, Answer::done(server, &words), &words)?,
                Step::Fails(reason, words) => self.answer(id, Answer::failed(reason, &words), &words)?,
            }
        }
        Ok(())
    }

    fn step(&mut self, now: Micros, id: DirectiveId, directive: &Directive) -> Result<Step, HostError> {
        match &directive.action {
            Action::Create(order) => self.create(now, id, order),
            Action::Destroy { server } => self.destroy(now, id, *server),
            Action::Pause { server } => self.turn(now, *server, Written::Paused),
            Action::Resume { server } => self.turn(now, *server, Written::Running),
            Action::Migrate { server, to } => self.migrate(now, id, (*server, *to), directive.deadline),
        }
    }

    /// Started, its tracker's key known, written down, announced, born: whatever of it isn't so yet comes next.
    fn create(&mut self, now: Micros, id: DirectiveId, order: &Order) -> Result<Step, HostError> {
        let uuid = order.uuid;
        match self.intake.book.life(uuid).cloned() {
            Some(life) if life.directive == id => self.bear(now, id, &life),
            Some(life) if life.is_living() => {
                let words = format!("directive {} has made a server {uuid} here that lives", life.directive);
                Ok(Step::Fails(FailReason::Refused, words))
            }
            _ => self.start(now, id, order),
        }
    }

    /// Starts it, and waits for its tracker.
    fn start(&mut self, now: Micros, id: DirectiveId, order: &Order) -> Result<Step, HostError> {
        let uuid = order.uuid;
        // What an earlier life left when the agent was killed between its end and the removal of its folder.
        if self.intake.book.life(uuid).is_some_and(|life| !life.is_living())
            && self.seen.get(&uuid).is_some_and(|seen| seen.directive != id)
            && let Err(error) = self.clear(uuid)
        {
            return Ok(error.into());
        }
        let resources = order.resources.unwrap_or(RESOURCES_UNSAID);
        // Once by each agent: what ends at once isn't started again and again.
        if !self.awaited.contains_key(&id) {
            if let Err(error) = self.driver.create(&Request { uuid, directive: id, image: order.image, resources }) {
                return Ok(error.into());
            }
            self.seen = self.driver.observe().into_iter().map(|seen| (seen.uuid, seen)).collect();
        }
        let waited_since = *self.awaited.entry(id).or_insert(now);
        let Some(seen) = self.seen.get(&uuid).filter(|seen| seen.directive == id).cloned() else {
            return Ok(Step::Waits);
        };
        let key = seen.leader.and_then(|pid| self.guests.of(pid)).map(|guest| guest.key);
        let Some(tracker) = key else {
            if seen.leader.is_some() && now.saturating_sub(waited_since) < HELLO_WAIT_US {
                return Ok(Step::Waits);
            }
            let words = "its tracker ended, or didn't show its key in time".to_owned();
            return Ok(self.clear(uuid).map_or_else(Step::from, |()| Step::Fails(FailReason::Broken, words)));
        };
        let Order { image, ownership, etsi, relations, .. } = order.clone();
        let declared = Declared { image, resources, tracker, ownership, etsi, relations };
        let what = What::ordered(id, &declared);
        tracing::info!(%uuid, directive = id, %tracker, "a server was made");
        self.write_line(&Line { time_us: seen.started, uuid, reconciled: false, what })?;
        if let Some(life) = self.intake.book.life(uuid).cloned() {
            self.write_start(now, &life, Some(&seen))?;
        }
        self.awaited.remove(&id);
        Ok(Step::Waits)
    }

    /// Waits for its birth; one that will never be born is ended.
    fn bear(&mut self, now: Micros, id: DirectiveId, life: &Life) -> Result<Step, HostError> {
        let uuid = life.id.uuid;
        let place = self.places.get(&life.id).copied();
        if let Some(place) = place.filter(|place| place.born) {
            return Ok(Step::Done(place.server, format!("made {}", place.server)));
        }
        let words = match (self.unwanted.get(&life.id), life.state) {
            (Some(reason), _) => reason.clone(),
            (None, Written::Crashed) if place.is_some() => "it ended before it was born".into(),
            (None, Written::Destroyed(_)) => "it was destroyed before it was born".into(),
            _ if now.saturating_sub(life.ordered) > BIRTH_WAIT_US => "it wasn't born in time".into(),
            _ => return Ok(Step::Waits),
        };
        if life.is_living() {
            if let Err(error) = self.driver.destroy(uuid) {
                return Ok(error.into());
            }
            self.write(now, uuid, What::Destroyed { directive: id }, None)?;
        }
        Ok(self.clear(uuid).map_or_else(Step::from, |()| Step::Fails(FailReason::Refused, words)))
    }

    fn destroy(&mut self, now: Micros, id: DirectiveId, server: ServerId) -> Result<Step, HostError> {
        let uuid = server.uuid;
        let done = || Step::Done(server, format!("destroyed {server}"));
        let life = match self.known(server) {
            // It was this very directive; the folder may still be there.
            Err(Some(Written::Destroyed(by))) if by == id => {
                return Ok(self.clear(uuid).map_or_else(Step::from, |()| done()));
            }
            Err(_) => return Ok(no_such(server)),
            Ok(None) => return Ok(Step::Waits),
            Ok(Some(life)) => life,
        };
        let figures = match self.driver.destroy(life.id.uuid) {
            Ok(figures) => figures,
            Err(error) => return Ok(error.into()),
        };
        self.write(now, uuid, What::Destroyed { directive: id }, figures)?;
        Ok(self.clear(uuid).map_or_else(Step::from, |()| done()))
    }

    /// Pauses a server or lets it go on.
    fn turn(&mut self, now: Micros, server: ServerId, wanted: Written) -> Result<Step, HostError> {
        let life = match self.known(server) {
            Err(_) => return Ok(no_such(server)),
            Ok(None) => return Ok(Step::Waits),
            Ok(Some(life)) => life,
        };
        let uuid = server.uuid;
        let (acted, what) = match wanted {
            Written::Paused => (self.driver.pause(uuid), What::Paused),
            _ => (self.driver.resume(uuid), What::Resumed),
        };
        if let Err(error) = acted {
            return Ok(error.into());
        }
        if life.state != wanted {
            let seen = self.driver.observe().into_iter().find(|seen| seen.uuid == uuid);
            self.write(now, uuid, what, seen.and_then(|seen| seen.figures))?;
        }
        Ok(Step::Done(server, format!("{wanted:?} {server}")))
    }

    /// The living server of that name and generation; none while it isn't known which generation it is, or where it goes.
    /// Otherwise what the log says of it.
    pub(super) fn known(&self, server: ServerId) -> Result<Option<Life>, Option<Written>> {
        let life = self.intake.book.life(server.uuid).ok_or(None)?;
        if !life.is_living() {
            return Err(Some(life.state));
        }
        match self.places.get(&life.id) {
            None => Ok(None),
            Some(_) if life.course().is_some() || life.state == Written::Landed => Ok(None),
            Some(place) if place.server == server => Ok(Some(life.clone())),
            Some(_) => Err(None),
        }
    }

    /// Ends what is left of a server, and drops what is kept of it.
    pub(super) fn clear(&mut self, uuid: Uuid) -> Result<(), DriverError> {
        self.driver.destroy(uuid)?;
        self.driver.forget(uuid)?;
        self.seen.remove(&uuid);
        self.guests.drop_reports(uuid);
        Ok(())
    }
}

pub(super) fn no_such(server: ServerId) -> Step {
    Step::Fails(FailReason::NoSuchServer, format!("no server {server} lives here"))
}
