//! Whoever contradicts himself to the face of an honest validator is shown to have done so, at once and with proof.
//!
//! design.md 5, "Never twice": evidence, kept and reported, of two proposals, prepares or commits for one view and
//! number, and of two NEW-VIEWs for the view that was entered, verifiable by anybody. Evidence is on disk, so a fault is
//! shown once, restarts or not.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_consensus::{Evidence, Message, Verify, verify_with};
use tierchain_primitives::certificate::{SignedKind, ValidatorSet};
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::{BlockNumber, Epoch, H256, View};
use tierchain_replica::evidence::Topic;
use tierchain_replica::{Input, Replica};

use super::{Check, Violation};

/// A member shows so many faults of one validator of an epoch, bad bundles among them, and no more: nobody needs more to
/// know what it is.
const SHOWN_MAX: usize = 64;

/// Who said something, and about what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Subject {
    epoch: Epoch,
    /// The place of whoever said it.
    culprit: usize,
    kind: SignedKind,
    view: View,
    number: BlockNumber,
}

/// What one member heard since its process started, and what it ever showed.
#[derive(Debug, Default)]
struct Ear {
    heard: BTreeMap<Subject, H256>,
    /// Contradictions that have to be shown by the end of the step.
    due: Option<Subject>,
    shown: BTreeSet<Subject>,
    /// What all faults that it showed are about, whichever they are.
    faults: BTreeSet<Topic>,
}

#[derive(Debug, Default)]
pub(super) struct Accountability {
    ears: BTreeMap<usize, Ear>,
    shown: usize,
}

impl Accountability {
    /// A member's process starts, and remembers nothing that it heard but what it has shown.
    pub(super) fn on_restart(&mut self, who: usize) {
        if let Some(ear) = self.ears.get_mut(&who) {
            ear.heard.clear();
            ear.due = None;
        }
    }

    /// A member is about to take this in.
    pub(super) fn on_input(&mut self, who: usize, input: &Input, replica: &Replica) -> Check {
        let ear = self.ears.entry(who).or_default();
        if let Some(due) = ear.due.take().filter(|due| !ear.shown.contains(due)) {
            let what = format!("member {who} heard a contradiction of {due:?} and showed nothing");
            return Err(Violation::new("accountability", what));
        }
        let Input::Consensus { from, message } = input else { return Ok(()) };
        let Some((subject, hash)) = said(message) else { return Ok(()) };
        // Whoever has a new key bears the old one's name here until the block that decided it is executed; by that name
        // it has no seat, and what it says counts nowhere.
        if replica.set().index_of(from).is_none() || !is_kept(subject, replica) {
            return Ok(());
        }
        let first = *ear.heard.entry(subject).or_insert(hash);
        let is_its = |it: &&Topic| (it.epoch, it.culprit.as_usize()) == (subject.epoch, subject.culprit);
        let shown = ear.faults.iter().filter(is_its).count();
        if first != hash && shown < SHOWN_MAX && replica.view() == Some(subject.view) {
            ear.due = Some(subject);
        }
        Ok(())
    }

    /// A member shows a fault of any kind.
    pub(super) fn on_fault(&mut self, who: usize, about: Topic) {
        self.ears.entry(who).or_default().faults.insert(about);
    }

    /// A member shows a contradiction: it must be one, with signatures that hold.
    pub(super) fn on_evidence(
        &mut self,
        who: usize,
        evidence: &Evidence,
        verifier: &dyn Verify,
        set: &ValidatorSet,
        genesis: &H256,
    ) -> Check {
        self.shown += 1;
        let subject = contradiction(evidence);
        let holds = |message| verify_with(verifier, message, set, genesis).is_ok();
        match subject.filter(|_| holds(&evidence.first) && holds(&evidence.second)) {
            Some(subject) => {
                self.ears.entry(who).or_default().shown.insert(subject);
                Ok(())
            }
            None => {
                let what = format!("member {who} shows what is no contradiction: {evidence:?}");
                Err(Violation::new("accountability", what))
            }
        }
    }

    /// How many contradictions were shown.
    pub(super) fn shown(&self) -> usize {
        self.shown
    }
}

/// What somebody says who may say one thing only.
fn said(message: &Message) -> Option<(Subject, H256)> {
    let about = |culprit: usize, kind, view, number| Subject { epoch: message.epoch(), culprit, kind, view, number };
    match message {
        Message::Vote(it) => Some((about(it.voter.as_usize(), it.kind.signed(), it.view, it.number), it.hash)),
        Message::Proposal(it) => {
            let proposer = it.header.pre_runtime().ok()?.proposer.as_usize();
            Some((about(proposer, SignedKind::Proposal, it.view, it.header.number), it.header.hash()))
        }
        Message::NewView(it) => Some((about(it.sender.as_usize(), SignedKind::NewView, it.view, 0), it.content_hash())),
        _ => None,
    }
}

/// Whether a member keeps what it hears about a subject. A vote or a proposal: of its view, above the last final block,
/// within two windows. A NEW-VIEW: of its view, which the first one of it opened, or of one above, which it may open.
/// Nothing of another epoch.
fn is_kept(Subject { epoch, culprit, kind, view, number }: Subject, replica: &Replica) -> bool {
    if epoch != replica.set().epoch || replica.me().is_none_or(|me| me.as_usize() == culprit) {
        return false;
    }
    if kind == SignedKind::NewView {
        return replica.view().is_some_and(|entered| entered <= view);
    }
    let last = replica.chain().last().header.number;
    replica.view() == Some(view) && number > last && number <= last + 2 * WINDOW
}

/// What two statements contradict each other about, if they do and are of the culprit.
fn contradiction(Evidence { culprit, first, second }: &Evidence) -> Option<Subject> {
    let (who, epoch) = (culprit.as_usize(), first.epoch());
    let about = |kind, view, number| Subject { epoch, culprit: who, kind, view, number };
    let (of, subject) = match (first, second) {
        (Message::Vote(a), Message::Vote(b))
            if (a.kind, a.view, a.number, a.voter) == (b.kind, b.view, b.number, b.voter) && a.hash != b.hash =>
        {
            (a.voter, about(a.kind.signed(), a.view, a.number))
        }
        (Message::Proposal(a), Message::Proposal(b))
            if (a.view, a.header.number) == (b.view, b.header.number) && a.header != b.header =>
        {
            (*culprit, about(SignedKind::Proposal, a.view, a.header.number))
        }
        (Message::ViewChange(a), Message::ViewChange(b))
            if (a.view, a.sender) == (b.view, b.sender) && a.content_hash() != b.content_hash() =>
        {
            (a.sender, about(SignedKind::ViewChange, a.view, 0))
        }
        (Message::NewView(a), Message::NewView(b))
            if (a.view, a.sender) == (b.view, b.sender) && a.content_hash() != b.content_hash() =>
        {
            (a.sender, about(SignedKind::NewView, a.view, 0))
        }
        (Message::Vote(commit), Message::ViewChange(change))
            if commit.voter == change.sender && change.view > commit.view =>
        {
            (commit.voter, about(SignedKind::Commit, change.view, commit.number))
        }
        _ => return None,
    };
    (of == *culprit).then_some(subject)
}
