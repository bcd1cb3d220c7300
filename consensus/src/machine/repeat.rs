//! Nothing is said once: what stands is told to whoever connects, to everybody while nothing moves, and to a peer that
//! shows that it lacks something.

use tierchain_primitives::{BlockNumber, ValidatorIndex, View};

use super::Machine;
use super::turn::Turn;
use crate::effect::Target;
use crate::message::Message;

impl Machine {
    /// Whoever connects may have missed anything.
    pub(super) fn on_connected(&mut self, peer: ValidatorIndex, turn: &mut Turn<'_>) {
        self.pace.on_connected(peer);
        if peer == self.config.me || self.config.set.key(peer).is_none() {
            return;
        }
        let to = Target::One(peer);
        self.opening().into_iter().chain(self.standing_messages()).for_each(|message| turn.send(to, message));
        if self.cause.is_some() {
            let suspect = self.build_suspect(turn);
            turn.send(to, Message::Suspect(suspect));
        }
    }

    /// Nothing moved for a while. NEW-VIEW is the largest message by far and goes only to those who haven't shown that
    /// they have it.
    pub(super) fn repeat_to_all(&mut self, turn: &mut Turn<'_>) {
        if let Some(opening) = self.opening() {
            let behind = self.peers.iter().filter(|(_, peer)| peer.view < self.view);
            behind.for_each(|(index, _)| turn.send(Target::One(index), opening.clone()));
        }
        self.standing_messages().into_iter().for_each(|message| turn.send(Target::All, message));
    }

    /// Gives a peer what it has shown to lack: the NEW-VIEW, and the certificates from `number` on. Not more often than
    /// things are repeated anyway, so that nobody can make this replica shout.
    pub(super) fn help(&mut self, peer: ValidatorIndex, number: BlockNumber, turn: &mut Turn<'_>) {
        let (now, pause) = (self.now, self.config.parameters.repeat_ms_min);
        let Some(known) = self.peers.get_mut(peer) else { return };
        if known.helped_at.is_some_and(|at| now < at.saturating_add(pause)) {
            return;
        }
        known.helped_at = Some(now);
        let has_view = known.view >= self.view;
        let to = Target::One(peer);
        self.opening().filter(|_| !has_view).into_iter().for_each(|message| turn.send(to, message));
        let lacking = self.chain.recent().filter(|(certificate, _)| certificate.number >= number);
        lacking.for_each(|(certificate, _)| turn.send(to, Message::Certificate(certificate.clone())));
    }

    /// The NEW-VIEW of the view entered; view 0 has none.
    fn opening(&self) -> Option<Message> {
        self.term.new_view.clone().filter(|_| self.view > View(0)).map(Message::NewView)
    }

    /// All that this replica said and that may still matter: its VIEW-CHANGE, its proposals and votes of the view
    /// entered, and the last certificate.
    fn standing_messages(&self) -> Vec<Message> {
        let tip = self.chain.tip().number;
        let term = &self.term;
        let mut messages: Vec<Message> = self.view_change.clone().into_iter().map(Message::ViewChange).collect();
        if self.is_primary() {
            messages.extend(term.proposals.values().cloned().map(Message::Proposal));
        }
        let votes = term.prepares.values().chain(term.commits.values()).filter(|vote| vote.number > tip);
        messages.extend(votes.cloned().map(Message::Vote));
        messages.extend(self.chain.certificate().cloned().map(Message::Certificate));
        messages
    }
}
