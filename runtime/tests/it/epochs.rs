//! Epochs: when a decided set comes into force, what it brings along, and what a header must carry.

use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::epoch::next_set_item;
use tierchain_primitives::header::{DigestItem, ENGINE_ID, Header, PreRuntime};
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::{Epoch, H256, ValidatorIndex};
use tierchain_runtime::registry::{self, EpochRecord, Event, Proposal, epoch_change, roles, validator_set};
use tierchain_runtime::{BlockContext, GenesisConfig, Phase, Role, Roles, RuntimeEvent, execute, is_admitted, is_leaf};

use crate::governance::{add, approve, propose, remove, replace, said};
use crate::world::{GENESIS, Who, World, config, peer_id, validator};

/// Has all of the first four operators agree, in one block.
fn agree(world: &mut World, id: u32, proposal: &Proposal) {
    assert_eq!(world.result(Who::Operator(0), propose(proposal)), Ok(()));
    let approvals: Vec<_> = (1..4).map(|who| (Who::Operator(who), approve(id, proposal))).collect();
    world.block(&approvals);
    assert!(epoch_change(&world.state).is_some(), "it is decided");
}

/// Goes on to the last block of the epoch and says what happened in it.
fn end(world: &mut World) -> Vec<Event> {
    let end = epoch_change(&world.state).expect("a change is pending").end;
    while world.number + 1 < end {
        assert_eq!(said(&world.block(&[])), []);
    }
    said(&world.block(&[]))
}

#[test]
fn a_set_comes_into_force_a_window_after_it_was_decided() {
    let mut world = World::of(4);
    agree(&mut world, 0, &add(4));
    let (decided, before) = (world.number, validator_set(&world.state));
    let change = epoch_change(&world.state).expect("it is pending");
    assert_eq!((change.end, change.next.epoch, change.next.len()), (decided + WINDOW, Epoch(1), 5));
    assert_eq!((before.epoch, before.len()), (Epoch(0), 4), "the old set is in force until then");
    assert_eq!(end(&mut world), [Event::EpochBegan { epoch: Epoch(1), validators: 5 }]);
    assert_eq!((world.number, validator_set(&world.state)), (change.end, change.next.clone()));
    assert_eq!(epoch_change(&world.state), None);
    assert_eq!(registry::validators(&world.state)[4], validator(4));
    assert_eq!(registry::next_validators(&world.state), None);
}

#[test]
fn the_history_knows_every_epoch() {
    let mut world = World::of(4);
    let first = EpochRecord { begins_after: 0, set: validator_set(&world.state) };
    assert_eq!(registry::epoch(&world.state, Epoch(0)), Some(first.clone()));
    agree(&mut world, 0, &add(4));
    end(&mut world);
    let second = EpochRecord { begins_after: world.number, set: validator_set(&world.state) };
    assert_eq!(registry::epoch(&world.state, Epoch(1)), Some(second));
    assert_eq!(registry::epoch(&world.state, Epoch(0)), Some(first));
    assert_eq!(registry::epoch(&world.state, Epoch(2)), None);
}

#[test]
fn it_is_reported_before_the_first_extrinsic() {
    let mut world = World::of(4);
    agree(&mut world, 0, &replace(0, 0, 8));
    while world.number + 1 < epoch_change(&world.state).expect("pending").end {
        world.block(&[]);
    }
    let outcome = world.block(&[(Who::Operator(0), propose(&add(5)))]);
    assert_eq!(outcome.results, [Ok(())]);
    let first = &outcome.events[0];
    assert_eq!(first.phase, Phase::Initialization);
    assert!(matches!(first.event, RuntimeEvent::Registry(Event::EpochBegan { .. })));
}

#[test]
fn accounts_are_admitted_when_it_is_decided_and_an_account_keeps_its_nonce() {
    let mut world = World::of(4);
    let (operator, voter) = (Who::Operator(4).id(), Who::Voter(4).id());
    assert!(!is_admitted(&world.state, &operator) && !is_admitted(&world.state, &voter));
    agree(&mut world, 0, &add(4));
    assert!(roles(&world.state, &operator).has(Role::Operator));
    assert!(roles(&world.state, &voter).has(Role::Validator));
    end(&mut world);
    world.run(Who::Operator(4), propose(&remove(4)));
    assert_eq!(tierchain_runtime::account(&world.state, &operator).map(|account| account.nonce), Some(1));
    world.block(&[0, 1, 2].map(|who| (Who::Operator(who), approve(1, &remove(4)))));
    end(&mut world);
    assert_eq!((roles(&world.state, &operator), roles(&world.state, &voter)), (Roles::NONE, Roles::NONE));
    agree(&mut world, 2, &add(4));
    assert_eq!(tierchain_runtime::account(&world.state, &operator).map(|account| account.nonce), Some(1));
    assert!(roles(&world.state, &operator).has(Role::Operator), "it is back");
}

