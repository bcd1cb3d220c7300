//! Entering a view: NEW-VIEW made and taken, and where the view starts (R6, R7).

use tierchain_primitives::certificate::SignedKind;
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::{ValidatorIndex, View};

use super::Machine;
use super::turn::Turn;
use crate::chain::BlockRef;
use crate::effect::{Record, Target};
use crate::message::{Message, NewView, ViewChange};
use crate::term::Term;
use crate::view_change::{Head, certificates};

impl Machine {
    /// Accepted: for a view above the one entered, and none below the one promised (R5). A second one for the view
    /// entered, with another proof, is evidence.
    pub(super) fn on_new_view(&mut self, from: ValidatorIndex, new_view: NewView, turn: &mut Turn<'_>) {
        self.peers.saw(new_view.sender, new_view.view, 0);
        certificates(&new_view.proof).cloned().for_each(|certificate| self.on_certificate(from, certificate));
        if new_view.view > self.view && new_view.view >= self.promised {
            return self.enter(new_view, turn);
        }
        let known = self.term.new_view.as_ref().filter(|known| known.view == new_view.view);
        let Some(known) = known.filter(|known| known.content_hash() != new_view.content_hash()).cloned() else {
            return;
        };
        if new_view.sender != self.config.me {
            let topic = (SignedKind::NewView, new_view.view, 0);
            self.accuse(new_view.sender, topic, [Message::NewView(known), Message::NewView(new_view)], turn);
        }
    }

    /// The primary of the view promised opens it with the VIEW-CHANGEs of a quorum.
    pub(super) fn try_open_view(&mut self, turn: &mut Turn<'_>) -> bool {
        let view = self.promised;
        if !self.is_changing() || self.config.primary(view) != self.config.me {
            return false;
        }
        let needed = self.config.quorum();
        #[cfg(feature = "bugs")]
        let needed = if self.config.parameters.bug == Some(crate::Bug::NewViewWithoutProof) { 1 } else { needed };
        let wanting = self.changes.values().filter(|change| change.view == view);
        let proof: Vec<_> = wanting.take(needed).cloned().collect();
        if proof.len() < needed {
            return false;
        }
        let (epoch, sender) = (self.config.set.epoch, self.config.me);
        let mut new_view = NewView { epoch, view, sender, proof, signature: Signature::ZERO };
        new_view.signature = self.sign_content(SignedKind::NewView, view, &new_view.content_hash(), turn);
        turn.send(Target::All, Message::NewView(new_view.clone()));
        self.enter(new_view, turn);
        true
    }

    /// R6: everyone computes the head from the proof. R7: the view starts there.
    fn enter(&mut self, new_view: NewView, turn: &mut Turn<'_>) {
        let (view, head) = (new_view.view, self.head_of(&new_view.proof));
        assert!(view > self.view && view >= self.promised, "R5: views are entered upwards, none below a promise");
        if view > self.promised {
            self.leave_for(view);
        }
        self.assert_head_covers_final(&head, view);
        turn.record(Record::NewView(new_view.clone()));
        self.previous = Some(self.view);
        self.view = view;
        self.view_change = None;
        self.changes.retain(|_, change| change.view > view);
        self.term = Term::new(Some(new_view), head, self.now);
        self.term.proposals = std::mem::take(&mut self.early);
        self.forget_old_views();
        self.pace.on_enter(self.now);
        self.cause = None;
        for (place, hash) in self.tally.quorums(view) {
            self.on_quorum(place, hash, turn);
        }
        self.anchor();
    }

    /// R6: where a view with this proof starts.
    pub(crate) fn head_of(&self, proof: &[ViewChange]) -> Head {
        #[cfg(feature = "bugs")]
        match self.config.parameters.bug {
            Some(crate::Bug::PreparedIgnored) => return Head::of_certified(proof),
            Some(crate::Bug::NumberBeforeView) => return Head::by(proof, |it| (u64::from(it.number), it.view.0)),
            _ => {}
        }
        Head::of(proof)
    }

    /// A block certified in a view below was prepared at a quorum, of which every later quorum of VIEW-CHANGEs holds an
    /// honest member, whose certificate is in the proof. That the head is on the same chain as well is asserted when
    /// the way down to it is known.
    fn assert_head_covers_final(&self, head: &Head, view: View) {
        let Some(certificate) = self.chain.certificate().filter(|certificate| certificate.view < view) else { return };
        let tip = BlockRef::certified_by(certificate);
        let covers = head.block.is_some_and(|block| block == tip || block.number > tip.number);
        assert!(covers, "R6: the head of view {view} extends every block that is final here, or more than f lie");
    }

    /// Keeps the votes that may still complete something and the blocks that the view may still build on.
    fn forget_old_views(&mut self) {
        let (view, previous) = (self.view, self.previous);
        self.tally.retain(|place| place.view >= view || Some(place.view) == previous);
        let prepared = self.prepared.as_ref().map(BlockRef::certified_by);
        let roots: Vec<BlockRef> = self.term.head.block.into_iter().chain(prepared).collect();
        self.chain.keep_only(&roots);
    }
}
