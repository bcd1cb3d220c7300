//! Parties: providers, the accounts that act for them, and their tenants.
//!
//! A provider is admitted by the operators; whom it lets act for it, and which accounts its tenants have, is its own
//! business. An account acts for one provider and is one tenant's at most.
//!
//! Whom a provider brings to the network shares a quota as one account has it, and whom it dismisses is closed: otherwise
//! a provider could give itself as much of the network as it has keys.

use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};

use super::trail::note;
use super::{
    ACTS_FOR, Deed, Error, PEOPLE, PROVIDER_COUNT, PROVIDER_LIST, PROVIDERS, Role, Roles, TENANT_OF, TENANTS, enlist,
    grant, provider_of, quota, revoke, roles,
};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::quota::Quota;
use crate::storage::Overlay;
use crate::system;

/// Most accounts that one provider names, of its tenants and of its orchestrators. Tenants need none to have servers.
pub const PEOPLE_MAX: u32 = 256;

/// Gives a tenant of the signer's an account.
///
/// - The signer is a provider and names fewer than [`PEOPLE_MAX`] accounts; the tenant has no account yet.
/// - The account is no other tenant's, and no consensus key.
pub(super) fn admit_tenant(context: &mut Context<'_>, tenant: &H256, account: &AccountId) -> Result<(), DispatchError> {
    let provider = provider_of(&context.state, &context.signer)?;
    if TENANTS.has(&context.state, &(provider, *tenant)) {
        return Err(Error::TenantTaken.into());
    }
    if TENANT_OF.has(&context.state, account) {
        return Err(Error::ActsForAnother.into());
    }
    ensure_no_voter(&context.state, account)?;
    let state = &mut context.state;
    bring(state, &provider, account)?;
    grant(state, account, Role::Tenant);
    TENANTS.put(state, &(provider, *tenant), account);
    TENANT_OF.put(state, account, &(provider, *tenant));
    note(context, None, Deed::TenantAdmitted { provider, tenant: *tenant, account: *account });
    Ok(())
}

/// Has an account act for the signer.
///
/// - The signer is a provider and names fewer than [`PEOPLE_MAX`] accounts.
/// - The account acts for nobody yet, and is no consensus key.
pub(super) fn appoint_orchestrator(context: &mut Context<'_>, account: &AccountId) -> Result<(), DispatchError> {
    let provider = provider_of(&context.state, &context.signer)?;
    match ACTS_FOR.get(&context.state, account) {
        Some(known) if known == provider => return Err(Error::AlreadyGranted.into()),
        Some(_) => return Err(Error::ActsForAnother.into()),
        None => ensure_no_voter(&context.state, account)?,
    }
    let state = &mut context.state;
    bring(state, &provider, account)?;
    grant(state, account, Role::Orchestrator);
    ACTS_FOR.put(state, account, &provider);
    note(context, None, Deed::OrchestratorAppointed { provider, account: *account });
    Ok(())
}

/// Takes what the signer gave to an account. The account stands, with whatever others granted it.
///
/// - The signer is a provider.
/// - The account is one of its tenants' or one of its orchestrators'.
pub(super) fn dismiss(context: &mut Context<'_>, account: &AccountId) -> Result<(), DispatchError> {
    let provider = provider_of(&context.state, &context.signer)?;
    let is_tenant = TENANT_OF.get(&context.state, account).is_some_and(|(of, _)| of == provider);
    let acts = roles(&context.state, account).has(Role::Orchestrator)
        && ACTS_FOR.get(&context.state, account) == Some(provider);
    if !is_tenant && !acts {
        return Err(Error::NotYours.into());
    }
    if is_tenant {
        unbind(&mut context.state, account, Role::Tenant);
    }
    if acts {
        unbind(&mut context.state, account, Role::Orchestrator);
    }
    close(&mut context.state, account);
    note(context, None, Deed::Dismissed { provider, account: *account });
    Ok(())
}

