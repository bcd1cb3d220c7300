//! A view: the state as it was when the view was made, readable now and at every retained height.
//!
//! Keys follow Substrate's hashed layout, in which no storage key is a prefix of another one; the order of `history` by
//! key ‖ height rests on that.

use rocksdb::{Direction, IteratorMode, ReadOptions, Snapshot};
use tierchain_primitives::ports::{NodeRead, StateRead};
use tierchain_primitives::{BlockNumber, H256};

use super::columns::Column;
use super::{AUX_BEST, Database, HeightError, decode_own};
use crate::fatal::fatal;

/// The state at one moment. A long-lived view keeps old data on disk: make one per request.
pub struct View<'a> {
    database: &'a Database,
    snapshot: Snapshot<'a>,
}

impl<'a> View<'a> {
    pub(super) fn new(database: &'a Database) -> Self {
        Self { database, snapshot: database.db.snapshot() }
    }

    /// The newest block in this view.
    #[must_use]
    pub fn best(&self) -> Option<(BlockNumber, H256)> {
        self.get_in(Column::Aux, AUX_BEST).map(|bytes| decode_own(&bytes))
    }

    /// The value under `key` after block `height`.
    ///
    /// # Errors
    /// [`HeightError`] when that state isn't there any more, or not yet.
    pub fn state_at(&self, key: &[u8], height: BlockNumber) -> Result<Option<Vec<u8>>, HeightError> {
        self.check_not_future(height)?;
        let value = self.value_after(key, height);
        self.check_not_pruned(height)?;
        Ok(value)
    }

    /// Up to `count` storage keys that begin with `prefix` and come after `start_key`, in order: the latest state's, or
    /// those that had a value after block `height`.
    ///
    /// # Errors
    /// [`HeightError`] when that state isn't there any more, or not yet.
    pub fn keys_paged(
        &self,
        prefix: &[u8],
        count: usize,
        start_key: Option<&[u8]>,
        height: Option<BlockNumber>,
    ) -> Result<Vec<Vec<u8>>, HeightError> {
        let newest = self.best().map(|(number, _)| number);
        match height {
            Some(height) if Some(height) != newest => {
                self.check_not_future(height)?;
                let keys = self.keys_after(prefix, count, start_key, height);
                self.check_not_pruned(height)?;
                Ok(keys)
            }
            _ => Ok(self.keys_from(Column::State, prefix, start_key).take(count).collect()),
        }
    }

    /// All keys and values after block `height`, in order: one walk over the latest state and its history side by
    /// side. Whoever has taken what it needs asks [`Self::is_readable`] whether it counts.
    ///
    /// # Errors
    /// [`HeightError`] when that state isn't there any more, or not yet.
    pub fn entries_after(
        &self,
        height: BlockNumber,
    ) -> Result<impl Iterator<Item = (Vec<u8>, Vec<u8>)> + use<'a, '_>, HeightError> {
        self.is_readable(height)?;
        let mut latest = self.records(Column::State, &[], &[]).peekable();
        let mut history = self.records(Column::History, &[], &[]).peekable();
        Ok(std::iter::from_fn(move || {
            loop {
                let key = match (latest.peek(), history.peek()) {
                    (Some((key, _)), Some((record, _))) => key.as_ref().min(changed_key(record)).to_vec(),
                    (Some((key, _)), None) => key.to_vec(),
                    (None, Some((record, _))) => changed_key(record).to_vec(),
                    (None, None) => return None,
                };
                let newest = latest.next_if(|(found, _)| found.as_ref() == key).map(|(_, value)| value.into_vec());
                // The oldest record above the height says what was there before it.
                let mut then = None;
                while let Some((record, old)) = history.next_if(|(record, _)| changed_key(record) == key) {
                    if then.is_none() && height_of(&record) > height {
                        then = Some(old_value(&old));
                    }
                }
                if let Some(value) = then.unwrap_or(newest) {
                    return Some((key, value));
                }
            }
        }))
    }

    /// Whether the state after block `height` is there, and what was read of it whole.
    ///
    /// # Errors
    /// [`HeightError`] when it isn't there any more, or not yet.
    pub fn is_readable(&self, height: BlockNumber) -> Result<(), HeightError> {
        self.check_not_future(height)?;
        self.check_not_pruned(height)
    }

    /// The oldest history record above `height`, or else the latest value.
    fn value_after(&self, key: &[u8], height: BlockNumber) -> Option<Vec<u8>> {
        let Some(above) = height.checked_add(1) else { return self.get_in(Column::State, key) };
        let from = [key, &above.to_be_bytes()].concat();
        let mut records = self.records(Column::History, key, &from);
        match records.next() {
            Some((found, value)) if found.len() == from.len() => old_value(&value),
            _ => self.get_in(Column::State, key),
        }
    }

