//! Import: an empty database filled from a snapshot, which nobody reads before it is whole.
//!
//! It lies in a directory of its own until [`Import::finish`] has written its newest block and all of it is on stable
//! storage. One that is killed before is begun anew; so nothing is logged on the way, and nothing synced before the end.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use parity_scale_codec::Encode;
use rocksdb::{WriteBatch, WriteOptions};
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::header::Header;
use tierchain_primitives::ledger::{EntityBlock, MetaBlock};
use tierchain_primitives::ports::{NodeRead, StateChange, StateRead};
use tierchain_primitives::{BlockNumber, H256};

use super::columns::Column;
use super::{AUX_BEST, AUX_LOWEST, Database, DatabaseError, Settings};
use crate::fatal::fatal;

/// A database that is being filled.
pub struct Import {
    database: Database,
}

impl Import {
    /// Begins an empty database at `path`. What lies there is removed: it was never whole.
    ///
    /// # Errors
    /// [`DatabaseError`] when it can't be made.
    pub fn begin(path: &Path, genesis: H256, settings: Settings) -> Result<Self, DatabaseError> {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(DatabaseError::Open { path: path.to_owned(), reason: error.to_string() });
            }
            _ => {}
        }
        Ok(Self { database: Database::open(path, genesis, settings)? })
    }

    /// Writes headers with their hashes.
    pub fn put_headers(&self, headers: &[(H256, Header)]) {
        let mut batch = WriteBatch::default();
        for (hash, header) in headers {
            let key = header.number.to_be_bytes();
            batch.put_cf(self.database.column(Column::Headers), key, (hash, header).encode());
            batch.put_cf(self.database.column(Column::Numbers), hash, header.number.encode());
        }
        self.write(batch);
    }

    /// Writes the certificate of a block whose header is written.
    pub fn put_certificate(&self, certificate: &Certificate) {
        let mut batch = WriteBatch::default();
        let key = certificate.number.to_be_bytes();
        batch.put_cf(self.database.column(Column::Certificates), key, certificate.encode());
        self.write(batch);
    }

    /// Writes state, and the pages of its tree.
    pub fn put_state(&self, entries: &[(Vec<u8>, Vec<u8>)], pages: &[StateChange]) {
        let mut batch = WriteBatch::default();
        let state = self.database.column(Column::State);
        entries.iter().for_each(|(key, value)| batch.put_cf(state, key, value));
        self.database.put_changes(&mut batch, Column::Nodes, pages);
        self.write(batch);
    }

    /// Writes all ledger blocks of one height, each tier in order.
    pub fn put_ledger(&self, height: BlockNumber, entities: &[EntityBlock], metas: &[MetaBlock]) {
        let mut batch = WriteBatch::default();
        self.database.put_ledger(&mut batch, height, entities, metas);
        self.write(batch);
    }

    /// Ends the import: everything up to block `number` is there. Its state is the lowest that can be read. All of it
    /// is on stable storage when this returns.
    #[must_use]
    pub fn finish(self, number: BlockNumber, hash: H256, aux: &[StateChange]) -> Database {
        let database = self.database;
        for column in Column::ALL {
            database.db.flush_cf(database.column(column)).unwrap_or_else(|error| fatal("flushing the database", error));
        }
        let mut batch = WriteBatch::default();
        database.put_aux_changes(&mut batch, aux);
        batch.put_cf(database.column(Column::Aux), AUX_LOWEST, number.encode());
        batch.put_cf(database.column(Column::Aux), AUX_BEST, (number, hash).encode());
        database.write(batch);
        database.horizon.raise(number);
        let _ = database.flush_synced();
        database
    }

    fn write(&self, batch: WriteBatch) {
        let mut options = WriteOptions::default();
        options.disable_wal(true);
        let written = self.database.db.write_opt(batch, &options);
        written.unwrap_or_else(|error| fatal("writing the database", error));
    }
}

impl StateRead for Import {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        StateRead::get(&self.database, key)
    }
}

impl NodeRead for Import {
    fn page(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.database.page(key)
    }
}
