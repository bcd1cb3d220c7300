//! Filling the slot that the machine offers to the primary.

use std::sync::Arc;

use tierchain_consensus::{Input as MachineInput, Slot};
use tierchain_primitives::epoch::next_set_item;
use tierchain_primitives::header::{Header, PreRuntime, extrinsics_root};
use tierchain_primitives::limits::{PROPOSAL_BUNDLES_MAX, WINDOW};
use tierchain_primitives::{BlockNumber, ValidatorIndex};

use super::{Replica, Turn};
use crate::accounts::LedgerRead;
use crate::body::{Derived, Deriver, Place, Room};
use crate::chain::Block;
use crate::proposer::{Decision, Outlook};

impl Replica {
    /// Makes a block if this replica is the primary, has a slot, and it is time.
    pub(super) fn try_propose<L: LedgerRead>(&mut self, turn: &mut Turn<'_, L>) {
        let Some(me) = self.me() else { return };
        let Some(slot) = self.machine.as_ref().and_then(|machine| machine.slot()) else { return };
        let Some(parent) = self.chain.block(&slot.parent).cloned() else { return };
        let Some(executed) = self.coverable(&parent, slot.number) else { return };
        let ends = self.pending_end().map(|change| change.end);
        if ends.is_some_and(|end| slot.number > end) {
            return;
        }
        let time = turn.now.wall.max(parent.pre.timestamp + 1);
        let place = Place { parent: parent.hash, number: slot.number, executed, time };
        let derived = self.derive_body(place, turn);
        if let Some(wait_ms) = derived.slowed_ms {
            // Nothing else tells when a quota lets it pass.
            turn.wake_at(turn.now.monotonic.saturating_add(wait_ms));
        }
        let nonempty = self.chain.newest_nonempty(&parent.hash);
        let outlook = Outlook {
            number: slot.number,
            in_flight: slot.number - 1 - self.chain.last().header.number,
            includable: !derived.body.is_empty(),
            uncovered: nonempty > parent.pre.executed && executed >= nonempty,
            epoch_ends: ends.is_some(),
            parent_time: parent.pre.timestamp,
        };
        match self.proposer.decide(&self.settings.pace, turn.now, outlook) {
            Decision::At(at) => turn.wake_at(at),
            Decision::Now => self.propose(me, slot, &parent, place, derived, turn),
        }
    }

    /// The executed block that a child of `parent` can name: as new as possible. None while this replica hasn't
    /// executed enough to make the block at all.
    fn coverable(&self, parent: &Block, number: BlockNumber) -> Option<BlockNumber> {
        let executed = self.chain.executed().min(number - 1);
        (executed >= parent.pre.executed && number - executed <= WINDOW).then_some(executed)
    }

    fn derive_body<L: LedgerRead>(&mut self, place: Place, turn: &mut Turn<'_, L>) -> Derived {
        let mut deriver = Deriver {
            chain: &self.chain,
            accounts: &mut self.accounts,
            ledger: turn.ports.ledger,
            weights: &self.settings.weights,
            quota: &self.settings.quota,
        };
        let mut derived = deriver.derive(place, self.bundles.live(), Room::BLOCK);
        if derived.used.len() > PROPOSAL_BUNDLES_MAX {
            // A proposal names so many at most: derive again from those.
            derived.used.truncate(PROPOSAL_BUNDLES_MAX);
            let named: Vec<_> = derived.used.iter().filter_map(|digest| self.bundles.get(digest)).collect();
            derived = deriver.derive(place, named.into_iter(), Room::BLOCK);
        }
        for (digest, entries) in derived.unverified.drain(..) {
            self.ask_for_verdicts(place.number, digest, entries, turn);
        }
        derived
    }

    fn propose<L: LedgerRead>(
        &mut self,
        me: ValidatorIndex,
        slot: Slot,
        parent: &Block,
        place: Place,
        derived: Derived,
        turn: &mut Turn<'_, L>,
    ) {
        let Place { executed, time: timestamp, .. } = place;
        let Some(state_root) = self.chain.root(executed) else { return };
        let bytes: Vec<&[u8]> = derived.body.iter().map(|checked| checked.bytes.as_slice()).collect();
        let pre = PreRuntime { proposer: me, timestamp, executed };
        let mut header = Header::new(parent.hash, slot.number, state_root, extrinsics_root(&bytes), pre);
        let ends = self.pending_end().filter(|change| change.end == slot.number);
        header.digest.extend(ends.map(|change| next_set_item(&change.next)));
        drop(bytes);
        if self.put_in_flight(header.clone(), Arc::new(derived.body), turn) {
            self.proposer.on_made(turn.now.monotonic);
            turn.queue.push_back(MachineInput::Propose { header, bundles: derived.used });
        }
    }
}
