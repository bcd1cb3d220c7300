//! Epochs: which set is in force, which follows, and the block between them.
//!
//! A change that is executed in block M ends the epoch at block M + W. That block's header carries the next set, and
//! initialising it is what puts the set in force, so the state after it is the next epoch's. There is one change at a
//! time: the next one can be decided from that very block on.

use std::collections::BTreeSet;

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::epoch::{EpochChange, next_set};
use tierchain_primitives::header::{DigestItem, ENGINE_ID, Header};
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, BlockNumber, Epoch};

use super::{EPOCHS, Error, Event, PENDING, Role, VALIDATOR_SET, VALIDATORS, Validator, grant, observers, revoke};
use crate::execute::{BlockContext, Context};
use crate::storage::Overlay;
use crate::system;

/// An epoch in the history.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct EpochRecord {
    /// The block after which it began: the last of the epoch before, or 0.
    pub begins_after: BlockNumber,
    /// Its validators.
    pub set: ValidatorSet,
}

/// The decided end of an epoch, until it comes.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct PendingEpoch {
    /// The last block of the epoch in force.
    pub end: BlockNumber,
    /// The epoch that follows.
    pub epoch: Epoch,
    /// Its validators, in the order that gives each its index.
    pub validators: Vec<Validator>,
}

impl PendingEpoch {
    /// The set that follows.
    #[must_use]
    pub fn set(&self) -> ValidatorSet {
        set(self.epoch, &self.validators)
    }
}

/// Puts the first epoch in force.
pub(super) fn genesis(state: &mut Overlay<'_>, validators: &[Validator]) {
    enter(state, 0, set(Epoch(0), validators));
    VALIDATORS.put(state, &validators.to_vec());
}

/// Puts the next set in force when this block is the last of its epoch.
///
/// # Panics
/// When the header doesn't carry exactly the set that was decided: such a block is never certified.
pub(super) fn on_initialize(state: &mut Overlay<'_>, block: &BlockContext<'_>) -> Option<Event> {
    let number = block.header.number;
    match PENDING.get(state) {
        Some(pending) if pending.end == number => {
            assert_eq!(next_set(block.header), Some(pending.set()), "block {number} carries the set that was decided");
            Some(begin(state, pending))
        }
        _ => {
            assert!(!carries_set(block.header), "block {number} ends no epoch, so it carries no set");
            None
        }
    }
}

/// Decides that this epoch ends a window from now, and that these validators follow.
pub(super) fn decide(context: &mut Context<'_>, validators: Vec<Validator>) -> Result<(), Error> {
    ensure_none_pending(&context.state)?;
    let now = context.block.header.number;
    let end = now.checked_add(WINDOW).expect("the last blocks that u32 can number are years away by every setting");
    let epoch = validator_set(&context.state).epoch.next();
    for validator in &validators {
        admit(&mut context.state, validator);
    }
    PENDING.put(&mut context.state, &PendingEpoch { end, epoch, validators });
    context.report(Event::EpochEnding { end, next: epoch });
    Ok(())
}

/// Passes while no change is pending.
pub(super) fn ensure_none_pending(state: &dyn StateRead) -> Result<(), Error> {
    if PENDING.get(state).is_some() { Err(Error::ChangePending) } else { Ok(()) }
}

/// The validator set in force: after the block that ends an epoch, the next one's.
#[must_use]
pub fn validator_set(state: &dyn StateRead) -> ValidatorSet {
    VALIDATOR_SET.get(state).expect("genesis sets the validators")
}

/// The decided end of the epoch: from the block that decided it until the one that ends it.
#[must_use]
pub fn epoch_change(state: &dyn StateRead) -> Option<EpochChange> {
    PENDING.get(state).map(|pending| EpochChange { end: pending.end, next: pending.set() })
}

/// Names, keys and addresses of the validators in force, by index.
#[must_use]
pub fn validators(state: &dyn StateRead) -> Vec<Validator> {
    VALIDATORS.get(state).expect("genesis sets the validators")
}

/// The next epoch's validators, by index, while a change is pending.
#[must_use]
pub fn next_validators(state: &dyn StateRead) -> Option<Vec<Validator>> {
    PENDING.get(state).map(|pending| pending.validators)
}

/// An epoch that has begun.
#[must_use]
pub fn epoch(state: &dyn StateRead, epoch: Epoch) -> Option<EpochRecord> {
    EPOCHS.get(state, &epoch)
}

/// Goes on to the next epoch.
fn begin(state: &mut Overlay<'_>, pending: PendingEpoch) -> Event {
    let before = validators(state);
    let PendingEpoch { end, epoch, validators } = pending;
    dismiss(state, &before, &validators);
    observers::follow_on(state, &before, &validators);
    enter(state, end, set(epoch, &validators));
    VALIDATORS.put(state, &validators);
    PENDING.clear(state);
    let count = u32::try_from(validators.len()).expect("a set has at most VALIDATORS_MAX validators");
    Event::EpochBegan { epoch, validators: count }
}

/// Puts a set in force and into the history.
fn enter(state: &mut Overlay<'_>, begins_after: BlockNumber, set: ValidatorSet) {
    VALIDATOR_SET.put(state, &set);
    EPOCHS.put(state, &set.epoch.clone(), &EpochRecord { begins_after, set });
}

/// Makes accounts of a validator's operator and of its consensus key, as soon as it is decided: both may have
/// something to say before its first epoch begins.
fn admit(state: &mut Overlay<'_>, validator: &Validator) {
    for (account, role) in [(validator.operator, Role::Operator), (validator.consensus, Role::Validator)] {
        system::admit(state, &account);
        grant(state, &account, role);
    }
}

/// Takes the roles from operators and keys that have no validator any more. Their accounts stand.
fn dismiss(state: &mut Overlay<'_>, before: &[Validator], after: &[Validator]) {
    let operators: BTreeSet<AccountId> = after.iter().map(|validator| validator.operator).collect();
    let keys: BTreeSet<AccountId> = after.iter().map(|validator| validator.consensus).collect();
    for validator in before {
        if !operators.contains(&validator.operator) {
            revoke(state, &validator.operator, Role::Operator);
        }
        if !keys.contains(&validator.consensus) {
            revoke(state, &validator.consensus, Role::Validator);
        }
    }
}

fn set(epoch: Epoch, validators: &[Validator]) -> ValidatorSet {
    ValidatorSet { epoch, keys: validators.iter().map(|validator| validator.consensus).collect() }
}

/// Whether the header carries anything where a next set stands, whole or not.
fn carries_set(header: &Header) -> bool {
    header.digest.iter().any(|item| matches!(item, DigestItem::Consensus(ENGINE_ID, _)))
}
