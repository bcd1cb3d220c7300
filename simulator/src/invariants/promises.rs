//! Nobody contradicts himself, not even across restarts: one proposal, prepare, commit per view and number, one
//! VIEW-CHANGE and NEW-VIEW per view, prepares ascending, and no new vote below a VIEW-CHANGE.
//!
//! design.md 5, rules R1 and R5, "Never twice"; design.md 3, "write before you speak".

use std::collections::BTreeMap;

use tierchain_consensus::{Message, VoteKind};
use tierchain_primitives::certificate::SignedKind;
use tierchain_primitives::{BlockNumber, H256, View};

use super::{Check, Violation};

/// What one member says at most one thing about.
type Subject = (SignedKind, View, BlockNumber);

#[derive(Debug, Default)]
struct Said {
    statements: BTreeMap<Subject, H256>,
    /// The highest view it said VIEW-CHANGE for.
    left_below: View,
    /// The highest number prepared in each view.
    prepared: BTreeMap<View, BlockNumber>,
}

#[derive(Debug, Default)]
pub(super) struct Promises {
    said: BTreeMap<usize, Said>,
}

impl Promises {
    pub(super) fn on_said(&mut self, who: usize, message: &Message) -> Check {
        let (kind, view, number, hash) = match message {
            Message::Proposal(it) => (SignedKind::Proposal, it.view, it.header.number, it.header.hash()),
            Message::Vote(it) => (it.kind.signed(), it.view, it.number, it.hash),
            Message::ViewChange(it) if it.sender.as_usize() == who => {
                (SignedKind::ViewChange, it.view, 0, it.content_hash())
            }
            Message::NewView(it) if it.sender.as_usize() == who => (SignedKind::NewView, it.view, 0, it.content_hash()),
            // Passed on, or no promise at all.
            Message::ViewChange(_) | Message::NewView(_) | Message::Suspect(_) | Message::Certificate(_) => {
                return Ok(());
            }
        };
        if let Message::Vote(vote) = message
            && vote.voter.as_usize() != who
        {
            return Ok(());
        }
        let said = self.said.entry(who).or_default();
        said.state((kind, view, number), hash).map_err(|why| {
            Violation::new("promises", format!("member {who} says {kind:?} view {view} block {number} {hash}: {why}"))
        })
    }
}

impl Said {
    fn state(&mut self, subject: Subject, hash: H256) -> Result<(), String> {
        let (kind, view, number) = subject;
        match self.statements.get(&subject) {
            Some(known) if *known == hash => return Ok(()),
            Some(known) => return Err(format!("it said {known} before")),
            None => {}
        }
        self.statements.insert(subject, hash);
        let is_vote = matches!(kind, SignedKind::Prepare | SignedKind::Commit);
        if is_vote && view < self.left_below {
            return Err(format!("it had left for view {}", self.left_below));
        }
        if kind == SignedKind::ViewChange {
            self.left_below = self.left_below.max(view);
        }
        if kind == VoteKind::Prepare.signed() {
            let highest = self.prepared.entry(view).or_default();
            if number <= *highest {
                return Err(format!("it had prepared block {highest}"));
            }
            *highest = number;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contradiction_is_seen_and_a_repeat_is_not_one() {
        let mut said = Said::default();
        let prepare = (SignedKind::Prepare, View(1), 5);
        assert_eq!(said.state(prepare, H256([1; 32])), Ok(()));
        assert_eq!(said.state(prepare, H256([1; 32])), Ok(()));
        assert!(said.state(prepare, H256([2; 32])).is_err());
        assert!(said.state((SignedKind::Prepare, View(1), 4), H256([1; 32])).is_err(), "downwards");
        assert_eq!(said.state((SignedKind::ViewChange, View(3), 0), H256::ZERO), Ok(()));
        assert!(said.state((SignedKind::Commit, View(2), 9), H256::ZERO).is_err(), "below a promise");
    }
}
