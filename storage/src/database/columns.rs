//! The columns and how RocksDB keeps each.

use rocksdb::compaction_filter::Decision;
use rocksdb::{BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, Options};

use super::Settings;
use super::horizon::Horizon;

/// One table of the database. Numbers in keys are big endian, so that they sort.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Column {
    /// Storage key -> latest value.
    State,
    /// Storage key ‖ height -> the value before the block of that height: 0, or 1 ‖ value.
    History,
    /// The authenticated tree's pages, latest.
    Nodes,
    /// Number -> hash ‖ header.
    Headers,
    /// Block hash -> number.
    Numbers,
    /// Number -> list of extrinsics.
    Bodies,
    /// Number -> certificate.
    Certificates,
    /// Extrinsic hash -> number, index.
    Extrinsics,
    /// Height ‖ chunk -> ledger blocks derived in that block.
    Ledger,
    /// Chain or meta-chain ‖ number -> place in `Ledger` of that block and those that follow it there.
    LedgerIndex,
    /// Id -> evidence of a validator's fault.
    Evidence,
    /// The node's own small records.
    Aux,
}

impl Column {
    pub(super) const ALL: [Self; 12] = [
        Self::State,
        Self::History,
        Self::Nodes,
        Self::Headers,
        Self::Numbers,
        Self::Bodies,
        Self::Certificates,
        Self::Extrinsics,
        Self::Ledger,
        Self::LedgerIndex,
        Self::Evidence,
        Self::Aux,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::History => "history",
            Self::Nodes => "nodes",
            Self::Headers => "headers",
            Self::Numbers => "numbers",
            Self::Bodies => "bodies",
            Self::Certificates => "certificates",
            Self::Extrinsics => "extrinsics",
            Self::Ledger => "ledger",
            Self::LedgerIndex => "ledger_index",
            Self::Evidence => "evidence",
            Self::Aux => "aux",
        }
    }

    /// Whether keys are read one by one in no order: a filter then saves reading blocks that don't have the key.
    fn is_random_access(self) -> bool {
        matches!(self, Self::State | Self::Nodes | Self::Numbers | Self::Extrinsics | Self::Aux)
    }
}

/// What all columns share.
pub(super) struct Shared {
    pub(super) cache: Cache,
    write_buffer_bytes: usize,
}

impl Shared {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            cache: Cache::new_lru_cache(settings.cache_bytes),
            write_buffer_bytes: (settings.write_buffer_bytes / 3).max(1024 * 1024),
        }
    }
}

/// Options of the database as a whole.
pub(super) fn options(settings: &Settings) -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_db_write_buffer_size(settings.write_buffer_bytes);
    // The log is replayed at every start: this bounds how long that takes.
    options.set_max_total_wal_size(settings.write_buffer_bytes as u64);
    options.set_max_open_files(settings.open_files_max);
    options.set_max_background_jobs(2);
    // Spreads what flushes and compactions write, so that the vote log's syncs don't queue behind all of it.
    options.set_bytes_per_sync(1024 * 1024);
    options.set_wal_bytes_per_sync(1024 * 1024);
    options.set_keep_log_file_num(4);
    options.set_max_log_file_size(4 * 1024 * 1024);
    options
}

/// A column with its options.
pub(super) fn descriptor(column: Column, shared: &Shared, horizon: &Horizon) -> ColumnFamilyDescriptor {
    let mut options = Options::default();
    options.set_block_based_table_factory(&table(column, shared));
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(shared.write_buffer_bytes);
    options.set_max_write_buffer_number(3);
    options.set_level_compaction_dynamic_level_bytes(true);
    if column == Column::History {
        let prunable = horizon.prunable();
        options.set_compaction_filter(
            "history",
            move |_, key, _| {
                if prunable.drops(key) { Decision::Remove } else { Decision::Keep }
            },
        );
    }
    ColumnFamilyDescriptor::new(column.name(), options)
}

fn table(column: Column, shared: &Shared) -> BlockBasedOptions {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(&shared.cache);
    // Indices and filters live in the cache too, or memory would grow with the chain.
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_format_version(6);
    if column.is_random_access() {
        table.set_bloom_filter(10.0, false);
        table.set_block_size(4 * 1024);
    } else {
        table.set_block_size(16 * 1024);
    }
    table
}
