//! What the tracker saw: numbered from 0, signed, and on the server's disk before it is said.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use parity_scale_codec::Encode;
use tierchain_primitives::H256;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::{BirthRequest, Detail, Event, EventKind, GuestReport, Precision};
use tierchain_primitives::limits::REPEATS_KEPT;
use tierchain_primitives::numbers::Micros;

use super::workload::Change;
use crate::append_log::{AppendLog, LogError};
use crate::channel::scale;

/// Most bytes at the end of a file of reports that are looked at: each has less than 4 KiB.
const LEFT_BYTES_MAX: u64 = REPEATS_KEPT * 4 * 1024;

/// No server reaches this number. A host that names a higher one lies: after the last there would be no next.
const NUMBER_MAX: u64 = u64::MAX / 2;

/// All reports of one server.
pub(super) struct Reports {
    log: AppendLog,
    next: u64,
    latest: Micros,
    untaken: BTreeMap<u64, GuestReport>,
}

impl Reports {
    /// Opens the file. Which of its reports are on the ledger isn't known: the newest are said again, as many as the
    /// ledger itself can tell from others.
    ///
    /// # Errors
    /// [`LogError`].
    pub(super) fn open(path: &Path) -> Result<Self, LogError> {
        let (log, lines) = AppendLog::open(path)?;
        let (mut next, mut latest, mut untaken) = (0, 0, BTreeMap::new());
        for report in lines.iter().filter_map(|line| scale::<GuestReport>(line)) {
            next = report.event.number + 1;
            latest = report.event.occurred_at;
            untaken.insert(report.event.number, report);
        }
        let untaken = untaken.split_off(&next.saturating_sub(REPEATS_KEPT));
        Ok(Self { log, next, latest, untaken })
    }

    /// What was reported where the server was before, none of which is here: numbers and times go on. It is the host
    /// that says so, and what can't be is not believed.
    pub(super) fn go_on_from(&mut self, next: u64, latest: Micros) {
        if next > NUMBER_MAX {
            tracing::warn!(
                next,
                "the host names a number of reports that no server reaches; the count goes on as it was"
            );
            return;
        }
        (self.next, self.latest) = (self.next.max(next), self.latest.max(latest));
    }

    /// Signs a change with the next number; it is on disk when this returns.
    ///
    /// # Errors
    /// [`LogError`].
    pub(super) fn add(
        &mut self,
        key: &KeyPair,
        genesis: &H256,
        life: &BirthRequest,
        at: Micros,
        change: &Change,
    ) -> Result<GuestReport, LogError> {
        let words = change.words();
        let event = Event {
            server: life.server,
            number: self.next,
            // A clock that was set back doesn't turn a life around.
            occurred_at: at.max(self.latest).max(life.occurred_at),
            precision: Precision::Event,
            event: EventKind::GuestEvent { code: change.code() },
            meter: None,
            evidence: sha256(&[words.as_bytes()]),
            detail: Detail(words.into_bytes()),
        };
        let signature = key.sign(&event.guest_signed_bytes(genesis));
        let report = GuestReport { event, signature };
        self.log.append(&hex::encode(report.encode()))?;
        (self.next, self.latest) = (report.event.number + 1, report.event.occurred_at);
        self.untaken.insert(report.event.number, report.clone());
        Ok(report)
    }

    /// The ledger has decided on all below a number.
    pub(super) fn on_taken(&mut self, below: u64) {
        self.untaken = self.untaken.split_off(&below);
    }

    /// What isn't known to be decided.
    pub(super) fn untaken(&self) -> impl Iterator<Item = &GuestReport> {
        self.untaken.values()
    }
}

/// The newest of what a tracker that runs no more has signed: as many as the ledger itself can tell from others.
///
/// # Errors
/// When the file is there and can't be read.
pub(crate) fn left_in(path: &Path) -> io::Result<Vec<GuestReport>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LEFT_BYTES_MAX)))?;
    let mut bytes = Vec::new();
    file.take(LEFT_BYTES_MAX).read_to_end(&mut bytes)?;
    // The first line may have been cut, and the last one torn.
    let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| scale(std::str::from_utf8(line).ok()?));
    let all: Vec<GuestReport> = lines.collect();
    let first = all.len().saturating_sub(usize::try_from(REPEATS_KEPT).unwrap_or(usize::MAX));
    Ok(all[first..].to_vec())
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::crypto::verify_zip215;
    use tierchain_primitives::ledger::{ServerId, Uuid};

    use super::*;

    #[test]
    fn numbers_go_on_after_a_restart_and_untaken_ones_are_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("reports");
        let (key, genesis) = (KeyPair::from_seed(&[1; 32]), H256([2; 32]));
        let server = ServerId { uuid: Uuid([3; 16]), generation: 1 };
        let (evidence, precision) = (H256::ZERO, Precision::Event);
        let life = BirthRequest { server, occurred_at: 50, precision, evidence, previous: None };
        let mut reports = Reports::open(&path).expect("a new file");
        let up = Change::Up { pid: 7 };
        let times =
            [40, 60, 55].map(|at| reports.add(&key, &genesis, &life, at, &up).expect("written").event.occurred_at);
        assert_eq!(times, [50, 60, 60], "never before the birth, never back");
        reports.on_taken(2);
        assert_eq!(reports.untaken().map(|report| report.event.number).collect::<Vec<_>>(), [2]);
        drop(reports);
        let mut reports = Reports::open(&path).expect("it opens");
        assert_eq!(reports.untaken().count(), 3);
        let next = reports.add(&key, &genesis, &life, 70, &up).expect("written");
        assert_eq!(next.event.number, 3);
        let left = left_in(&path).expect("it can be read");
        assert_eq!(left.iter().map(|report| report.event.number).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(left_in(&folder.path().join("none")).expect("nothing").len(), 0);

        // The server goes on at another host, whose tracker knows none of it.
        let mut elsewhere = Reports::open(&folder.path().join("elsewhere")).expect("a new file");
        elsewhere.go_on_from(u64::MAX, 90);
        elsewhere.go_on_from(4, 70);
        let event = elsewhere.add(&key, &genesis, &life, 65, &up).expect("written").event;
        assert_eq!((event.number, event.occurred_at), (4, 70));
        assert!(verify_zip215(&key.public(), &next.event.guest_signed_bytes(&genesis), &next.signature));
    }
}
