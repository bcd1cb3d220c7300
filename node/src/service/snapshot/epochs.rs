//! The epochs since genesis, as far as snapshots need them.

use tierchain_primitives::BlockNumber;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::epoch::{EpochProof, Epochs};
use tierchain_storage::Database;

/// The epochs of a chain whose genesis set is this one, as a node knows them that has executed nothing.
pub(super) fn since_genesis(set: &ValidatorSet) -> Epochs {
    Epochs::new(0, set.clone())
}

/// The proofs of all epochs that ended below a block; none when the database lacks one.
pub(super) fn proofs(db: &Database, epochs: &Epochs, below: BlockNumber) -> Option<Vec<EpochProof>> {
    let ends = epochs.iter().map(|(begins_after, _)| begins_after).filter(|end| (1..below).contains(end));
    ends.map(|end| Some(EpochProof { header: db.header(end)?, certificate: db.certificate(end)? })).collect()
}
