//! Commit: everything that one certified block adds or changes, in one atomic batch.

use std::sync::PoisonError;

use parity_scale_codec::{Compact, Encode};
use rocksdb::{WriteBatch, WriteOptions};
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::header::Header;
use tierchain_primitives::ledger::{EntityBlock, MetaBlock};
use tierchain_primitives::ports::StateChange;
use tierchain_primitives::{BlockNumber, H256};

use super::columns::Column;
use super::{AUX_BEST, AUX_CALLER, AUX_LOWEST, Database, ledger};
use crate::fatal::fatal;

/// A block with all that follows from it. Genesis is block 0, with the genesis state as its changes.
#[derive(Clone, Debug)]
pub struct BlockCommit {
    /// Its hash.
    pub hash: H256,
    /// Its header.
    pub header: Header,
    /// Its extrinsics with their hashes, in order.
    pub extrinsics: Vec<(H256, Vec<u8>)>,
    /// A quorum's commits; none for genesis.
    pub certificate: Option<Certificate>,
    /// What its execution changed in the state, each key once.
    pub changes: Vec<StateChange>,
    /// Pages of the authenticated tree, written and removed.
    pub pages: Vec<StateChange>,
    /// Entity blocks derived in it, in order.
    pub entity_blocks: Vec<EntityBlock>,
    /// Meta blocks derived in it, in order.
    pub meta_blocks: Vec<MetaBlock>,
    /// Small records of the node's own, written and removed together with the block.
    pub aux: Vec<StateChange>,
}

impl BlockCommit {
    /// A commit of a block that changes nothing.
    #[must_use]
    pub fn new(header: Header) -> Self {
        Self {
            hash: header.hash(),
            header,
            extrinsics: Vec::new(),
            certificate: None,
            changes: Vec::new(),
            pages: Vec::new(),
            entity_blocks: Vec::new(),
            meta_blocks: Vec::new(),
            aux: Vec::new(),
        }
    }
}

impl Database {
    /// Commits the next block. Readers see all of it or nothing.
    ///
    /// # Panics
    /// When the block isn't the child of the newest one: only certified blocks come here, in order.
    pub fn commit(&self, block: &BlockCommit) {
        self.commit_with(block, &WriteOptions::default());
    }

    /// Commits the next block like [`Database::commit`], and costs one fsync: it and all before it are on stable storage
    /// before a reader sees any of it, because RocksDB syncs its log before it applies the batch.
    ///
    /// # Panics
    /// Like [`Database::commit`].
    pub fn commit_synced(&self, block: &BlockCommit) {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.commit_with(block, &options);
    }

    fn commit_with(&self, block: &BlockCommit, options: &WriteOptions) {
        let _guard = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
        self.assert_is_next(block);
        let mut batch = WriteBatch::default();
        self.put_chain(&mut batch, block);
        self.put_state(&mut batch, block);
        self.put_changes(&mut batch, Column::Nodes, &block.pages);
        self.put_ledger(&mut batch, block.header.number, &block.entity_blocks, &block.meta_blocks);
        self.put_aux_changes(&mut batch, &block.aux);
        let lowest = self.lowest_after(block);
        if lowest != self.horizon.lowest() {
            batch.put_cf(self.column(Column::Aux), AUX_LOWEST, lowest.encode());
        }
        self.write_with(batch, options);
        self.horizon.raise(lowest);
    }

    fn assert_is_next(&self, block: &BlockCommit) {
        let number = block.header.number;
        match self.best() {
            Some((best, hash)) => {
                assert_eq!(Some(number), best.checked_add(1), "blocks are committed in order");
                assert_eq!(block.header.parent_hash, hash, "block {number} isn't the child of the newest block");
            }
            None => assert_eq!(number, 0, "the first block committed is genesis"),
        }
    }

    fn put_chain(&self, batch: &mut WriteBatch, block: &BlockCommit) {
        let number = block.header.number;
        let key = number.to_be_bytes();
        batch.put_cf(self.column(Column::Headers), key, (block.hash, &block.header).encode());
        batch.put_cf(self.column(Column::Numbers), block.hash, number.encode());
        batch.put_cf(self.column(Column::Bodies), key, body(&block.extrinsics));
        if let Some(certificate) = &block.certificate {
            batch.put_cf(self.column(Column::Certificates), key, certificate.encode());
        }
        for (index, (hash, _)) in (0u32..).zip(&block.extrinsics) {
            batch.put_cf(self.column(Column::Extrinsics), hash, (number, index).encode());
        }
        batch.put_cf(self.column(Column::Aux), AUX_BEST, (number, block.hash).encode());
    }

