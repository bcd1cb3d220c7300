//! What is always true of a machine, named and checked at the end of every step.
//!
//! A broken one means that this program is wrong or that more than f validators lie. Either way the replica must not
//! say another word, so each is an assertion that stays on in release.

use crate::machine::Machine;
use crate::message::VoteKind;

/// Runs all of them.
pub(crate) fn check(machine: &Machine) {
    promises_only_rise(machine);
    own_votes_are_of_the_view(machine);
    every_commit_is_covered(machine);
    one_prepare_per_number(machine);
    memory_is_bounded(machine);
}

/// R5: a view that was left isn't entered, and the VIEW-CHANGE that stands is for the view promised.
fn promises_only_rise(machine: &Machine) {
    assert!(machine.promised >= machine.view, "R5: the view entered is one that was promised");
    let standing = machine.view_change.as_ref().map(|change| change.view);
    let expected = machine.is_changing().then_some(machine.promised);
    assert_eq!(standing, expected, "R5: between views, and only then, a VIEW-CHANGE stands");
}

/// R1, R3: what is counted as said in this view was said in it.
fn own_votes_are_of_the_view(machine: &Machine) {
    let votes = machine.term.prepares.values().chain(machine.term.commits.values());
    let alien = votes.into_iter().find(|vote| vote.view != machine.view || vote.voter != machine.config.me);
    assert!(alien.is_none(), "own votes are of the view entered");
}

/// R3: every commit is covered by the highest prepared certificate, which a VIEW-CHANGE would show.
fn every_commit_is_covered(machine: &Machine) {
    let Some(number) = machine.term.commits.last_key_value().map(|(number, _)| *number) else { return };
    let shown = machine.prepared.as_ref().map(|certificate| (certificate.view, certificate.number));
    assert!(shown >= Some((machine.view, number)), "R3: a commit needs a prepared certificate of its view");
}

/// R1: prepares rise, and nothing is prepared at or below the highest of them again.
fn one_prepare_per_number(machine: &Machine) {
    let term = &machine.term;
    let highest = term.prepares.last_key_value().map(|(number, _)| *number);
    assert!(highest <= Some(term.floor), "R1: the floor is the highest number prepared in the view");
    let kinds = term.prepares.values().all(|vote| vote.kind == VoteKind::Prepare);
    assert!(kinds && term.commits.values().all(|vote| vote.kind == VoteKind::Commit), "votes lie with their kind");
}

/// Nobody outside can make a machine grow: per validator at most one view above, the one entered and the one before.
fn memory_is_bounded(machine: &Machine) {
    let tip = machine.chain.tip().number;
    let numbers = 2 * machine.config.parameters.window as usize;
    let views = machine.config.set.len() + 2;
    assert!(machine.tally.places().all(|place| place.number > tip), "votes on final blocks are forgotten");
    assert!(machine.tally.places().count() <= 2 * numbers * views, "votes are bounded by window, views, validators");
    // A primary's own come from its log: where its database is lost, those far above the base still bind it.
    assert!(
        machine.is_primary() || machine.term.proposals.len() <= numbers,
        "one proposal for each number in the window"
    );
    assert!(machine.early.len() <= numbers, "one proposal for each number in the window");
    assert!(machine.changes.len() <= machine.config.set.len(), "one VIEW-CHANGE for each validator");
}
