//! Bundles that others gathered: held, served, passed on.

use std::sync::Arc;

use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::Checked;

use super::settle::next;
use super::{Replica, Turn};
use crate::accounts::LedgerRead;
use crate::effect::Effect;
use crate::gathering::{self, Gathering};
use crate::input::{Member, OpenBundle, Verdict};
use crate::wire::{SignedBundle, SyncMessage};

impl Replica {
    /// Holds a bundle that an honest validator may have gathered, and any that a proposal names: that one counts
    /// whoever made it.
    pub(super) fn on_bundle<L: LedgerRead>(&mut self, mut open: OpenBundle, turn: &mut Turn<'_, L>) {
        if let Some(fault) = open.fault.take() {
            self.note_evidence(fault, None, turn);
        }
        if self.checks.names(&open.digest) {
            return self.hold(open, true, turn);
        }
        match gathering::judge(&open, &self.chain, &mut self.accounts, turn.ports.ledger) {
            Gathering::Plausible => self.hold(open, false, turn),
            Gathering::Ahead(at) => {
                self.ahead.entry(at).or_default().push(open.digest);
                self.hold(open, false, turn);
            }
            Gathering::Implausible(signer) => self.tell_implausible(open.maker, signer, turn),
            // Its maker gathers again what isn't included.
            Gathering::FarAhead => {}
        }
    }

    fn hold<L>(&mut self, open: OpenBundle, is_named: bool, turn: &mut Turn<'_, L>) {
        let now = turn.now.monotonic;
        let digest = open.digest;
        let accounts = &self.accounts;
        let is_final = |checked: &Checked| accounts.is_used_up(checked);
        if is_named {
            self.bundles.insert_named(open, now, is_final);
        } else {
            self.bundles.insert(open, now, is_final);
        }
        // What isn't held isn't taken care of: then this replica gathers its own extrinsics itself.
        for entry in self.bundles.get(&digest).iter().flat_map(|held| &held.open.entries) {
            if matches!(entry.verdict, Verdict::Holds { .. }) {
                self.pool.note_bundled(now, &entry.checked.hash);
            }
        }
    }

    /// Judges the bundles that came from further than this replica had executed, as far as it has now.
    pub(super) fn judge_those_ahead<L: LedgerRead>(&mut self, turn: &mut Turn<'_, L>) {
        let later = self.ahead.split_off(&next(self.chain.executed()));
        for digest in core::mem::replace(&mut self.ahead, later).into_values().flatten() {
            let Some(held) = self.bundles.get(&digest).filter(|_| !self.checks.names(&digest)) else { continue };
            let maker = held.open.maker;
            let judged = gathering::judge(&held.open, &self.chain, &mut self.accounts, turn.ports.ledger);
            if let Gathering::Implausible(signer) = judged {
                self.bundles.let_go(&digest);
                self.tell_implausible(maker, signer, turn);
            }
        }
    }

    /// Says of whom such a bundle came, once in an epoch.
    fn tell_implausible<L>(&mut self, maker: AccountId, signer: AccountId, turn: &mut Turn<'_, L>) {
        if self.implausible.insert(maker) {
            turn.staged.free(Effect::Implausible { maker, signer });
        }
    }

    pub(super) fn on_bundle_request<L>(&mut self, from: Member, digest: H256, turn: &mut Turn<'_, L>) {
        let message = match self.bundles.get(&digest) {
            Some(held) => SyncMessage::Bundle((*held.open.signed).clone()),
            None => SyncMessage::Missing { hash: digest },
        };
        turn.staged.free(Effect::SendSync { to: from, message });
    }

    /// Gives a peer that just connected the bundles of this replica that aren't included: gossip doesn't repeat.
    pub(super) fn push_own_bundles<L>(&mut self, peer: Member, turn: &mut Turn<'_, L>) {
        let Some(key) = self.key() else { return };
        for held in self.bundles.live_of(key) {
            let message = SyncMessage::Bundle((*held.open.signed).clone());
            turn.staged.free(Effect::SendSync { to: peer, message });
        }
    }

    pub(super) fn push_bundle_to_all<L>(&self, signed: &Arc<SignedBundle>, turn: &mut Turn<'_, L>) {
        let validators = self.catch_up.peers().filter(|peer| matches!(peer, Member::Validator(_)));
        for peer in validators {
            let message = SyncMessage::Bundle((**signed).clone());
            turn.staged.free(Effect::SendSync { to: peer, message });
        }
    }
}
