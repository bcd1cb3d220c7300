//! What changes for a member when the validators do: how it names the others, and the key that it runs with.

use tierchain_primitives::AccountId;
use tierchain_replica::{Input, Member};
use tierchain_runtime::registry;

use super::Body;
use crate::event::Event;
use crate::scene::Scene;
use crate::signing::Identity;

impl Body {
    /// What it has executed says that others validate, or will.
    pub(super) fn on_roll(&mut self, scene: &mut Scene) {
        let renamed = self.directory.set_roll(&scene.cast, &self.database);
        self.rename(renamed, scene);
        if self.seated_key().is_some_and(|at| at > self.generation) {
            // Its operator sees that the epoch of the new key has begun.
            let later = scene.profile.reform.as_ref().map_or((0, 0), |reform| reform.restart);
            let later = scene.random.within(later);
            scene.queue.after(later, Event::ChangeKey(self.number));
        }
    }

    /// Tells the replica of connected peers that have another name, as the node does.
    pub(super) fn rename(&mut self, renamed: Vec<(usize, Member, Member)>, scene: &mut Scene) {
        let (number, life) = (self.number, self.life);
        let Some(process) = &mut self.process else { return };
        let connected = |peer: &usize| scene.network.connection(number, *peer).is_some_and(|lives| lives.0 == life);
        for (_, from, to) in renamed.into_iter().filter(|(peer, ..)| connected(peer)) {
            process.inbox.push(Input::Lost { peer: from, refused: false });
            process.inbox.push(Input::Connected(to));
            if !process.turn_is_due {
                process.turn_is_due = true;
                scene.queue.at(process.busy_until, Event::Turn(number, life));
            }
        }
    }

    /// Which of its keys the set in force has, by what it has executed.
    fn seated_key(&self) -> Option<usize> {
        let seated: Vec<AccountId> = registry::validators(&self.database).iter().map(|it| it.consensus).collect();
        self.identities.iter().position(|identity| seated.contains(&identity.public()))
    }

    /// Its operator starts it with the newest key that was in force; never with an older one again.
    pub(super) fn choose_key(&mut self) {
        self.generation = self.generation.max(self.seated_key().unwrap_or_default());
    }

    /// Its operator restarts it if the set in force has a newer key of it.
    pub fn change_key(&mut self, scene: &mut Scene) {
        if self.seated_key().is_some_and(|at| at > self.generation) {
            scene.trace.note(scene.queue.now(), || format!("{} gets its new key", self.number));
            self.crash(scene);
            self.choose_key();
        }
    }

    /// The name it has for another member.
    #[must_use]
    pub fn name(&self, peer: usize) -> Member {
        self.directory.name(peer)
    }

    /// The consensus key that it runs with.
    #[must_use]
    pub fn key(&self) -> AccountId {
        Identity::public(&self.identities[self.generation])
    }

    /// Whether it votes in the newest epoch it knows.
    #[must_use]
    pub fn votes(&self) -> bool {
        self.process.as_ref().is_some_and(|process| process.replica.me().is_some())
    }

    /// The epoch it is in; none while it is down.
    #[must_use]
    pub fn epoch(&self) -> Option<tierchain_primitives::Epoch> {
        Some(self.process.as_ref()?.replica.set().epoch)
    }
}
