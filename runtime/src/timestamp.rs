//! `timestamp` (1): the block's time, as its header says it.

use tierchain_primitives::numbers::Millis;

use crate::metadata::Module;
use crate::storage::{Overlay, Value};

/// The module's index.
pub const INDEX: u8 = 1;

// Storage.

/// Time of the block that made this state, in milliseconds since the Unix epoch.
pub const NOW: Value<Millis> = Value::new("Timestamp", "Now");

/// Half the distance of two blocks that clients are to reckon with, in milliseconds.
///
/// polkadot-js signs for 5 minutes of it and 5 blocks, rounded up to a power of two: 3,755 blocks, so 4,096. Over 4,096
/// an era's phase is coarser than a block, and polkadot-js then signs the hash of another block than the era names.
pub const MINIMUM_PERIOD: u64 = 40;

// Metadata.

/// What clients are told about this module.
pub(crate) fn metadata() -> Module {
    Module::new(INDEX, "Timestamp", "The block's time, as its header says it.")
        .storage([NOW.entry("Time of the block that made this state, in milliseconds since the Unix epoch.").or(&0u64)])
        .constant("MinimumPeriod", &MINIMUM_PERIOD, "Half the distance of two blocks to reckon with, in milliseconds.")
}

// Genesis and hooks.

/// Sets the time: at genesis, and before the first extrinsic of each block.
pub(crate) fn set(state: &mut Overlay<'_>, now: Millis) {
    NOW.put(state, &now);
}