    /// The latest values, and in `history` what they replace. Genesis replaces nothing that anybody could read.
    fn put_state(&self, batch: &mut WriteBatch, block: &BlockCommit) {
        let height = block.header.number;
        if height > 0 {
            let state = self.column(Column::State);
            let keys = block.changes.iter().map(|(key, _)| key);
            let replaced = self.db.batched_multi_get_cf(state, keys, false);
            for ((key, _), old) in block.changes.iter().zip(replaced) {
                let old = old.unwrap_or_else(|error| fatal("reading the database", error));
                let record = old.map_or_else(|| vec![0], |value| [&[1], &value[..]].concat());
                batch.put_cf(self.column(Column::History), history_key(key, height), record);
            }
        }
        self.put_changes(batch, Column::State, &block.changes);
    }

    pub(super) fn put_changes(&self, batch: &mut WriteBatch, column: Column, changes: &[StateChange]) {
        let column = self.column(column);
        for (key, value) in changes {
            match value {
                Some(value) => batch.put_cf(column, key, value),
                None => batch.delete_cf(column, key),
            }
        }
    }

    pub(super) fn put_ledger(
        &self,
        batch: &mut WriteBatch,
        height: BlockNumber,
        entities: &[EntityBlock],
        metas: &[MetaBlock],
    ) {
        let packed = ledger::pack(height, entities, metas);
        for (key, chunk) in packed.chunks {
            batch.put_cf(self.column(Column::Ledger), key, chunk);
        }
        for (key, run) in packed.index {
            batch.put_cf(self.column(Column::LedgerIndex), key, run.encode());
        }
    }

    pub(super) fn put_aux_changes(&self, batch: &mut WriteBatch, changes: &[StateChange]) {
        let column = self.column(Column::Aux);
        for (key, value) in changes {
            let key = [AUX_CALLER, key].concat();
            match value {
                Some(value) => batch.put_cf(column, key, value),
                None => batch.delete_cf(column, key),
            }
        }
    }

    /// The lowest height whose state stays readable with this block as the newest.
    fn lowest_after(&self, block: &BlockCommit) -> BlockNumber {
        let best = (block.header.number, time_of(&block.header));
        let mut lowest = self.horizon.lowest();
        while let Some(header) = self.header(lowest) {
            if lowest == best.0 || !self.horizon.retention().permits((lowest, time_of(&header)), best) {
                break;
            }
            lowest += 1;
        }
        lowest
    }
}

/// A block's time; 0 for a header without one, which only genesis may be.
fn time_of(header: &Header) -> u64 {
    header.pre_runtime().map_or(0, |pre_runtime| pre_runtime.timestamp)
}

/// SCALE of the list of extrinsics.
fn body(extrinsics: &[(H256, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Compact(u32::try_from(extrinsics.len()).expect("a block's extrinsics are bounded")).encode_to(&mut bytes);
    for (_, extrinsic) in extrinsics {
        extrinsic.encode_to(&mut bytes);
    }
    bytes
}

fn history_key(key: &[u8], height: BlockNumber) -> Vec<u8> {
    [key, &height.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::ValidatorIndex;
    use tierchain_primitives::header::PreRuntime;

    use super::super::Settings;
    use super::*;

    fn next(database: &Database) -> BlockCommit {
        let (number, parent) = database.best().map_or((0, H256::ZERO), |(number, hash)| (number + 1, hash));
        let timestamp = 1_000_000 + u64::from(number);
        let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp, executed: number.saturating_sub(1) };
        BlockCommit::new(Header::new(parent, number, H256([1; 32]), H256([2; 32]), pre))
    }

    /// How often RocksDB has synced its log, by its own count.
    fn syncs(database: &Database) -> u64 {
        let counts = database.db.property_value(c"rocksdb.dbstats").expect("readable").expect("RocksDB keeps counts");
        let line = counts.lines().find(|line| line.starts_with("Cumulative WAL")).expect("a line on the log");
        let of_log = line.split(", ").find_map(|part| part.strip_suffix(" syncs")).expect("how often it was synced");
        of_log.parse().expect("a number")
    }

    #[test]
    fn a_commit_waits_for_the_disk_where_it_is_asked_to_and_nowhere_else() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let database = Database::open(directory.path(), H256([7; 32]), Settings::default()).expect("a new one");
        let before = syncs(&database);
        (0..3).for_each(|_| database.commit(&next(&database)));
        assert_eq!(syncs(&database), before);
        database.commit_synced(&next(&database));
        assert_eq!((syncs(&database), database.best().map(|(number, _)| number)), (before + 1, Some(3)));
        database.commit(&next(&database));
        assert_eq!(syncs(&database), before + 1);
    }
}
