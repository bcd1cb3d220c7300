//! Blocks that come from others: asked for one by one, or in certified ranges.

use std::sync::Arc;

use tierchain_consensus::Input as MachineInput;
use tierchain_primitives::header::Header;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_runtime::Checked;

use super::settle::next;
use super::{Replica, Turn};
use crate::accounts::LedgerRead;
use crate::effect::Effect;
use crate::input::Member;
use crate::wire::{CertifiedBlock, SyncMessage};

impl Replica {
    pub(super) fn on_block_request<L>(
        &mut self,
        from: Member,
        number: BlockNumber,
        hash: H256,
        turn: &mut Turn<'_, L>,
    ) {
        let message = match self.chain.in_flight(&hash) {
            Some(block) => SyncMessage::Block {
                header: block.header.clone(),
                body: block.body.iter().map(|checked| checked.bytes.clone()).collect(),
            },
            // Final here already: the asker is behind and gets the certificate with it.
            None if number <= self.chain.last().header.number => {
                SyncMessage::Height { number: self.chain.last().header.number }
            }
            None => SyncMessage::Missing { hash },
        };
        turn.staged.free(Effect::SendSync { to: from, message });
    }

    /// A block that a quorum vouches for. Blocks that nobody asked for are none of our business.
    pub(super) fn on_block<L: LedgerRead>(&mut self, header: Header, body: Arc<Vec<Checked>>, turn: &mut Turn<'_, L>) {
        if !self.wanted.contains_key(&header.hash()) {
            return;
        }
        if self.put_in_flight(header.clone(), body, turn) {
            turn.queue.push_back(MachineInput::Obtained { header });
        }
    }

    /// Certified blocks in order: each that follows on the newest final one is taken.
    pub(super) fn on_range<L: LedgerRead>(
        &mut self,
        from: Member,
        blocks: Vec<(CertifiedBlock, Arc<Vec<Checked>>)>,
        turn: &mut Turn<'_, L>,
    ) {
        let before = self.chain.last().header.number;
        for (block, body) in blocks {
            self.catch_up.note_height(from, block.header.number);
            self.take_certified(block, body, turn);
        }
        self.catch_up.on_range(from, self.chain.last().header.number > before);
    }

    /// Takes a certified block, if it follows on the newest final one.
    pub(super) fn take_certified<L: LedgerRead>(
        &mut self,
        block: CertifiedBlock,
        body: Arc<Vec<Checked>>,
        turn: &mut Turn<'_, L>,
    ) {
        let last = self.chain.last();
        let follows = block.header.number == next(last.header.number)
            && block.header.parent_hash == last.hash
            && block.certificate.epoch == self.set().epoch;
        if !follows || !self.put_in_flight(block.header.clone(), body, turn) {
            return;
        }
        if self.machine.is_some() {
            let input = MachineInput::Certified { header: block.header, certificate: block.certificate };
            self.drive(input, turn);
        } else {
            self.on_final(&block.header, block.certificate, turn);
            self.follow_epoch(turn);
        }
    }
}
