//! Observers: nodes that operators let follow, and don't let follow any more.

use tierchain_primitives::AccountId;
use tierchain_runtime::registry::{self, Deed, Error, Event, OBSERVERS_MAX, Proposal};
use tierchain_runtime::{GenesisConfig, query};

use crate::governance::{add, approve, propose, refused, remove};
use crate::grants::enacted;
use crate::world::{Who, World, config, peer_id, validator};

/// The key in the peer id of node `number`.
fn network_key(number: u8) -> AccountId {
    AccountId(peer_id(number)[6..].try_into().expect("32 bytes follow the prefix"))
}

/// To let node `number` follow.
pub(crate) fn observe(number: u8) -> Proposal {
    Proposal::AddObserver { network_key: network_key(number) }
}

/// To let node `number` follow no more.
pub(crate) fn observe_no_more(number: u8) -> Proposal {
    Proposal::RemoveObserver { network_key: network_key(number) }
}

fn end_epoch(world: &mut World) {
    while registry::epoch_change(&world.state).is_some() {
        world.block(&[]);
    }
}

#[test]
fn a_quorum_lets_a_node_follow_at_once_and_no_more() {
    let mut world = World::of(4);
    let done = enacted(&mut world, &observe(9));
    let deed = Deed::ObserverAdded { network_key: network_key(9) };
    assert_eq!(done[1..], [Event::Enacted { id: 0 }, Event::Noted { place: 0, deed }]);
    assert_eq!(registry::observers(&world.state), [peer_id(9)]);
    assert_eq!(registry::epoch_change(&world.state), None, "no epoch ends");
    enacted(&mut world, &observe(8));
    enacted(&mut world, &observe_no_more(9));
    assert_eq!(registry::observers(&world.state), [peer_id(8)], "the other one follows on");
    let deeds: Vec<Deed> = query::trail(&world.state, 2, 9).into_iter().map(|(_, act)| act.deed).collect();
    assert_eq!(deeds, [Deed::ObserverRemoved { network_key: network_key(9) }]);
}

#[test]
fn a_node_that_was_removed_as_validator_can_be_cut_off() {
    let mut world = World::of(5);
    enacted(&mut world, &remove(4));
    world.run(Who::Operator(3), approve(0, &remove(4)));
    refused(&mut world, Who::Operator(0), propose(&observe_no_more(4)), Error::NotAnObserver);
    end_epoch(&mut world);
    assert_eq!(registry::observers(&world.state), [peer_id(4)], "it follows on by itself");
    enacted(&mut world, &observe_no_more(4));
    assert!(registry::observers(&world.state).is_empty());
}

#[test]
fn who_votes_or_is_about_to_is_no_observer_and_nobody_is_one_twice() {
    let mut world = World::of(4);
    refused(&mut world, Who::Operator(0), propose(&observe(2)), Error::DuplicatePeerId);
    enacted(&mut world, &add(4));
    refused(&mut world, Who::Operator(0), propose(&observe(4)), Error::DuplicatePeerId);
    enacted(&mut world, &observe(9));
    refused(&mut world, Who::Operator(0), propose(&observe(9)), Error::AlreadyAnObserver);
    refused(&mut world, Who::Operator(0), propose(&observe_no_more(8)), Error::NotAnObserver);
}

#[test]
fn proposals_add_up_to_a_bound_and_room_comes_with_who_leaves() {
    let peers = (0..u32::try_from(OBSERVERS_MAX).expect("few")).map(|at| {
        let mut key = [7; 32];
        key[..4].copy_from_slice(&at.to_le_bytes());
        [&peer_id(0)[..6], &key].concat()
    });
    let mut observers: Vec<Vec<u8>> = peers.collect();
    observers[0] = peer_id(9);
    let mut world =
        World::new(&GenesisConfig { validators: (0..4).map(validator).collect(), observers, ..config(false) });
    refused(&mut world, Who::Operator(0), propose(&observe(8)), Error::TooManyObservers);
    enacted(&mut world, &observe_no_more(9));
    enacted(&mut world, &observe(8));
    assert_eq!(registry::observers(&world.state).len(), OBSERVERS_MAX);
}
