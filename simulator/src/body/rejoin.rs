//! A validator whose vote log takes the place of a lost one asks for an epoch in which it votes again, by itself, as the
//! node's task does: until the chain has answered the challenge, whenever that could be executed.

use parity_scale_codec::Encode;
use tierchain_primitives::extrinsic::Era;
use tierchain_primitives::ports::{ChainRead, StateRead};
use tierchain_replica::{Input, Ticket};
use tierchain_runtime::registry::{self, REJOIN_INTERVAL_MS};
use tierchain_runtime::{Call, system};

use super::{Body, Submitted};
use crate::clock::{MS, Time};
use crate::event::Event;
use crate::scene::Scene;

/// How often it looks.
const EVERY: Time = 500 * MS;

/// For how many blocks a rejoin may be included before it is signed again.
const ERA_BLOCKS: u32 = 256;

impl Body {
    /// Looks whether to ask, and asks.
    pub fn ask_to_rejoin(&mut self, scene: &mut Scene) {
        let Some(process) = &self.process else { return };
        let Some(challenge) = process.replica.unanswered_challenge() else { return };
        scene.queue.after(EVERY, Event::Rejoin(self.number, self.life));
        if !self.may_ask(scene) {
            return;
        }
        let head = self.database.best();
        let (era, identity) = (Era::mortal(ERA_BLOCKS, head), &self.identities[self.generation]);
        let born = era.birth(head + 1);
        let Some(birth) = self.database.block_hash(born) else { return };
        let account = system::ACCOUNT.get(&self.database as &dyn StateRead, &identity.public());
        let Some(nonce) = account.map(|account| account.nonce) else { return };
        let call = Call::Registry(registry::Call::Rejoin { challenge }).encode();
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
        let status = replica.status();
        let is_behind = status.is_syncing || status.executed.0 < status.last.0;
        let connected = |other: &usize| scene.network.connection(self.number, *other).is_some();
        let company = (0..scene.members()).filter(connected).count();
        if is_behind || company < replica.set().faulty_max() || replica.set().index_of(&key).is_none() {
            return false;
        }
        if registry::epoch_change(&self.database).is_some() {
            return false;
        }
        let last = registry::REJOINS.get(&self.database, &key);
        let wall = process.clock(scene.queue.now()).wall;
        last.is_none_or(|last| wall >= last.at.saturating_add(REJOIN_INTERVAL_MS))
    }
}
