//! The connections of trackers: who has shown which key, and what they reported that isn't on the ledger yet.

use std::collections::BTreeMap;

use tierchain_primitives::AccountId;
use tierchain_primitives::ledger::{GuestReport, Uuid};
use tierchain_primitives::limits::GUEST_REPORTS_MAX;
use tokio::sync::mpsc::UnboundedSender;

use crate::channel::ToGuest;

/// Most reports that are kept for one server: a tracker keeps its own until they are taken, and says them again.
const REPORTS_MAX: usize = 1_024;

/// What a tracker's connection tells the host. A connection is known by the process at its other end.
#[derive(Debug)]
pub(crate) enum FromGuest {
    /// It said hello.
    Hello {
        /// The process.
        pid: u32,
        /// Its key.
        key: AccountId,
        /// Where to answer.
        out: UnboundedSender<ToGuest>,
    },
    /// It reports something.
    Report {
        /// The process.
        pid: u32,
        /// What.
        report: Box<GuestReport>,
    },
    /// No foundry has made its birth block yet.
    Waiting {
        /// The process.
        pid: u32,
        /// Why.
        reason: String,
    },
    /// No foundry will make its birth block.
    Unborn {
        /// The process.
        pid: u32,
        /// Why.
        reason: String,
    },
}

/// A connection that said hello.
#[derive(Debug)]
pub(crate) struct Guest {
    /// Its key.
    pub(crate) key: AccountId,
    /// Whether it was told that its server is announced.
    pub(crate) told: bool,
    out: UnboundedSender<ToGuest>,
}

impl Guest {
    /// Says something; to a connection that has ended in vain: the tracker connects again.
    pub(crate) fn say(&self, message: ToGuest) {
        let _ = self.out.send(message);
    }
}

/// All connections, and the reports of all servers.
#[derive(Debug, Default)]
pub(crate) struct Guests {
    by_pid: BTreeMap<u32, Guest>,
    reports: BTreeMap<Uuid, Reports>,
}

/// A server's reports that aren't decided.
#[derive(Debug, Default)]
struct Reports {
    /// By the tracker's number.
    waiting: BTreeMap<u64, GuestReport>,
    /// Below this number, an errand with them is on its way.
    sent: Option<u64>,
}

impl Guests {
    /// A tracker said hello. It may have connected before.
    pub(crate) fn on_hello(&mut self, pid: u32, key: AccountId, out: UnboundedSender<ToGuest>) {
        self.by_pid.insert(pid, Guest { key, told: false, out });
    }

    /// The connection of a process.
    pub(crate) fn of(&mut self, pid: u32) -> Option<&mut Guest> {
        self.by_pid.get_mut(&pid)
    }

    /// Forgets the connections of all other processes: their servers are gone.
    pub(crate) fn keep(&mut self, leaders: &[u32]) {
        self.by_pid.retain(|pid, _| leaders.contains(pid));
    }

    /// Keeps a report. One that there is no room for is said again by its tracker. Numbers go from 0 without gaps, so the
    /// last that there is, which has none after it, is no honest tracker's.
    pub(crate) fn add(&mut self, uuid: Uuid, report: GuestReport) {
        if report.event.number == u64::MAX {
            return;
        }
        let reports = self.reports.entry(uuid).or_default();
        if reports.waiting.len() < REPORTS_MAX {
            reports.waiting.entry(report.event.number).or_insert(report);
        }
    }

    /// Whether a server has reported something that isn't decided.
    pub(crate) fn has_reports(&self, uuid: Uuid) -> bool {
        self.reports.get(&uuid).is_some_and(|reports| !reports.waiting.is_empty() || reports.sent.is_some())
    }

    /// The next reports of a server to be sent, unless some are on their way.
    pub(crate) fn next(&mut self, uuid: Uuid) -> Option<Vec<GuestReport>> {
        let reports = self.reports.get_mut(&uuid).filter(|reports| reports.sent.is_none())?;
        let next: Vec<GuestReport> = reports.waiting.values().take(GUEST_REPORTS_MAX).cloned().collect();
        reports.sent = Some(next.last()?.event.number + 1);
        Some(next)
    }

    /// The reports on their way are decided; gives the number below which nothing is left to say.
    pub(crate) fn on_decided(&mut self, uuid: Uuid) -> Option<u64> {
        let reports = self.reports.get_mut(&uuid)?;
        let below = reports.sent.take()?;
        reports.waiting = reports.waiting.split_off(&below);
        Some(below)
    }

    /// Drops what a server reported that has ended.
    pub(crate) fn drop_reports(&mut self, uuid: Uuid) {
        self.reports.remove(&uuid);
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::H256;
    use tierchain_primitives::crypto::Signature;
    use tierchain_primitives::ledger::{Detail, Event, EventKind, Precision, ServerId};

    use super::*;

    const UUID: Uuid = Uuid([6; 16]);

    fn report(number: u64) -> GuestReport {
        let (server, event) = (ServerId { uuid: UUID, generation: 0 }, EventKind::GuestEvent { code: 2 });
        let (precision, meter, evidence, detail) = (Precision::Event, None, H256::ZERO, Detail(Vec::new()));
        let event = Event { server, number, occurred_at: 1, precision, event, meter, evidence, detail };
        GuestReport { event, signature: Signature::ZERO }
    }

    #[test]
    fn reports_are_carried_in_the_order_of_their_numbers_up_to_the_last_one_that_has_a_next() {
        let mut guests = Guests::default();
        [u64::MAX, u64::MAX - 1, 0].into_iter().for_each(|number| guests.add(UUID, report(number)));
        assert_eq!(guests.next(UUID), Some(vec![report(0), report(u64::MAX - 1)]));
        assert_eq!((guests.next(UUID), guests.on_decided(UUID)), (None, Some(u64::MAX)));
        assert!(!guests.has_reports(UUID));
    }
}
