//! Who votes, and since which block: nobody in an epoch whose set doesn't have it, and whoever lost its vote log in none
//! in which it may have said something before.
//!
//! design.md 5, "Epochs" and "A lost log": a removed validator's votes end with its epoch; after a rejoin a replica
//! votes from the next epoch on: nothing it forgot counts there.

use std::collections::BTreeMap;

use tierchain_primitives::{BlockNumber, Epoch};

use super::seats::Seats;
use super::{Check, Violation};
use crate::cast::Cast;

#[derive(Debug, Default)]
struct Voter {
    /// By epoch, the newest final block when it began to vote since its process started.
    since: BTreeMap<Epoch, BlockNumber>,
    /// The newest epoch that its log binds it to.
    bound: Option<Epoch>,
    /// The newest epoch in which it ever voted.
    newest: Option<Epoch>,
    /// It has forgotten what it said up to this epoch.
    forgot: Option<Epoch>,
}

#[derive(Debug, Default)]
pub(super) struct Voting {
    voters: BTreeMap<usize, Voter>,
}

impl Voting {
    /// A member's log binds it to no epoch below this one, and has it vote in this one where it has a seat.
    pub(super) fn on_epoch(&mut self, who: usize, epoch: Epoch, seats: &Seats, cast: &Cast) -> Check {
        let voter = self.voters.entry(who).or_default();
        let violation = |what: String| Err(Violation::new("voting", what));
        voter.bound = voter.bound.max(Some(epoch));
        if seats.place(epoch, who, cast).is_none() {
            return Ok(());
        }
        if let Some(forgot) = voter.forgot.filter(|forgot| epoch <= *forgot) {
            return violation(format!("member {who} votes in epoch {epoch}, and forgot what it said up to {forgot}"));
        }
        voter.newest = voter.newest.max(Some(epoch));
        Ok(())
    }

    /// A member votes in this epoch; `last` is its newest final block.
    pub(super) fn on_vote(&mut self, who: usize, epoch: Epoch, last: BlockNumber) {
        self.voters.entry(who).or_default().since.entry(epoch).or_insert(last);
    }

    /// A member's process starts: it may follow first, and vote later.
    pub(super) fn on_new_life(&mut self, who: usize) {
        self.voters.entry(who).or_default().since.clear();
    }

    /// A member's log is gone.
    pub(super) fn on_log_lost(&mut self, who: usize) {
        let voter = self.voters.entry(who).or_default();
        voter.bound = None;
        voter.forgot = voter.newest;
    }

    /// Whether a member voted in this epoch when the block became final.
    pub(super) fn votes_at(&self, who: usize, epoch: Epoch, number: BlockNumber) -> bool {
        self.voters.get(&who).and_then(|voter| voter.since.get(&epoch)).is_some_and(|since| number > *since)
    }

    /// The newest epoch that its log binds it to; it may have no seat there.
    pub(super) fn bound_to(&self, who: usize) -> Option<Epoch> {
        self.voters.get(&who)?.bound
    }
}

/// A member says something about consensus in an epoch whose set doesn't have it.
pub(super) fn spoke_without_seat(who: usize, epoch: Epoch) -> Check {
    Err(Violation::new("voting", format!("member {who} speaks in epoch {epoch}, whose set doesn't have it")))
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::AccountId;
    use tierchain_primitives::certificate::ValidatorSet;

    use super::*;

    #[test]
    fn who_forgot_votes_in_a_later_epoch_only_and_nobody_without_a_seat() {
        let keys: Vec<Vec<AccountId>> = (0..5).map(|at| vec![AccountId([at; 32])]).collect();
        let cast = Cast::new(keys.clone(), 4, 0, BTreeMap::new());
        let set = |epoch| ValidatorSet { epoch: Epoch(epoch), keys: keys.iter().take(4).map(|it| it[0]).collect() };
        let mut seats = Seats::new(set(0), &cast);
        let mut epochs = tierchain_primitives::epoch::Epochs::resume(vec![(0, set(0)), (9, set(1))]);
        seats.on_epochs(0, &epochs.take().expect("in order"), &cast).expect("news");
        let mut voting = Voting::default();
        assert!(voting.on_epoch(4, Epoch(0), &seats, &cast).is_ok());
        assert_eq!((voting.bound_to(4), voting.voters[&4].newest), (Some(Epoch(0)), None), "a spare is bound, no more");
        assert!(voting.on_epoch(3, Epoch(0), &seats, &cast).is_ok());
        voting.on_vote(3, Epoch(0), 2);
        assert!(voting.votes_at(3, Epoch(0), 3) && !voting.votes_at(3, Epoch(0), 2));
        voting.on_log_lost(3);
        voting.on_new_life(3);
        assert!(voting.bound_to(3).is_none() && !voting.votes_at(3, Epoch(0), 3));
        assert!(voting.on_epoch(3, Epoch(0), &seats, &cast).is_err());
        assert!(voting.on_epoch(3, Epoch(1), &seats, &cast).is_ok() && voting.bound_to(3) == Some(Epoch(1)));
    }
}
