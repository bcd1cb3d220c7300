//! What one step wants done, gathered in the order it must happen.

use tierchain_primitives::certificate::{SignedKind, signed_bytes};
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::{BlockNumber, H256, View};

use crate::config::{Config, Signer};
use crate::effect::{Effect, Record, Target};
use crate::message::Message;

/// The effects of one step so far.
pub(crate) struct Turn<'a> {
    signer: &'a dyn Signer,
    records: Vec<Effect>,
    rest: Vec<Effect>,
}

impl<'a> Turn<'a> {
    /// Nothing yet.
    pub(super) fn new(signer: &'a dyn Signer) -> Self {
        Self { signer, records: Vec::new(), rest: Vec::new() }
    }

    /// Signs for this replica.
    pub(super) fn sign(
        &self,
        config: &Config,
        kind: SignedKind,
        view: View,
        number: BlockNumber,
        hash: &H256,
    ) -> Signature {
        self.signer.sign(&signed_bytes(&config.genesis, config.set.epoch, kind, view, number, hash))
    }

    /// Must be on disk before anything of this step is said.
    pub(super) fn record(&mut self, record: Record) {
        self.records.push(Effect::Record(record));
    }

    /// To be said once the records are on disk.
    pub(super) fn send(&mut self, to: Target, message: Message) {
        self.rest.push(Effect::Send { to, message });
    }

    /// Anything else, in order with what is said.
    pub(super) fn emit(&mut self, effect: Effect) {
        self.rest.push(effect);
    }

    /// Records first, so that the order alone keeps "write before you speak".
    pub(super) fn into_effects(self) -> Vec<Effect> {
        let mut effects = self.records;
        effects.extend(self.rest);
        effects
    }
}
