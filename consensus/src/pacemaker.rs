//! Patience: when a view is suspected, when what stands is repeated, and when to be woken for it.
//!
//! It counts time and decides nothing about views. Three clocks run here:
//! - the time-out: from the last certificate (or the entry into the view, or the moment work appeared) while there is
//!   work; between views from the moment a quorum wants the new one (PBFT 4.5.2), so that nobody runs away alone;
//! - the loss of the primary's connection;
//! - the pause between two repeats of what stands, which doubles while nothing changes.

use std::collections::BTreeMap;

use tierchain_primitives::ValidatorIndex;

use crate::config::Parameters;
use crate::input::Now;

/// Commit times are averaged in sixteenths of a millisecond.
const FRACTION: u64 = 16;

/// Beyond this many doublings every delay is at its cap.
const DOUBLINGS_MAX: u32 = 20;

/// Why a replica suspects the view it wants to be in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Cause {
    /// Its primary did what no honest one does.
    Fault,
    /// Its primary's connection is lost.
    Lost,
    /// There was work, and no certificate for the time-out.
    Overdue,
    /// The replica has a cause of its own.
    Blamed,
}

/// How often a kind of suspicion was raised for nothing: each time doubles its delay.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
struct Doubt {
    raised: bool,
    vain: u32,
    last: Now,
}

impl Doubt {
    fn vain(&self, now: Now, forget_ms: u64) -> u32 {
        if now.saturating_sub(self.last) < forget_ms { self.vain } else { 0 }
    }

    /// Notes whether the suspicion is raised now; one that goes away in the same view was raised for nothing.
    fn watch(&mut self, now: Now, raised: bool, forget_ms: u64) {
        if self.raised && !raised {
            self.vain = (self.vain(now, forget_ms) + 1).min(DOUBLINGS_MAX);
            self.last = now;
        }
        self.raised = raised;
    }
}

/// A lost connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Loss {
    at: Now,
    refused: bool,
}

/// What the clocks look at: where the machine stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sight {
    /// The time.
    pub(crate) now: Now,
    /// Whether a view was left and none entered yet.
    pub(crate) changing: bool,
    /// The primary of the view to be in; none when that is this replica itself.
    pub(crate) primary: Option<ValidatorIndex>,
    /// Whether it is proven, or seen here, to be at fault.
    pub(crate) fault: bool,
}

/// The clocks of one replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Pacemaker {
    parameters: Parameters,
    /// What [`Input::Work`](crate::Input::Work) said last.
    pub(crate) work: bool,
    busy_since: Option<Now>,
    progress_at: Now,
    quorum_since: Option<Now>,
    /// Views in a row that had their quorum and certified nothing.
    barren: u32,
    /// Average time from prepare to certificate, in sixteenths of a millisecond.
    commit_time: u64,
    lost: BTreeMap<ValidatorIndex, Loss>,
    blamed_until: Now,
    overdue: Doubt,
    loss: Doubt,
    suspect_at: Option<Now>,
    repeat_at: Option<Now>,
    pause: u64,
}

impl Pacemaker {
    /// Clocks that start now.
    pub(crate) fn new(parameters: Parameters, now: Now) -> Self {
        Self {
            parameters,
            work: false,
            busy_since: None,
            progress_at: now,
            quorum_since: None,
            barren: 0,
            commit_time: 0,
            lost: BTreeMap::new(),
            blamed_until: 0,
            overdue: Doubt::default(),
            loss: Doubt::default(),
            suspect_at: None,
            repeat_at: None,
            pause: parameters.repeat_ms_min,
        }
    }

    /// Whether anything waits for a certificate.
    pub(crate) fn set_busy(&mut self, now: Now, busy: bool) {
        if !busy {
            self.busy_since = None;
        } else if self.busy_since.is_none() {
            self.busy_since = Some(now);
        }
    }

    /// A block became final, `took` after its prepare where that is known: every clock starts afresh.
    pub(crate) fn on_certificate(&mut self, now: Now, took: Option<u64>) {
        if let Some(took) = took {
            let sample = took.min(self.parameters.timeout_ms_max) * FRACTION;
            self.commit_time = if self.commit_time == 0 { sample } else { (self.commit_time * 7 + sample) / 8 };
        }
        self.progress_at = now;
        self.barren = 0;
        self.calm(now);
    }

    /// The view was entered.
    pub(crate) fn on_enter(&mut self, now: Now) {
        self.progress_at = now;
        self.leave_suspicions(now);
    }

    /// A view was left; `barren` when it had its quorum and certified nothing.
    pub(crate) fn on_leave(&mut self, now: Now, barren: bool) {
        if barren {
            self.barren = (self.barren + 1).min(DOUBLINGS_MAX);
        }
        self.leave_suspicions(now);
    }

    /// A quorum wants the view that this replica is on the way to.
    pub(crate) fn on_quorum(&mut self, now: Now) {
        self.quorum_since.get_or_insert(now);
    }

    /// Whether a quorum wants the view that this replica is on the way to.
    pub(crate) fn has_quorum(&self) -> bool {
        self.quorum_since.is_some()
    }

    /// A connection is up.
    pub(crate) fn on_connected(&mut self, peer: ValidatorIndex) {
        self.lost.remove(&peer);
    }

