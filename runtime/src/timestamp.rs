//! `timestamp` (1): the block's time, as its header says it.

use tierchain_primitives::numbers::Millis;

use crate::metadata::Module;
use crate::storage::{Overlay, Value};

/// The module's index.
pub const INDEX: u8 = 1;

// Storage.

/// Time of the block that made this state, in milliseconds since the Unix epoch.
pub const NOW: Value<Millis> = Value::new("Timestamp", "Now");

/// Half the least distance of two blocks, as Substrate counts it: polkadot-js derives the length of its eras from it.
pub const MINIMUM_PERIOD: u64 = 5;

// Metadata.

/// What clients are told about this module.
pub(crate) fn metadata() -> Module {
    Module::new(INDEX, "Timestamp", "The block's time, as its header says it.")
        .storage([NOW.entry("Time of the block that made this state, in milliseconds since the Unix epoch.").or(&0u64)])
        .constant("MinimumPeriod", &MINIMUM_PERIOD, "Half the least distance of two blocks, in milliseconds.")
}

// Genesis and hooks.

/// Sets the time: at genesis, and before the first extrinsic of each block.
pub(crate) fn set(state: &mut Overlay<'_>, now: Millis) {
    NOW.put(state, &now);
}
