//! Nobody is wronged: no honest validator is accused, and nothing that an honest member sends is refused.
//!
//! design.md 5, "Never twice": evidence is of what an honest replica never does; design.md 7: whatever doesn't decode or
//! verify is its sender's fault.

use tierchain_replica::evidence::Evidence;

use super::{Check, Violation};
use crate::cast::Cast;

pub(super) fn accused(who: usize, evidence: &Evidence, cast: &Cast) -> Check {
    let culprit = evidence.topic().culprit;
    if cast.lies(culprit.as_usize()).is_some() {
        return Ok(());
    }
    let what = format!("member {who} accuses honest validator {culprit}: {evidence:?}");
    Err(Violation::new("honesty", what))
}

pub(super) fn refused(from: usize, to: usize, reason: &str) -> Check {
    Err(Violation::new("honesty", format!("member {to} refuses what member {from} sent: {reason}")))
}
