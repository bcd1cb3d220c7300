//! Proposals: made as the primary, checked and prepared by everybody (R1, R7).

use tierchain_primitives::H256;
use tierchain_primitives::certificate::SignedKind;
use tierchain_primitives::header::Header;

use super::Machine;
use super::turn::Turn;
use crate::chain::{BlockRef, Path};
use crate::effect::{Effect, Record, Target};
use crate::message::{Message, Proposal, VoteKind};
use crate::term::CheckState;

impl Machine {
    /// This replica fills its slot. A header that doesn't fit the slot as it is by now is let go: the slot moved on.
    pub(super) fn on_propose(&mut self, header: Header, bundles: Vec<H256>, turn: &mut Turn<'_>) {
        let fits = self.slot().is_some_and(|slot| header.number == slot.number && header.parent_hash == slot.parent);
        if !fits || header.pre_runtime().map(|pre| pre.proposer) != Ok(self.config.me) {
            return;
        }
        let (view, number, hash) = (self.view, header.number, header.hash());
        let signature = turn.sign(&self.config, SignedKind::Proposal, view, number, &hash);
        let epoch = self.config.set.epoch;
        let proposal = Proposal { epoch, view, header: header.clone(), bundles, signature };
        turn.record(Record::Proposal(proposal.clone()));
        turn.send(Target::All, Message::Proposal(proposal.clone()));
        self.chain.hold(header);
        self.term.proposals.insert(number, proposal);
    }

    /// Accepted: of the view entered or promised, between the last final block and the horizon, the first of its
    /// number. Everything else is stale, too early (the primary repeats it), or evidence.
    pub(super) fn on_proposal(&mut self, proposal: Proposal, turn: &mut Turn<'_>) {
        let (view, number) = (proposal.view, proposal.header.number);
        let primary = self.config.primary(view);
        if primary == self.config.me {
            return;
        }
        self.peers.saw(primary, view, 0);
        if number <= self.chain.tip().number || number > self.horizon() {
            return;
        }
        let proposals = match view {
            view if view == self.view => &mut self.term.proposals,
            view if view == self.promised => &mut self.early,
            _ => return,
        };
        match proposals.get(&number) {
            None => drop(proposals.insert(number, proposal)),
            Some(first) if first.header == proposal.header => {}
            Some(first) => {
                let first = first.clone();
                self.accuse_of_proposals(first, proposal, turn);
            }
        }
    }

    /// The check went well. The block is held from now on, whether or not it can still be prepared.
    pub(super) fn on_valid(&mut self, hash: H256) {
        let Some(CheckState::Asked(block)) = self.term.check.filter(|check| check.block().hash == hash) else {
            return;
        };
        if let Some(proposal) = self.term.proposals.get(&block.number) {
            self.chain.hold(proposal.header.clone());
            self.term.check = Some(CheckState::Passed(block));
        }
    }

    /// The check failed: no honest primary proposes such a block.
    pub(super) fn on_invalid(&mut self, hash: H256) {
        if let Some(CheckState::Asked(block)) = self.term.check.filter(|check| check.block().hash == hash) {
            self.refuse(block);
        }
    }

    /// R1: the head first, then one block per number, ascending, each the child of the one before.
    pub(super) fn try_prepare(&mut self, turn: &mut Turn<'_>) -> bool {
        if !self.may_vote() {
            return false;
        }
        let Some(last) = self.term.last else { return self.try_prepare_head(turn) };
        let Some(number) = last.number.checked_add(1) else { return false };
        if number > self.window_end() || number <= self.term.floor || !self.chain.is_complete(last) {
            return false;
        }
        let Some(proposal) = self.term.proposals.get(&number) else { return false };
        let block = BlockRef::of(&proposal.header);
        let is_child = proposal.header.parent_hash == last.hash;
        match self.term.check {
            Some(CheckState::Passed(passed)) if passed == block && is_child => self.prepare(block, turn),
            Some(CheckState::Passed(passed)) if passed == block => {
                // While it was checked, another parent than the primary's was certified in this view.
                self.refuse(block);
                false
            }
            Some(_) => false,
            None if self.is_primary() => self.chain.header(&block.hash).is_some() && self.prepare(block, turn),
            None => self.ask_for_check(block, last, turn),
        }
    }

    /// R7: the head is prepared before anything above it. It stands for all below it, so all of them must be here.
    fn try_prepare_head(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(head) = self.term.head.block else { return false };
        // Below the last final block only when that was certified in a view above: then nothing is said in this one.
        if head.number < self.chain.tip().number || head.number > self.window_end() {
            return false;
        }
        match self.chain.path(head) {
            #[cfg(feature = "bugs")]
            Path::Complete(blocks)
                if !blocks.is_empty() && self.config.parameters.bug == Some(crate::Bug::BottomUp) =>
            {
                blocks.into_iter().fold(false, |_, block| self.prepare(block, turn))
            }
            Path::Complete(_) => self.prepare(head, turn),
            Path::Missing(..) => false,
            Path::Elsewhere => {
                // A primary that opened its view twice, on two heads: the other one is certified, so here nothing is
                // said in this view before its certificates have passed the head.
                let opened_twice = self.chain.view() >= Some(self.view);
                assert!(opened_twice, "R6: the head extends every block certified in a view below, or more than f lie");
                false
            }
        }
    }

    fn ask_for_check(&mut self, block: BlockRef, last: BlockRef, turn: &mut Turn<'_>) -> bool {
        let Some(proposal) = self.term.proposals.get(&block.number) else { return false };
        let header = &proposal.header;
        // Only blocks up to the head may be another's; above it the primary answers for its own.
        let proposer = header.pre_runtime().map(|pre| pre.proposer);
        if header.parent_hash != last.hash || proposer != Ok(self.config.primary(self.view)) {
            self.refuse(block);
            return false;
        }
        turn.emit(Effect::Check {
            view: self.view,
            hash: block.hash,
            header: header.clone(),
            bundles: proposal.bundles.clone(),
        });
        self.term.check = Some(CheckState::Asked(block));
        false
    }

    fn refuse(&mut self, block: BlockRef) {
        self.term.check = Some(CheckState::Refused(block));
        self.term.fault = true;
    }

    fn prepare(&mut self, block: BlockRef, turn: &mut Turn<'_>) -> bool {
        self.term.check = None;
        let vote = self.cast(VoteKind::Prepare, block, turn);
        self.term.on_prepare(vote, self.chain.tip().number, self.now);
        true
    }

    /// Keeps [`Term::last`](crate::term::Term::last) at the block whose child may be prepared next.
    ///
    /// A block certified in this very view counts as prepared, so that a replica which missed some of the view votes
    /// on: the certificate's quorum prepared it in this view, so whatever else is prepared in the view is on one chain
    /// with it. (A certificate of another view says nothing about this one, and one below a head that isn't prepared
    /// here came of the head's own prepared certificate: the head is still the first.)
    pub(crate) fn anchor(&mut self) {
        let tip = self.chain.tip();
        let certified_here = self.chain.view() == Some(self.view);
        let head = &self.term.head;
        self.term.last = match (self.term.last, head.block) {
            (None, Some(block)) if certified_here && tip.number < block.number => None,
            (None, _) if certified_here => Some(tip),
            (None, None) if self.chain.certificate().is_none() => Some(tip),
            (None, Some(block)) if head.certified && block.number >= tip.number => Some(block),
            (Some(last), _) if certified_here && last.number <= tip.number => Some(tip),
            (Some(last), _) if certified_here && self.chain.path(last) == Path::Elsewhere => Some(tip),
            (last, _) => last,
        };
    }
}
