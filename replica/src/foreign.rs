//! Whose a vote log is: one that another validator's key opens must not be gone on with.

use tierchain_consensus::Statement;
use tierchain_primitives::certificate::SignedKind;
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::{AccountId, Epoch};

use crate::record::Record;

/// A word of another validator in a vote log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Foreign {
    /// The epoch in which it was said.
    pub epoch: Epoch,
    /// The key of the validator that said it.
    pub said_by: AccountId,
}

/// The first vote or VIEW-CHANGE in a log that isn't of the validator with this key. A log holds only its own
/// validator's; with another's it would let the key contradict what it said by its own log. An epoch whose set doesn't
/// have the key says nothing: the validator had another key then.
#[must_use]
pub fn foreign(records: &[Record], epochs: &Epochs, key: &AccountId) -> Option<Foreign> {
    let said = records.iter().filter_map(|record| match record {
        Record::Consensus(record) => Statement::of_record(record),
        _ => None,
    });
    let is_own = |kind| matches!(kind, SignedKind::Prepare | SignedKind::Commit | SignedKind::ViewChange);
    said.map(|statement| statement.subject).filter(|said| is_own(said.kind)).find_map(|said| {
        let (_, set) = epochs.iter().find(|(_, set)| set.epoch == said.epoch)?;
        let (seat, said_by) = (set.index_of(key)?, *set.key(said.signer)?);
        (seat != said.signer).then_some(Foreign { epoch: said.epoch, said_by })
    })
}

#[cfg(test)]
mod tests {
    use tierchain_consensus::{Record as Said, Vote, VoteKind};
    use tierchain_primitives::certificate::ValidatorSet;
    use tierchain_primitives::crypto::Signature;
    use tierchain_primitives::{H256, ValidatorIndex, View};

    use super::*;

    fn vote(epoch: u32, voter: u16) -> Record {
        let (view, hash, signature) = (View(0), H256([7; 32]), Signature([0; 64]));
        let (kind, voter) = (VoteKind::Prepare, ValidatorIndex(voter));
        Record::Consensus(Said::Vote(Vote { kind, epoch: Epoch(epoch), view, number: 1, hash, voter, signature }))
    }

    #[test]
    fn a_log_of_another_seat_is_foreign_and_one_of_an_earlier_key_is_not() {
        let keys = [1, 2, 3, 4, 5].map(|byte| AccountId([byte; 32]));
        let set = |epoch: u32, keys: &[AccountId]| ValidatorSet { epoch: Epoch(epoch), keys: keys.to_vec() };
        let replaced = [keys[4], keys[1], keys[2], keys[3]];
        let epochs = Epochs::resume(vec![(0, set(0, &keys[..4])), (9, set(1, &replaced))]).expect("in order");
        let log = [Record::Rejoin { challenge: H256::ZERO }, vote(0, 0), vote(1, 0)];
        assert_eq!(foreign(&log, &epochs, &keys[4]), None, "its key was another in epoch 0");
        assert_eq!(foreign(&log[..2], &epochs, &keys[0]), None);
        let found = Foreign { epoch: Epoch(0), said_by: keys[0] };
        assert_eq!(foreign(&log, &epochs, &keys[1]), Some(found));
    }
}
