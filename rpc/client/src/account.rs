//! One account's extrinsics on their way: its nonces in order, each sent again until it is final or provably dead.

use std::collections::BTreeMap;

use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::extrinsic::{Era, Extrinsic, Nonce, extrinsic_hash};
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::{AccountId, BlockNumber, H256};
use tokio::time::Instant;

use crate::backoff::{Backoff, Pacing};
use crate::ledger::{AskError, Chain, Ledger};
use crate::ring::Ring;

/// For how many blocks a signature holds.
const ERA_BLOCKS: u32 = 4_096;

/// Most extrinsics on their way; the nodes take nonces up to 256 ahead.
const IN_FLIGHT_MAX: usize = 64;

/// The block that new signatures start from.
#[derive(Clone, Copy, Debug)]
pub struct EraStart {
    /// Its number.
    pub number: BlockNumber,
    /// Its hash.
    pub hash: H256,
}

/// An extrinsic on its way.
#[derive(Clone, Debug)]
pub struct Flight<C> {
    /// As it is handed in.
    pub bytes: Vec<u8>,
    /// Its hash.
    pub hash: H256,
    /// What it carries.
    pub cargo: C,
    call: Vec<u8>,
    /// The first block that can't include it.
    death: BlockNumber,
    due: Instant,
    backoff: Backoff,
}

/// An account that signs.
pub struct Account<C> {
    key: KeyPair,
    next: Nonce,
    flights: BTreeMap<Nonce, Flight<C>>,
    pacing: Pacing,
}

impl<C: Clone> Account<C> {
    /// An account of which nothing is on its way; `next` is its nonce on the ledger. Extrinsics of an earlier run that
    /// are still in a pool may take a nonce from under a new one: what that carried is sent again.
    #[must_use]
    pub fn new(key: KeyPair, next: Nonce, pacing: Pacing) -> Self {
        Self { key, next, flights: BTreeMap::new(), pacing }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> AccountId {
        self.key.public()
    }

    /// Whether anything is on its way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.flights.is_empty()
    }

    /// How many more extrinsics it may send.
    #[must_use]
    pub fn room(&self) -> usize {
        IN_FLIGHT_MAX - self.flights.len()
    }

    /// Signs a call with the next nonce; it is due to be sent at once.
    pub fn sign(&mut self, call: Vec<u8>, cargo: C, chain: &Chain, start: EraStart) {
        let flight = self.flight(call, cargo, self.next, chain, start);
        self.flights.insert(self.next, flight);
        self.next += 1;
    }

    /// What is due to be sent, in the order of nonces.
    #[must_use]
    pub fn due(&self, now: Instant) -> Vec<(Nonce, Vec<u8>)> {
        let due = self.flights.iter().filter(|(_, flight)| flight.due <= now);
        due.map(|(nonce, flight)| (*nonce, flight.bytes.clone())).collect()
    }

    /// An extrinsic was handed in; `taken` says whether anybody took it.
    pub fn on_handed_in(&mut self, nonce: Nonce, taken: bool, now: Instant) {
        let Some(flight) = self.flights.get_mut(&nonce) else { return };
        let wait = flight.backoff.next();
        flight.due = now + if taken { wait.max(self.pacing.final_after) } else { wait };
    }

    /// The ledger expects `nonce`. Gives the extrinsics that it has passed: each is final, or another took its nonce.
    /// What is signed from now on takes none of those that others with the same key used up.
    #[must_use]
    pub fn passed(&mut self, nonce: Nonce) -> Vec<(Nonce, Flight<C>)> {
        self.next = self.next.max(nonce);
        self.flights.range(..nonce).map(|(nonce, flight)| (*nonce, flight.clone())).collect()
    }

    /// Something came of an extrinsic.
    pub fn remove(&mut self, nonce: Nonce) {
        self.flights.remove(&nonce);
    }

    /// Whether any extrinsic would be dead at `height`.
    #[must_use]
    pub fn may_have_dead(&self, height: BlockNumber) -> bool {
        self.flights.values().any(|flight| flight.is_dead(height))
    }

    /// Signs the dead ones again, with the same nonces. An extrinsic is dead when no block can include it any more
    /// while the ledger, seen at or after `height`, still expects its nonce or one below.
    pub fn sign_dead_again(&mut self, height: BlockNumber, chain: &Chain, start: EraStart) {
        let is_dead = |(nonce, flight): (&Nonce, &Flight<C>)| flight.is_dead(height).then_some(*nonce);
        for nonce in self.flights.iter().filter_map(is_dead).collect::<Vec<_>>() {
            let Some(flight) = self.flights.remove(&nonce) else { continue };
            tracing::info!(nonce, "an extrinsic expired; signing it again with the same nonce");
            let again = self.flight(flight.call, flight.cargo, nonce, chain, start);
            self.flights.insert(nonce, again);
        }
    }

    fn flight(&self, call: Vec<u8>, cargo: C, nonce: Nonce, chain: &Chain, start: EraStart) -> Flight<C> {
        let era = Era::mortal(ERA_BLOCKS, start.number);
        let death = era.death(start.number).unwrap_or(BlockNumber::MAX);
        let signed = Extrinsic::sign(&self.key, call.clone(), era, nonce, chain.versions, &chain.genesis, &start.hash);
        let bytes = signed.encode();
        let hash = extrinsic_hash(&bytes);
        Flight { bytes, hash, cargo, call, death, due: Instant::now(), backoff: Backoff::new(&self.pacing) }
    }
}

impl<C> Flight<C> {
    /// Blocks up to `height` are executed when the node says so; those in its window may still be on their way.
    fn is_dead(&self, height: BlockNumber) -> bool {
        height >= self.death.saturating_add(WINDOW)
    }
}

/// A block that every validator has by now, of the last seconds.
pub async fn era_start<L: Ledger>(ring: &mut Ring<L>) -> EraStart {
    let question = async |ledger: &L| {
        let number = ledger.height().await?.saturating_sub(WINDOW);
        let hash = ledger.block_hash(number).await?;
        let missing = || AskError(format!("it doesn't know its block {number}"));
        Ok(EraStart { number, hash: hash.ok_or_else(missing)? })
    };
    ring.ask("a recent block", question).await
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::extrinsic::RuntimeVersions;

    use super::*;

    #[test]
    fn a_nonce_that_others_used_up_is_not_signed_with_again() {
        let chain =
            Chain { genesis: [1; 32].into(), versions: RuntimeVersions { spec: 1, transaction: 1 }, validators: 4 };
        let start = EraStart { number: 1, hash: [2; 32].into() };
        let mut account = Account::new(KeyPair::from_seed(&[3; 32]), 5, Pacing::NORMAL);
        account.sign(vec![0], "ours", &chain, start);
        let passed = account.passed(9);
        assert_eq!(passed.iter().map(|(nonce, flight)| (*nonce, flight.cargo)).collect::<Vec<_>>(), [(5, "ours")]);
        account.remove(5);
        account.sign(vec![0], "again", &chain, start);
        assert!(account.passed(7).is_empty(), "a validator that is behind changes nothing");
        account.sign(vec![0], "next", &chain, start);
        let signed: Vec<_> = account.due(Instant::now()).into_iter().map(|(nonce, _)| nonce).collect();
        assert_eq!(signed, [9, 10]);
    }
}
