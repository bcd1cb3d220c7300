//! Where a machine stands, as plain data: enough to say why nothing happens.

use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};

use crate::chain::BlockRef;
use crate::input::Now;
use crate::machine::Machine;
use crate::message::VoteKind;
use crate::tally::Place;
use crate::term::CheckState;

/// A snapshot for people and programs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Status {
    /// The epoch.
    pub epoch: Epoch,
    /// The view last entered.
    pub view: View,
    /// Voting in it, or on the way to a higher one.
    pub phase: Phase,
    /// The primary of the view entered, or of the one it is on the way to.
    pub primary: ValidatorIndex,
    /// The last final block's number.
    pub final_number: BlockNumber,
    /// The last final block's hash.
    pub final_hash: H256,
    /// Blocks above it with votes or a proposal in this view, by number.
    pub in_flight: Vec<InFlight>,
    /// View and number of the highest prepared certificate.
    pub prepared: Option<(View, BlockNumber)>,
    /// Whose suspicions of the view are live here.
    pub suspicions: Vec<ValidatorIndex>,
    /// The VIEW-CHANGEs held above the view entered: whose, and for which view.
    pub view_changes: Vec<(ValidatorIndex, View)>,
    /// When the view is suspected if nothing is certified until then; none while there is no work.
    pub deadline: Option<Now>,
    /// What it waits for.
    pub waiting_for: WaitingFor,
    /// The same as a sentence.
    pub sentence: String,
}

/// Voting, or between views.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// It votes in the view entered.
    Normal,
    /// It left the view entered and waits for NEW-VIEW of this one.
    ChangingView(View),
}

/// A block between proposal and certificate.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct InFlight {
    /// The block's number.
    pub number: BlockNumber,
    /// The block's hash.
    pub hash: H256,
    /// Whether header and body are here.
    pub held: bool,
    /// Whose prepares of this view are here.
    pub prepares: Vec<ValidatorIndex>,
    /// Whose commits of this view are here.
    pub commits: Vec<ValidatorIndex>,
    /// Whose commits are missing.
    pub missing: Vec<ValidatorIndex>,
}

/// What has to happen next for the next block to become final.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum WaitingFor {
    /// Nothing: there is no work.
    Work,
    /// The primary's proposal.
    Proposal(BlockNumber),
    /// The answer to the check of a proposal.
    Check(BlockNumber),
    /// A block that a quorum vouches for and that isn't here.
    Block(BlockNumber, H256),
    /// Prepares.
    Prepares(BlockNumber),
    /// Commits.
    Commits(BlockNumber),
    /// VIEW-CHANGEs of a quorum.
    ViewChanges(View),
    /// The primary's NEW-VIEW.
    NewView(View),
    /// Certified blocks from a peer that is ahead.
    CatchUp(BlockNumber),
}

impl Machine {
    /// Where this replica stands and what it waits for.
    #[must_use]
    pub fn status(&self) -> Status {
        let tip = self.chain.tip();
        let waiting_for = self.waiting_for();
        let phase = if self.is_changing() { Phase::ChangingView(self.promised) } else { Phase::Normal };
        Status {
            epoch: self.config.set.epoch,
            view: self.view,
            phase,
            primary: self.config.primary(self.promised),
            final_number: tip.number,
            final_hash: tip.hash,
            in_flight: self.in_flight(),
            prepared: self.prepared.as_ref().map(|certificate| (certificate.view, certificate.number)),
            suspicions: self.suspicions(),
            view_changes: self.changes.iter().map(|(sender, change)| (*sender, change.view)).collect(),
            deadline: self.pace.deadline(self.now, self.is_changing()),
            sentence: self.sentence(&waiting_for),
            waiting_for,
        }
    }

    fn in_flight(&self) -> Vec<InFlight> {
        let tip = self.chain.tip().number;
        let numbers = tip.saturating_add(1)..=self.horizon();
        numbers.flat_map(|number| self.blocks_at(number)).map(|block| self.describe(block)).collect()
    }

