//! Every bound of the system in one place: a byte from outside is measured against one of these before it is decoded.

/// Blocks in flight: block s may be proposed once s - [`WINDOW`] is certified.
pub const WINDOW: u32 = 8;

/// Most validators of one set.
pub const VALIDATORS_MAX: usize = 100;

/// Most digest items of a header.
pub const DIGEST_ITEMS_MAX: u32 = 8;

/// Most bytes of one digest item (a validator set of [`VALIDATORS_MAX`] fits).
pub const DIGEST_ITEM_BYTES_MAX: u32 = 8 * 1024;

/// Most bytes of one extrinsic, its length prefix included: a batch of [`BATCH_EVENTS_MAX`] events with the longest
/// details fits.
pub const EXTRINSIC_BYTES_MAX: usize = 384 * 1024;

/// Most extrinsics of one bundle.
pub const BUNDLE_EXTRINSICS_MAX: usize = 4_096;

/// Most bytes of one bundle's extrinsics together.
pub const BUNDLE_BYTES_MAX: usize = 1024 * 1024;

/// Most bundles that one proposal names.
pub const PROPOSAL_BUNDLES_MAX: usize = 512;

/// Most extrinsics of one block.
pub const BLOCK_EXTRINSICS_MAX: usize = 8_192;

/// Most bytes of one block's extrinsics together.
pub const BLOCK_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most weight of one block, in microseconds of execution on the reference machine.
pub const BLOCK_WEIGHT_MAX: u64 = 400_000;

/// Most events of one `append_batch`.
pub const BATCH_EVENTS_MAX: usize = 256;

/// Most bytes of an event's detail.
pub const DETAIL_BYTES_MAX: usize = 1_024;

/// Most bytes of a remark.
pub const REMARK_BYTES_MAX: usize = 64 * 1024;

/// Most bytes of an ETSI identifier.
pub const IDENTIFIER_BYTES_MAX: usize = 64;

/// Most relations that an announcement declares.
pub const RELATIONS_DECLARED_MAX: usize = 4;

/// Most reports of one `append_guest`: each has a signature of its own to check.
pub const GUEST_REPORTS_MAX: usize = 64;

/// Most labels of a host.
pub const HOST_LABELS_MAX: usize = 8;

/// How far ahead of the account's next nonce an extrinsic may be and still wait in the pool.
pub const NONCE_AHEAD_MAX: u32 = 256;

/// Number of block hashes the runtime remembers: the longest era.
pub const BLOCK_HASH_COUNT: u32 = 65_536;

/// Most leading zero bits a block nonce can be asked for.
pub const BLOCK_NONCE_BITS_MAX: u8 = 16;

/// How many content hashes are kept per writer and server, to tell a repeat from a conflict.
pub const REPEATS_KEPT: u64 = 256;

/// Ledger blocks of one part: storage packs those of a block of the network into parts of so many, and snapshots are
/// cut between parts.
pub const LEDGER_PART_BLOCKS: usize = 64;
