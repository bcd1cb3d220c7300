//! Write before you speak, and nobody contradicts himself, not even across restarts: one proposal, prepare, commit per
//! view and number, one VIEW-CHANGE and NEW-VIEW per view, prepares of a view ascending, no new vote below a VIEW-CHANGE;
//! and whatever is said, was on disk before, with what it rests on: a proposal and a prepare with the block's body (unless
//! the member followed to that block), a commit with a prepared certificate that covers it. What a lost log held still
//! counts: whoever rejoins contradicts nothing of it.
//!
//! design.md 5, rules R1, R3 and R5, "Never twice"; design.md 3, the table of what is on disk before what leaves.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_consensus::{Message, Record as Said, Statement, Subject};
use tierchain_primitives::certificate::SignedKind;
use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};
use tierchain_replica::Record;

use super::agreement::Agreement;
use super::{Check, Violation};

/// What one member has on disk.
#[derive(Debug, Default)]
struct Written {
    statements: BTreeMap<Subject, H256>,
    /// The highest view of each epoch that it promised to enter.
    promised: BTreeMap<Epoch, View>,
    /// The highest number prepared in each view.
    prepared: BTreeMap<(Epoch, View), BlockNumber>,
    /// The highest number with a prepared certificate of each view.
    certified_prepared: BTreeMap<(Epoch, View), BlockNumber>,
    /// Blocks with certificates.
    certified: BTreeSet<(BlockNumber, H256)>,
    /// Blocks with bodies, in the log.
    bodies: BTreeSet<H256>,
    /// The newest block that the database has on stable storage, bodies and all before it included.
    stored: BlockNumber,
    /// The newest block that became final to it while it followed: who certified it has the body on disk.
    followed: BlockNumber,
}

#[derive(Debug, Default)]
pub(super) struct Promises {
    written: BTreeMap<usize, Written>,
}

impl Promises {
    /// A validator's log is gone, and with it what its words rested on. What it promised still binds it.
    pub(super) fn on_log_lost(&mut self, who: usize) {
        let written = self.written.entry(who).or_default();
        written.certified_prepared.clear();
        written.certified.clear();
        written.bodies.clear();
    }

    /// A member's database has all blocks up to this one on stable storage.
    pub(super) fn on_stored(&mut self, who: usize, number: BlockNumber) {
        self.written.entry(who).or_default().stored = number;
    }

    /// A member comes back with a database that has all blocks up to this one.
    pub(super) fn on_restart(&mut self, who: usize, stored: BlockNumber) {
        let written = self.written.entry(who).or_default();
        (written.stored, written.followed) = (stored, stored);
    }

    /// A block is final to a member that doesn't vote.
    pub(super) fn on_followed(&mut self, who: usize, number: BlockNumber) {
        self.written.entry(who).or_default().followed = number;
    }

    /// A record is on disk; one that was written before says nothing new.
    pub(super) fn on_written(
        &mut self,
        who: usize,
        record: &Record,
        place: impl Fn(Epoch) -> Option<ValidatorIndex>,
    ) -> Check {
        let written = self.written.entry(who).or_default();
        let record = match record {
            Record::Consensus(record) => record,
            Record::Block { header, .. } => {
                written.bodies.insert(header.hash());
                return Ok(());
            }
            Record::Pooled { .. } | Record::Rejoin { .. } | Record::Epoch(_) => return Ok(()),
        };
        match record {
            Said::Certified(it) => drop(written.certified.insert((it.number, it.hash))),
            Said::Prepared(it) => {
                let highest = written.certified_prepared.entry((it.epoch, it.view)).or_default();
                *highest = it.number.max(*highest);
            }
            _ => {}
        }
        let own = Statement::of_record(record).filter(|it| place(it.subject.epoch) == Some(it.subject.signer));
        let check = own.map_or(Ok(()), |statement| written.state(statement));
        check.map_err(|why| Violation::new("promises", format!("member {who} writes {record:?}: {why}")))
    }

    /// Others' messages may be passed on; its own, of this place, must be on disk.
    pub(super) fn on_said(
        &mut self,
        who: usize,
        me: ValidatorIndex,
        message: &Message,
        agreement: &Agreement,
    ) -> Check {
        let Some(said) = Statement::of_message(message).filter(|it| it.subject.signer == me) else { return Ok(()) };
        let written = self.written.entry(who).or_default();
        let check = written.permits(&said, agreement);
        check.map_err(|why| Violation::new("promises", format!("member {who} says {said:?}, and {why}")))
    }

