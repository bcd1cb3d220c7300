//! Evidence that the node holds. What it says is for others to read; here it is bytes under an id.

use rocksdb::{IteratorMode, WriteBatch};

use super::Database;
use super::columns::Column;
use crate::fatal;

impl Database {
    /// Keeps evidence under its id.
    pub fn put_evidence(&self, id: &[u8], evidence: &[u8]) {
        let mut batch = WriteBatch::default();
        batch.put_cf(self.column(Column::Evidence), id, evidence);
        self.write(batch);
    }

    /// The evidence with this id.
    #[must_use]
    pub fn evidence(&self, id: &[u8]) -> Option<Vec<u8>> {
        self.get(Column::Evidence, id)
    }

    /// All evidence kept.
    pub fn all_evidence(&self) -> impl Iterator<Item = Vec<u8>> {
        let records = self.db.iterator_cf(self.column(Column::Evidence), IteratorMode::Start);
        records.map(|record| record.unwrap_or_else(|error| fatal("reading the database", error)).1.into_vec())
    }
}