    /// A connection is lost.
    pub(crate) fn on_lost(&mut self, now: Now, peer: ValidatorIndex, refused: bool) {
        let loss = self.lost.entry(peer).or_insert(Loss { at: now, refused });
        loss.refused |= refused;
    }

    /// The replica has a cause of its own, which lasts for a while unless it is said again.
    pub(crate) fn on_blame(&mut self, now: Now) {
        self.blamed_until = now.saturating_add(self.parameters.suspect_life_ms);
    }

    /// The cause for suspicion that is live now, if any. Between views there is none before a quorum is there.
    pub(crate) fn cause(&mut self, sight: Sight) -> Option<Cause> {
        let Sight { now, changing, fault, .. } = sight;
        let open = !changing || self.has_quorum();
        let overdue = self.deadline(now, changing).is_some_and(|at| now >= at);
        let lost = open && self.loss_at(sight).is_some_and(|at| now >= at);
        self.overdue.watch(now, overdue, self.parameters.doubt_ms);
        self.loss.watch(now, lost, self.parameters.doubt_ms);
        let causes = [
            (Cause::Fault, open && fault),
            (Cause::Lost, lost),
            (Cause::Overdue, overdue),
            (Cause::Blamed, open && now < self.blamed_until),
        ];
        causes.into_iter().find(|(_, live)| *live).map(|(cause, _)| cause)
    }

    /// When the view is overdue; none while nothing waits.
    pub(crate) fn deadline(&self, now: Now, changing: bool) -> Option<Now> {
        let since = if changing { self.quorum_since } else { self.busy_since.map(|at| at.max(self.progress_at)) };
        Some(since?.saturating_add(self.timeout(now)))
    }

    /// The time-out: a multiple of the observed commit time within bounds, doubled for every barren view and every
    /// suspicion raised for nothing, up to the cap.
    pub(crate) fn timeout(&self, now: Now) -> u64 {
        let Parameters { timeout_ms_min, timeout_ms_max, timeout_commits, doubt_ms, .. } = self.parameters;
        let observed = self.commit_time.saturating_mul(timeout_commits) / FRACTION;
        let doublings = self.barren.saturating_add(self.overdue.vain(now, doubt_ms)).min(DOUBLINGS_MAX);
        let timeout = observed.max(timeout_ms_min).saturating_mul(1 << doublings);
        #[cfg(feature = "bugs")]
        if self.parameters.bug == Some(crate::Bug::UncappedTimeouts) {
            return timeout;
        }
        timeout.min(timeout_ms_max)
    }

    /// Whether SUSPECT is to be said now, given that a suspicion is live or not.
    pub(crate) fn says_suspect(&mut self, now: Now, live: bool) -> bool {
        if !live {
            self.suspect_at = None;
        }
        let due = live && self.suspect_at.is_none_or(|at| now >= at);
        if due {
            self.suspect_at = Some(now.saturating_add(self.parameters.repeat_ms_min));
        }
        due
    }

    /// Whether what stands is to be repeated now, given that something hangs or nothing does.
    pub(crate) fn says_again(&mut self, now: Now, hangs: bool) -> bool {
        let Some(at) = self.repeat_at.filter(|_| hangs) else {
            self.pause = self.parameters.repeat_ms_min;
            self.repeat_at = hangs.then(|| now.saturating_add(self.pause));
            return false;
        };
        if now < at {
            return false;
        }
        self.pause = self.pause.saturating_mul(2).min(self.parameters.repeat_ms_max);
        self.repeat_at = Some(now.saturating_add(self.pause));
        true
    }

    /// What stands is to be repeated at the next step: after a restart nobody remembers hearing it.
    pub(crate) fn repeat_soon(&mut self, now: Now) {
        self.repeat_at = Some(now);
    }

    /// The next time at which one of the clocks strikes.
    pub(crate) fn next_strike(&self, sight: Sight) -> Option<Now> {
        let blame = Some(self.blamed_until);
        let loss = if sight.changing && !self.has_quorum() { None } else { self.loss_at(sight) };
        let strikes = [self.deadline(sight.now, sight.changing), loss, blame, self.suspect_at, self.repeat_at];
        strikes.into_iter().flatten().filter(|at| *at > sight.now).min()
    }

    fn loss_at(&self, sight: Sight) -> Option<Now> {
        let loss = self.lost.get(&sight.primary?)?;
        let doubled = 1u64 << self.loss.vain(sight.now, self.parameters.doubt_ms).min(DOUBLINGS_MAX);
        // A refused redial is a suspicion at once, unless that was for nothing lately.
        let pauses = if loss.refused { doubled - 1 } else { doubled };
        Some(loss.at.saturating_add(self.parameters.lost_ms.saturating_mul(pauses).min(self.parameters.timeout_ms_max)))
    }

    fn leave_suspicions(&mut self, now: Now) {
        self.quorum_since = None;
        self.overdue.raised = false;
        self.loss.raised = false;
        self.blamed_until = now;
        self.suspect_at = None;
        self.calm(now);
    }

    /// Something moved: what stands needn't be repeated for a while.
    fn calm(&mut self, now: Now) {
        self.pause = self.parameters.repeat_ms_min;
        if self.repeat_at.is_some() {
            self.repeat_at = Some(now.saturating_add(self.pause));
        }
    }
}

#[cfg(test)]
mod tests;