#[test]
fn a_replaced_key_has_its_role_until_its_epoch_ends() {
    let mut world = World::of(4);
    agree(&mut world, 0, &replace(2, 2, 8));
    let is_validator = |world: &World, number| roles(&world.state, &Who::Voter(number).id()).has(Role::Validator);
    assert!(is_validator(&world, 2) && is_validator(&world, 8));
    end(&mut world);
    assert!(!is_validator(&world, 2) && is_validator(&world, 8));
    let set = validator_set(&world.state);
    assert_eq!(set.index_of(&Who::Voter(8).id()), Some(ValidatorIndex(2)), "the place stays");
    assert!(roles(&world.state, &Who::Operator(2).id()).has(Role::Operator));
}

#[test]
fn an_operator_with_another_validator_or_role_keeps_what_it_has() {
    let mut validators: Vec<_> = (0..5).map(validator).collect();
    validators[4].operator = Who::Operator(0).id();
    let mut config = GenesisConfig { validators, ..config(false) };
    config.accounts.push((Who::Operator(1).id(), Roles::NONE.with(Role::Auditor)));
    let mut world = World::new(&config);
    agree(&mut world, 0, &remove(4));
    end(&mut world);
    assert!(roles(&world.state, &Who::Operator(0).id()).has(Role::Operator));
    agree(&mut world, 1, &add(6));
    end(&mut world);
    world.run(Who::Operator(0), propose(&remove(1)));
    world.block(&[2, 3, 6].map(|who| (Who::Operator(who), approve(2, &remove(1)))));
    end(&mut world);
    assert_eq!(roles(&world.state, &Who::Operator(1).id()), Roles::NONE.with(Role::Auditor));
}

#[test]
fn a_removed_node_becomes_an_observer_and_an_observer_that_votes_is_none() {
    let mut world = World::new(&GenesisConfig {
        validators: (0..4).map(validator).collect(),
        observers: vec![peer_id(9), peer_id(4)],
        ..config(false)
    });
    agree(&mut world, 0, &add(4));
    assert_eq!(registry::observers(&world.state), [peer_id(9), peer_id(4)], "until its first epoch it observes");
    end(&mut world);
    assert_eq!(registry::observers(&world.state), [peer_id(9)]);
    agree(&mut world, 1, &remove(1));
    end(&mut world);
    assert_eq!(registry::observers(&world.state), [peer_id(9), peer_id(1)]);
}

#[test]
fn every_item_of_the_registry_is_a_leaf() {
    let world = World::of(4);
    let items = [
        registry::PENDING.key().to_vec(),
        registry::VALIDATOR_SET.key().to_vec(),
        registry::OPEN_PROPOSALS.key().to_vec(),
        registry::PROPOSALS.key(&0),
        registry::EPOCHS.key(&Epoch(0)),
        registry::REJOINS.key(&Who::Voter(0).id()),
    ];
    assert!(items.iter().all(|key| is_leaf(key)));
    assert!(world.state.contains_key(&items[4]));
}

/// Executes an empty block after the world's, with these items after the first in its digest.
fn block_with(world: &World, items: Vec<DigestItem>) {
    let number = world.number + 1;
    let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: world.time, executed: world.number };
    let mut header = Header::new(H256::ZERO, number, H256::ZERO, H256::ZERO, pre);
    header.digest.extend(items);
    let context = BlockContext::new(&header, GENESIS).expect("it has its digest");
    let _ = execute(&world.state, &context, &[]);
}

/// A world whose next block is the last of its epoch.
fn before_the_end() -> (World, ValidatorSet) {
    let mut world = World::of(4);
    agree(&mut world, 0, &add(4));
    let change = epoch_change(&world.state).expect("it is pending");
    while world.number + 1 < change.end {
        world.block(&[]);
    }
    (world, change.next)
}

#[test]
#[should_panic(expected = "carries the set that was decided")]
fn the_last_block_of_an_epoch_without_its_set_was_never_certified() {
    block_with(&before_the_end().0, Vec::new());
}

#[test]
#[should_panic(expected = "carries the set that was decided")]
fn the_last_block_of_an_epoch_with_another_set_was_never_certified() {
    let (world, mut next) = before_the_end();
    next.keys.swap(0, 1);
    block_with(&world, vec![next_set_item(&next)]);
}

#[test]
#[should_panic(expected = "carries the set that was decided")]
fn the_last_block_of_an_epoch_with_its_set_twice_was_never_certified() {
    let (world, next) = before_the_end();
    block_with(&world, vec![next_set_item(&next), next_set_item(&next)]);
}

#[test]
#[should_panic(expected = "ends no epoch")]
fn a_set_in_any_other_block_was_never_certified() {
    let world = World::of(4);
    block_with(&world, vec![next_set_item(&validator_set(&world.state))]);
}

#[test]
#[should_panic(expected = "ends no epoch")]
fn garbage_where_a_set_stands_was_never_certified() {
    block_with(&World::of(4), vec![DigestItem::Consensus(ENGINE_ID, vec![1, 2, 3])]);
}
