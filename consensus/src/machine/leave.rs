//! Leaving a view: suspicions, which promise nothing, and VIEW-CHANGEs, which bind (R5).

use tierchain_primitives::certificate::SignedKind;
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::{BlockNumber, H256, ValidatorIndex, View};

use super::Machine;
use super::turn::Turn;
use crate::charge::hides;
use crate::effect::{Record, Target};
use crate::message::{Message, Suspect, ViewChange, Vote};

impl Machine {
    /// A hint counts for a while; its sender repeats it while the cause lasts.
    pub(super) fn on_suspect(&mut self, suspect: &Suspect, turn: &mut Turn<'_>) {
        let until = self.now.saturating_add(self.config.parameters.suspect_life_ms);
        let Some(peer) = self.peers.get_mut(suspect.sender) else { return };
        peer.suspect = Some((suspect.view, until));
        // Who suspects alone perhaps lacks what this replica has. Before its epoch's first block it has no certificate to
        // show that.
        let suspects_alone = suspect.view == self.view && self.cause.is_none();
        if suspects_alone {
            self.peers.saw(suspect.sender, suspect.view, 0);
        }
        if suspects_alone || suspect.view < self.view {
            self.help(suspect.sender, self.chain.tip().number, turn);
        }
    }

    /// Accepted: for a view above the one entered, the highest of its sender. One for another view shows what its
    /// sender lacks; a second one for the same view, or one that hides a commit, is evidence.
    pub(super) fn on_view_change(&mut self, from: ValidatorIndex, change: ViewChange, turn: &mut Turn<'_>) {
        let sender = change.sender;
        if sender == self.config.me {
            return;
        }
        change.certified.iter().cloned().for_each(|certificate| self.on_certificate(from, certificate));
        let lacking = change.certified.as_ref().map_or(0, |certificate| certificate.number).saturating_add(1);
        if change.view <= self.view || lacking <= self.chain.tip().number {
            self.help(sender, lacking, turn);
        }
        if change.view <= self.view {
            return;
        }
        let hidden: Option<Vote> = self.tally.commits_of(sender).find(|commit| hides(&change, commit));
        if let Some(commit) = hidden {
            return self.accuse_of_hiding(commit, change, turn);
        }
        match self.changes.get(&sender) {
            Some(known) if known.view == change.view && known.content_hash() != change.content_hash() => {
                let topic = (SignedKind::ViewChange, change.view, 0);
                let pair = [Message::ViewChange(known.clone()), Message::ViewChange(change)];
                self.accuse(sender, topic, pair, turn);
            }
            Some(known) if known.view >= change.view => {}
            _ => drop(self.changes.insert(sender, change)),
        }
    }

    /// f + 1 that have promised a view above, or that suspect this one live or have left it, make this replica leave:
    /// at least one of them is honest. A quorum is joined at once because it holds f + 1.
    pub(super) fn try_leave(&mut self, turn: &mut Turn<'_>) -> bool {
        let faulty_max = self.config.set.faulty_max();
        let mut views: Vec<View> = self.others_changes().map(|change| change.view).collect();
        views.sort_unstable_by(|left, right| right.cmp(left));
        let reached = views.get(faulty_max).copied().filter(|view| *view > self.promised);
        let target = reached.or_else(|| (self.leavers() > faulty_max).then(|| self.promised.next()));
        #[cfg(feature = "bugs")]
        let lone = self.config.parameters.bug == Some(crate::Bug::LoneLoss)
            && self.cause == Some(crate::pacemaker::Cause::Lost);
        #[cfg(feature = "bugs")]
        let target = target.or_else(|| lone.then(|| self.promised.next()));
        if let Some(view) = target {
            self.promise(view, turn);
        }
        target.is_some()
    }

    /// R5: signed, durable, and binding: no vote below `view` from now on.
    fn promise(&mut self, view: View, turn: &mut Turn<'_>) {
        assert!(view > self.promised, "a promise is never taken back");
        self.leave_for(view);
        let mut change = ViewChange {
            epoch: self.config.set.epoch,
            view,
            sender: self.config.me,
            certified: self.chain.certificate().cloned(),
            prepared: self.prepared.clone(),
            signature: Signature::ZERO,
        };
        change.signature = self.sign_content(SignedKind::ViewChange, view, &change.content_hash(), turn);
        turn.record(Record::ViewChange(change.clone()));
        turn.send(Target::All, Message::ViewChange(change.clone()));
        self.changes.insert(self.config.me, change.clone());
        self.view_change = Some(change);
    }

    /// Gives up the view promised so far. It was barren when a quorum wanted it and it certified nothing.
    pub(super) fn leave_for(&mut self, view: View) {
        let entered = !self.is_changing();
        let had_quorum = entered || self.pace.has_quorum();
        let fertile = entered && self.term.fertile;
        self.pace.on_leave(self.now, had_quorum && !fertile);
        self.promised = view;
        self.early.clear();
        self.cause = None;
    }

    pub(super) fn build_suspect(&self, turn: &Turn<'_>) -> Suspect {
        let (epoch, view, sender) = (self.config.set.epoch, self.promised, self.config.me);
        let signature = self.sign_content(SignedKind::Suspect, view, &H256::ZERO, turn);
        Suspect { epoch, view, sender, signature }
    }

    pub(super) fn sign_content(&self, kind: SignedKind, view: View, content: &H256, turn: &Turn<'_>) -> Signature {
        const NO_NUMBER: BlockNumber = 0;
        turn.sign(&self.config, kind, view, NO_NUMBER, content)
    }

    /// How many have promised the view or one above, this replica included.
    pub(crate) fn wanting(&self, view: View) -> usize {
        self.changes.values().filter(|change| change.view >= view).count()
    }

    /// How many suspect the view promised, or have left it for one above.
    fn leavers(&self) -> usize {
        let suspecting = self.peers.suspecting(self.promised, self.now);
        let left = self.others_changes().filter(|change| change.view > self.promised).map(|change| change.sender);
        let mut leavers: Vec<ValidatorIndex> = suspecting.chain(left).collect();
        leavers.sort_unstable();
        leavers.dedup();
        leavers.len() + usize::from(self.cause.is_some())
    }

    fn others_changes(&self) -> impl Iterator<Item = &ViewChange> {
        self.changes.values().filter(|change| change.sender != self.config.me)
    }
}
