//! docs/protocol.md names a test for each rule: each name is a test's.

use std::collections::BTreeSet;

use super::{root, rust_files};

/// Where the protocol's tests are.
const PLACES: [&str; 4] = ["consensus/src", "consensus/tests", "replica/src", "replica/tests"];

/// The fewest words of a test's whole name; other names in the text have fewer.
const WORDS_MIN: usize = 3;

/// What the names of metrics begin with.
const METRIC: &str = "tierchain_";

/// Names of tests in a text: `between_backticks`, perhaps with a `*` for what differs.
fn named(text: &str) -> Vec<&str> {
    let is_name = |word: &&str| {
        let is_part = |symbol: char| symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || "_*".contains(symbol);
        let is_long = word.contains('*') || word.split('_').count() >= WORDS_MIN;
        is_long && !word.starts_with(METRIC) && word.chars().all(is_part)
    };
    text.split('`').skip(1).step_by(2).filter(is_name).collect()
}

/// Whether a name fits a pattern with at most one `*`.
fn fits(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((start, end)) => name.starts_with(start) && name.ends_with(end),
    }
}

#[test]
fn each_name_in_the_protocol_is_a_tests() {
    let files: Vec<_> = PLACES.iter().flat_map(|place| rust_files(&root().join(place))).collect();
    let lines = files.iter().flat_map(|(_, text)| text.lines());
    let tests: BTreeSet<&str> = lines.filter_map(|line| line.trim().strip_prefix("fn ")?.split('(').next()).collect();
    let protocol = std::fs::read_to_string(root().join("docs/protocol.md")).expect("it is there");
    let names = named(&protocol);
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        assert!(tests.iter().any(|test| fits(test, name)), "no test is called {name}");
    }
}

#[test]
fn names_are_found_and_compared() {
    assert_eq!(named("`a_b_c` and `a.rs`, `x_*`, `A_b_c`, `a_b`"), ["a_b_c", "x_*"]);
    assert!(fits("r1_blocks_are_prepared", "r1_*") && fits("a_b_c", "*_c") && !fits("a_b_c", "a_b"));
}
