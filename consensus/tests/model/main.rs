//! Model checking of the machine that ships: every order of events, within bounds, at four validators of which one lies.
//!
//! The long run is `cargo run --release -p tierchain-consensus --example model -- --states 20000000`.

mod system;

use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model, UniformChooser};

use system::mistake::Mistake;
use system::model::{Bounds, System};
use system::properties::{AGREEMENT, ASSERTIONS, SURVIVAL};
use system::search::search;

/// Explores everything within the bounds.
fn exhaust(heights: u32, views: u8, liars: &[u8]) {
    let found = search(Bounds { heights, views, mistake: None }, liars, usize::MAX);
    println!("{} states, {} steps, depth {}, {} local states", found.states, found.steps, found.depth, found.local);
    assert_eq!(found.broken, Vec::new());
    assert!(!found.cut);
}

/// Walks at random until validators that make a mistake break a property.
fn find(mistake: Mistake, liar: u8) {
    let system = System::new(Bounds { heights: 2, views: 3, mistake: Some(mistake) }, &[liar]);
    // The machine's own assertions know a fork as well, and mostly first.
    let wanted = [AGREEMENT, SURVIVAL, ASSERTIONS];
    let walks =
        system.checker().finish_when(HasDiscoveries::AnyOf(BTreeSet::from(wanted))).target_state_count(STEPS_MAX);
    let checker = walks.spawn_simulation(1, UniformChooser).join();
    let found = checker.discoveries();
    println!("{mistake:?} after {} steps: {:?}", checker.state_count(), found.keys());
    assert!(wanted.iter().any(|name| found.contains_key(name)), "{mistake:?} isn't found in {STEPS_MAX} steps");
}

/// Within so many steps of random walks each known mistake is found.
const STEPS_MAX: usize = 1_000_000;

#[test]
fn one_height_and_two_views_are_safe_whoever_lies() {
    exhaust(1, 2, &[0, 1, 2, 3]);
}

#[test]
fn walks_through_two_heights_and_three_views_meet_nothing_that_is_broken() {
    let system = System::new(Bounds { heights: 2, views: 3, mistake: None }, &[0, 1, 2, 3]);
    let walks = system.checker().finish_when(HasDiscoveries::AnyFailures).target_state_count(100_000);
    walks.spawn_simulation(1, UniformChooser).join().assert_properties();
}

#[test]
fn proposing_again_from_the_bottom_up_forks() {
    find(Mistake::BottomUp, 1);
}

#[test]
fn comparing_numbers_before_views_forks() {
    find(Mistake::NumberFirst, 2);
}
