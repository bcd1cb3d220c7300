//! What the database takes of memory and disk, for metrics.

use std::fs;

use super::Database;
use super::columns::Column;
use crate::fatal::fatal;

/// A measurement of the database.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DatabaseUsage {
    /// All files together.
    pub disk_bytes: u64,
    /// Written and not yet flushed.
    pub memtable_bytes: u64,
    /// Read from disk and kept.
    pub cache_bytes: u64,
    /// Indices and filters outside of the cache.
    pub table_reader_bytes: u64,
    /// What compaction still has to rewrite: it falls behind when this keeps growing.
    pub pending_compaction_bytes: u64,
}

impl Database {
    /// Measures memory and disk.
    #[must_use]
    pub fn usage(&self) -> DatabaseUsage {
        DatabaseUsage {
            disk_bytes: self.disk_bytes(),
            memtable_bytes: self.sum(c"rocksdb.cur-size-all-mem-tables"),
            cache_bytes: self.shared.cache.get_usage() as u64,
            table_reader_bytes: self.sum(c"rocksdb.estimate-table-readers-mem"),
            pending_compaction_bytes: self.sum(c"rocksdb.estimate-pending-compaction-bytes"),
        }
    }

    /// Bytes of all files of the database. A file that compaction removes meanwhile counts as nothing.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        entries.map(|entry| entry.metadata().map_or(0, |metadata| metadata.len())).sum()
    }

    /// Flushes and compacts everything, pruned history included: for maintenance and measurements, it takes its time.
    pub fn compact(&self) {
        for column in Column::ALL {
            let column = self.column(column);
            self.db.flush_cf(column).unwrap_or_else(|error| fatal("flushing the database", error));
            self.db.compact_range_cf(column, None::<&[u8]>, None::<&[u8]>);
        }
    }

    fn sum(&self, property: &std::ffi::CStr) -> u64 {
        let of = |column| self.db.property_int_value_cf(self.column(column), property);
        Column::ALL.into_iter().filter_map(|column| of(column).ok().flatten()).sum()
    }
}
