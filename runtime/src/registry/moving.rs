//! Key rotation without a stop: an account hands everything that was granted to it to a new key.
//!
//! From the block on that executes it, the old account has no role, and what it sent before that and is included after
//! it fails for the missing role. Its nonce stays, so nothing that it signed can be included a second time; and its quota
//! is closed, so that keys can't be multiplied by rotating them.

use tierchain_primitives::crypto::{Signature, verify_strict};
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};

use super::validator::peer_key;
use super::{
    ACTS_FOR, Deed, Error, HYPERVISORS, OPEN_PROPOSALS, OpenProposal, PENDING, PROPOSALS, ProposalRecord, ROLES, Role,
    Roles, TENANT_OF, VALIDATORS, Validator, hosts, parties, roles, trail, validators,
};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::quota::{Allowance, Quota};
use crate::storage::Overlay;
use crate::system;

/// First bytes of what a new key signs. No pallet has the index `b't'`, so it is no extrinsic's payload.
const DOMAIN: &[u8; 23] = b"tierchain/move-grants/1";

/// What a new key signs to take over: `"tierchain/move-grants/1" ‖ genesis hash ‖ old account ‖ new account`.
#[must_use]
pub fn move_bytes(genesis: &H256, from: &AccountId, to: &AccountId) -> Vec<u8> {
    [&DOMAIN[..], &genesis.0, &from.0, &to.0].concat()
}

/// Hands over the signer's roles, hosts, parties, seat among the operators, votes on open proposals and quota.
///
/// - The signer has a role, and none of a validator: a consensus key is replaced with an epoch of its own.
/// - The new account has nothing granted to it, and no node's network key.
/// - The new key signed for just this.
pub(super) fn move_grants(context: &mut Context<'_>, to: &AccountId, proof: &Signature) -> Result<(), DispatchError> {
    let from = context.signer;
    let held = roles(&context.state, &from);
    if held.has(Role::Validator) {
        return Err(Error::ConsensusKeyStays.into());
    }
    if held == Roles::NONE {
        return Err(Error::NothingToMove.into());
    }
    ensure_vacant(&context.state, to)?;
    if !verify_strict(to, &move_bytes(&context.block.genesis, &from, to), proof) {
        return Err(Error::NoPossession.into());
    }

    let state = &mut context.state;
    system::admit(state, to);
    ROLES.remove(state, &from);
    ROLES.put(state, to, &held);
    hosts::hand_over(state, &from, to);
    parties::hand_over(state, &from, to);
    hand_over_seat(state, &from, to);
    hand_over_votes(state, &from, to);
    hand_over_quota(state, &from, to);
    trail::note(context, None, Deed::GrantsMoved { from, to: *to });
    Ok(())
}

/// Passes an account to which nothing was granted and which no node is known by.
fn ensure_vacant(state: &dyn StateRead, account: &AccountId) -> Result<(), Error> {
    let has_roles = roles(state, account) != Roles::NONE;
    let speaks = HYPERVISORS.has(state, account);
    if has_roles || speaks || ACTS_FOR.has(state, account) || TENANT_OF.has(state, account) {
        return Err(Error::NotVacant);
    }
    let pending = PENDING.get(state).map(|pending| pending.validators).unwrap_or_default();
    let mut all = validators(state).into_iter().chain(pending);
    if all.any(|known| peer_key(&known.peer_id) == Some(*account)) { Err(Error::KeyHasOtherUse) } else { Ok(()) }
}

/// The operator of validators in force, and of those to come.
fn hand_over_seat(state: &mut Overlay<'_>, from: &AccountId, to: &AccountId) {
    let mut seats = validators(state);
    if replace(&mut seats, from, to) {
        VALIDATORS.put(state, &seats);
    }
    if let Some(mut pending) = PENDING.get(state)
        && replace(&mut pending.validators, from, to)
    {
        PENDING.put(state, &pending);
    }
}

/// Says whether anything was replaced.
fn replace(validators: &mut [Validator], from: &AccountId, to: &AccountId) -> bool {
    let of_signer = validators.iter_mut().filter(|validator| validator.operator == *from);
    of_signer.map(|validator| validator.operator = *to).count() > 0
}

/// Approvals of open proposals go on counting, and can't be given a second time. Who proposed what stays on record.
fn hand_over_votes(state: &mut Overlay<'_>, from: &AccountId, to: &AccountId) {
    let mut open = OPEN_PROPOSALS.get(state).unwrap_or_default();
    let mut changed = false;
    for OpenProposal { id, by, .. } in &mut open {
        if by == from {
            *by = *to;
            changed = true;
        }
        let Some(mut record) = PROPOSALS.get(state, id) else { continue };
        if swap(&mut record, from, to) {
            PROPOSALS.put(state, id, &record);
        }
    }
    if changed {
        OPEN_PROPOSALS.put(state, &open);
    }
}

fn swap(record: &mut ProposalRecord, from: &AccountId, to: &AccountId) -> bool {
    let Some(approval) = record.approvals.iter_mut().find(|approval| *approval == from) else { return false };
    *approval = *to;
    true
}

/// A new key is no way round a quota: what was used goes with it, and the old account is closed.
fn hand_over_quota(state: &mut Overlay<'_>, from: &AccountId, to: &AccountId) {
    let Some(old) = system::account(state, from) else { return };
    system::allow(state, to, |new| {
        let spent = if new.spent.level_us > old.allowance.spent.level_us { new.spent } else { old.allowance.spent };
        *new = Allowance { spent, quota: old.allowance.quota };
    });
    system::allow(state, from, |left| *left = Allowance { quota: Some(Quota::CLOSED), ..*left });
}
