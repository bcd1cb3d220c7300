//! Letting go of what is settled: the host knows whether anything of a life may still be asked for.

use tierchain_primitives::numbers::Micros;
use tierchain_runtime::directives::DirectiveId;

use super::book::{Life, Written};
use super::{Host, HostError};
use crate::driver::Driver;
use crate::feed::Fed;
use crate::record::LifeId;

/// How long a birth may still come for a server that ended unborn: its tracker is gone, so only what a foundry has by then
/// can lead to one. Should it come even later, the chain is one of a silent host, which foundries end.
const UNBORN_KEPT_US: Micros = 3_600_000_000;

impl<D: Driver> Host<D> {
    /// Archives settled lives when so many bytes of the event log are theirs.
    pub(crate) fn archive_at(&mut self, bytes: u64) {
        self.intake.limits.bytes = bytes;
    }

    /// Finds what is settled, and archives some of it where that is due.
    pub(super) fn let_go(&mut self, now: Micros) -> Result<(), HostError> {
        self.note_unborn(now);
        self.note_left();
        let anchored: Vec<LifeId> = self.anchored.iter().copied().collect();
        for life in anchored {
            if !self.is_of_use(life) {
                self.anchored.remove(&life);
                self.intake.settle(life);
            }
        }
        self.awaited.retain(|id, _| self.open.contains_key(id));
        let gone = self.intake.compact()?;
        if !gone.is_empty() {
            self.places.retain(|life, _| !gone.contains(life));
            self.unwanted.retain(|life, _| !gone.contains(life));
            self.unborn.retain(|life, _| !gone.contains(life));
            self.outgoing.push_back(Fed::Gone(gone));
        }
        Ok(())
    }

    /// A server that ended while the ledger waited for its birth is settled when that can't come any more.
    fn note_unborn(&mut self, now: Micros) {
        let places = &self.places;
        let is_unborn = |life: &&Life| !life.is_living() && places.get(&life.id).is_some_and(|place| !place.born);
        let unborn: Vec<LifeId> = self.intake.book.lives().filter(is_unborn).map(|life| life.id).collect();
        self.unborn.retain(|life, _| unborn.contains(life));
        for life in unborn {
            let since = *self.unborn.entry(life).or_insert(now);
            if now.saturating_sub(since) > UNBORN_KEPT_US && !self.is_of_use(life) {
                self.intake.settle(life);
            }
        }
    }

    /// A server that is at another host is that one's: nothing of this life is to be said any more.
    fn note_left(&mut self) {
        let has_left = |life: &&Life| matches!(life.state, Written::Left(_)) && !self.intake.is_settled(&life.id);
        let left: Vec<LifeId> = self.intake.book.lives().filter(has_left).map(|life| life.id).collect();
        for life in left {
            if !self.is_of_use(life) {
                self.intake.settle(life);
            }
        }
    }

    /// Whether a directive or the driver has something of an ended life. Those that are no server's newest can't be asked
    /// for any more.
    fn is_of_use(&self, id: LifeId) -> bool {
        if !self.has_read {
            return true;
        }
        let Some(life) = self.intake.book.life(id.uuid).filter(|life| life.id == id) else { return false };
        let by = match life.state {
            Written::Destroyed(by) | Written::Left(by) => by,
            _ => return true,
        };
        let is_there = self.seen.get(&id.uuid).is_some_and(|seen| seen.directive == life.directive);
        is_there || self.may_come(life.directive) || self.may_come(by)
    }

    /// Whether this host may have to act on a directive, again or for the first time.
    fn may_come(&self, id: DirectiveId) -> bool {
        self.open.contains_key(&id) || self.journal.is_undecided(id)
    }
}