    /// A block is final to a voter: its certificate must be on disk.
    pub(super) fn on_final(&mut self, who: usize, number: BlockNumber, hash: H256) -> Check {
        if self.written.entry(who).or_default().certified.contains(&(number, hash)) {
            return Ok(());
        }
        let what = format!("block {number} is final to member {who}, and its certificate isn't on disk");
        Err(Violation::new("promises", what))
    }
}

impl Written {
    /// Whether all that a statement rests on is there.
    fn permits(&self, said: &Statement, agreement: &Agreement) -> Result<(), String> {
        let Subject { epoch, kind, view, number, .. } = said.subject;
        let written = self.statements.get(&said.subject);
        if written != Some(&said.hash) {
            return Err(format!("on disk is {written:?}"));
        }
        match kind {
            SignedKind::Proposal | SignedKind::Prepare
                if !self.bodies.contains(&said.hash) && !self.needs_no_body(number, &said.hash, agreement) =>
            {
                Err("the block's body isn't on disk".into())
            }
            SignedKind::Commit if self.certified_prepared.get(&(epoch, view)) < Some(&number) => {
                Err("no prepared certificate that covers it is on disk".into())
            }
            _ => Ok(()),
        }
    }

    /// Whether a block is final, and in the database or on its way there: one that was fetched while the member followed
    /// was never in its log, and is prepared again where a view begins on it. Those who certified it have its body on
    /// disk, so that nothing rests on this member's.
    fn needs_no_body(&self, number: BlockNumber, hash: &H256, agreement: &Agreement) -> bool {
        number <= self.stored.max(self.followed) && agreement.hash(number) == Some(*hash)
    }

    fn state(&mut self, Statement { subject, hash }: Statement) -> Result<(), String> {
        let Subject { epoch, kind, view, number, .. } = subject;
        match self.statements.insert(subject, hash) {
            Some(known) if known == hash => return Ok(()),
            Some(known) => return Err(format!("it wrote {known} before")),
            None => {}
        }
        let is_vote = matches!(kind, SignedKind::Prepare | SignedKind::Commit);
        let promised = self.promised.entry(epoch).or_default();
        if is_vote && view < *promised {
            return Err(format!("it had left for view {promised}"));
        }
        if kind == SignedKind::ViewChange {
            *promised = view.max(*promised);
        }
        if kind == SignedKind::Prepare {
            let highest = self.prepared.entry((epoch, view)).or_default();
            if number <= *highest {
                return Err(format!("it had prepared block {highest} in this view"));
            }
            *highest = number;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(written: &mut Written, kind: SignedKind, view: u64, number: u32, hash: u8) -> bool {
        let subject = Subject { epoch: Epoch(0), signer: ValidatorIndex(0), kind, view: View(view), number };
        written.state(Statement { subject, hash: H256([hash; 32]) }).is_ok()
    }

    #[test]
    fn a_prepare_rests_on_a_body_in_the_log_or_in_the_database_or_on_a_certificate() {
        let (mut promises, mut agreement) = (Promises::default(), Agreement::default());
        agreement.on_final(0, 5, H256([1; 32])).expect("the first");
        let written = promises.written.entry(0).or_default();
        for (number, hash) in [(5, 1), (6, 2), (4, 3)] {
            assert!(state(written, SignedKind::Prepare, u64::from(hash), number, hash));
        }
        let may_say = |promises: &Promises, number: u32, hash: u8| {
            let (epoch, signer, view) = (Epoch(0), ValidatorIndex(0), View(u64::from(hash)));
            let subject = Subject { epoch, signer, kind: SignedKind::Prepare, view, number };
            promises.written[&0].permits(&Statement { subject, hash: H256([hash; 32]) }, &agreement).is_ok()
        };
        promises.on_followed(0, 5);
        assert!(may_say(&promises, 5, 1), "it is final to whoever followed");
        promises.on_restart(0, 4);
        assert!(!may_say(&promises, 5, 1), "that was lost");
        promises.on_stored(0, 5);
        assert!(may_say(&promises, 5, 1), "it is final, and stored");
        assert!(!may_say(&promises, 6, 2), "above what is stored");
        assert!(!may_say(&promises, 4, 3), "another one than is final");
    }

    #[test]
    fn a_contradiction_is_seen_and_a_repeat_is_not_one() {
        let mut written = Written::default();
        assert!(state(&mut written, SignedKind::Prepare, 1, 5, 1));
        assert!(state(&mut written, SignedKind::Prepare, 1, 5, 1), "a repeat");
        assert!(!state(&mut written, SignedKind::Prepare, 1, 5, 2), "another block");
        assert!(!state(&mut written, SignedKind::Prepare, 1, 4, 1), "downwards");
        assert!(state(&mut written, SignedKind::ViewChange, 3, 0, 0));
        assert!(!state(&mut written, SignedKind::Commit, 2, 9, 0), "below a promise");
    }
}
