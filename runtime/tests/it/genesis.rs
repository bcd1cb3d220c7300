//! Genesis: what is wrong with one is named, and its state says what it says.

use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::{
    GenesisConfig, GenesisProblem, Role, Roles, Validator, genesis_state, registry, validator_set,
};

use crate::world::{Who, World, config, host};

fn validators(count: u8) -> Vec<Validator> {
    let named = |at: u8| Validator {
        name: format!("v{at}"),
        operator: AccountId([at + 1; 32]),
        consensus: AccountId([at + 101; 32]),
        peer_id: vec![at; 38],
        addresses: Vec::new(),
    };
    (0..count).map(named).collect()
}

fn of(count: u8) -> GenesisConfig {
    GenesisConfig { validators: validators(count), dev: false, ..config(false) }
}

/// Asserts that the genesis of four validators, spoilt, has exactly this problem.
fn check(spoil: impl FnOnce(&mut GenesisConfig), expected: &str) {
    let mut config = of(4);
    spoil(&mut config);
    let found: Vec<String> = config.check().iter().map(ToString::to_string).collect();
    assert!(found.len() == 1 && found[0].contains(expected), "{expected:?} isn't {found:?}");
}

#[test]
fn a_good_genesis_has_no_problem() {
    assert_eq!(of(4).check(), []);
    assert_eq!(of(7).check(), []);
    assert_eq!(config(false).check(), [], "a development network has one validator");
}

#[test]
fn the_number_of_validators_is_4_or_more_or_1_in_development() {
    for (count, dev) in [(0, true), (2, true), (3, true), (0, false), (1, false), (2, false), (3, false)] {
        let config = GenesisConfig { dev, ..of(count) };
        assert_eq!(config.check(), [GenesisProblem::TooFewValidators(usize::from(count))], "{count} {dev}");
    }
    assert_eq!(of(101).check(), [GenesisProblem::TooManyValidators(101)]);
}

#[test]
fn each_problem_is_named_alone() {
    check(|it| it.validators[3].consensus = it.validators[1].consensus, "same consensus key");
    check(|it| it.validators[3].peer_id = it.validators[1].peer_id.clone(), "same peer id");
    check(|it| it.validators[3].operator = it.validators[1].operator, "same operator");
    check(|it| it.validators[3].name = "v1".to_owned(), "two validators are named");
    check(|it| it.validators[3].peer_id.clear(), "peer id of validator");
    check(|it| it.observers = vec![vec![2; 38]], "list each node once");
    check(|it| it.observers = vec![vec![9; 65]], "peer id of observer 0");
    check(|it| it.block_nonce_bits = 17, "at most 16");
    check(|it| it.name.clear(), "network's name has 0 bytes");
    check(|it| it.id = "x".repeat(65), "network's id has 65 bytes");
    check(|it| it.time = 0, "the time is 0");
    check(|it| it.accounts.push((Who::Nobody.id(), Roles::NONE)), "listed twice");
    check(|it| it.hosts.push(it.hosts[0].clone()), "listed twice");
    check(|it| it.data_centers.push(it.data_centers[0].clone()), "listed twice");
    check(|it| it.hosts[0].data_center = H256::ZERO, "which isn't listed");
    check(|it| it.hosts[0].hypervisor = Who::Foundry.id(), "lacks the role hypervisor");
    check(|it| it.allow_replay = true, "allow_replay is on");
}

#[test]
fn only_the_replay_is_a_warning() {
    assert!(config(true).check().iter().all(GenesisProblem::is_warning));
    assert!(!GenesisProblem::NoTime.is_warning());
}

#[test]
fn a_genesis_decodes_to_itself_within_limits() {
    let whole = GenesisConfig { observers: vec![vec![1; 38]], ..of(4) };
    assert_eq!(GenesisConfig::decode(&mut whole.encode().as_slice()), Ok(whole));
    let crowded = GenesisConfig { validators: validators(101), ..of(4) };
    assert!(GenesisConfig::decode(&mut crowded.encode().as_slice()).is_err());
    let long = GenesisConfig { name: "x".repeat(65), ..of(4) };
    assert!(GenesisConfig::decode(&mut long.encode().as_slice()).is_err());
}

#[test]
fn the_state_says_what_the_genesis_says() {
    let config = of(4);
    let world = World::new(&config);
    let set = validator_set(&world.state);
    assert_eq!((set.len(), set.epoch.0), (4, 0));
    assert_eq!(registry::VALIDATORS.get(&world.state), Some(config.validators.clone()));
    assert_eq!(registry::HOSTS.get(&world.state, &host(1)).map(|host| host.hypervisor), Some(Who::OtherAgent.id()));
    assert!(registry::roles(&world.state, &config.validators[0].operator).has(Role::Operator));
    assert!(registry::roles(&world.state, &Who::Agent.id()).has(Role::Hypervisor));
    assert_eq!(registry::roles(&world.state, &AccountId([0x77; 32])), Roles::NONE);
}

#[test]
fn an_operator_keeps_the_roles_it_is_listed_with() {
    let mut config = of(4);
    let operator = config.validators[0].operator;
    config.accounts.push((operator, Roles::NONE.with(Role::Foundry)));
    let roles = registry::roles(&World::new(&config).state, &operator);
    assert!(roles.has(Role::Operator) && roles.has(Role::Foundry));
}

#[test]
fn the_state_is_sorted_and_differs_between_networks() {
    let state = genesis_state(&of(4));
    assert!(state.is_sorted_by(|one, next| one.0 < next.0));
    let renamed = GenesisConfig { id: "other".to_owned(), ..of(4) };
    assert_ne!(genesis_state(&renamed), state);
}
