//! Nobody is wronged: in a run all are honest, so nobody is accused and nothing that anybody sends is refused.
//!
//! design.md 5, "Never twice": evidence is of what an honest replica never does; design.md 7: whatever doesn't decode or
//! verify is its sender's fault.

use tierchain_consensus::Evidence;

use super::{Check, Violation};

pub(super) fn accused(who: usize, evidence: &Evidence) -> Check {
    let Evidence { culprit, first, second } = evidence;
    let what = format!("member {who} accuses honest validator {culprit}: {first:?} against {second:?}");
    Err(Violation::new("honesty", what))
}

pub(super) fn refused(from: usize, to: usize, reason: &str) -> Check {
    Err(Violation::new("honesty", format!("member {to} refuses what member {from} sent: {reason}")))
}
