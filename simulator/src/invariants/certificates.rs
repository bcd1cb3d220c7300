//! Certificates verify: whatever is final to anybody has the commits of a quorum, all of one view, for this very block.
//!
//! design.md 5, rule R4; design.md 4, "certificate".

use tierchain_consensus::{Verify, verify_certificate};
use tierchain_primitives::H256;
use tierchain_primitives::certificate::{CertificateKind, ValidatorSet};
use tierchain_replica::ExecuteJob;

use super::{Check, Violation};

/// n - f of n = 3f + 1, counted here anew: the check of a quorum must not rest on the definition it checks.
fn quorum(n: usize) -> usize {
    n - (n - 1) / 3
}

/// `set` is the one in force at the block.
pub(super) fn on_final(
    who: usize,
    job: &ExecuteJob,
    set: &ValidatorSet,
    verifier: &dyn Verify,
    genesis: &H256,
) -> Check {
    let certificate = &job.certificate;
    let number = job.header.number;
    let problem = if job.header.hash() != job.hash {
        Some("the hash isn't the header's".into())
    } else if certificate.hash != job.hash || certificate.number != number {
        Some(format!("the certificate is of block {} {}", certificate.number, certificate.hash))
    } else if certificate.kind != CertificateKind::Committed {
        Some("the certificate is of prepares".into())
    } else if certificate.votes.len() < quorum(set.len()) {
        Some(format!("the certificate has {} votes", certificate.votes.len()))
    } else {
        verify_certificate(verifier, certificate, set, genesis).err().map(|error| error.to_string())
    };
    let what = |problem: String| format!("block {number} is final to member {who}, but {problem}");
    problem.map_or(Ok(()), |problem| Err(Violation::new("certificates", what(problem))))
}
