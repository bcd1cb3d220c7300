//! Questions about who validates, now and next.

use tierchain_primitives::Epoch;

use super::method::{Api, Method};
use crate::registry;

/// The validator set in force, and its change once that is announced.
pub(super) fn validators() -> Api {
    let methods = vec![
        Method::new("validator_set", &[], "The consensus keys in force, by index.", |state, ()| {
            registry::validator_set(state)
        }),
        Method::new(
            "validators",
            &[],
            "Names, keys and addresses of the validators in force, by index.",
            |state, ()| registry::validators(state),
        ),
        Method::new(
            "epoch_change",
            &[],
            "The decided end of the epoch and the set that follows; none while nothing is decided.",
            |state, ()| registry::epoch_change(state),
        ),
        Method::new(
            "next_validators",
            &[],
            "Names, keys and addresses of the next epoch's validators; none while nothing is decided.",
            |state, ()| registry::next_validators(state),
        ),
        Method::new(
            "epoch",
            &["epoch"],
            "An epoch that has begun: the block after which it did, and its set.",
            |state, (epoch,): (Epoch,)| registry::epoch(state, epoch),
        ),
        Method::new("observers", &[], "Peer ids of those who may follow without a vote.", |state, ()| {
            registry::observers(state)
        }),
    ];
    Api::new("ValidatorsApi", 1, "Who validates.", methods)
}
