//! How much one call may ask for.

/// Most blocks or list items of the ledger per call.
pub const LEDGER_ITEMS_MAX: usize = 256;

/// Most keys per call of `state_getKeysPaged`, as Substrate's nodes have it.
pub const KEYS_PAGE_MAX: usize = 1_000;

/// Most keys per call of `state_queryStorageAt` and per storage subscription.
pub const KEYS_QUERY_MAX: usize = 1_000;

/// Most block numbers per call of `chain_getBlockHash`.
pub const BLOCK_HASHES_MAX: usize = 1_000;
