//! Clients: they submit extrinsics with the right nonces to f + 1 validators and see to it that each becomes final.

use std::collections::BTreeMap;

use parity_scale_codec::Encode;
use tierchain_primitives::extrinsic::{Era, Extrinsic, Nonce, extrinsic_hash};
use tierchain_primitives::ports::ChainRead;
use tierchain_primitives::{AccountId, BlockNumber, H256};
use tierchain_runtime::{Call, system};

use crate::body::Body;
use crate::clock::{MS, SECOND, Time};
use crate::event::Event;
use crate::invariants::Witness;
use crate::scene::Scene;
use crate::signing::Identity;

/// Most extrinsics of one client that aren't final.
const OUTSTANDING_MAX: usize = 8;

/// How long a client waits before it submits an extrinsic anew.
const PATIENCE: (Time, Time) = (200 * MS, 2 * SECOND);

/// The shortest era there is, and a longer one.
const PERIODS: [BlockNumber; 3] = [4, 16, 64];

/// An extrinsic on its way.
#[derive(Debug)]
struct Outstanding {
    bytes: Vec<u8>,
    hash: H256,
    death: Option<BlockNumber>,
    submit_again: Time,
}

/// A client with an account of its own.
#[derive(Debug)]
struct Client {
    identity: Identity,
    next: Nonce,
    outstanding: BTreeMap<Nonce, Outstanding>,
}

/// All clients.
#[derive(Debug)]
pub struct Workload {
    clients: Vec<Client>,
}

impl Workload {
    /// As many clients as the day has.
    #[must_use]
    pub fn new(identities: Vec<Identity>) -> Self {
        let client = |identity| Client { identity, next: 0, outstanding: BTreeMap::new() };
        Self { clients: identities.into_iter().map(client).collect() }
    }

    /// Their accounts.
    pub fn accounts(identities: &[Identity]) -> impl Iterator<Item = AccountId> {
        identities.iter().map(Identity::public)
    }

    /// A client looks after its extrinsics and, while the day lasts, makes another one.
    pub fn act(&mut self, client: usize, bodies: &[Body], scene: &mut Scene) {
        let it = &mut self.clients[client];
        it.outstanding.retain(|_, outstanding| !scene.witness.is_final(&outstanding.hash));
        it.renew_expired(bodies, scene);
        if scene.is_faulty && it.outstanding.len() < OUTSTANDING_MAX {
            it.make_another(bodies, scene);
        }
        it.submit(scene);
        let pause = scene.random.within(scene.profile.submission);
        scene.queue.after(pause, Event::Client(client));
    }

    /// What isn't final yet; none when everything is.
    #[must_use]
    pub fn unfinished(&self, witness: &Witness) -> Option<String> {
        let of = |client: &Client| client.outstanding.values().map(|it| it.hash).collect::<Vec<_>>();
        let hash = self.clients.iter().flat_map(of).find(|hash| !witness.is_final(hash))?;
        let answered = if witness.is_answered(&hash) { "answered" } else { "never answered" };
        Some(format!("extrinsic {hash}, {answered}, isn't final"))
    }
}

impl Client {
    fn make_another(&mut self, bodies: &[Body], scene: &mut Scene) {
        let nonce = self.next;
        self.next += 1;
        let outstanding = self.sign(nonce, bodies, scene);
        self.outstanding.insert(nonce, outstanding);
    }

    /// What can't be included any more is signed anew, with the same nonce.
    fn renew_expired(&mut self, bodies: &[Body], scene: &mut Scene) {
        let height = scene.witness.height();
        let expired = |it: &Outstanding| it.death.is_some_and(|death| death <= height + 1);
        let nonces: Vec<Nonce> =
            self.outstanding.iter().filter(|(_, it)| expired(it)).map(|(nonce, _)| *nonce).collect();
        for nonce in nonces {
            let renewed = self.sign(nonce, bodies, scene);
            self.outstanding.insert(nonce, renewed);
        }
    }

    fn sign(&self, nonce: Nonce, bodies: &[Body], scene: &mut Scene) -> Outstanding {
        let asked = &bodies[scene.random.index(bodies.len())];
        let best = asked.database.best();
        let is_mortal = scene.is_faulty && scene.random.chance(scene.profile.mortal_per_mille);
        let era = if is_mortal { Era::mortal(scene.random.pick(&PERIODS), best) } else { Era::Immortal };
        let born = era.birth(best + 1);
        let birth = asked.database.block_hash(born).unwrap_or(scene.genesis.hash);
        let call = draw_call(nonce, scene).encode();
        let extrinsic: Extrinsic = self.identity.extrinsic(call, era, nonce, &scene.genesis.hash, &birth);
        let bytes = extrinsic.encode();
        Outstanding { hash: extrinsic_hash(&bytes), bytes, death: era.death(born), submit_again: 0 }
    }

    /// Submits what wasn't submitted for a while to f + 1 validators. In the end only what nobody answered for: an
    /// answer is a promise.
    fn submit(&mut self, scene: &mut Scene) {
        let now = scene.queue.now();
        let validators: Vec<usize> = (0..scene.set.len()).collect();
        for outstanding in self.outstanding.values_mut().filter(|it| it.submit_again <= now) {
            outstanding.submit_again = now + scene.random.within(PATIENCE);
            if !scene.is_faulty && scene.witness.is_answered(&outstanding.hash) {
                continue;
            }
            let chosen = scene.random.shuffled(&validators);
            for to in chosen.into_iter().take(scene.set.faulty_max() + 1) {
                let delay = scene.random.within((0, 5 * MS));
                scene.queue.after(delay, Event::Submit { to, bytes: outstanding.bytes.as_slice().into() });
            }
        }
    }
}

/// A remark, short or long, with an event or without.
fn draw_call(nonce: Nonce, scene: &mut Scene) -> Call {
    let remark = nonce.to_le_bytes().to_vec();
    match scene.random.below(3) {
        0 => Call::System(system::Call::Remark { remark }),
        1 => Call::System(system::Call::RemarkWithEvent { remark }),
        _ => Call::System(system::Call::Remark { remark: vec![0; 300] }),
    }
}
