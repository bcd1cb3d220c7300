//! The epochs that a state knows of: what a replica starts with.

use tierchain_primitives::Epoch;
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::ports::StateRead;
use tierchain_runtime::registry;

/// How many of the newest epochs a replica starts with: bundles and ranges that are under way are of these.
const EPOCHS_KEPT: u32 = 16;

/// The newest epochs by the state after the newest executed block.
#[must_use]
pub fn epochs_of(state: &dyn StateRead) -> Epochs {
    read(state, registry::validator_set(state).epoch.0.saturating_sub(EPOCHS_KEPT - 1))
}

/// All epochs since genesis by this state: for proofs that begin there.
#[must_use]
pub fn all_epochs(state: &dyn StateRead) -> Epochs {
    read(state, 0)
}

fn read(state: &dyn StateRead, oldest: u32) -> Epochs {
    let newest = registry::validator_set(state).epoch;
    let records = (oldest..=newest.0).filter_map(|epoch| registry::epoch(state, Epoch(epoch)));
    let history = records.map(|record| (record.begins_after, record.set)).collect();
    Epochs::resume(history).expect("the runtime keeps a record of each epoch that has begun, in order")
}
