//! A client: an account that submits extrinsics with the right nonces to f + 1 validators, and sees to it that each
//! becomes final.

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

/// How long a client waits before it submits an extrinsic anew.
const PATIENCE: (Time, Time) = (200 * MS, 2 * SECOND);

/// How long eras last, in blocks; the first is the shortest there is.
const PERIODS: [BlockNumber; 3] = [4, 16, 64];

/// An extrinsic on its way.
#[derive(Debug)]
struct Outstanding {
    /// What it asks for; none where any remark will do.
    call: Option<Call>,
    bytes: Vec<u8>,
    hash: H256,
    death: Option<BlockNumber>,
    submit_again: Time,
}

/// A client with an account of its own.
#[derive(Debug)]
pub struct Client {
    identity: Identity,
    next: Nonce,
    outstanding: BTreeMap<Nonce, Outstanding>,
}

impl Client {
    /// A client that has submitted nothing.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self { identity, next: 0, outstanding: BTreeMap::new() }
    }

    /// Its account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.identity.public()
    }

    /// Forgets what is final, and signs anew what can't be included any more, with the same nonce.
    pub fn tidy(&mut self, bodies: &[Body], scene: &mut Scene) {
        self.outstanding.retain(|_, outstanding| !scene.witness.is_final(&outstanding.hash));
        let height = scene.witness.height();
        let expired = |it: &Outstanding| it.death.is_some_and(|death| death <= height + 1);
        let nonces: Vec<Nonce> =
            self.outstanding.iter().filter(|(_, it)| expired(it)).map(|(nonce, _)| *nonce).collect();
        for nonce in nonces {
            let call = self.outstanding.remove(&nonce).and_then(|expired| expired.call);
            let renewed = self.sign(nonce, call, bodies, scene);
            self.outstanding.insert(nonce, renewed);
        }
    }

    /// How many of its extrinsics aren't final.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.outstanding.len()
    }

    /// Whether such a call is on its way.
    pub fn awaits(&self, is_it: impl Fn(&Call) -> bool) -> bool {
        self.outstanding.values().filter_map(|it| it.call.as_ref()).any(is_it)
    }

    /// Signs this call, or any remark.
    pub fn make(&mut self, call: Option<Call>, bodies: &[Body], scene: &mut Scene) {
        let nonce = self.next;
        self.next += 1;
        let outstanding = self.sign(nonce, call, bodies, scene);
        self.outstanding.insert(nonce, outstanding);
    }

    fn sign(&self, nonce: Nonce, call: Option<Call>, bodies: &[Body], scene: &mut Scene) -> Outstanding {
        let asked = &bodies[scene.random.index(bodies.len())];
        let best = asked.database.best();
        let is_mortal = scene.is_faulty && scene.random.chance(scene.profile.mortal_per_mille);
        let era = if is_mortal { Era::mortal(scene.random.pick(&PERIODS), best) } else { Era::Immortal };
        let born = era.birth(best + 1);
        let birth = asked.database.block_hash(born).unwrap_or(scene.genesis.hash);
        let encoded = match &call {
            Some(call) => call.encode(),
            None => draw_remark(nonce, scene).encode(),
        };
        let extrinsic: Extrinsic = self.identity.extrinsic(encoded, era, nonce, &scene.genesis.hash, &birth);
        let bytes = extrinsic.encode();
        Outstanding { call, hash: extrinsic_hash(&bytes), bytes, death: era.death(born), submit_again: 0 }
    }

    /// Submits what wasn't submitted for a while to f + 1 validators. In the end only what nobody answered for: an
    /// answer is a promise.
    pub fn submit(&mut self, scene: &mut Scene) {
        let now = scene.queue.now();
        let seating = scene.witness.seats().newest();
        let (validators, enough) = (seating.members.clone(), seating.set.faulty_max() + 1);
        for outstanding in self.outstanding.values_mut().filter(|it| it.submit_again <= now) {
            outstanding.submit_again = now + scene.random.within(PATIENCE);
            if !scene.is_faulty && scene.witness.is_answered(&outstanding.hash) {
                continue;
            }
            let chosen = scene.random.shuffled(&validators);
            for to in chosen.into_iter().take(enough) {
                let delay = scene.random.within((0, 5 * MS));
                scene.queue.after(delay, Event::Submit { to, bytes: outstanding.bytes.as_slice().into() });
            }
        }
    }

    /// How many of them aren't final by now.
    #[must_use]
    pub fn not_final(&self, witness: &Witness) -> usize {
        self.outstanding.values().filter(|it| !witness.is_final(&it.hash)).count()
    }

    /// An extrinsic that isn't final; none when all are.
    #[must_use]
    pub fn unfinished(&self, witness: &Witness) -> Option<String> {
        let hash = self.outstanding.values().map(|it| it.hash).find(|hash| !witness.is_final(hash))?;
        let answered = if witness.is_answered(&hash) { "answered" } else { "never answered" };
        Some(format!("extrinsic {hash}, {answered}, isn't final"))
    }
}

/// A remark, short or long, with an event or without.
fn draw_remark(nonce: Nonce, scene: &mut Scene) -> Call {
    let remark = nonce.to_le_bytes().to_vec();
    match scene.random.below(3) {
        0 => Call::System(system::Call::Remark { remark }),
        1 => Call::System(system::Call::RemarkWithEvent { remark }),
        _ => Call::System(system::Call::Remark { remark: vec![0; 300] }),
    }
}
