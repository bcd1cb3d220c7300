//! The epochs that a state knows of: what a replica starts with.

use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, Epoch};
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

/// The keys whose place in the set a key has taken, one after the other, newest first. Whoever replaces its key keeps
/// its place, and then nothing else of the set changes; one that is added takes nobody's.
pub(crate) fn predecessors(mut key: AccountId, newest_first: impl Iterator<Item = ValidatorSet>) -> Vec<AccountId> {
    let mut found = Vec::new();
    let mut later: Option<ValidatorSet> = None;
    for set in newest_first {
        let has_as_many = |later: &ValidatorSet| later.len() == set.len();
        let later_place = later.filter(has_as_many).and_then(|later| later.index_of(&key));
        let before = later_place.filter(|_| set.index_of(&key).is_none()).and_then(|place| set.key(place));
        if let Some(before) = before {
            key = *before;
            found.push(key);
        }
        later = Some(set);
    }
    found
}

fn read(state: &dyn StateRead, oldest: u32) -> Epochs {
    let newest = registry::validator_set(state).epoch;
    let records = (oldest..=newest.0).filter_map(|epoch| registry::epoch(state, Epoch(epoch)));
    let history = records.map(|record| (record.begins_after, record.set)).collect();
    Epochs::resume(history).expect("the runtime keeps a record of each epoch that has begun, in order")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> AccountId {
        AccountId([number; 32])
    }

    #[test]
    fn a_key_takes_the_place_of_those_it_replaced_and_of_nobody_where_it_was_added() {
        let history: [&[u8]; 8] = [
            &[1, 2, 3, 4],
            &[1, 12, 3, 4],
            &[1, 12, 3, 4, 5],
            &[12, 3, 4, 5],
            &[12, 3, 4, 15],
            &[22, 3, 4, 15],
            &[22, 3, 4, 15],
            &[22, 3, 4, 15, 6],
        ];
        let set = |(epoch, keys): (u32, &&[u8])| ValidatorSet {
            epoch: Epoch(epoch),
            keys: keys.iter().map(|number| key(*number)).collect(),
        };
        let before = |number: u8| {
            let sets: Vec<ValidatorSet> = (0..).zip(&history).map(set).collect();
            predecessors(key(number), sets.into_iter().rev())
        };
        assert_eq!(before(22), [key(12), key(2)]);
        assert_eq!(before(15), [key(5)], "it was added");
        for number in [3, 4, 6, 1, 99] {
            assert_eq!(before(number), [], "{number}");
        }
        assert_eq!(before(12), [key(2)], "whoever comes later is none of its");
    }
}
