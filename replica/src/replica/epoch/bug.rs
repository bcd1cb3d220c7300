//! Known bugs around the end of an epoch, put in on purpose to see that the simulator finds them.

use tierchain_consensus::Bug;
use tierchain_primitives::BlockNumber;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::epoch::{EpochChange, Epochs};
use tierchain_primitives::header::Header;

/// Goes on to a decided epoch before the block that ends this one.
pub(super) fn follows_anyway(
    bug: Option<Bug>,
    epochs: &mut Epochs,
    last: &Header,
    decided: Option<&EpochChange>,
) -> bool {
    let decided =
        decided.filter(|it| it.next.epoch == epochs.current().epoch.next() && last.number > epochs.begins_after());
    let Some(change) = decided.filter(|_| bug == Some(Bug::EndsWhenExecuted)) else { return false };
    let history = begun(epochs).into_iter().chain([(last.number, change.next.clone())]);
    *epochs = Epochs::resume(history.collect()).expect("the next epoch follows");
    true
}

/// Puts those that left the set behind those that are in it.
pub(super) fn keep_those_that_left(bug: Option<Bug>, epochs: &mut Epochs) {
    let mut history = begun(epochs);
    let [.., (_, before), (_, set)] = history.as_mut_slice() else { return };
    if bug != Some(Bug::BothSets) {
        return;
    }
    let left: Vec<_> = before.keys.iter().filter(|key| !set.keys.contains(key)).copied().collect();
    set.keys.extend(left);
    *epochs = Epochs::resume(history).expect("only a set has changed");
}

fn begun(epochs: &Epochs) -> Vec<(BlockNumber, ValidatorSet)> {
    epochs.iter().map(|(begins_after, set)| (begins_after, set.clone())).collect()
}
