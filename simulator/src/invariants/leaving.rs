//! Nobody leaves a view alone, and nobody runs away: a VIEW-CHANGE needs f others who suspect the view or have left it,
//! or f + 1 others who are as far; and nobody is on the way to a view before a quorum wanted the one below.
//!
//! design.md 5, "Suspicion is a hint, VIEW-CHANGE a promise" and "Time-outs"; PBFT 4.5.2.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_consensus::Message;
use tierchain_primitives::{Epoch, ValidatorIndex, View};

use super::seats::Seating;
use super::{Check, Violation};
use crate::cast::Cast;

/// What is known of one epoch.
#[derive(Debug, Default)]
struct Leavers {
    /// Who ever said SUSPECT of a view.
    suspected: BTreeMap<View, BTreeSet<ValidatorIndex>>,
    /// The highest view that each validator wanted.
    wanted: BTreeMap<ValidatorIndex, View>,
}

#[derive(Debug, Default)]
pub(super) struct Leaving {
    epochs: BTreeMap<Epoch, Leavers>,
}

impl Leaving {
    /// A member in this place says something. Liars may have said anything to anybody, so they always count among the
    /// others.
    pub(super) fn on_said(&mut self, me: ValidatorIndex, message: &Message, seating: &Seating, cast: &Cast) -> Check {
        let leavers = self.epochs.entry(message.epoch()).or_default();
        match message {
            Message::Suspect(it) if it.sender == me => {
                leavers.suspected.entry(it.view).or_default().insert(me);
                Ok(())
            }
            Message::ViewChange(it) if it.sender == me => leavers.on_view_change(me, it.view, seating, cast),
            Message::NewView(it) => {
                // Its primary may have crashed between writing down its own VIEW-CHANGE and saying it.
                let proof = it.proof.iter().map(|change| (change.sender, change.view));
                proof.for_each(|(sender, view)| leavers.note(sender, view));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Leavers {
    fn on_view_change(&mut self, me: ValidatorIndex, view: View, seating: &Seating, cast: &Cast) -> Check {
        if self.wants(me, view) {
            return Ok(());
        }
        self.note(me, view);
        let below = View(view.0 - 1);
        let others = |has: &dyn Fn(ValidatorIndex) -> bool| {
            let others = seating.set.indices().zip(&seating.members).filter(|(other, _)| *other != me);
            others.filter(|(other, member)| cast.lies(**member).is_some() || has(*other)).count()
        };
        let with_cause = others(&|other| self.wants(other, view) || self.suspects(other, below));
        let epoch = seating.set.epoch;
        let violation = |what: String| {
            Err(Violation::new(
                "leaving",
                format!("validator {me} leaves for view {view} of epoch {epoch}, and {what}"),
            ))
        };
        let faulty_max = (seating.members.len() - 1) / 3;
        if with_cause < faulty_max {
            return violation(format!("only {with_cause} others have cause to"));
        }
        let wanting = 1 + others(&|other| self.wants(other, below));
        if below > View(0) && wanting < seating.members.len() - faulty_max {
            return violation(format!("only {wanting} ever wanted view {below}"));
        }
        Ok(())
    }

    fn note(&mut self, who: ValidatorIndex, view: View) {
        let highest = self.wanted.entry(who).or_default();
        *highest = view.max(*highest);
    }

    fn wants(&self, who: ValidatorIndex, view: View) -> bool {
        self.wanted.get(&who).is_some_and(|wanted| *wanted >= view)
    }

    fn suspects(&self, who: ValidatorIndex, view: View) -> bool {
        self.suspected.get(&view).is_some_and(|by| by.contains(&who))
    }
}
