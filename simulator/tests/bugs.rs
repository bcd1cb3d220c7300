//! The simulator bites: each known bug, put into every replica, is found within a bounded number of seeds.
//!
//! Runs with `--features bugs`. The mix is the one directed at the bug; the same seeds of it without a bug hold.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_consensus::Bug;
use tierchain_simulator::campaign::run_seed;
use tierchain_simulator::mix::Mix;
use tierchain_simulator::profile::Options;

/// Bug, mix, steps of a run, and within how many seeds it is found.
const FOUND_WITHIN: [(Bug, Mix, u64, u64); 18] = [
    (Bug::VoteBeforeWal, Mix::Crashes, 2_000, 5),
    (Bug::QuorumOfTwoF, Mix::Splits, 2_000, 5),
    (Bug::PreparedIgnored, Mix::ViewChanges, 2_000, 20),
    (Bug::UncappedTimeouts, Mix::Slow, 20_000, 15),
    (Bug::BottomUp, Mix::ViewChanges, 2_000, 30),
    (Bug::NumberBeforeView, Mix::ViewChanges, 2_000, 100),
    (Bug::ViewsMixed, Mix::ViewChanges, 2_000, 20),
    (Bug::NewViewWithoutProof, Mix::ViewChanges, 2_000, 20),
    (Bug::CommitBeforePrepared, Mix::Crashes, 2_000, 5),
    (Bug::PrepareBeforeBody, Mix::Crashes, 2_000, 5),
    (Bug::LoneLoss, Mix::Flapping, 2_000, 10),
    (Bug::AmnesiacVotes, Mix::LostLogs, 2_000, 20),
    (Bug::TimeoutWithoutQuorum, Mix::Halves, 2_000, 20),
    (Bug::BothSets, Mix::Epochs, 2_000, 20),
    (Bug::EndsWhenExecuted, Mix::Epochs, 2_000, 10),
    (Bug::RejoinsAtOnce, Mix::Amnesia, 2_000, 20),
    (Bug::VotesBelowLog, Mix::Amnesia, 2_000, 30),
    (Bug::QuotaUnknown, Mix::Quotas, 2_000, 10),
];

#[test]
fn every_known_bug_is_found() {
    for (bug, mix, steps, seeds) in FOUND_WITHIN {
        let runs = (0..seeds).map(|seed| run_seed(&Options { mix, bug: Some(bug), ..Options::new(seed, steps) }));
        let found = runs.enumerate().find_map(|(seed, report)| Some((seed, report.violation?)));
        let (seed, violation) = found.unwrap_or_else(|| panic!("{bug:?} wasn't found in {seeds} seeds"));
        println!("{bug:?}: seed {seed} of {seeds}: {}", violation.invariant);
    }
}

#[test]
fn no_known_bug_is_left_out() {
    let looked_for: BTreeSet<Bug> = FOUND_WITHIN.iter().map(|(bug, ..)| *bug).collect();
    assert_eq!(looked_for, BTreeSet::from(Bug::ALL));
}

#[test]
fn nothing_is_found_where_there_is_no_bug() {
    let days: BTreeMap<String, (Mix, u64)> =
        FOUND_WITHIN.iter().map(|(_, mix, steps, _)| (format!("{mix:?} {steps}"), (*mix, *steps))).collect();
    for (mix, steps) in days.into_values() {
        for seed in 0..5 {
            let report = run_seed(&Options { mix, ..Options::new(seed, steps) });
            assert_eq!(report.violation, None, "seed {seed} of {mix:?}");
        }
    }
}
