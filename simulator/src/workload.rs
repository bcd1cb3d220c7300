//! The clients of a run: they remark and remark, each at its pace, and some far more than they may.

use tierchain_primitives::AccountId;

use crate::body::Body;
use crate::client::Client;
use crate::event::Event;
use crate::invariants::Witness;
use crate::scene::Scene;
use crate::signing::Identity;

/// Most extrinsics of one client that aren't final.
const OUTSTANDING_MAX: usize = 8;

/// The same of one that floods.
const FLOOD_MAX: usize = 64;

/// How many more extrinsics one that floods makes at a time.
const FLOOD: usize = 8;

/// All clients.
#[derive(Debug)]
pub struct Workload {
    clients: Vec<Client>,
}

impl Workload {
    /// As many clients as the day has.
    #[must_use]
    pub fn new(identities: Vec<Identity>) -> Self {
        Self { clients: identities.into_iter().map(Client::new).collect() }
    }

    /// Their accounts.
    pub fn accounts(identities: &[Identity]) -> impl Iterator<Item = AccountId> {
        identities.iter().map(Identity::public)
    }

    /// A client looks after its extrinsics and, while the day lasts, makes more.
    pub fn act(&mut self, client: usize, bodies: &[Body], scene: &mut Scene) {
        let it = &mut self.clients[client];
        it.tidy(bodies, scene);
        let floods = scene.profile.thrift.as_ref().is_some_and(|thrift| client < thrift.floods);
        let (count, most) = if floods { (FLOOD, FLOOD_MAX) } else { (1, OUTSTANDING_MAX) };
        for _ in 0..count {
            if scene.is_faulty && it.waiting() < most {
                it.make(None, bodies, scene);
            }
        }
        it.submit(scene);
        let pause = scene.random.within(scene.profile.submission);
        scene.queue.after(pause, Event::Client(client));
    }

    /// The account of this client; none if there is no such client.
    #[must_use]
    pub fn account(&self, client: usize) -> Option<AccountId> {
        self.clients.get(client).map(Client::account)
    }

    /// How many extrinsics aren't final.
    #[must_use]
    pub fn waiting(&self, witness: &Witness) -> usize {
        self.clients.iter().map(|client| client.not_final(witness)).sum()
    }

    /// What isn't final yet; none when everything is.
    #[must_use]
    pub fn unfinished(&self, witness: &Witness) -> Option<String> {
        self.clients.iter().find_map(|client| client.unfinished(witness))
    }
}
