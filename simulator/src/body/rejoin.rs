//! A validator whose vote log takes the place of a lost one asks for an epoch in which it votes again, by itself, as the
//! node's task does: until the chain has answered the challenge, whenever that could be executed.

use tierchain_primitives::ports::ChainRead;
use tierchain_replica::rejoin::{Applicant, LOOK_EVERY_MS, Request};
use tierchain_replica::{Input, Ticket};

use super::{Body, Submitted};
use crate::clock::{MS, Time};
use crate::event::Event;
use crate::scene::Scene;

/// How often it looks.
const EVERY: Time = LOOK_EVERY_MS * MS;

impl Body {
    /// Looks whether to ask, and asks.
    pub fn ask_to_rejoin(&mut self, scene: &mut Scene) {
        let Some(process) = &self.process else { return };
        let Some(challenge) = process.replica.unanswered_challenge() else { return };
        scene.queue.after(EVERY, Event::Rejoin(self.number, self.life));
        if !self.may_ask(scene) {
            return;
        }
        let identity = &self.identities[self.generation];
        let best = self.database.best();
        let Some(request) = Request::new(challenge, &identity.public(), &self.database, best) else { return };
        let Some(birth) = self.database.block_hash(request.born) else { return };
        let Request { call, era, born, nonce } = request;
        let extrinsic = identity.extrinsic(call, era, nonce, &scene.genesis.hash, &birth);
        let checked = tierchain_runtime::check(&extrinsic.encode()).expect("a rejoin is an extrinsic like any other");
        scene.trace.note(scene.queue.now(), || format!("{} asks to rejoin", self.number));
        let Some(process) = &mut self.process else { return };
        let ticket = Ticket(process.next_ticket);
        process.next_ticket += 1;
        let death = era.death(born);
        process.submitted.insert(ticket, Submitted { hash: checked.hash, death, taken_at: None });
        self.take(Input::Submit { ticket, checked, birth }, scene);
    }

    /// Whether a rejoin wouldn't fail if it were executed now.
    fn may_ask(&self, scene: &Scene) -> bool {
        let Some(process) = &self.process else { return false };
        let (replica, key) = (&process.replica, self.key());
        let connected = |other: &usize| scene.network.connection(self.number, *other).is_some();
        let peers = (0..scene.members()).filter(connected).count();
        let (status, wall) = (replica.status(), process.clock(scene.queue.now()).wall);
        let applicant = Applicant { key: &key, set: replica.set(), status: &status, peers, wall };
        applicant.waits(&self.database).is_none()
    }
}
