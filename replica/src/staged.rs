//! "Write before you speak", as types.
//!
//! A step gives a [`Staged`]: records, effects that promise something, and effects that promise nothing. What promises
//! can't be taken out of it; only [`Staged::persist`] turns it into a [`Durable`], and that writes and syncs the
//! records first. One sync covers all that one turn wants to say.

use tierchain_primitives::ports::LogDisk;

use crate::effect::Effect;
use crate::log::WriteAheadLog;

/// The write-ahead log, as far as a replica needs it. A log that can't write ends the process: after a failed sync
/// nobody knows what is on disk.
pub trait Log {
    /// Appends a record; it is on disk after the next [`Log::sync`].
    fn append(&mut self, record: &[u8]);
    /// Returns once everything appended is on disk.
    fn sync(&mut self);
}

impl<D: LogDisk> Log for WriteAheadLog<D> {
    fn append(&mut self, record: &[u8]) {
        Self::append(self, record);
    }

    fn sync(&mut self) {
        Self::sync(self);
    }
}

/// What a step wants written and said.
#[derive(Debug, Default)]
#[must_use = "nothing is said before it is persisted"]
pub struct Staged {
    records: Vec<Vec<u8>>,
    bound: Vec<Effect>,
    free: Vec<Effect>,
}

/// Effects that may leave: what they rest on is on disk.
#[derive(Debug, Default)]
pub struct Durable {
    effects: Vec<Effect>,
}

impl Staged {
    /// A record to be written.
    pub(crate) fn record(&mut self, record: Vec<u8>) {
        self.records.push(record);
    }

    /// An effect that rests on the records so far.
    pub(crate) fn bind(&mut self, effect: Effect) {
        self.bound.push(effect);
    }

    /// An effect that promises nothing.
    pub(crate) fn free(&mut self, effect: Effect) {
        self.free.push(effect);
    }

    /// Joins what a later step of the same turn staged, so that one sync covers both.
    pub fn join(&mut self, later: Self) {
        self.records.extend(later.records);
        self.bound.extend(later.bound);
        self.free.extend(later.free);
    }

    /// Takes the effects that promise nothing; they needn't wait for the disk.
    pub fn take_free(&mut self) -> Vec<Effect> {
        core::mem::take(&mut self.free)
    }

    /// Whether anything waits for the disk.
    #[must_use]
    pub fn needs_sync(&self) -> bool {
        !self.records.is_empty()
    }

    /// The size of the records in bytes.
    #[must_use]
    pub fn record_bytes(&self) -> usize {
        self.records.iter().map(Vec::len).sum()
    }

    /// Writes and syncs the records, and gives out what rests on them.
    pub fn persist(self, log: &mut impl Log) -> Durable {
        if self.needs_sync() {
            for record in &self.records {
                log.append(record);
            }
            log.sync();
        }
        let mut effects = self.free;
        effects.extend(self.bound);
        Durable { effects }
    }
}

impl Durable {
    /// The effects, to be performed in order.
    #[must_use]
    pub fn into_effects(self) -> Vec<Effect> {
        self.effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Spy {
        appended: usize,
        synced: usize,
    }

    impl Log for Spy {
        fn append(&mut self, _: &[u8]) {
            self.appended += 1;
        }

        fn sync(&mut self) {
            self.synced = self.appended;
        }
    }

    #[test]
    fn one_sync_covers_a_turn_and_comes_before_the_effects() {
        let mut staged = Staged::default();
        staged.record(vec![1]);
        staged.bind(Effect::WakeAt(1));
        let mut later = Staged::default();
        later.record(vec![2]);
        later.free(Effect::WakeAt(2));
        staged.join(later);
        let mut log = Spy::default();
        let durable = staged.persist(&mut log);
        assert_eq!((log.appended, log.synced), (2, 2));
        assert_eq!(durable.into_effects().len(), 2);
    }

    #[test]
    fn without_records_nothing_is_synced() {
        let mut log = Spy::default();
        let _ = Staged::default().persist(&mut log);
        assert_eq!(log.synced, 0);
    }
}
