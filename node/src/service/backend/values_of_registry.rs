//! What an error of the registry is about: the account that signed, or another that the call names, and what it has.
//!
//! The ledger's remedies speak to whoever signed. Where a proposal names the account that something is wrong with, they
//! would send an operator to look for another key of its own, so those remedies are said otherwise here.

use tierchain_primitives::AccountId;
use tierchain_rpc::types::Grantable;
use tierchain_runtime::directives::{self, Action};
use tierchain_runtime::registry::{self, Error, Host, Proposal};
use tierchain_runtime::{Call, Role, chains, query};

use super::parties;
use super::values::Failed;

/// Most accounts that a sentence names.
const GRANTORS_NAMED_MAX: usize = 8;

/// The remedy of an error that is about an account which the call names; none where the ledger's own remedy fits.
pub(super) fn remedy(failed: &Failed<'_>, error: Error) -> Option<&'static str> {
    host_named(failed)?;
    match error {
        Error::NotAHypervisor => Some(
            "The account that was named as the host's hypervisor lacks that role. Have it granted first \
             (registry.propose grant_role), or name an account that has it.",
        ),
        Error::OtherDataCenter => Some(
            "The account that was named as the host's hypervisor speaks for hosts of another data center. Name an \
             account of the host's own data center, or one that speaks for no host yet; or correct the data center.",
        ),
        _ => None,
    }
}

/// One sentence with the values that belong to an error of the registry.
pub(super) fn values(failed: &Failed<'_>, error: Error) -> Option<String> {
    let named = named(failed, error);
    if let Some(role) = missing_role(error) {
        return Some(who_could_grant(failed, &named.unwrap_or(failed.signer), role));
    }
    let state = failed.state;
    match error {
        Error::NotTheProvider => Some(failed.acts_for()),
        Error::SiteNotAdmitted => sites(failed),
        Error::UnknownHost => match failed.call {
            Call::Chains(chains::Call::Announce { announcement }) => {
                Some(format!("The host that was named is {}.", announcement.host))
            }
            Call::Directives(directives::Call::Issue { directive }) => Some(match directive.action {
                Action::Migrate { to, .. } => format!("The hosts that were named are {} and {to}.", directive.host),
                _ => format!("The host that was named is {}.", directive.host),
            }),
            _ => None,
        },
        Error::NotTheHypervisor => {
            let server = failed.server()?;
            let host = query::server(state, server.uuid, Some(server.generation))?.1.host;
            let speaker = registry::HOSTS.get(state, &host)?.hypervisor;
            Some(format!("Its host is {host}, for which {speaker} speaks; {} signed.", failed.signer))
        }
        Error::OtherDataCenter => {
            let host = host_named(failed)?;
            let speaks = registry::HYPERVISORS.get(state, &host.hypervisor)?;
            let (account, data_center, wanted) = (host.hypervisor, speaks.data_center, host.data_center);
            Some(format!("{account} speaks for hosts of {data_center}, and the host is to stand in {wanted}."))
        }
        Error::ChangePending => registry::PENDING.get(state).map(|pending| format!("That is block {}.", pending.end)),
        _ => named
            .map(|account| format!("The account that was named is {account}, which has {}.", held(failed, &account))),
    }
}

/// The account that an error is about, where the call names it; none where that is the signer, or no account.
fn named(failed: &Failed<'_>, error: Error) -> Option<AccountId> {
    use Error::{
        ActsForAnother, AlreadyAdmitted, AlreadyGranted, KeyHasOtherUse, NotAHypervisor, NotGranted, NotYours,
        OtherDataCenter, TooManyHosts, UnknownAccount,
    };
    if let Call::Registry(
        registry::Call::AdmitTenant { account, .. }
        | registry::Call::AppointOrchestrator { account }
        | registry::Call::Dismiss { account },
    ) = failed.call
    {
        let is_about_it = matches!(error, ActsForAnother | AlreadyGranted | KeyHasOtherUse | NotYours);
        return is_about_it.then_some(*account);
    }
    match (proposal(failed)?, error) {
        (Proposal::SetHost { host }, NotAHypervisor | OtherDataCenter | TooManyHosts) => Some(host.hypervisor),
        (Proposal::GrantRole { account, .. }, AlreadyGranted | KeyHasOtherUse)
        | (Proposal::RevokeRole { account, .. }, NotGranted)
        | (Proposal::AdmitProvider { account, .. }, ActsForAnother | KeyHasOtherUse)
        | (Proposal::SetQuota { account, .. }, UnknownAccount)
        | (Proposal::AdmitAccount { account }, AlreadyAdmitted) => Some(account),
        _ => None,
    }
}

/// The host that was proposed.
fn host_named(failed: &Failed<'_>) -> Option<Host> {
    match proposal(failed)? {
        Proposal::SetHost { host } => Some(host),
        _ => None,
    }
}

/// The proposal that was made, or that an approval would have enacted.
fn proposal(failed: &Failed<'_>) -> Option<Proposal> {
    match failed.call {
        Call::Registry(registry::Call::Propose { proposal }) => Some(proposal.clone()),
        Call::Registry(registry::Call::Approve { id, .. }) => {
            registry::PROPOSALS.get(failed.state, id).map(|record| record.proposal)
        }
        _ => None,
    }
}

/// The role whose lack an error tells of.
fn missing_role(error: Error) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.missing() == error)
}

fn held(failed: &Failed<'_>, account: &AccountId) -> String {
    let held: Vec<&str> = registry::roles(failed.state, account).iter().map(Role::name).collect();
    if held.is_empty() { "no role".to_owned() } else { held.join(", ") }
}

