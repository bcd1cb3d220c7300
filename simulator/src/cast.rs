//! Who is who: validators, observers, second instances of twins; and who of them lies.
//!
//! Members are numbered: validators by their index, then observers, then the second instances of twins. A second
//! instance is the same validator to everybody else.

use std::collections::BTreeMap;

use tierchain_primitives::ValidatorIndex;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_replica::Member;

use crate::adversaries::Kind;

/// The members of a run.
#[derive(Clone, Debug)]
pub struct Cast {
    set: ValidatorSet,
    validators: usize,
    observers: usize,
    liars: BTreeMap<usize, Kind>,
    /// Validators with a second instance, in the order of those.
    twins: Vec<usize>,
}

impl Cast {
    /// These validators, so many observers, and these liars among the validators.
    #[must_use]
    pub fn new(set: ValidatorSet, observers: usize, liars: BTreeMap<usize, Kind>) -> Self {
        let validators = set.len();
        let twins = liars.iter().filter(|(_, kind)| **kind == Kind::Twins).map(|(who, _)| *who).collect();
        Self { set, validators, observers, liars, twins }
    }

    /// How many members there are, second instances included.
    #[must_use]
    pub fn members(&self) -> usize {
        self.validators + self.observers + self.twins.len()
    }

    /// How many validators there are.
    #[must_use]
    pub fn validators(&self) -> usize {
        self.validators
    }

    /// Which validator a member is; none for an observer.
    #[must_use]
    pub fn validator(&self, who: usize) -> Option<ValidatorIndex> {
        let index = match who.checked_sub(self.validators + self.observers) {
            Some(second) => *self.twins.get(second)?,
            None => who,
        };
        (index < self.validators).then(|| ValidatorIndex(u16::try_from(index).expect("a handful of validators")))
    }

    /// A member as its peers know it.
    #[must_use]
    pub fn member(&self, who: usize) -> Member {
        match self.validator(who).and_then(|index| self.set.key(index)) {
            Some(key) => Member::Validator(*key),
            None => Member::Observer(u32::try_from(who - self.validators).expect("a handful of observers")),
        }
    }

    /// The instances of a member: two of a twin, else one.
    #[must_use]
    pub fn instances(&self, member: Member) -> Vec<usize> {
        match member {
            Member::Observer(number) => vec![self.validators + number as usize],
            Member::Validator(key) => {
                let Some(index) = self.set.index_of(&key) else { return Vec::new() };
                let second = self.twins.iter().position(|twin| *twin == index.as_usize());
                let second = second.map(|at| self.validators + self.observers + at);
                [index.as_usize()].into_iter().chain(second).collect()
            }
        }
    }

    /// Whether two members are instances of one validator.
    #[must_use]
    pub fn are_one(&self, one: usize, other: usize) -> bool {
        one == other || (self.validator(one).is_some() && self.validator(one) == self.validator(other))
    }

    /// How a member lies; none if it is honest.
    #[must_use]
    pub fn lies(&self, who: usize) -> Option<Kind> {
        self.liars.get(&self.validator(who)?.as_usize()).copied()
    }

    /// The validators that lie, and how.
    #[must_use]
    pub fn liars(&self) -> &BTreeMap<usize, Kind> {
        &self.liars
    }

    /// f: how many validators may lie.
    #[must_use]
    pub fn faulty_max(&self) -> usize {
        (self.validators - 1) / 3
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::{AccountId, Epoch};

    use super::*;

    #[test]
    fn a_second_instance_is_the_same_validator() {
        let set = ValidatorSet { epoch: Epoch(0), keys: (0..4).map(|at| AccountId([at; 32])).collect() };
        let cast = Cast::new(set, 1, BTreeMap::from([(2, Kind::Twins)]));
        assert_eq!(cast.members(), 6);
        assert_eq!((cast.validator(5), cast.validator(4)), (Some(ValidatorIndex(2)), None));
        assert_eq!(cast.instances(Member::Validator(AccountId([2; 32]))), [2, 5]);
        assert_eq!(cast.instances(cast.member(4)), [4]);
        assert!(cast.are_one(2, 5) && !cast.are_one(2, 4) && cast.lies(5) == Some(Kind::Twins));
    }
}
