//! No quorum spans two sets: whatever is final has the commits of a quorum of the set in force at its number, each by a
//! key of that set.
//!
//! design.md 5, "Epochs". Which set is in force follows from the headers below alone, and signatures are checked here
//! one by one: the check must not rest on the code it checks.

use tierchain_consensus::Verify;
use tierchain_primitives::H256;
use tierchain_primitives::certificate::{SignedKind, signed_bytes};
use tierchain_replica::ExecuteJob;

use super::seats::Seats;
use super::{Check, Violation};

pub(super) fn on_final(who: usize, job: &ExecuteJob, seats: &Seats, verifier: &dyn Verify, genesis: &H256) -> Check {
    let (number, certificate) = (job.header.number, &job.certificate);
    let epoch = seats.certifying(number);
    let problem = |what: String| {
        Err(Violation::new("electorate", format!("block {number} of epoch {epoch} is final to member {who}, {what}")))
    };
    if certificate.epoch != epoch {
        return problem(format!("certified in epoch {}", certificate.epoch));
    }
    let Some(seating) = seats.of(epoch) else { return problem("and nobody knows its set".into()) };
    let bytes = signed_bytes(genesis, epoch, SignedKind::Commit, certificate.view, number, &job.hash);
    for (index, signature) in &certificate.votes {
        let key = seating.set.keys.get(index.as_usize());
        if !key.is_some_and(|key| verifier.holds(key, &bytes, signature)) {
            return problem(format!("with a vote that validator {index} of its set didn't sign"));
        }
    }
    Ok(())
}