/// Which role an account lacks, what it has, and who could give it the role.
fn who_could_grant(failed: &Failed<'_>, account: &AccountId, role: Role) -> String {
    let Grantable { how, votes, grantors, .. } = parties::grantable(failed.state, role, failed.provider().as_ref());
    let grantors: Vec<String> = grantors.iter().take(GRANTORS_NAMED_MAX).map(|one| one.0.to_string()).collect();
    let who = match (grantors.is_empty(), votes) {
        (true, _) => "registry_whoMayGrant names who for a provider".to_owned(),
        (false, 1) => format!("that is {}", grantors.join(" or ")),
        (false, votes) => format!("{votes} votes of {}", grantors.join(", ")),
    };
    format!("{account} has {} and lacks the role {role}: {how}; {who}.", held(failed, account))
}

/// Where the provider's servers begin, and where the host is that was named.
fn sites(failed: &Failed<'_>) -> Option<String> {
    let (provider, host) = match failed.call {
        Call::Chains(chains::Call::Announce { announcement }) => (announcement.ownership.provider, announcement.host),
        Call::Directives(directives::Call::Issue { directive }) => match &directive.action {
            Action::Migrate { to, .. } => (failed.provider()?, *to),
            _ => (failed.provider()?, directive.host),
        },
        _ => return None,
    };
    let center = query::host(failed.state, &host)?.data_center;
    let named = parties::sites(failed.state, &provider).unwrap_or_default();
    let named = if named.is_empty() {
        "none".to_owned()
    } else {
        named.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(", ")
    };
    Some(format!("Host {host} stands in {center}; servers of provider {provider} begin in {named}."))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use parity_scale_codec::Encode;
    use tierchain_primitives::H256;
    use tierchain_primitives::header::PreRuntime;
    use tierchain_primitives::numbers::ValidatorIndex;
    use tierchain_runtime::registry::{Hypervisor, Roles};
    use tierchain_runtime::{GenesisConfig, genesis_state};

    use super::*;

    const OPERATOR: AccountId = AccountId([1; 32]);
    const NAMED: AccountId = AccountId([2; 32]);

    type State = BTreeMap<Vec<u8>, Vec<u8>>;

    fn state() -> State {
        let mut state: State = genesis_state(&GenesisConfig::default()).into_iter().collect();
        state.insert(registry::ROLES.key(&OPERATOR), Roles::NONE.with(Role::Operator).encode());
        state.insert(registry::ROLES.key(&NAMED), Roles::NONE.with(Role::Foundry).encode());
        state
    }

    fn set_host() -> Proposal {
        let (id, data_center) = (H256([3; 32]), H256([4; 32]));
        let host = Host::new(id, data_center, NAMED);
        Proposal::SetHost { host }
    }

    /// What is said of a call that failed: remedy and values.
    fn said(state: &State, call: registry::Call, error: Error) -> (Option<&'static str>, Option<String>) {
        let block = PreRuntime { proposer: ValidatorIndex(0), timestamp: 0, executed: 0 };
        let failed = Failed { state, block, signer: OPERATOR, call: &Call::Registry(call), item: None };
        (remedy(&failed, error), values(&failed, error))
    }

    #[test]
    fn an_account_that_is_named_is_blamed_and_not_who_signed() {
        let (remedy, told) = said(&state(), registry::Call::Propose { proposal: set_host() }, Error::NotAHypervisor);
        assert!(remedy.is_some_and(|text| text.contains("was named") && !text.contains("Sign with")), "{remedy:?}");
        let told = told.expect("values");
        assert!(told.starts_with(&format!("{NAMED} has foundry and lacks the role hypervisor: a quorum")), "{told}");
        assert!(told.contains("grant_role") && !told.contains(&OPERATOR.to_string()), "{told}");
    }

    #[test]
    fn an_approval_is_judged_by_its_proposal() {
        let mut state = state();
        let status = registry::Status::Open;
        let (made_in, deadline, approvals) = (1, 2, Vec::new());
        let record =
            registry::ProposalRecord { proposal: set_host(), by: OPERATOR, made_in, deadline, approvals, status };
        state.insert(registry::PROPOSALS.key(&7), record.encode());
        let speaks = Hypervisor { data_center: H256([5; 32]), hosts: vec![H256([6; 32])] };
        state.insert(registry::HYPERVISORS.key(&NAMED), speaks.encode());
        let approve = registry::Call::Approve { id: 7, hash: H256::ZERO };
        let (remedy, told) = said(&state, approve.clone(), Error::OtherDataCenter);
        assert!(remedy.is_some_and(|text| text.contains("another data center")), "{remedy:?}");
        let told = told.expect("values");
        assert!(told.contains(&H256([5; 32]).to_string()) && told.contains(&H256([4; 32]).to_string()), "{told}");
        let (remedy, told) = said(&state, approve, Error::NotAnOperator);
        let told = told.expect("values");
        assert!(remedy.is_none() && told.starts_with(&OPERATOR.to_string()), "who signed has no vote: {told}");
    }

    #[test]
    fn what_a_named_account_has_is_said() {
        let role = Role::Auditor;
        let revoke = registry::Call::Propose { proposal: Proposal::RevokeRole { account: NAMED, role } };
        let told = format!("The account that was named is {NAMED}, which has foundry.");
        assert_eq!(said(&state(), revoke, Error::NotGranted), (None, Some(told.clone())));
        let dismiss = registry::Call::Dismiss { account: NAMED };
        assert_eq!(said(&state(), dismiss.clone(), Error::NotYours), (None, Some(told)));
        let (_, told) = said(&state(), dismiss, Error::NotAProvider);
        assert!(told.is_some_and(|told| told.starts_with(&format!("{OPERATOR} has operator"))), "who signed");
    }
}
