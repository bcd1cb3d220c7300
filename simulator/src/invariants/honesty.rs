//! Nobody is wronged: no honest validator is accused, and nothing that an honest member sends is refused.
//!
//! design.md 5, "Never twice": evidence is of what an honest replica never does; design.md 7: whatever doesn't decode or
//! verify is its sender's fault.

use tierchain_replica::evidence::Evidence;

use super::seats::Seats;
use super::{Check, Violation};
use crate::cast::Cast;

pub(super) fn accused(who: usize, evidence: &Evidence, seats: &Seats, cast: &Cast) -> Check {
    let topic = evidence.topic();
    let culprit = seats.candidate(topic.epoch, topic.culprit);
    if culprit.is_some_and(|culprit| cast.lies(culprit).is_some()) {
        return Ok(());
    }
    let what = format!("member {who} accuses honest member {culprit:?}: {evidence:?}");
    Err(Violation::new("honesty", what))
}

pub(super) fn implausible(who: usize, maker: usize) -> Check {
    let what = format!("member {who} holds that no honest validator gathered what honest member {maker} did");
    Err(Violation::new("honesty", what))
}

pub(super) fn refused(from: usize, to: usize, reason: &str) -> Check {
    Err(Violation::new("honesty", format!("member {to} refuses what member {from} sent: {reason}")))
}
