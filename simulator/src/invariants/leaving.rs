//! Nobody leaves a view alone, and nobody runs away: a VIEW-CHANGE needs f others who suspect the view or have left it,
//! or f + 1 others who are as far; and nobody is on the way to a view before a quorum wanted the one below.
//!
//! design.md 5, "Suspicion is a hint, VIEW-CHANGE a promise" and "Time-outs"; PBFT 4.5.2.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_consensus::Message;
use tierchain_primitives::View;

use super::{Check, Violation};
use crate::cast::Cast;

#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// Who ever said SUSPECT of a view.
    suspected: BTreeMap<View, BTreeSet<usize>>,
    /// The highest view that each validator wanted.
    wanted: BTreeMap<usize, View>,
}

impl Leaving {
    /// Liars may have said anything to anybody, so they always count among the others.
    pub(super) fn on_said(&mut self, who: usize, message: &Message, cast: &Cast) -> Check {
        match message {
            Message::Suspect(it) if it.sender.as_usize() == who => {
                self.suspected.entry(it.view).or_default().insert(who);
                Ok(())
            }
            Message::ViewChange(it) if it.sender.as_usize() == who => self.on_view_change(who, it.view, cast),
            Message::NewView(it) => {
                // Its primary may have crashed between writing down its own VIEW-CHANGE and saying it.
                let proof = it.proof.iter().map(|change| (change.sender.as_usize(), change.view));
                proof.for_each(|(sender, view)| self.note(sender, view));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn on_view_change(&mut self, who: usize, view: View, cast: &Cast) -> Check {
        if self.wants(who, view) {
            return Ok(());
        }
        self.note(who, view);
        let below = View(view.0 - 1);
        let with_cause = self.others(who, cast, |other| self.wants(other, view) || self.suspects(other, below));
        if with_cause < cast.faulty_max() {
            let what = format!("member {who} leaves for view {view}, and only {with_cause} others have cause to");
            return Err(Violation::new("leaving", what));
        }
        let wanting = 1 + self.others(who, cast, |other| self.wants(other, below));
        let quorum = cast.validators() - cast.faulty_max();
        if below > View(0) && wanting < quorum {
            let what = format!("member {who} leaves for view {view}, and only {wanting} ever wanted view {below}");
            return Err(Violation::new("leaving", what));
        }
        Ok(())
    }

    fn note(&mut self, who: usize, view: View) {
        let highest = self.wanted.entry(who).or_default();
        *highest = view.max(*highest);
    }

    fn others(&self, who: usize, cast: &Cast, has: impl Fn(usize) -> bool) -> usize {
        let others = (0..cast.validators()).filter(|other| *other != who);
        others.filter(|other| cast.lies(*other).is_some() || has(*other)).count()
    }

    fn wants(&self, who: usize, view: View) -> bool {
        self.wanted.get(&who).is_some_and(|wanted| *wanted >= view)
    }

    fn suspects(&self, who: usize, view: View) -> bool {
        self.suspected.get(&view).is_some_and(|by| by.contains(&who))
    }
}
