//! Who is who: candidates, observers, second instances of twins; and who of them lies.
//!
//! Members are numbered: the validators of genesis by their index, then spare candidates, then observers, then the
//! second instances of twins. A *candidate* has consensus keys: it validates, or may come to, or did. A second instance
//! is the same candidate to everybody else.

use std::collections::BTreeMap;

use tierchain_primitives::AccountId;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_replica::Member;

use crate::adversaries::Kind;

/// A candidate that isn't on the roll is an observer to the others: what is added to its number for that.
const UNLISTED: usize = 1_000;

/// The members of a run.
#[derive(Clone, Debug)]
pub struct Cast {
    /// By candidate, its keys, oldest first.
    keys: Vec<Vec<AccountId>>,
    owners: BTreeMap<AccountId, usize>,
    validators: usize,
    observers: usize,
    liars: BTreeMap<usize, Kind>,
    /// Validators with a second instance, in the order of those.
    twins: Vec<usize>,
}

impl Cast {
    /// The candidates with these keys, of whom so many validate at first, so many observers, and these liars among the
    /// validators.
    #[must_use]
    pub fn new(keys: Vec<Vec<AccountId>>, validators: usize, observers: usize, liars: BTreeMap<usize, Kind>) -> Self {
        let twins = liars.iter().filter(|(_, kind)| **kind == Kind::Twins).map(|(who, _)| *who).collect();
        let owned = |(who, keys): (usize, &Vec<AccountId>)| keys.iter().map(move |key| (*key, who)).collect::<Vec<_>>();
        let owners = keys.iter().enumerate().flat_map(owned).collect();
        Self { keys, owners, validators, observers, liars, twins }
    }

    /// How many members there are, second instances included.
    #[must_use]
    pub fn members(&self) -> usize {
        self.candidates() + self.observers + self.twins.len()
    }

    /// How many candidates there are.
    #[must_use]
    pub fn candidates(&self) -> usize {
        self.keys.len()
    }

    /// How many validators there are at first.
    #[must_use]
    pub fn validators(&self) -> usize {
        self.validators
    }

    /// Which candidate a member is an instance of; none for an observer.
    #[must_use]
    pub fn candidate(&self, who: usize) -> Option<usize> {
        match who.checked_sub(self.candidates() + self.observers) {
            Some(second) => self.twins.get(second).copied(),
            None => (who < self.candidates()).then_some(who),
        }
    }

    /// A candidate's consensus keys, oldest first; none for an observer.
    #[must_use]
    pub fn keys(&self, who: usize) -> &[AccountId] {
        self.candidate(who).and_then(|candidate| self.keys.get(candidate)).map_or(&[], Vec::as_slice)
    }

    /// The candidate that holds a key.
    #[must_use]
    pub fn owner(&self, key: &AccountId) -> Option<usize> {
        self.owners.get(key).copied()
    }

    /// The candidates in a set, by their places in it.
    #[must_use]
    pub fn seated(&self, set: &ValidatorSet) -> Vec<usize> {
        set.keys.iter().filter_map(|key| self.owner(key)).collect()
    }

    /// The name of a member that has no vote.
    #[must_use]
    pub fn follower(&self, who: usize) -> Member {
        let number = match self.candidate(who) {
            Some(candidate) => UNLISTED + candidate,
            None => who - self.candidates(),
        };
        Member::Observer(u32::try_from(number).expect("a handful of members"))
    }

    /// The instances of whoever bears a name: two of a twin, else one.
    #[must_use]
    pub fn instances(&self, member: Member) -> Vec<usize> {
        let first = match member {
            Member::Validator(key) => self.owner(&key),
            Member::Observer(number) if number as usize >= UNLISTED => Some(number as usize - UNLISTED),
            Member::Observer(number) => Some(self.candidates() + number as usize),
        };
        first.map(|first| self.instances_of(first)).unwrap_or_default()
    }

    /// The instances of a candidate, or an observer by itself.
    #[must_use]
    pub fn instances_of(&self, first: usize) -> Vec<usize> {
        let second = self.twins.iter().position(|twin| *twin == first);
        let second = second.map(|at| self.candidates() + self.observers + at);
        [first].into_iter().chain(second).collect()
    }

    /// Whether two members are instances of one candidate.
    #[must_use]
    pub fn are_one(&self, one: usize, other: usize) -> bool {
        one == other || (self.candidate(one).is_some() && self.candidate(one) == self.candidate(other))
    }

    /// How a member lies; none if it is honest.
    #[must_use]
    pub fn lies(&self, who: usize) -> Option<Kind> {
        self.liars.get(&self.candidate(who)?).copied()
    }

    /// The validators that lie, and how.
    #[must_use]
    pub fn liars(&self) -> &BTreeMap<usize, Kind> {
        &self.liars
    }

    /// f of the first set: how many of its validators may lie.
    #[must_use]
    pub fn faulty_max(&self) -> usize {
        (self.validators - 1) / 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_instance_is_the_same_candidate() {
        let key = |at| AccountId([at; 32]);
        let keys = (0..5).map(|at| vec![key(at), key(100 + at)]).collect();
        let cast = Cast::new(keys, 4, 1, BTreeMap::from([(2, Kind::Twins)]));
        assert_eq!((cast.members(), cast.candidates()), (7, 5));
        assert_eq!((cast.candidate(6), cast.candidate(5)), (Some(2), None));
        assert_eq!(cast.instances(Member::Validator(key(102))), [2, 6], "whichever of its keys names it");
        assert_eq!((cast.instances(cast.follower(5)), cast.instances(cast.follower(2))), (vec![5], vec![2, 6]));
        assert!(cast.are_one(2, 6) && !cast.are_one(2, 5) && cast.lies(6) == Some(Kind::Twins));
    }
}
