//! What binds and occupies a replica in the view it is in. A new view starts with a new one.

use std::collections::BTreeMap;

use tierchain_primitives::{BlockNumber, H256};

use crate::chain::BlockRef;
use crate::input::Now;
use crate::message::{NewView, Proposal, Vote};
use crate::view_change::Head;

/// How far the check of a proposal is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum CheckState {
    /// [`Effect::Check`](crate::Effect::Check) is out.
    Asked(BlockRef),
    /// It is good.
    Passed(BlockRef),
    /// It breaks a rule: nothing at or above its number is prepared in this view any more.
    Refused(BlockRef),
}

impl CheckState {
    /// The block it is about.
    pub(crate) fn block(&self) -> BlockRef {
        match self {
            Self::Asked(block) | Self::Passed(block) | Self::Refused(block) => *block,
        }
    }
}

/// One view, as this replica lives it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Term {
    /// What opened it; none in view 0.
    pub(crate) new_view: Option<NewView>,
    /// Where it starts.
    pub(crate) head: Head,
    /// When it was entered.
    pub(crate) entered_at: Now,
    /// The block whose child may be prepared next (R1); none before the head is prepared.
    pub(crate) last: Option<BlockRef>,
    /// The highest number prepared here. Never again at or below it (R1).
    pub(crate) floor: BlockNumber,
    /// Own prepares, by number.
    pub(crate) prepares: BTreeMap<BlockNumber, Vote>,
    /// When they were made.
    pub(crate) prepared_at: BTreeMap<BlockNumber, Now>,
    /// Own commits, by number.
    pub(crate) commits: BTreeMap<BlockNumber, Vote>,
    /// The primary's proposals, the first of each number.
    pub(crate) proposals: BTreeMap<BlockNumber, Proposal>,
    /// The one that is being checked.
    pub(crate) check: Option<CheckState>,
    /// Blocks with a prepared certificate of this view (R2), by number.
    pub(crate) prepared: BTreeMap<BlockNumber, H256>,
    /// The primary did what no honest one does, and it was seen here.
    pub(crate) fault: bool,
    /// Something was certified in this view.
    pub(crate) fertile: bool,
}

impl Term {
    /// A view in which nothing was said yet.
    pub(crate) fn new(new_view: Option<NewView>, head: Head, now: Now) -> Self {
        Self {
            new_view,
            head,
            entered_at: now,
            last: None,
            floor: 0,
            prepares: BTreeMap::new(),
            prepared_at: BTreeMap::new(),
            commits: BTreeMap::new(),
            proposals: BTreeMap::new(),
            check: None,
            prepared: BTreeMap::new(),
            fault: false,
            fertile: false,
        }
    }

    /// Notes an own prepare; `tip` is the last final block. Of those at or below it only the highest is kept.
    pub(crate) fn on_prepare(&mut self, vote: Vote, tip: BlockNumber, now: Now) {
        self.last = Some(BlockRef { number: vote.number, hash: vote.hash });
        self.floor = self.floor.max(vote.number);
        self.prepared_at.insert(vote.number, now);
        self.prepares.retain(|number, _| *number > tip);
        self.prepares.insert(vote.number, vote);
    }

    /// Forgets what a final block settles. The highest prepare stays: it says how far this replica is in the view.
    pub(crate) fn on_final(&mut self, tip: BlockNumber) {
        let floor = self.floor;
        self.prepares.retain(|number, _| *number > tip || *number == floor);
        self.prepared_at.retain(|number, _| *number > tip);
        self.commits.retain(|number, _| *number > tip);
        self.proposals.retain(|number, _| *number > tip);
        self.prepared.retain(|number, _| *number > tip);
        self.check = self.check.filter(|check| check.block().number > tip);
    }
}
