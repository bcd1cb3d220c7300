//! Observers: nodes that follow the chain without a vote. The validators let in whoever is on the list, and nobody else.

use tierchain_primitives::AccountId;
use tierchain_primitives::ports::StateRead;

use super::validator::peer_id_of;
use super::{Error, OBSERVERS, Validator, next_validators, validators};
use crate::storage::Overlay;

/// Most observers that proposals add up to. Each may hold a connection to every validator.
pub const OBSERVERS_MAX: usize = 1_000;

/// Peer ids of those who may follow without a vote.
#[must_use]
pub fn observers(state: &dyn StateRead) -> Vec<Vec<u8>> {
    OBSERVERS.get(state).unwrap_or_default()
}

/// Passes a network key whose node is neither an observer nor a validator, while there is room.
pub(super) fn check_add(state: &dyn StateRead, network_key: &AccountId) -> Result<(), Error> {
    let (peer_id, known) = (peer_id_of(network_key), observers(state));
    if known.contains(&peer_id) {
        return Err(Error::AlreadyAnObserver);
    }
    let mut voting = validators(state);
    voting.extend(next_validators(state).unwrap_or_default());
    if voting.iter().any(|validator| validator.peer_id == peer_id) {
        return Err(Error::DuplicatePeerId);
    }
    if known.len() >= OBSERVERS_MAX { Err(Error::TooManyObservers) } else { Ok(()) }
}

/// Passes a network key whose node is an observer.
pub(super) fn check_remove(state: &dyn StateRead, network_key: &AccountId) -> Result<(), Error> {
    if observers(state).contains(&peer_id_of(network_key)) { Ok(()) } else { Err(Error::NotAnObserver) }
}

/// Lets a node follow.
pub(super) fn add(state: &mut Overlay<'_>, network_key: &AccountId) {
    let mut known = observers(state);
    known.push(peer_id_of(network_key));
    OBSERVERS.put(state, &known);
}

/// Lets a node follow no more.
pub(super) fn remove(state: &mut Overlay<'_>, network_key: &AccountId) {
    let gone = peer_id_of(network_key);
    let mut known = observers(state);
    known.retain(|peer_id| *peer_id != gone);
    OBSERVERS.put(state, &known);
}

/// Makes an observer of each node that was a validator, so that it can follow on; a new validator is none any more.
pub(super) fn follow_on(state: &mut Overlay<'_>, before: &[Validator], after: &[Validator]) {
    let votes = |peer_id: &[u8]| after.iter().any(|validator| validator.peer_id == peer_id);
    let known = observers(state);
    let mut following: Vec<Vec<u8>> = known.iter().filter(|peer_id| !votes(peer_id)).cloned().collect();
    let released = before.iter().map(|validator| &validator.peer_id).filter(|peer_id| !votes(peer_id));
    following.extend(released.cloned());
    if following != known {
        OBSERVERS.put(state, &following);
    }
}
