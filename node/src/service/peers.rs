//! Who is who: peer ids as libp2p has them, members as the replica has them. Both follow the registry's state.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tierchain_network::{Member as NetworkMember, Members, PeerId, Role, parse_address};
use tierchain_primitives::AccountId;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::ports::{StateChange, StateRead};
use tierchain_replica::Member;
use tierchain_replica::genesis::Genesis;
use tierchain_runtime::registry::{self, Validator};

/// Whom the registry lets in: the validators in force, those that are decided to follow, and the observers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Roll {
    validators: Vec<Validator>,
    observers: Vec<PeerId>,
}

impl Roll {
    /// The roll by this state.
    pub(crate) fn of(state: &dyn StateRead) -> Self {
        let mut validators = registry::validators(state);
        validators.extend(registry::next_validators(state).unwrap_or_default());
        let observers = registry::observers(state).iter().filter_map(|bytes| peer_id(bytes)).collect();
        Self { validators, observers }
    }

    /// The roll by genesis, for a node that has no state yet.
    pub(crate) fn of_genesis(genesis: &Genesis) -> Self {
        let held = genesis.state.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?)));
        Self::of(&held.collect::<BTreeMap<_, _>>())
    }

    /// Whether a block with these changes may have changed the roll.
    pub(crate) fn is_touched_by(changes: &[StateChange]) -> bool {
        let keys = [registry::VALIDATORS.key(), registry::PENDING.key(), registry::OBSERVERS.key()];
        changes.iter().any(|(key, _)| keys.iter().any(|known| known.as_slice() == key))
    }

    /// The members of the network, `local` among them: whoever isn't on the roll itself follows as long as the others
    /// let it.
    pub(crate) fn members(&self, local: PeerId) -> Members {
        let mut members = Members::new();
        for peer in self.observers.iter().copied().chain([local]) {
            members.insert(peer, NetworkMember { role: Role::Observer, addresses: Vec::new() });
        }
        for validator in &self.validators {
            let Some(peer) = peer_id(&validator.peer_id) else { continue };
            // The registry takes addresses by their form; one that libp2p can't read isn't dialled.
            let addresses = validator.addresses.iter().filter_map(|text| parse_address(text).ok()).collect();
            members.insert(peer, NetworkMember { role: Role::Validator, addresses });
        }
        members
    }
}

/// A peer id as the registry holds it. The registry takes only those of ed25519 keys.
fn peer_id(bytes: &[u8]) -> Option<PeerId> {
    PeerId::from_bytes(bytes).ok()
}

/// A connected peer that has another name from now on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Renamed {
    /// As the replica knew it.
    pub(crate) from: Member,
    /// As it is called now.
    pub(crate) to: Member,
}

/// Translates between peers and members. A validator is named by its key in the set in force; one that is decided, by
/// the key that it will vote with; anybody else is an observer.
#[derive(Debug, Default)]
pub(crate) struct Directory(Mutex<Names>);

#[derive(Debug, Default)]
struct Names {
    /// Each validator's keys: the one in force, and the one that follows where it is another.
    keys: BTreeMap<PeerId, Vec<AccountId>>,
    /// The keys of the set in force.
    set: Vec<AccountId>,
    observers: BTreeMap<PeerId, u32>,
    connected: BTreeMap<PeerId, Member>,
    /// Whether the registry lists somebody who follows without a vote.
    has_followers: bool,
}

impl Directory {
    /// The directory by this roll and this set.
    pub(crate) fn new(roll: &Roll, set: &ValidatorSet) -> Self {
        let directory = Self::default();
        directory.set_epoch(set);
        directory.set_roll(roll);
        directory
    }

    /// Takes over another roll; says which connected peers have another name by it.
    pub(crate) fn set_roll(&self, roll: &Roll) -> Vec<Renamed> {
        let mut names = self.names();
        names.keys.clear();
        for validator in &roll.validators {
            let Some(peer) = peer_id(&validator.peer_id) else { continue };
            names.keys.entry(peer).or_default().push(validator.consensus);
        }
        names.has_followers = !roll.observers.is_empty();
        names.rename()
    }

    /// Another set is in force; says which connected peers have another name by it.
    pub(crate) fn set_epoch(&self, set: &ValidatorSet) -> Vec<Renamed> {
        let mut names = self.names();
        names.set.clone_from(&set.keys);
        names.rename()
    }

    /// A peer is connected: the member behind it, which keeps its name until a change says otherwise.
    pub(crate) fn on_connected(&self, peer: PeerId) -> Member {
        let mut names = self.names();
        let member = names.member(peer);
        names.connected.insert(peer, member);
        member
    }

    /// A peer is lost: the member behind it.
    pub(crate) fn on_lost(&self, peer: PeerId) -> Member {
        let mut names = self.names();
        names.connected.remove(&peer).unwrap_or_else(|| names.member(peer))
    }

    /// The member behind a peer.
    pub(crate) fn member(&self, peer: PeerId) -> Member {
        self.names().member(peer)
    }

    /// The peer behind a member.
    pub(crate) fn peer(&self, member: Member) -> Option<PeerId> {
        let names = self.names();
        match member {
            Member::Validator(key) => names.keys.iter().find(|(_, keys)| keys.contains(&key)).map(|(peer, _)| *peer),
            Member::Observer(number) => {
                names.observers.iter().find(|(_, known)| **known == number).map(|(peer, _)| *peer)
            }
        }
    }

    /// Whether somebody follows without a vote: the registry's observers, and validators that wait for their epoch.
    pub(crate) fn has_followers(&self) -> bool {
        let names = self.names();
        names.has_followers || names.keys.values().flatten().any(|key| !names.set.contains(key))
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Names {
    fn member(&mut self, peer: PeerId) -> Member {
        if let Some(keys) = self.keys.get(&peer) {
            let key = keys.iter().find(|key| self.set.contains(key)).or(keys.last());
            if let Some(key) = key {
                return Member::Validator(*key);
            }
        }
        let next = u32::try_from(self.observers.len()).unwrap_or(u32::MAX);
        Member::Observer(*self.observers.entry(peer).or_insert(next))
    }

    /// Gives every connected peer the name that it has by now.
    fn rename(&mut self) -> Vec<Renamed> {
        let connected = self.connected.clone();
        let mut renamed = Vec::new();
        for (peer, from) in connected {
            let to = self.member(peer);
            if to != from {
                self.connected.insert(peer, to);
                renamed.push(Renamed { from, to });
            }
        }
        renamed
    }
}

#[cfg(test)]
mod tests;
