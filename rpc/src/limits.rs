//! How much one call may ask for.

use tierchain_primitives::limits::EXTRINSIC_BYTES_MAX;

/// Most blocks or list items of the ledger per call.
pub const LEDGER_ITEMS_MAX: usize = 256;

/// Most extrinsics per call of `audit_extrinsics`.
pub const AUDIT_EXTRINSICS_MAX: usize = 64;

/// Most keys per call of `state_getKeysPaged`, as Substrate's nodes have it.
pub const KEYS_PAGE_MAX: usize = 1_000;

/// Most keys per call of `state_queryStorageAt` and per storage subscription.
pub const KEYS_QUERY_MAX: usize = 1_000;

/// Most block numbers per call of `chain_getBlockHash`.
pub const BLOCK_HASHES_MAX: usize = 1_000;

/// Longest name of a runtime function in `state_call`.
pub const FUNCTION_NAME_BYTES_MAX: usize = 128;

/// Most bytes of arguments in `state_call`: the longest extrinsic, which `TaggedTransactionQueue_validate_transaction`
/// takes, and what stands around it.
pub const ARGUMENTS_BYTES_MAX: usize = EXTRINSIC_BYTES_MAX + 128;
