//! Rejoining after a lost vote log: an epoch with the same set, at most once an hour.

use tierchain_primitives::{Epoch, H256};
use tierchain_runtime::registry::{self, Error, Event, REJOIN_INTERVAL_MS, Rejoined, rejoined, validator_set};
use tierchain_runtime::{Call, DispatchError};

use crate::governance::{add, approve, propose, said};
use crate::world::{Who, World};

const CHALLENGE: H256 = H256([0x5c; 32]);

pub(crate) fn rejoin(challenge: H256) -> Call {
    Call::Registry(registry::Call::Rejoin { challenge })
}

fn wait_for_the_next_epoch(world: &mut World) {
    while registry::epoch_change(&world.state).is_some() {
        world.block(&[]);
    }
}

#[test]
fn it_ends_the_epoch_with_the_same_set() {
    let mut world = World::of(4);
    let before = validator_set(&world.state);
    assert_eq!(rejoined(&world.state, &Who::Voter(2).id()), None);
    let outcome = world.run(Who::Voter(2), rejoin(CHALLENGE));
    let end = world.number + 8;
    let (validator, epoch) = (Who::Voter(2).id(), Epoch(1));
    assert_eq!(
        said(&outcome),
        [Event::EpochEnding { end, next: epoch }, Event::Rejoined { validator, challenge: CHALLENGE, epoch }]
    );
    assert_eq!(rejoined(&world.state, &validator), Some(Rejoined { challenge: CHALLENGE, epoch }));
    wait_for_the_next_epoch(&mut world);
    let after = validator_set(&world.state);
    assert_eq!((world.number, after.epoch, after.keys), (end, epoch, before.keys));
}

#[test]
fn only_a_voter_in_force_rejoins() {
    let mut world = World::of(4);
    let not_a_validator = Err(DispatchError::from(Error::NotAValidator));
    assert_eq!(world.result(Who::Operator(0), rejoin(CHALLENGE)), not_a_validator);
    assert_eq!(world.result(Who::Nobody, rejoin(CHALLENGE)), not_a_validator);
    world.run(Who::Operator(0), propose(&add(4)));
    world.block(&[1, 2].map(|who| (Who::Operator(who), approve(0, &add(4)))));
    assert_eq!(world.result(Who::Voter(4), rejoin(CHALLENGE)), not_a_validator, "its first epoch hasn't begun");
    assert_eq!(world.result(Who::Voter(0), rejoin(CHALLENGE)), Err(DispatchError::from(Error::ChangePending)));
    wait_for_the_next_epoch(&mut world);
    assert_eq!(world.result(Who::Voter(4), rejoin(CHALLENGE)), Ok(()));
}

#[test]
fn a_validator_rejoins_once_an_hour_and_the_newest_counts() {
    let mut world = World::of(4);
    let first = world.time;
    assert_eq!(world.result(Who::Voter(0), rejoin(CHALLENGE)), Ok(()));
    wait_for_the_next_epoch(&mut world);
    assert_eq!(world.result(Who::Voter(1), rejoin(CHALLENGE)), Ok(()), "another has an hour of its own");
    wait_for_the_next_epoch(&mut world);
    world.time = first + REJOIN_INTERVAL_MS - 1;
    let too_soon = Err(DispatchError::from(Error::RejoinTooSoon));
    assert_eq!(world.result(Who::Voter(0), rejoin(H256([9; 32]))), too_soon);
    assert_eq!(rejoined(&world.state, &Who::Voter(0).id()).map(|it| it.epoch), Some(Epoch(1)));
    world.time = first + REJOIN_INTERVAL_MS;
    assert_eq!(world.result(Who::Voter(0), rejoin(H256([9; 32]))), Ok(()));
    let newest = Rejoined { challenge: H256([9; 32]), epoch: Epoch(3) };
    assert_eq!(rejoined(&world.state, &Who::Voter(0).id()), Some(newest));
}

#[test]
fn a_refused_rejoin_costs_no_hour() {
    let mut world = World::of(4);
    world.run(Who::Voter(0), rejoin(CHALLENGE));
    assert_eq!(world.result(Who::Voter(1), rejoin(CHALLENGE)), Err(DispatchError::from(Error::ChangePending)));
    assert_eq!(rejoined(&world.state, &Who::Voter(1).id()), None);
    wait_for_the_next_epoch(&mut world);
    assert_eq!(world.result(Who::Voter(1), rejoin(CHALLENGE)), Ok(()));
}