/// Names an account; one that is new to the network, or closed, gets a share of what one account may use.
fn bring(state: &mut Overlay<'_>, provider: &H256, account: &AccountId) -> Result<(), Error> {
    let people = PEOPLE.get(state, provider).unwrap_or(0);
    if people >= PEOPLE_MAX {
        return Err(Error::TooManyPeople);
    }
    PEOPLE.put(state, provider, &(people + 1));
    if !system::is_open(state, account) {
        system::admit(state, account);
        let share = quota(state).share(PEOPLE_MAX);
        system::allow_if(state, account, |_| Some(Some(share)));
    }
    Ok(())
}

/// Closes an account that has nothing left but what its provider gave it.
fn close(state: &mut Overlay<'_>, account: &AccountId) {
    if roles(state, account) == Roles::NONE {
        let share = quota(state).share(PEOPLE_MAX);
        system::allow_if(state, account, |known| (known == Some(share)).then_some(Some(Quota::CLOSED)));
    }
}

/// A provider has an account less.
fn release(state: &mut Overlay<'_>, provider: &H256) {
    match PEOPLE.get(state, provider).unwrap_or(0) {
        0 | 1 => PEOPLE.remove(state, provider),
        people => PEOPLE.put(state, provider, &(people - 1)),
    }
}

/// Passes a provider's id and account that can be brought together.
pub(super) fn check_provider(state: &dyn StateRead, id: &H256, account: &AccountId) -> Result<(), Error> {
    if standing(state, id).is_some() {
        return Err(Error::ProviderTaken);
    }
    match ACTS_FOR.has(state, account) {
        true => Err(Error::ActsForAnother),
        false => ensure_no_voter(state, account),
    }
}

/// A provider's account; none for an unknown provider, or one whose account lost its role.
#[must_use]
pub fn standing(state: &dyn StateRead, provider: &H256) -> Option<AccountId> {
    let account = PROVIDERS.get(state, provider)?;
    let acts = roles(state, &account).has(Role::Provider) && ACTS_FOR.get(state, &account) == Some(*provider);
    acts.then_some(account)
}

/// Gives a provider its account.
pub(super) fn bind_provider(state: &mut Overlay<'_>, provider: &H256, account: &AccountId) {
    if !PROVIDERS.has(state, provider) {
        enlist(state, &PROVIDER_COUNT, &PROVIDER_LIST, provider);
    }
    PROVIDERS.put(state, provider, account);
    ACTS_FOR.put(state, account, provider);
}

/// Takes a role from an account, with whom it was held for.
pub(super) fn unbind(state: &mut Overlay<'_>, account: &AccountId, role: Role) {
    match role {
        Role::Tenant => {
            if let Some(tenant) = TENANT_OF.get(state, account) {
                TENANTS.remove(state, &tenant);
                TENANT_OF.remove(state, account);
                release(state, &tenant.0);
            }
        }
        Role::Orchestrator => {
            if let Some(provider) = ACTS_FOR.get(state, account) {
                ACTS_FOR.remove(state, account);
                release(state, &provider);
            }
        }
        Role::Provider => ACTS_FOR.remove(state, account),
        _ => {}
    }
    revoke(state, account, role);
}

/// Hands everything that an account was entrusted with by and for providers to another, which has nothing.
pub(super) fn hand_over(state: &mut Overlay<'_>, from: &AccountId, to: &AccountId) {
    if let Some(provider) = ACTS_FOR.get(state, from) {
        ACTS_FOR.remove(state, from);
        ACTS_FOR.put(state, to, &provider);
        if PROVIDERS.get(state, &provider) == Some(*from) {
            PROVIDERS.put(state, &provider, to);
        }
    }
    if let Some(tenant) = TENANT_OF.get(state, from) {
        TENANT_OF.remove(state, from);
        TENANT_OF.put(state, to, &tenant);
        TENANTS.put(state, &tenant, to);
    }
}

/// Passes an account that isn't a consensus key: whoever holds one should hold nothing else with it.
pub(super) fn ensure_no_voter(state: &dyn StateRead, account: &AccountId) -> Result<(), Error> {
    if roles(state, account).has(Role::Validator) { Err(Error::KeyHasOtherUse) } else { Ok(()) }
}
