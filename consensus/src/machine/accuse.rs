//! Evidence: two signed statements of one validator of which an honest one makes at most one.

use tierchain_primitives::ValidatorIndex;
use tierchain_primitives::certificate::SignedKind;

use super::Machine;
use super::turn::Turn;
use crate::effect::{Effect, Evidence};
use crate::evidence::Topic;
use crate::message::{Message, Proposal, ViewChange, Vote};

impl Machine {
    /// Hands out the evidence, once for each thing a validator may say one thing about.
    pub(super) fn accuse(&mut self, culprit: ValidatorIndex, topic: Topic, pair: [Message; 2], turn: &mut Turn<'_>) {
        if self.convictions.note(culprit, topic) {
            let [first, second] = pair;
            turn.emit(Effect::Evidence(Evidence { culprit, first, second }));
        }
    }

    pub(super) fn accuse_of_votes(&mut self, first: Vote, second: &Vote, turn: &mut Turn<'_>) {
        let topic = (second.kind.signed(), second.view, second.number);
        self.accuse(second.voter, topic, [Message::Vote(first), Message::Vote(second.clone())], turn);
    }

    pub(super) fn accuse_of_proposals(&mut self, first: Proposal, second: Proposal, turn: &mut Turn<'_>) {
        let culprit = self.config.primary(second.view);
        let topic = (SignedKind::Proposal, second.view, second.header.number);
        self.accuse(culprit, topic, [Message::Proposal(first), Message::Proposal(second)], turn);
    }

    pub(super) fn accuse_of_hiding(&mut self, commit: Vote, change: ViewChange, turn: &mut Turn<'_>) {
        let topic = (SignedKind::Commit, change.view, commit.number);
        self.accuse(change.sender, topic, [Message::Vote(commit), Message::ViewChange(change)], turn);
    }
}
