//! Providers, and whom they name: tenants' accounts and orchestrators.

use tierchain_primitives::ledger::party_id;
use tierchain_runtime::registry::{self, Deed, Error};
use tierchain_runtime::{Call, Role, Roles, query};

use crate::governance::{propose, refused};
use crate::grants::{enacted, provider, revoke};
use crate::world::{Who, World};

const PROVIDER: Who = Who::Fresh(1);
const RIVAL: Who = Who::Fresh(2);
const TENANT: Who = Who::Fresh(3);
const CLERK: Who = Who::Fresh(4);

pub(crate) fn admit_tenant(name: &str, who: Who) -> Call {
    Call::Registry(registry::Call::AdmitTenant { tenant: party_id(name), account: who.id() })
}

pub(crate) fn appoint(who: Who) -> Call {
    Call::Registry(registry::Call::AppointOrchestrator { account: who.id() })
}

pub(crate) fn dismiss(who: Who) -> Call {
    Call::Registry(registry::Call::Dismiss { account: who.id() })
}

/// Two providers.
fn world() -> World {
    let mut world = World::of(4);
    enacted(&mut world, &provider("P", PROVIDER));
    enacted(&mut world, &provider("R", RIVAL));
    world
}

fn roles(world: &World, who: Who) -> Roles {
    registry::roles(&world.state, &who.id())
}

#[test]
fn a_provider_names_its_tenants_and_orchestrators_and_dismisses_them() {
    let mut world = world();
    assert_eq!(world.result(PROVIDER, admit_tenant("T", TENANT)), Ok(()));
    assert_eq!(world.result(PROVIDER, appoint(CLERK)), Ok(()));
    let pair = (party_id("P"), party_id("T"));
    assert_eq!(query::tenant(&world.state, &pair.0, &pair.1), Some(TENANT.id()));
    let tenant = query::grants(&world.state, &TENANT.id()).expect("it is admitted");
    assert_eq!((tenant.roles, tenant.tenant_of), (Roles::NONE.with(Role::Tenant), Some(pair)));
    let clerk = query::grants(&world.state, &CLERK.id()).expect("it is admitted");
    assert_eq!((clerk.roles, clerk.acts_for), (Roles::NONE.with(Role::Orchestrator), Some(pair.0)));

    assert_eq!(world.result(PROVIDER, dismiss(TENANT)), Ok(()));
    assert_eq!(world.result(PROVIDER, dismiss(CLERK)), Ok(()));
    assert_eq!((roles(&world, TENANT), roles(&world, CLERK)), (Roles::NONE, Roles::NONE));
    assert_eq!(query::tenant(&world.state, &pair.0, &pair.1), None);
    assert_eq!(world.result(PROVIDER, admit_tenant("T", CLERK)), Ok(()), "both are free again");
    let deeds: Vec<Deed> = query::trail(&world.state, 2, 9).into_iter().map(|(_, act)| act.deed).collect();
    assert!(matches!(
        deeds[..],
        [
            Deed::TenantAdmitted { .. },
            Deed::OrchestratorAppointed { .. },
            Deed::Dismissed { .. },
            Deed::Dismissed { .. },
            Deed::TenantAdmitted { .. },
        ]
    ));
}

#[test]
fn what_a_provider_cannot_give_or_take_is_refused() {
    let mut world = world();
    world.run(PROVIDER, admit_tenant("T", TENANT));
    world.run(PROVIDER, appoint(CLERK));
    let nobody = Who::Fresh(9);
    let table = [
        (Who::Nobody, admit_tenant("U", nobody), Error::NotAProvider),
        (TENANT, admit_tenant("U", nobody), Error::NotAProvider),
        (CLERK, appoint(nobody), Error::NotAProvider),
        (CLERK, dismiss(TENANT), Error::NotAProvider),
        (PROVIDER, admit_tenant("T", nobody), Error::TenantTaken),
        (PROVIDER, admit_tenant("U", TENANT), Error::ActsForAnother),
        (RIVAL, admit_tenant("T", TENANT), Error::ActsForAnother),
        (PROVIDER, admit_tenant("U", Who::Voter(0)), Error::KeyHasOtherUse),
        (PROVIDER, appoint(CLERK), Error::AlreadyGranted),
        (PROVIDER, appoint(RIVAL), Error::ActsForAnother),
        (RIVAL, appoint(CLERK), Error::ActsForAnother),
        (PROVIDER, appoint(Who::Voter(0)), Error::KeyHasOtherUse),
        (RIVAL, dismiss(TENANT), Error::NotYours),
        (RIVAL, dismiss(CLERK), Error::NotYours),
        (PROVIDER, dismiss(PROVIDER), Error::NotYours),
        (PROVIDER, dismiss(nobody), Error::NotYours),
    ];
    for (who, call, expected) in table {
        refused(&mut world, who, call, expected);
    }
    let same_name = admit_tenant("T", nobody);
    assert_eq!(world.result(RIVAL, same_name), Ok(()), "a tenant is what its provider calls so");
}

#[test]
fn a_provider_that_lost_its_key_gets_another_account_and_keeps_its_people() {
    let mut world = world();
    world.run(PROVIDER, appoint(CLERK));
    refused(&mut world, Who::Operator(0), propose(&provider("P", Who::Fresh(7))), Error::ProviderTaken);
    refused(&mut world, Who::Operator(0), propose(&provider("Q", RIVAL)), Error::ActsForAnother);
    refused(&mut world, Who::Operator(0), propose(&provider("Q", CLERK)), Error::ActsForAnother);
    enacted(&mut world, &revoke(PROVIDER, Role::Provider));
    assert_eq!(query::provider(&world.state, &party_id("P")), None);
    refused(&mut world, PROVIDER, appoint(Who::Fresh(7)), Error::NotAProvider);
    enacted(&mut world, &provider("P", Who::Fresh(7)));
    assert_eq!(world.result(Who::Fresh(7), dismiss(CLERK)), Ok(()));
    let listed = query::providers(&world.state, 0, 9);
    assert_eq!(listed, [(party_id("P"), Some(Who::Fresh(7).id())), (party_id("R"), Some(RIVAL.id()))]);
}

#[test]
fn operators_can_take_what_a_provider_gave() {
    let mut world = world();
    world.run(PROVIDER, admit_tenant("T", TENANT));
    world.run(PROVIDER, appoint(CLERK));
    enacted(&mut world, &revoke(TENANT, Role::Tenant));
    enacted(&mut world, &revoke(CLERK, Role::Orchestrator));
    assert_eq!((roles(&world, TENANT), roles(&world, CLERK)), (Roles::NONE, Roles::NONE));
    assert_eq!(world.result(RIVAL, appoint(CLERK)), Ok(()), "it acts for nobody any more");
}
