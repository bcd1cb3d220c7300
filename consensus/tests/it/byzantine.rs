//! The liars of the exploration. They say anything they can sign and carry any certificate that is true, to whom they
//! like: contradicting proposals and votes, VIEW-CHANGEs with old certificates, NEW-VIEWs with a chosen quorum.

use tierchain_consensus::{Message, Target, ViewChange, VoteKind};
use tierchain_primitives::certificate::{Certificate, CertificateKind};
use tierchain_primitives::{H256, ValidatorIndex, View};

use crate::cast;
use crate::world::{WINDOW, World};

impl World {
    /// One of the liars does something.
    pub(crate) fn lie(&mut self) {
        let Some(liar) = self.random.pick(&self.faulty).copied() else { return };
        let at = self.random.below(self.nodes.len());
        let status = self.nodes[at].machine.status();
        let view = status.view;
        let aim = status.view_changes.iter().map(|(_, view)| *view).max().unwrap_or(view.next());
        let to = self.targets();
        let messages = match self.random.below(20) {
            0..=5 if view.0 % u64::from(self.n) == u64::from(liar) => self.lying_proposal(liar, view),
            0..=13 => self.lying_vote(liar, view),
            14..=15 => vec![Message::Suspect(cast::suspect(liar, view.0))],
            _ => self.lying_change(liar, aim),
        };
        for message in messages {
            to.iter().for_each(|peer| self.send(liar, Target::One(ValidatorIndex(*peer)), message.clone()));
        }
    }

    fn targets(&mut self) -> Vec<u16> {
        let all: Vec<u16> = (0..self.nodes.len() as u16).collect();
        if self.random.chance(300) { all } else { self.random.some_of(&all) }
    }

    /// A block that was made lately.
    fn some_block(&mut self) -> H256 {
        let top = self.heights().max().unwrap_or(0) as u32 + WINDOW;
        let recent: Vec<H256> = {
            let mut near: Vec<_> = self.blocks.iter().filter(|(_, header)| header.number <= top).collect();
            near.sort_by_key(|(_, header)| std::cmp::Reverse(header.pre_runtime().map_or(0, |pre| pre.timestamp)));
            near.into_iter().take(6).map(|(hash, _)| *hash).collect()
        };
        self.random.pick(&recent).copied().unwrap_or_default()
    }

    fn lying_proposal(&mut self, liar: u16, view: View) -> Vec<Message> {
        let parent = self.some_block();
        let Some(header) = self.new_block(parent, liar) else { return Vec::new() };
        vec![Message::Proposal(cast::proposal(liar, view.0, &header))]
    }

    fn lying_vote(&mut self, liar: u16, view: View) -> Vec<Message> {
        let hash = self.some_block();
        let Some(header) = self.blocks.get(&hash).filter(|header| header.number > 0).cloned() else {
            return Vec::new();
        };
        let kinds: &[VoteKind] = match self.random.below(3) {
            0 => &[VoteKind::Prepare],
            1 => &[VoteKind::Commit],
            _ => &[VoteKind::Prepare, VoteKind::Commit],
        };
        kinds.iter().map(|kind| Message::Vote(cast::vote(*kind, liar, view.0, &header))).collect()
    }

    /// A VIEW-CHANGE with any true certificates, however old, and as the primary a NEW-VIEW with a chosen quorum.
    fn lying_change(&mut self, liar: u16, view: View) -> Vec<Message> {
        let certified = self.true_certificate(CertificateKind::Committed, View(u64::MAX));
        let prepared = self.true_certificate(CertificateKind::Prepared, view);
        let change = cast::view_change(liar, view.0, certified, prepared);
        let mut messages = vec![Message::ViewChange(change.clone())];
        if view.0 % u64::from(self.n) == u64::from(liar) {
            messages.extend(self.lying_new_view(liar, view, change));
        }
        messages
    }

    fn lying_new_view(&mut self, liar: u16, view: View, own: ViewChange) -> Option<Message> {
        let mut others: Vec<ViewChange> = self.changes.get(&view)?.values().filter_map(as_change).collect();
        others.retain(|change| change.sender != own.sender);
        let wanted = self.quorum() - 1;
        while others.len() > wanted {
            let away = self.random.below(others.len());
            others.remove(away);
        }
        others.push(own);
        others.sort_by_key(|change| change.sender);
        (others.len() == wanted + 1).then(|| Message::NewView(cast::new_view(liar, view.0, others)))
    }

    /// Any certificate below a view that the votes said so far, with all that the liars could add, are enough for.
    fn true_certificate(&mut self, kind: CertificateKind, below: View) -> Option<Certificate> {
        let of = if kind == CertificateKind::Prepared { VoteKind::Prepare } else { VoteKind::Commit };
        let quorum = self.quorum();
        let mut known = Vec::new();
        for ((vote, view, _, hash), voters) in self.said.iter().filter(|(place, _)| place.0 == of && place.1 < below) {
            let honest = voters.keys().map(|voter| voter.0).filter(|voter| !self.faulty.contains(voter));
            let mut all: Vec<u16> = honest.chain(self.faulty.iter().copied()).collect();
            all.sort_unstable();
            if all.len() >= quorum && *vote == of {
                known.push((all, view.0, *hash));
            }
        }
        let (voters, view, hash) = self.random.pick(&known)?;
        Some(cast::certificate(kind, voters, *view, self.blocks.get(hash)?))
    }
}

fn as_change(message: &Message) -> Option<ViewChange> {
    match message {
        Message::ViewChange(change) => Some(change.clone()),
        _ => None,
    }
}
