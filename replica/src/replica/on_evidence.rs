//! Evidence: kept once, spread to everybody, and held against the culprit as a primary.

use std::sync::Arc;

use tierchain_consensus::Input as MachineInput;
use tierchain_primitives::ValidatorIndex;

use super::{Replica, Turn};
use crate::effect::Effect;
use crate::evidence::Evidence;
use crate::input::Member;
use crate::wire::SyncMessage;

impl Replica {
    /// Takes verified evidence, found here or sent by a peer.
    pub(super) fn note_evidence<L>(&mut self, evidence: Arc<Evidence>, from: Option<Member>, turn: &mut Turn<'_, L>) {
        if !self.book.insert(evidence.clone()) {
            return;
        }
        turn.staged.free(Effect::Evidence(evidence.clone()));
        for peer in self.catch_up.peers().filter(|peer| Some(*peer) != from) {
            turn.staged.free(Effect::SendSync { to: peer, message: SyncMessage::Evidence(evidence.clone()) });
        }
        let topic = evidence.topic();
        if topic.epoch == self.set().epoch {
            turn.queue.push_back(MachineInput::Convicted(topic.culprit));
        }
    }

    /// A peer that was away hears what was found meanwhile.
    pub(super) fn give_evidence<L>(&self, peer: Member, turn: &mut Turn<'_, L>) {
        for evidence in self.book.newest() {
            turn.staged.free(Effect::SendSync { to: peer, message: SyncMessage::Evidence(evidence.clone()) });
        }
    }

    /// A machine that begins knows nobody; whoever was caught in this epoch is told to it.
    pub(super) fn tell_whom_not_to_trust<L>(&self, turn: &mut Turn<'_, L>) {
        let epoch = self.set().epoch;
        let caught = |index: &ValidatorIndex| self.book.of(epoch, *index).next().is_some();
        let culprits = self.set().indices().filter(caught).map(MachineInput::Convicted);
        turn.queue.extend(culprits);
    }
}
