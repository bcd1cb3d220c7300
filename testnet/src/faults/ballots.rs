//! Reads vote logs and compares every statement in them, own and quoted, with all that was read before: no validator may
//! ever have signed two hashes for one subject.
//!
//! A log is read by the replica's own code, while its node doesn't run. Certificates in it quote the votes of others, so
//! a statement is seen even where its maker's own segment is gone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use parity_scale_codec::DecodeAll;
use tierchain_consensus::{Record as Consensus, Statement, Subject};
use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::Record;
use tierchain_replica::log::scan;

/// Statements about blocks so far below the newest are forgotten: a window has eight blocks.
const BLOCKS_KEPT: BlockNumber = 10_000;

/// All statements that were read.
#[derive(Debug, Default)]
pub(crate) struct Ballots {
    said: BTreeMap<Subject, H256>,
    /// Statements read, repeats included.
    pub(crate) read: u64,
}

impl Ballots {
    /// Reads the vote log in a folder whose node doesn't run. What contradicts what was read before.
    pub(crate) fn read(&mut self, votes: &Path) -> anyhow::Result<Vec<String>> {
        let segments = segments(votes)?;
        let mut contradictions = Vec::new();
        for (at, path) in segments.iter().enumerate() {
            let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            let scanned = scan(&bytes, at + 1 == segments.len());
            let scanned = scanned.map_err(|damage| anyhow::anyhow!("{} is corrupt: {damage}", path.display()))?;
            for record in scanned.records {
                let record = Record::decode_all(&mut record.as_slice());
                let record = record.with_context(|| format!("a record in {}", path.display()))?;
                if let Record::Consensus(record) = record {
                    self.take(&record, &mut contradictions);
                }
            }
        }
        Ok(contradictions)
    }

    /// Forgets statements about blocks far below this one.
    pub(crate) fn forget_below(&mut self, newest: BlockNumber) {
        let lowest = newest.saturating_sub(BLOCKS_KEPT);
        // Number 0 stands for what isn't about one block, of which there is little.
        self.said.retain(|subject, _| subject.number == 0 || subject.number >= lowest);
    }

    fn take(&mut self, record: &Consensus, contradictions: &mut Vec<String>) {
        let quoted: Vec<Statement> = match record {
            Consensus::Prepared(certificate) | Consensus::Certified(certificate) => {
                Statement::of_certificate(certificate).collect()
            }
            Consensus::NewView(it) => it.proof.iter().filter_map(of_view_change).collect(),
            _ => Vec::new(),
        };
        for Statement { subject, hash } in Statement::of_record(record).into_iter().chain(quoted) {
            self.read += 1;
            let known = *self.said.entry(subject).or_insert(hash);
            if known != hash {
                contradictions.push(format!("contradiction: {subject:?} was signed for {known} and for {hash}"));
            }
        }
    }
}

fn of_view_change(message: &tierchain_consensus::ViewChange) -> Option<Statement> {
    Statement::of_message(&tierchain_consensus::Message::ViewChange(message.clone()))
}

/// The log's segments, in order.
fn segments(votes: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(votes).with_context(|| format!("cannot read {}", votes.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    // Names are numbers of equal length. What fills the next segment has another name.
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    paths.sort();
    ensure!(!paths.is_empty(), "there is no vote log in {}", votes.display());
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use parity_scale_codec::Encode;
    use tierchain_consensus::{Vote, VoteKind};
    use tierchain_primitives::certificate::{Certificate, CertificateKind};
    use tierchain_primitives::crypto::Signature;
    use tierchain_primitives::{Epoch, ValidatorIndex, View};
    use tierchain_replica::log::{SegmentHeader, encode_frame};

    use super::*;

    fn vote(number: BlockNumber, hash: u8, voter: u16) -> Consensus {
        Consensus::Vote(Vote {
            kind: VoteKind::Prepare,
            epoch: Epoch(0),
            view: View(3),
            number,
            hash: H256([hash; 32]),
            voter: ValidatorIndex(voter),
            signature: Signature([0; 64]),
        })
    }

    /// A vote log of one segment, as a node leaves it.
    fn write_log(folder: &Path, records: &[Consensus]) {
        let header = SegmentHeader { genesis: H256([7; 32]), segment: 0, salt: 9 };
        let mut segment = header.encode().to_vec();
        segment.extend(encode_frame::<Vec<u8>>(header.salt, segment.len(), 0, &[]));
        let records: Vec<Vec<u8>> = records.iter().map(|record| Record::Consensus(record.clone()).encode()).collect();
        segment.extend(encode_frame(header.salt, segment.len(), 1, &records));
        std::fs::write(folder.join("00000000000000000000.log"), segment).expect("a temporary folder");
    }

    #[test]
    fn what_one_log_holds_is_compared_with_what_another_quotes() {
        let quoted = Certificate {
            kind: CertificateKind::Committed,
            epoch: Epoch(0),
            view: View(3),
            number: 5,
            hash: H256([1; 32]),
            votes: [0, 1, 2].map(|voter| (ValidatorIndex(voter), Signature([0; 64]))).to_vec(),
        };
        let commit = |hash| match vote(5, hash, 2) {
            Consensus::Vote(vote) => Consensus::Vote(Vote { kind: VoteKind::Commit, ..vote }),
            other => other,
        };
        for (hash, contradictions) in [(1, 0), (2, 1)] {
            let (own, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
            write_log(own.path(), &[commit(hash)]);
            write_log(other.path(), &[Consensus::Certified(quoted.clone())]);
            let mut ballots = Ballots::default();
            assert!(ballots.read(own.path()).expect("a whole log").is_empty());
            let found = ballots.read(other.path()).expect("a whole log");
            assert_eq!(found.len(), contradictions, "{found:?}");
        }
    }

    #[test]
    fn a_log_that_lost_something_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Ballots::default().read(folder.path()).is_err(), "no log at all");
        write_log(folder.path(), &[vote(5, 1, 0)]);
        let path = folder.path().join("00000000000000000000.log");
        let mut bytes = std::fs::read(&path).expect("just written");
        bytes[20] ^= 1;
        std::fs::write(&path, bytes).expect("a temporary folder");
        assert!(Ballots::default().read(folder.path()).is_err(), "a header that doesn't hold");
    }

    #[test]
    fn two_hashes_for_one_subject_are_a_contradiction_and_a_repeat_is_none() {
        let mut ballots = Ballots::default();
        let mut found = Vec::new();
        for record in [vote(5, 1, 0), vote(5, 1, 0), vote(5, 2, 1), vote(6, 2, 0)] {
            ballots.take(&record, &mut found);
        }
        assert!(found.is_empty(), "{found:?}");
        ballots.take(&vote(5, 9, 1), &mut found);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(ballots.read, 5);
        ballots.forget_below(BLOCKS_KEPT + 6);
        assert_eq!(ballots.said.len(), 1, "all but block 6 is forgotten");
    }
}
