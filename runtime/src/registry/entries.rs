//! What operators decide about accounts, hosts, quotas and observers: proposals that take effect at once and end no epoch.

use tierchain_primitives::AccountId;
use tierchain_primitives::ports::StateRead;

use super::{Deed, Error, Proposal, ProposalId, Role, grant, hosts, observers, parties, roles, trail};
use crate::execute::Context;
use crate::system;

/// Passes a proposal that could be enacted now. Those about validators are [`super::governance`]'s.
pub(super) fn check(state: &dyn StateRead, proposal: &Proposal) -> Result<(), Error> {
    match proposal {
        Proposal::GrantRole { account, role } => check_grant(state, account, *role),
        Proposal::RevokeRole { account, role } => check_revoke(state, account, *role),
        Proposal::AdmitProvider { id, account } => parties::check_provider(state, id, account),
        Proposal::SetDataCenter { data_center } => hosts::check_data_center(state, data_center),
        Proposal::SetHost { host } => hosts::check_host(state, host),
        Proposal::SetQuota { account, quota } => {
            if !system::is_admitted(state, account) {
                return Err(Error::UnknownAccount);
            }
            if quota.is_none_or(|quota| quota.is_sound()) { Ok(()) } else { Err(Error::BadQuota) }
        }
        Proposal::AdmitAccount { account } => {
            if system::is_admitted(state, account) {
                Err(Error::AlreadyAdmitted)
            } else {
                Ok(())
            }
        }
        Proposal::AddObserver { network_key } => observers::check_add(state, network_key),
        Proposal::RemoveObserver { network_key } => observers::check_remove(state, network_key),
        Proposal::AddValidator { .. } | Proposal::RemoveValidator { .. } | Proposal::ReplaceKey { .. } => Ok(()),
    }
}

/// Does what a proposal asks for that passed [`check`], and enters it into the trail.
pub(super) fn enact(context: &mut Context<'_>, id: ProposalId, proposal: &Proposal) {
    let state = &mut context.state;
    let deed = match proposal {
        Proposal::GrantRole { account, role } => {
            system::admit(state, account);
            grant(state, account, *role);
            Deed::RoleGranted { account: *account, role: *role }
        }
        Proposal::RevokeRole { account, role } => {
            parties::unbind(state, account, *role);
            Deed::RoleRevoked { account: *account, role: *role }
        }
        Proposal::AdmitProvider { id, account } => {
            system::admit(state, account);
            grant(state, account, Role::Provider);
            parties::bind_provider(state, id, account);
            Deed::ProviderAdmitted { provider: *id, account: *account }
        }
        Proposal::SetDataCenter { data_center } => {
            hosts::put_data_center(state, data_center);
            Deed::DataCenterSet { data_center: data_center.id }
        }
        Proposal::SetHost { host } => {
            hosts::put_host(state, host);
            Deed::HostSet { host: host.id, hypervisor: host.hypervisor }
        }
        Proposal::SetQuota { account, quota } => {
            system::allow(state, account, |allowance| allowance.quota = *quota);
            Deed::QuotaSet { account: *account, quota: *quota }
        }
        Proposal::AdmitAccount { account } => {
            system::admit(state, account);
            Deed::AccountAdmitted { account: *account }
        }
        Proposal::AddObserver { network_key } => {
            observers::add(state, network_key);
            Deed::ObserverAdded { network_key: *network_key }
        }
        Proposal::RemoveObserver { network_key } => {
            observers::remove(state, network_key);
            Deed::ObserverRemoved { network_key: *network_key }
        }
        Proposal::AddValidator { .. } | Proposal::RemoveValidator { .. } | Proposal::ReplaceKey { .. } => return,
    };
    trail::note(context, Some(id), deed);
}

/// Passes a role that is granted alone, to an account that lacks it.
fn check_grant(state: &dyn StateRead, account: &AccountId, role: Role) -> Result<(), Error> {
    match role {
        Role::Foundry | Role::Hypervisor | Role::Auditor | Role::Tracker => {}
        // These come with something that the account is to be in charge of.
        Role::Operator | Role::Validator | Role::Provider | Role::Tenant | Role::Orchestrator => {
            return Err(Error::NotGrantable);
        }
    }
    if roles(state, account).has(role) {
        return Err(Error::AlreadyGranted);
    }
    parties::ensure_no_voter(state, account)
}

/// Passes a role that an account has and can lose while the set of validators stays.
fn check_revoke(state: &dyn StateRead, account: &AccountId, role: Role) -> Result<(), Error> {
    if matches!(role, Role::Operator | Role::Validator) {
        return Err(Error::NotGrantable);
    }
    if roles(state, account).has(role) { Ok(()) } else { Err(Error::NotGranted) }
}
