//! The host that a server comes to.

use tierchain_primitives::ledger::{Detail, Event, EventKind, Precision, Uuid};
use tierchain_primitives::numbers::Micros;
use tierchain_runtime::{Call, chains};

use super::{Offer, Standing};
use crate::driver::{Driver, DriverError, Request};
use crate::host::book::{Coming, Life, Written};
use crate::host::{Host, HostError, errand};
use crate::source::process::{Line, WORDS, What};
use crate::submitter::ErrandKey;

/// How long until what was refused, or couldn't be done, is tried again.
const RETRY_AFTER_US: Micros = 1_000_000;

/// What a block of an arrival says.
const MOVED_IN: &str = "MOVED IN, cold: starts anew from its image, without the disk and memory that it had";

impl<D: Driver> Host<D> {
    /// Goes on with all that comes here.
    pub(in crate::host) fn follow_arrivals(&mut self, now: Micros) -> Result<(), HostError> {
        for offer in self.moves.offers.clone() {
            self.take_on(now, &offer)?;
        }
        let coming: Vec<Coming> = self.intake.book.coming().cloned().collect();
        for coming in coming {
            self.follow_arrival(now, &coming)?;
        }
        let landed = |life: &&Life| life.state == Written::Landed;
        let landed: Vec<Life> = self.intake.book.lives().filter(landed).cloned().collect();
        for life in landed {
            self.start_again(now, &life)?;
        }
        Ok(())
    }

    /// Makes all ready for a server that is to come, and writes down that it is on its way. Where that can't be done, it
    /// isn't taken over, and its host calls it back.
    fn take_on(&mut self, now: Micros, offer: &Offer) -> Result<(), HostError> {
        let uuid = offer.arrival.server.uuid;
        let is_here = self.intake.book.is_coming(uuid) || self.intake.book.life(uuid).is_some_and(Life::is_living);
        if is_here || offer.deadline <= now / 1_000 || self.moves.retry_at.get(&uuid).is_some_and(|at| now < *at) {
            return Ok(());
        }
        if let Err(error) = self.make_ready(offer) {
            tracing::warn!(%uuid, %error, "a server that is to come can't be taken over");
            self.moves.retry_at.insert(uuid, now + RETRY_AFTER_US);
            return Ok(());
        }
        tracing::info!(%uuid, from = %offer.arrival.from, "a server is taken over");
        let time_us = now.max(offer.not_before);
        self.write_line(&Line { time_us, uuid, reconciled: false, what: What::arriving(&offer.arrival) })
    }

    fn make_ready(&mut self, offer: &Offer) -> Result<(), DriverError> {
        let (arrival, uuid) = (&offer.arrival, offer.arrival.server.uuid);
        // What an earlier life left when the agent was killed between its end and the removal of its folder.
        if self.seen.contains_key(&uuid) {
            self.clear(uuid)?;
        }
        let (image, resources) = (arrival.declared.image, arrival.declared.resources);
        self.driver.prepare(&Request { uuid, directive: arrival.directive, image, resources }, &offer.tracker)
    }

    /// Says its arrival until the ledger has it, or has called it back.
    fn follow_arrival(&mut self, now: Micros, coming: &Coming) -> Result<(), HostError> {
        let (own, arrival) = (self.settings.host, &coming.arrival);
        let uuid = arrival.server.uuid;
        let Some(standing) = self.moves.standings.get(&arrival.server).copied() else { return Ok(()) };
        let Standing { host, moving_to, ended, length, .. } = standing;
        let is_later = length > arrival.length;
        let line = |what| Line { time_us: now.max(coming.at), uuid, reconciled: false, what };
        if is_later && host == own && !ended {
            tracing::info!(%uuid, "a server has arrived");
            self.moves.retry_at.remove(&uuid);
            return self.write_line(&line(What::arrived(arrival)));
        }
        if is_later && (ended || moving_to != Some(own)) {
            tracing::warn!(%uuid, "a server was called back before it arrived");
            self.write_line(&line(What::Withdrawn { directive: arrival.directive }))?;
            // Of a server that lives here in a later life, what is here isn't what was made ready.
            if !self.intake.book.life(uuid).is_some_and(Life::is_living)
                && let Err(error) = self.clear(uuid)
            {
                tracing::warn!(%uuid, %error, "what was made ready for it can't be dropped");
            }
            return Ok(());
        }
        if moving_to == Some(own) {
            self.say_arrival(now, coming);
        }
        Ok(())
    }

    fn say_arrival(&mut self, now: Micros, coming: &Coming) {
        let arrival = &coming.arrival;
        let uuid = arrival.server.uuid;
        if self.moves.retry_at.get(&uuid).is_some_and(|at| now < *at) || !self.moves.saying.insert(uuid) {
            return;
        }
        let event = Event {
            server: arrival.server,
            number: arrival.number,
            occurred_at: coming.at,
            precision: Precision::Event,
            event: EventKind::MovedIn { from: arrival.from },
            meter: None,
            evidence: coming.evidence,
            detail: Detail(format!("{WORDS}{MOVED_IN}").into_bytes()),
        };
        let call = Call::Chains(chains::Call::Append { event });
        self.outgoing.push_back(errand(ErrandKey::Arrival(uuid), call));
    }

    /// The ledger has decided on an arrival: what came of it is seen by where the server stands.
    pub(in crate::host) fn on_arrival_decided(&mut self, now: Micros, uuid: Uuid) {
        self.moves.saying.remove(&uuid);
        self.moves.retry_at.insert(uuid, now + RETRY_AFTER_US);
    }
}
