//! How a member names the others, as the node's directory does: a validator by its key in the set in force, one that is
//! decided by the key that it will vote with, anybody else as an observer. It follows the member's own state, so two
//! members may call a third one by different names.

use tierchain_primitives::AccountId;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::ports::StateRead;
use tierchain_replica::Member;
use tierchain_runtime::registry;

use crate::cast::Cast;

/// Names by one member's state.
#[derive(Clone, Debug)]
pub struct Directory {
    /// The keys of the set in force.
    set: Vec<AccountId>,
    /// The keys of the validators in force and of those that are decided, in this order.
    roll: Vec<AccountId>,
    /// By member.
    names: Vec<Member>,
}

impl Directory {
    /// The directory by this set and this state.
    #[must_use]
    pub fn new(cast: &Cast, set: &ValidatorSet, state: &dyn StateRead) -> Self {
        let mut directory = Self { set: set.keys.clone(), roll: Vec::new(), names: Vec::new() };
        directory.set_roll(cast, state);
        directory
    }

    /// Another set is in force; says who has another name by it: member, old name, new name.
    pub fn set_epoch(&mut self, cast: &Cast, set: &ValidatorSet) -> Vec<(usize, Member, Member)> {
        self.set.clone_from(&set.keys);
        self.rename(cast)
    }

    /// Takes over the roll of another state; says who has another name by it: member, old name, new name.
    pub fn set_roll(&mut self, cast: &Cast, state: &dyn StateRead) -> Vec<(usize, Member, Member)> {
        let next = registry::next_validators(state).unwrap_or_default();
        let listed = registry::validators(state).into_iter().chain(next).map(|validator| validator.consensus);
        self.roll = listed.collect();
        // A genesis that registers nobody has its validators from elsewhere, and they stay.
        if self.roll.is_empty() {
            self.roll.clone_from(&self.set);
        }
        self.rename(cast)
    }

    /// The name of a member.
    #[must_use]
    pub fn name(&self, who: usize) -> Member {
        self.names[who]
    }

    /// Whoever bears a name, all instances.
    #[must_use]
    pub fn bearers(&self, cast: &Cast, name: Member) -> Vec<usize> {
        match name {
            Member::Validator(key) if !self.roll.contains(&key) => Vec::new(),
            _ => cast.instances(name),
        }
    }

    /// The candidates on the roll, each once.
    #[must_use]
    pub fn validators(&self, cast: &Cast) -> Vec<usize> {
        let mut listed = Vec::new();
        for candidate in self.roll.iter().filter_map(|key| cast.owner(key)) {
            if !listed.contains(&candidate) {
                listed.push(candidate);
            }
        }
        listed
    }

    fn rename(&mut self, cast: &Cast) -> Vec<(usize, Member, Member)> {
        let names: Vec<Member> = (0..cast.members()).map(|who| self.name_now(cast, who)).collect();
        let before = core::mem::replace(&mut self.names, names);
        let pairs = before.into_iter().zip(&self.names).enumerate();
        pairs.filter(|(_, (old, new))| old != *new).map(|(who, (old, new))| (who, old, *new)).collect()
    }

    fn name_now(&self, cast: &Cast, who: usize) -> Member {
        let keys = cast.keys(who);
        let listed = || self.roll.iter().filter(|key| keys.contains(key));
        let key = listed().find(|key| self.set.contains(key)).or_else(|| listed().next_back());
        key.map_or_else(|| cast.follower(who), |key| Member::Validator(*key))
    }
}
