//! Says one thing to some and another to others.
//!
//! As the primary it makes two blocks for each slot, the second one millisecond younger and on top of the second one
//! before, and opens views with two different quorums. As a voter it votes for both, and commits the other side's at
//! once. When it leaves a view it shows its prepared certificate to one side only.

use std::collections::BTreeMap;

use parity_scale_codec::Encode;
use tierchain_consensus::{Message, NewView, Proposal, ViewChange, Vote, VoteKind};
use tierchain_primitives::header::{DigestItem, ENGINE_ID, Header};
use tierchain_primitives::{BlockNumber, H256, ValidatorIndex, View};

use super::{Adversary, Letter, Means, message_in};
use crate::event::Parcel;

/// How many in a thousand letters of the second story go to somebody who hears the first.
const SLIPS_PER_MILLE: u64 = 100;

/// For how many blocks it remembers the second one.
const REMEMBERED: BlockNumber = 64;

/// Tells two stories.
#[derive(Debug, Default)]
pub(super) struct Equivocator {
    /// The second block beside a first one.
    seconds: BTreeMap<(BlockNumber, H256), H256>,
    /// Blocks that were proposed in a view at a number, by anybody.
    proposed: BTreeMap<(View, BlockNumber), Vec<H256>>,
    /// VIEW-CHANGEs heard.
    changes: BTreeMap<(View, ValidatorIndex), ViewChange>,
}

impl Equivocator {
    fn note(&mut self, proposal: &Proposal) {
        let (view, number, hash) = (proposal.view, proposal.header.number, proposal.header.hash());
        let blocks = self.proposed.entry((view, number)).or_default();
        if !blocks.contains(&hash) {
            blocks.push(hash);
        }
        self.proposed.retain(|(_, other), _| other.saturating_add(REMEMBERED) > number);
        self.seconds.retain(|(other, _), _| other.saturating_add(REMEMBERED) > number);
    }

    /// The other story of a message; none if there is only one.
    fn other(&mut self, message: &Message, means: &Means<'_>) -> Vec<Message> {
        match message {
            Message::Proposal(it) => self.other_proposal(it, means).map(Message::Proposal).into_iter().collect(),
            Message::Vote(it) => self.other_votes(it, means).into_iter().map(Message::Vote).collect(),
            Message::ViewChange(it) => vec![Message::ViewChange(self.other_view_change(it, means))],
            Message::NewView(it) => self.other_new_view(it, means).map(Message::NewView).into_iter().collect(),
            Message::Suspect(_) | Message::Certificate(_) => Vec::new(),
        }
    }

    fn other_proposal(&mut self, first: &Proposal, means: &Means<'_>) -> Option<Proposal> {
        self.note(first);
        let header = self.second(&first.header)?;
        let number = header.number;
        self.seconds.insert((number, first.header.hash()), header.hash());
        let second = means.resign_proposal(Proposal { header, ..first.clone() });
        self.note(&second);
        Some(second)
    }

    /// A block as good as this one, with another hash.
    fn second(&self, first: &Header) -> Option<Header> {
        let mut pre = first.pre_runtime().ok()?;
        pre.timestamp += 1;
        let parent = self.seconds.get(&(first.number.checked_sub(1)?, first.parent_hash)).copied();
        let digest = vec![DigestItem::PreRuntime(ENGINE_ID, pre.encode())];
        Some(Header { parent_hash: parent.unwrap_or(first.parent_hash), digest, ..first.clone() })
    }

    /// Votes for the other block, the commit before its time.
    fn other_votes(&self, first: &Vote, means: &Means<'_>) -> Vec<Vote> {
        let proposed = self.proposed.get(&(first.view, first.number));
        let Some(other) = proposed.and_then(|blocks| blocks.iter().find(|hash| **hash != first.hash)) else {
            return Vec::new();
        };
        let vote = |kind| means.vote(&Vote { kind, ..first.clone() }, *other);
        vec![vote(VoteKind::Prepare), vote(VoteKind::Commit)]
    }

    /// One that hides what was prepared.
    fn other_view_change(&self, first: &ViewChange, means: &Means<'_>) -> ViewChange {
        means.resign_view_change(ViewChange { prepared: None, ..first.clone() })
    }

    /// One with another quorum, if more than one is there.
    fn other_new_view(&self, first: &NewView, means: &Means<'_>) -> Option<NewView> {
        let heard = self.changes.range((first.view, ValidatorIndex(0))..=(first.view, ValidatorIndex(u16::MAX)));
        let mut proof: BTreeMap<ValidatorIndex, ViewChange> =
            first.proof.iter().map(|change| (change.sender, change.clone())).collect();
        let mine = proof.get(&means.index).cloned();
        proof.extend(heard.map(|((_, sender), change)| (*sender, change.clone())));
        proof.extend(mine.map(|mine| (means.index, self.other_view_change(&mine, means))));
        let surplus = proof.len().checked_sub(means.set.quorum())?;
        let proof = proof.into_values().skip(surplus).collect();
        Some(means.resign_new_view(NewView { proof, ..first.clone() }))
    }
}

impl Adversary for Equivocator {
    fn send(&mut self, letter: Letter, means: &mut Means<'_>) -> Vec<Letter> {
        let Some(message) = letter.message() else { return vec![letter] };
        let others = self.other(&message, means);
        if others.is_empty() {
            return vec![letter];
        }
        let to = letter.to;
        let second = others.iter().map(|message| Letter::saying(to, message));
        let hears_both = means.random.chance(SLIPS_PER_MILLE) || means.cast.lies(to).is_some();
        match (means.is_other_side(to), hears_both) {
            (_, true) => [letter].into_iter().chain(second).collect(),
            (true, false) => second.collect(),
            (false, false) => vec![letter],
        }
    }

    fn hear(&mut self, _from: usize, parcel: &Parcel, _: &mut Means<'_>) -> (bool, Vec<Letter>) {
        match message_in(parcel) {
            Some(Message::Proposal(it)) => self.note(&it),
            Some(Message::ViewChange(it)) => {
                let view = it.view;
                self.changes.insert((view, it.sender), it);
                self.changes.retain(|(other, _), _| other.0.saturating_add(4) > view.0);
            }
            _ => {}
        }
        (true, Vec::new())
    }
}
