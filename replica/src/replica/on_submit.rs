//! Extrinsics, and the bundles that are made of them.

use std::sync::Arc;

use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::limits::{BUNDLE_BYTES_MAX, BUNDLE_EXTRINSICS_MAX};
use tierchain_primitives::{AccountId, H256, ValidatorIndex};
use tierchain_runtime::Checked;

use super::settle::next;
use super::{Abstains, Replica, Turn};
use crate::accounts::LedgerRead;
use crate::body::Place;
use crate::effect::{DropReason, Effect};
use crate::input::{Entry, OpenBundle, Ticket, Verdict};
use crate::pool::{Refusal, Standing, Which};
use crate::record::Record;
use crate::spending::Books;
use crate::wire::SignedBundle;

/// While a bundle of this replica waits for inclusion, the next one leaves after this many milliseconds.
const BUNDLE_EVERY_MS: u64 = 8;

/// What only one extrinsic can have.
pub(super) fn slot(checked: &Checked) -> (AccountId, Nonce) {
    (checked.extrinsic.signer, checked.extrinsic.nonce)
}

/// What is told of an extrinsic in the log when a newer one has its slot.
pub(super) fn outdone_by(older: &Checked, newer: &Checked) -> Effect {
    let reason = DropReason::NotTakenBack(Refusal::NonceTaken { by: newer.hash });
    Effect::Dropped { hash: older.hash, reason }
}

impl Replica {
    pub(super) fn on_submit<L: LedgerRead>(
        &mut self,
        ticket: Ticket,
        checked: Checked,
        birth: H256,
        turn: &mut Turn<'_, L>,
    ) {
        let admitted = self.ensure_within_quota(&checked, turn).and_then(|()| self.admit(&checked, birth, turn));
        if admitted.is_ok() {
            turn.record(&Record::Pooled { bytes: checked.bytes.clone(), birth });
        }
        // "Already in the pool" rests on the record too, which may be of this very turn.
        turn.staged.bind(Effect::Answer { ticket, result: admitted.map(|()| checked.hash) });
        if admitted.is_ok() {
            self.give_way_to(&checked, turn);
        }
    }

    /// Lets go of what waits for lost blocks and has this account and nonce. Only one of them can be included, and the
    /// account has signed anew; refused, it might wait for ever, since what has expired can't be told from what is
    /// yet to come while its birth block isn't here.
    fn give_way_to<L>(&mut self, newer: &Checked, turn: &mut Turn<'_, L>) {
        let outdone = self.unadmitted.extract_if(.., |(waiting, _)| slot(waiting) == slot(newer));
        for (older, _) in outdone.filter(|(older, _)| older.hash != newer.hash) {
            turn.staged.bind(outdone_by(&older, newer));
        }
    }

    /// Refuses what its account's quota keeps out of the next block. What is in the pool waits there: only what was
    /// included counts.
    fn ensure_within_quota<L: LedgerRead>(&mut self, checked: &Checked, turn: &Turn<'_, L>) -> Result<(), Refusal> {
        let (who, is_milestone) = (checked.extrinsic.signer, checked.call.is_milestone());
        let last = self.chain.last();
        let (parent, number, executed) = (last.hash, next(last.header.number), self.chain.executed());
        let place = Place { parent, number, executed, time: turn.now.wall.max(last.pre.timestamp + 1) };
        let books = Books { chain: &self.chain, ledger: turn.ports.ledger, quota: &self.settings.quota };
        let mut bucket = self.accounts.spending.bucket(&who, place, &books);
        if self.accounts.spending.admits(&who, &mut bucket, is_milestone, place, &books) {
            return Ok(());
        }
        Err(Refusal::OverQuota { who, retry_after_ms: bucket.wait_ms(is_milestone) })
    }

    /// Puts an extrinsic into the pool, if it can still be included.
    pub(super) fn admit<L: LedgerRead>(
        &mut self,
        checked: &Checked,
        birth: H256,
        turn: &Turn<'_, L>,
    ) -> Result<(), Refusal> {
        let extrinsic = &checked.extrinsic;
        let known = self.accounts.next_at_final(
            &extrinsic.signer,
            turn.ports.ledger,
            self.chain.executed(),
            self.chain.unexecuted(),
        );
        let nonce = known.ok_or(Refusal::UnknownAccount(extrinsic.signer))?;
        let last = self.chain.last();
        let following = next(last.header.number);
        let born = extrinsic.era.birth(following);
        if self.chain.hash_at(born, &last.hash, turn.ports.ledger) != Some(birth) {
            return Err(Refusal::Outdated { next: following });
        }
        let death = extrinsic.era.death(born);
        self.pool.insert(checked.clone(), birth, death, Standing { next: nonce })
    }

