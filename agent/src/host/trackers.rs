//! What the host and the trackers inside its servers have to say to each other.

use tierchain_primitives::crypto::verify_zip215;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::{BirthRequest, EventKind, GuestReport, Precision, Uuid};
use tierchain_runtime::{Call, chains};

use super::book::Life;
use super::{FromGuest, Host, Settings, errand};
use crate::channel::ToGuest;
use crate::driver::Driver;
use crate::submitter::ErrandKey;

impl<D: Driver> Host<D> {
    /// A tracker said something. It is known by its process, which must lead a server.
    pub(super) fn on_guest(&mut self, message: FromGuest) {
        match message {
            FromGuest::Hello { pid, key, out } => self.guests.on_hello(pid, key, out),
            FromGuest::Report { pid, report } => self.on_report(pid, *report),
            FromGuest::Waiting { pid, reason } => {
                if let Some(life) = self.life_of(pid).map(|life| life.id) {
                    tracing::warn!(?life, reason, "no foundry has made its birth block yet; they are asked again");
                }
            }
            FromGuest::Unborn { pid, reason } => {
                if let Some(life) = self.life_of(pid).map(|life| life.id) {
                    tracing::warn!(?life, reason, "no foundry makes its birth block");
                    self.unwanted.insert(life, reason);
                }
            }
        }
    }

    /// The living server that a process leads.
    fn life_of(&self, pid: u32) -> Option<&Life> {
        let seen = self.seen.values().find(|seen| seen.leader == Some(pid))?;
        let life = self.intake.book.life(seen.uuid)?;
        (life.is_living() && life.directive == seen.directive).then_some(life)
    }

    /// Takes a report that the announced tracker signed for its own server.
    fn on_report(&mut self, pid: u32, report: GuestReport) {
        let Some(life) = self.life_of(pid).cloned() else { return };
        self.take_report(&life, report);
    }

    /// Takes a report of a server, if its announced tracker signed it.
    pub(super) fn take_report(&mut self, life: &Life, report: GuestReport) {
        let uuid = life.id.uuid;
        let server = self.places.get(&life.id).map(|place| place.server);
        let is_guests =
            matches!(report.event.event, EventKind::GuestEvent { .. }) && report.event.detail.is_within_limit();
        let bytes = report.event.guest_signed_bytes(&self.settings.genesis);
        let is_own =
            server == Some(report.event.server) && verify_zip215(&life.declared.tracker, &bytes, &report.signature);
        if is_guests && is_own {
            self.guests.add(uuid, report);
        } else {
            tracing::warn!(%uuid, number = report.event.number, "refused a report that the announced tracker didn't sign");
        }
    }

    /// Tells the trackers of announced servers so, each connection once.
    pub(super) fn tell_guests(&mut self) {
        let leaders = self.seen.values().filter_map(|seen| Some((seen.leader?, seen.uuid, seen.directive)));
        for (pid, uuid, directive) in leaders.collect::<Vec<_>>() {
            let Some(life) = self.intake.book.life(uuid).filter(|life| life.directive == directive) else { continue };
            let Some(place) = self.places.get(&life.id) else { continue };
            let request = BirthRequest {
                server: place.server,
                occurred_at: life.ordered,
                precision: Precision::Event,
                evidence: sha256(&[life.line.as_bytes()]),
                previous: place.previous,
            };
            let Settings { genesis, foundries, .. } = &self.settings;
            let announced = ToGuest::announced(genesis, &request, foundries, place.born, life.reports_from);
            let tracker = life.declared.tracker;
            let Some(guest) = self.guests.of(pid).filter(|guest| !guest.told) else { continue };
            guest.told = true;
            if guest.key == tracker {
                guest.say(announced);
            } else {
                tracing::warn!(%uuid, key = %guest.key, %tracker, "another key than the announced tracker's");
            }
        }
    }

    /// Carries to the ledger what the trackers of born servers reported.
    pub(super) fn carry_reports(&mut self) {
        let born: Vec<Uuid> = self.places.iter().filter(|(_, place)| place.born).map(|(life, _)| life.uuid).collect();
        for uuid in born {
            if let Some(reports) = self.guests.next(uuid) {
                let call = Call::Chains(chains::Call::AppendGuest { reports });
                self.outgoing.push_back(errand(ErrandKey::Guest(uuid), call));
            }
        }
    }

    /// The ledger has decided on reports: their tracker may forget them.
    pub(super) fn on_reports_decided(&mut self, uuid: Uuid) {
        let Some(below) = self.guests.on_decided(uuid) else { return };
        if let Some(pid) = self.seen.get(&uuid).and_then(|seen| seen.leader)
            && let Some(guest) = self.guests.of(pid)
        {
            guest.say(ToGuest::Taken { below });
        }
    }
}
