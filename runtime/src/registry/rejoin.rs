//! Rejoining: how a validator that lost its vote log gets an epoch in which nothing it forgot counts.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, Epoch, H256};

use super::{Error, Event, REJOIN_INTERVAL_MS, REJOINS, epochs, validators};
use crate::dispatch::DispatchError;
use crate::execute::Context;

/// A validator's newest rejoin. It stays when the validator leaves: its vote log refers to it for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct RejoinRecord {
    /// What its vote log begins with.
    pub challenge: H256,
    /// The first epoch in which it votes again.
    pub epoch: Epoch,
    /// The time of the block that executed it.
    pub at: Millis,
}

/// A rejoin as replicas ask for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rejoined {
    /// What the validator's vote log must begin with: with any other log it doesn't vote.
    pub challenge: H256,
    /// The first epoch in which it may vote again.
    pub epoch: Epoch,
}

/// Ends the epoch with the same set.
///
/// - The signer is a consensus key of the set in force.
/// - Its last rejoin is an hour ago, by the blocks' time.
/// - No change is pending.
pub(super) fn rejoin(context: &mut Context<'_>, challenge: H256) -> Result<(), DispatchError> {
    let validator = context.signer;
    let set = epochs::validator_set(&context.state);
    if set.index_of(&validator).is_none() {
        return Err(Error::NotAValidator.into());
    }
    let now = context.block.timestamp;
    let last = REJOINS.get(&context.state, &validator);
    if last.is_some_and(|last| now < last.at.saturating_add(REJOIN_INTERVAL_MS)) {
        return Err(Error::RejoinTooSoon.into());
    }
    let same = validators(&context.state);
    epochs::decide(context, same)?;
    let epoch = set.epoch.next();
    REJOINS.put(&mut context.state, &validator, &RejoinRecord { challenge, epoch, at: now });
    context.report(Event::Rejoined { validator, challenge, epoch });
    Ok(())
}

/// The newest executed rejoin of a consensus key.
#[must_use]
pub fn rejoined(state: &dyn StateRead, consensus: &AccountId) -> Option<Rejoined> {
    REJOINS.get(state, consensus).map(|record| Rejoined { challenge: record.challenge, epoch: record.epoch })
}