    /// Gathers what is ready into a bundle: at once when none of this replica's is waiting, else at a distance, so
    /// that bundles grow under load, and milestones into one of their own, which goes first.
    pub(super) fn make_bundle<L: LedgerRead>(&mut self, turn: &mut Turn<'_, L>) {
        if !self.pool.has_candidates() {
            return;
        }
        let (Some(maker), Some(key)) = (self.seat(), self.key()) else { return self.let_go_of_pool(turn) };
        let now = turn.now.monotonic;
        let due = self.last_bundled.map_or(now, |at| at + BUNDLE_EVERY_MS);
        let waits = self.bundles.live_of(key).next().is_some();
        if due > now && waits {
            turn.wake_at(due);
            return;
        }
        if waits {
            self.bundle(Which::Milestones, maker, key, turn);
        }
        self.bundle(Which::All, maker, key, turn);
    }

    /// Makes a bundle of what is ready, if anything is.
    fn bundle<L: LedgerRead>(&mut self, which: Which, maker: ValidatorIndex, key: AccountId, turn: &mut Turn<'_, L>) {
        let now = turn.now.monotonic;
        let (accounts, chain, ledger) = (&mut self.accounts, &self.chain, turn.ports.ledger);
        let next_nonce = |account: &_| {
            accounts.next_at_final(account, ledger, chain.executed(), chain.unexecuted()).unwrap_or_default()
        };
        let ready = self.pool.take_ready(which, now, BUNDLE_EXTRINSICS_MAX, BUNDLE_BYTES_MAX / 2, next_nonce);
        if ready.is_empty() {
            return;
        }
        self.last_bundled = Some(now);
        let bundle = Bundle { extrinsics: ready.iter().map(|(checked, _)| checked.bytes.clone()).collect() };
        let digest = bundle.digest();
        let (epoch, at) = (self.set().epoch, self.chain.last().header.number);
        let signature = turn.ports.signer.sign(&SignedBundle::signed_bytes(&self.settings.genesis, epoch, at, &digest));
        let signed = Arc::new(SignedBundle { epoch, maker, at, bundle, signature });
        let entry = |(checked, birth)| Entry { checked, verdict: Verdict::Holds { birth } };
        let entries = ready.into_iter().map(entry).collect();
        // What is ready isn't final: its nonce is yet to come.
        let open = OpenBundle { digest, maker: key, signed: signed.clone(), entries, fault: None };
        let is_new = self.bundles.insert(open, now, |_| false);
        self.includable = None;
        if is_new {
            turn.staged.free(Effect::GossipBundle(signed));
        } else {
            // The same extrinsics again: gossip has seen them, so they are pushed.
            self.push_bundle_to_all(&signed, turn);
        }
    }

    /// What waits here can't be bundled by this node any more. What is in a bundle may still be included; a replica
    /// whose log knows of a later epoch may be in that one's set.
    fn let_go_of_pool<L>(&mut self, turn: &mut Turn<'_, L>) {
        if self.log_epoch.is_some_and(|reached| reached > self.set().epoch) {
            return;
        }
        for hash in self.pool.let_go() {
            turn.staged.free(Effect::Dropped { hash, reason: DropReason::LeftTheSet });
        }
    }

    /// Admits what the log answered for once execution has admitted its account. A replica whose log knows of a later
    /// epoch, or that has yet to rejoin, may lack blocks that it had when it answered: what they bear on waits for them.
    pub(super) fn admit_late<L: LedgerRead>(&mut self, turn: &mut Turn<'_, L>) {
        let comes_back = matches!(self.abstains(), Some(Abstains::LaterEpoch | Abstains::Rejoining));
        let may_come = comes_back || self.chain.executed() < self.chain.last().header.number;
        for (checked, birth) in core::mem::take(&mut self.unadmitted) {
            match self.admit(&checked, birth, turn) {
                // A record in the log's new segment and one in the old.
                Ok(()) | Err(Refusal::AlreadyKnown) => {}
                Err(Refusal::UnknownAccount(_)) if may_come => self.unadmitted.push((checked, birth)),
                Err(Refusal::Outdated { .. } | Refusal::NonceTooHigh { .. }) if comes_back => {
                    self.unadmitted.push((checked, birth));
                }
                Err(refusal) => {
                    let reason = DropReason::NotTakenBack(refusal);
                    turn.staged.free(Effect::Dropped { hash: checked.hash, reason });
                }
            }
        }
    }
}
