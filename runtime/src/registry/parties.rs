//! Parties: providers, the accounts that act for them, and their tenants.
//!
//! A provider is admitted by the operators; whom it lets act for it, and which accounts its tenants have, is its own
//! business. An account acts for one provider and is one tenant's at most.

use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};

use super::trail::note;
use super::{
    ACTS_FOR, Deed, Error, PROVIDER_COUNT, PROVIDER_LIST, PROVIDERS, Role, TENANT_OF, TENANTS, enlist, grant,
    provider_of, revoke, roles,
};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::storage::Overlay;
use crate::system;

/// Gives a tenant of the signer's an account.
///
/// - The signer is a provider; the tenant has no account yet.
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
    system::admit(state, account);
    grant(state, account, Role::Tenant);
    TENANTS.put(state, &(provider, *tenant), account);
    TENANT_OF.put(state, account, &(provider, *tenant));
    note(context, None, Deed::TenantAdmitted { provider, tenant: *tenant, account: *account });
    Ok(())
}

/// Has an account act for the signer.
///
/// - The signer is a provider.
/// - The account acts for nobody yet, and is no consensus key.
pub(super) fn appoint_orchestrator(context: &mut Context<'_>, account: &AccountId) -> Result<(), DispatchError> {
    let provider = provider_of(&context.state, &context.signer)?;
    match ACTS_FOR.get(&context.state, account) {
        Some(known) if known == provider => return Err(Error::AlreadyGranted.into()),
        Some(_) => return Err(Error::ActsForAnother.into()),
        None => ensure_no_voter(&context.state, account)?,
    }
    let state = &mut context.state;
    system::admit(state, account);
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
    note(context, None, Deed::Dismissed { provider, account: *account });
    Ok(())
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
            }
        }
        Role::Provider | Role::Orchestrator => ACTS_FOR.remove(state, account),
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
