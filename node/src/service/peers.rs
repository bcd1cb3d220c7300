//! Who is who: peer ids as libp2p has them, members as the replica has them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use tierchain_network::{Member as NetworkMember, Members, PeerId, Role, parse_address};
use tierchain_primitives::ValidatorIndex;
use tierchain_replica::Member;

use crate::chain_spec::ChainSpec;

/// The members that a chain specification lists.
pub(crate) fn members(spec: &ChainSpec) -> anyhow::Result<Members> {
    let mut members = Members::new();
    for (at, validator) in spec.validators.iter().enumerate() {
        let index = ValidatorIndex(u16::try_from(at).context("a validator set has fewer than 65,536 members")?);
        let addresses = validator.addresses.iter().map(|text| parse_address(text)).collect::<Result<_, _>>()?;
        let member = NetworkMember { role: Role::Validator(index), addresses };
        members.insert(network_peer(&validator.peer)?, member);
    }
    for observer in &spec.observers {
        members.insert(network_peer(observer)?, NetworkMember { role: Role::Observer, addresses: Vec::new() });
    }
    Ok(members)
}

fn network_peer(peer: &crate::peer_id::PeerId) -> anyhow::Result<PeerId> {
    PeerId::from_bytes(&peer.to_bytes()).with_context(|| format!("{peer} isn't a peer id that libp2p accepts"))
}

/// Translates between the two.
#[derive(Debug)]
pub(crate) struct Directory {
    validators: Vec<PeerId>,
    observers: Mutex<BTreeMap<PeerId, u32>>,
}

impl Directory {
    /// The directory of a chain's members.
    pub(crate) fn new(members: &Members) -> Self {
        let mut validators: Vec<(ValidatorIndex, PeerId)> = members
            .iter()
            .filter_map(|(peer, member)| match member.role {
                Role::Validator(index) => Some((index, *peer)),
                Role::Observer => None,
            })
            .collect();
        validators.sort_unstable_by_key(|(index, _)| *index);
        Self { validators: validators.into_iter().map(|(_, peer)| peer).collect(), observers: Mutex::default() }
    }

    /// The member behind a peer.
    pub(crate) fn member(&self, peer: PeerId, role: Role) -> Member {
        match role {
            Role::Validator(index) => Member::Validator(index),
            Role::Observer => {
                let mut observers = self.observers.lock().unwrap_or_else(PoisonError::into_inner);
                let next = u32::try_from(observers.len()).unwrap_or(u32::MAX);
                Member::Observer(*observers.entry(peer).or_insert(next))
            }
        }
    }

    /// The peer behind a member.
    pub(crate) fn peer(&self, member: Member) -> Option<PeerId> {
        match member {
            Member::Validator(index) => self.validators.get(index.as_usize()).copied(),
            Member::Observer(number) => {
                let observers = self.observers.lock().unwrap_or_else(PoisonError::into_inner);
                observers.iter().find(|(_, known)| **known == number).map(|(peer, _)| *peer)
            }
        }
    }
}
