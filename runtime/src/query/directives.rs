//! Questions about directives.

use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};

use super::page;
use crate::directives::{self, CHANGES, Change, DIRECTIVES, DirectiveId, DirectiveRecord, REFERENCES};

/// A directive and what became of it.
#[must_use]
pub fn directive(state: &dyn StateRead, id: DirectiveId) -> Option<DirectiveRecord> {
    DIRECTIVES.get(state, &id)
}

/// The number of the directive that an issuer's reference names.
#[must_use]
pub fn directive_named(state: &dyn StateRead, issuer: &AccountId, reference: &H256) -> Option<DirectiveId> {
    REFERENCES.get(state, &(*issuer, *reference))
}

/// A host's directives that are issued or accepted, oldest first: at most [`directives::OPEN_MAX`].
#[must_use]
pub fn directives_open(state: &dyn StateRead, host: &H256) -> Vec<(DirectiveId, DirectiveRecord)> {
    with_records(state, directives::open(state, host).into_iter())
}

/// How many directives there have been.
#[must_use]
pub fn directive_count(state: &dyn StateRead) -> u64 {
    directives::COUNT.get(state).unwrap_or(0)
}

/// Directives in the order of their issue: at most `limit`, from number `start` on.
#[must_use]
pub fn directives(state: &dyn StateRead, start: u64, limit: usize) -> Vec<(DirectiveId, DirectiveRecord)> {
    with_records(state, page(start, directive_count(state), limit))
}

/// How many steps directives have made.
#[must_use]
pub fn directive_change_count(state: &dyn StateRead) -> u64 {
    directives::CHANGE_COUNT.get(state).unwrap_or(0)
}

/// Steps of all directives in order: at most `limit`, with their places, from place `start` on.
#[must_use]
pub fn directive_changes(state: &dyn StateRead, start: u64, limit: usize) -> Vec<(u64, Change)> {
    let places = page(start, directive_change_count(state), limit);
    places.filter_map(|place| Some((place, CHANGES.get(state, &place)?))).collect()
}

fn with_records(state: &dyn StateRead, ids: impl Iterator<Item = DirectiveId>) -> Vec<(DirectiveId, DirectiveRecord)> {
    ids.filter_map(|id| Some((id, DIRECTIVES.get(state, &id)?))).collect()
}