    /// Keys that have a value now or had one since, merged in order, those that had one after `height`.
    fn keys_after(&self, prefix: &[u8], count: usize, start_key: Option<&[u8]>, height: BlockNumber) -> Vec<Vec<u8>> {
        let mut latest = self.keys_from(Column::State, prefix, start_key).peekable();
        let mut changed = self.changed_keys(prefix, start_key).peekable();
        let mut keys = Vec::new();
        while keys.len() < count {
            let next = match (latest.peek(), changed.peek()) {
                (Some(left), Some(right)) => left.min(right).clone(),
                (Some(one), None) | (None, Some(one)) => one.clone(),
                (None, None) => break,
            };
            latest.next_if_eq(&next);
            while changed.next_if_eq(&next).is_some() {}
            if self.value_after(&next, height).is_some() {
                keys.push(next);
            }
        }
        keys
    }

    fn keys_from<'b>(
        &'b self,
        column: Column,
        prefix: &[u8],
        start_key: Option<&[u8]>,
    ) -> impl Iterator<Item = Vec<u8>> + use<'a, 'b> {
        let start = start_key.map(<[u8]>::to_vec);
        let from = start.clone().unwrap_or_default().max(prefix.to_vec());
        let keys = self.records(column, prefix, &from).map(|(key, _)| key.into_vec());
        keys.skip_while(move |key| start.as_ref() == Some(key))
    }

    /// Keys with history, each as often as it changed.
    fn changed_keys<'b>(
        &'b self,
        prefix: &[u8],
        start_key: Option<&[u8]>,
    ) -> impl Iterator<Item = Vec<u8>> + use<'a, 'b> {
        let start = start_key.map(<[u8]>::to_vec);
        let keys = self.keys_from(Column::History, prefix, start_key).filter_map(|mut record| {
            record.truncate(record.len().checked_sub(4)?);
            Some(record)
        });
        keys.skip_while(move |key| start.as_ref() == Some(key))
    }

    fn records<'b>(
        &'b self,
        column: Column,
        prefix: &[u8],
        from: &[u8],
    ) -> impl Iterator<Item = (Box<[u8]>, Box<[u8]>)> + use<'a, 'b> {
        let mut options = ReadOptions::default();
        if let Some(bound) = end_of_prefix(prefix) {
            options.set_iterate_upper_bound(bound);
        }
        let mode = IteratorMode::From(from, Direction::Forward);
        let records = self.snapshot.iterator_cf_opt(self.database.column(column), options, mode);
        records.map(|record| record.unwrap_or_else(|error| fatal("reading the database", error)))
    }

    fn get_in(&self, column: Column, key: &[u8]) -> Option<Vec<u8>> {
        let value = self.snapshot.get_cf(self.database.column(column), key);
        value.unwrap_or_else(|error| fatal("reading the database", error))
    }

    fn check_not_future(&self, height: BlockNumber) -> Result<(), HeightError> {
        let best = self.best().map(|(number, _)| number);
        if best.is_some_and(|best| height <= best) { Ok(()) } else { Err(HeightError::Future { height, best }) }
    }

    /// Checked after reading: compaction drops history without regard to snapshots, so what was read counts only if
    /// the height is still retained now.
    fn check_not_pruned(&self, height: BlockNumber) -> Result<(), HeightError> {
        let lowest = self.database.lowest_state_height();
        if height >= lowest { Ok(()) } else { Err(HeightError::Pruned { height, lowest }) }
    }
}

impl NodeRead for View<'_> {
    fn page(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get_in(Column::Nodes, key)
    }
}

impl StateRead for View<'_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get_in(Column::State, key)
    }
}

/// The storage key of a history record.
fn changed_key(record: &[u8]) -> &[u8] {
    &record[..record.len().saturating_sub(4)]
}

/// The block that a history record is of.
fn height_of(record: &[u8]) -> BlockNumber {
    record.last_chunk().map_or(0, |bytes| BlockNumber::from_be_bytes(*bytes))
}

/// The value in a history record: 0 for none, 1 ‖ value otherwise.
fn old_value(record: &[u8]) -> Option<Vec<u8>> {
    match record.split_first() {
        Some((1, value)) => Some(value.to_vec()),
        _ => None,
    }
}

/// The first key after all that begin with `prefix`; none if there is no such key.
fn end_of_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut end = prefix[..=kept].to_vec();
    end[kept] += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_the_next_key_that_lacks_it() {
        let cases: [(&[u8], Option<&[u8]>); 4] =
            [(b"a", Some(b"b")), (b"a\xff", Some(b"b")), (b"\xff\xff", None), (b"", None)];
        for (prefix, end) in cases {
            assert_eq!(end_of_prefix(prefix).as_deref(), end, "{prefix:?}");
        }
    }
}