    /// The blocks of a number that were proposed or voted on in this view.
    fn blocks_at(&self, number: BlockNumber) -> Vec<BlockRef> {
        let mut hashes = self.tally.blocks_at(self.view, number);
        hashes.extend(self.term.proposals.get(&number).map(|proposal| proposal.header.hash()));
        hashes.extend(self.term.head.block.filter(|head| head.number == number).map(|head| head.hash));
        hashes.sort_unstable();
        hashes.dedup();
        hashes.into_iter().map(|hash| BlockRef { number, hash }).collect()
    }

    fn describe(&self, BlockRef { number, hash }: BlockRef) -> InFlight {
        let voters = |kind| self.tally.voters(Place { view: self.view, number, kind }, &hash);
        let commits = voters(VoteKind::Commit);
        let missing = self.config.set.indices().filter(|index| !commits.contains(index)).collect();
        let held = self.chain.header(&hash).is_some();
        InFlight { number, hash, held, prepares: voters(VoteKind::Prepare), commits, missing }
    }

    fn suspicions(&self) -> Vec<ValidatorIndex> {
        let mut who: Vec<_> = self.peers.suspecting(self.promised, self.now).collect();
        who.extend(self.cause.map(|_| self.config.me));
        who.sort_unstable();
        who
    }

    /// The first thing that is missing, in the order in which things have to happen.
    fn waiting_for(&self) -> WaitingFor {
        let next = self.chain.tip().number.saturating_add(1);
        if let Some((number, _)) = self.ahead().filter(|(number, _)| *number > self.window_end()) {
            return WaitingFor::CatchUp(number);
        }
        if self.is_overtaken() {
            return WaitingFor::NewView(self.promised.next());
        }
        if self.is_changing() {
            let quorum = self.wanting(self.promised) >= self.config.quorum();
            return if quorum { WaitingFor::NewView(self.promised) } else { WaitingFor::ViewChanges(self.promised) };
        }
        if let Some(block) = self.wants.lowest() {
            return WaitingFor::Block(block.number, block.hash);
        }
        if self.term.commits.contains_key(&next) {
            return WaitingFor::Commits(next);
        }
        if self.term.prepares.range(next..).next().is_some() {
            return WaitingFor::Prepares(next);
        }
        match self.term.check {
            Some(CheckState::Asked(block)) => WaitingFor::Check(block.number),
            _ if self.pace.work || self.is_in_flight() => WaitingFor::Proposal(next),
            _ => WaitingFor::Work,
        }
    }

    fn sentence(&self, waiting_for: &WaitingFor) -> String {
        let primary = self.config.primary(self.promised);
        let quorum = self.config.quorum();
        let missing = |kind, number| {
            let hash = self.term.prepares.get(&number).or(self.term.commits.get(&number)).map(|vote| vote.hash);
            let voters = |hash| self.tally.voters(Place { view: self.view, number, kind }, &hash);
            let here = hash.map(voters).unwrap_or_default();
            let absent = self.config.set.indices().filter(|index| !here.contains(index));
            let absent: Vec<String> = absent.map(|index| index.to_string()).collect();
            format!("{} of {quorum}, none from validators {}", here.len(), absent.join(", "))
        };
        match waiting_for {
            WaitingFor::Work => "there is nothing to do".into(),
            WaitingFor::Proposal(number) => format!("validator {primary} is to propose block {number}"),
            WaitingFor::Check(number) => format!("the proposal of block {number} is being checked here"),
            WaitingFor::Block(number, hash) => format!("block {number} ({hash}) is missing here and was asked for"),
            WaitingFor::Prepares(number) => {
                format!("prepares of block {number}: {}", missing(VoteKind::Prepare, *number))
            }
            WaitingFor::Commits(number) => format!("commits of block {number}: {}", missing(VoteKind::Commit, *number)),
            WaitingFor::ViewChanges(view) => {
                format!("VIEW-CHANGEs for view {view}: {} of {quorum}", self.wanting(*view))
            }
            WaitingFor::NewView(view) => format!("NEW-VIEW of view {view} or above, from its primary or any validator"),
            WaitingFor::CatchUp(number) => format!("the others have certified block {number}: catching up"),
        }
    }
}
