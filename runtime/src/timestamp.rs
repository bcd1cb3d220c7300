//! `timestamp` (1): the block's time, as its header says it.

use tierchain_primitives::numbers::Millis;

use crate::storage::{Overlay, Value};

// Storage.

/// Time of the block that made this state, in milliseconds since the Unix epoch.
pub const NOW: Value<Millis> = Value::new("Timestamp", "Now");

/// Half the least distance of two blocks, as Substrate counts it: polkadot-js derives the length of its eras from it.
pub const MINIMUM_PERIOD: u64 = 5;

// Genesis and hooks.

/// Sets the time: at genesis, and before the first extrinsic of each block.
pub(crate) fn set(state: &mut Overlay<'_>, now: Millis) {
    NOW.put(state, &now);
}
