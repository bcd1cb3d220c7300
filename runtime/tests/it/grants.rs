//! What operators grant and take by proposals that end no epoch, and what the trail says of it.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::party_id;
use tierchain_runtime::registry::{self, Act, Deed, Error, Event, PROPOSALS_OPEN_MAX, Proposal};
use tierchain_runtime::{Quota, Role, Roles, is_admitted, query};

use crate::governance::{add, approve, propose, refused, said};
use crate::world::{Who, World};

pub(crate) fn grant(who: Who, role: Role) -> Proposal {
    Proposal::GrantRole { account: who.id(), role }
}

pub(crate) fn revoke(who: Who, role: Role) -> Proposal {
    Proposal::RevokeRole { account: who.id(), role }
}

pub(crate) fn provider(name: &str, who: Who) -> Proposal {
    Proposal::AdmitProvider { id: party_id(name), account: who.id() }
}

/// Has a proposal made by operator 0, approved by 1 and 2, and so enacted. Says what its enactment reported.
pub(crate) fn enacted(world: &mut World, proposal: &Proposal) -> Vec<Event> {
    assert_eq!(world.result(Who::Operator(0), propose(proposal)), Ok(()), "{proposal:?}");
    let id = registry::PROPOSAL_COUNT.get(&world.state).expect("one was made") - 1;
    assert_eq!(world.result(Who::Operator(1), approve(id, proposal)), Ok(()), "{proposal:?}");
    said(&world.run(Who::Operator(2), approve(id, proposal)))
}

fn roles(world: &World, who: Who) -> Roles {
    registry::roles(&world.state, &who.id())
}

#[test]
fn a_quorum_grants_a_role_at_once_and_takes_it_again() {
    let mut world = World::of(4);
    let who = Who::Fresh(1);
    let proposal = grant(who, Role::Auditor);
    world.run(Who::Operator(0), propose(&proposal));
    world.run(Who::Operator(1), approve(0, &proposal));
    assert!(!is_admitted(&world.state, &who.id()), "two of three votes");
    let done = said(&world.run(Who::Operator(2), approve(0, &proposal)));
    let deed = Deed::RoleGranted { account: who.id(), role: Role::Auditor };
    assert_eq!(done[1..], [Event::Enacted { id: 0 }, Event::Noted { place: 0, deed }]);
    assert_eq!(roles(&world, who), Roles::NONE.with(Role::Auditor));
    assert_eq!(registry::epoch_change(&world.state), None, "no epoch ends");
    let (block, at) = (world.number, world.time - 5);
    let act = Act { block, at, by: Who::Operator(2).id(), proposal: Some(0), deed };
    assert_eq!(query::trail(&world.state, 0, 9), [(0, act)]);

    enacted(&mut world, &grant(who, Role::Foundry));
    enacted(&mut world, &revoke(who, Role::Auditor));
    assert_eq!(roles(&world, who), Roles::NONE.with(Role::Foundry), "the other one stays");
    assert_eq!(query::trail_count(&world.state), 3);
    assert_eq!(query::trail(&world.state, 1, 1).len(), 1, "pages are bounded");
}

#[test]
fn what_cannot_be_granted_or_taken_is_not_proposed() {
    let mut world = World::of(4);
    for role in [Role::Operator, Role::Validator, Role::Provider, Role::Tenant, Role::Orchestrator] {
        refused(&mut world, Who::Operator(0), propose(&grant(Who::Fresh(1), role)), Error::NotGrantable);
    }
    for (who, role) in [(Who::Operator(1), Role::Operator), (Who::Voter(1), Role::Validator)] {
        refused(&mut world, Who::Operator(0), propose(&revoke(who, role)), Error::NotGrantable);
    }
    let table = [
        (grant(Who::Foundry, Role::Foundry), Error::AlreadyGranted),
        (grant(Who::Voter(0), Role::Foundry), Error::KeyHasOtherUse),
        (revoke(Who::Foundry, Role::Hypervisor), Error::NotGranted),
        (revoke(Who::Fresh(1), Role::Provider), Error::NotGranted),
        (provider("A", Who::Voter(1)), Error::KeyHasOtherUse),
        (Proposal::AdmitAccount { account: Who::Nobody.id() }, Error::AlreadyAdmitted),
        (Proposal::SetQuota { account: Who::Fresh(1).id(), quota: None }, Error::UnknownAccount),
        (
            Proposal::SetQuota { account: Who::Agent.id(), quota: Some(Quota { burst_us: 1, rate_permille: 0 }) },
            Error::BadQuota,
        ),
    ];
    for (proposal, expected) in table {
        refused(&mut world, Who::Operator(0), propose(&proposal), expected);
    }
    let everything = grant(Who::Fresh(1), Role::Auditor);
    for who in [Who::Nobody, Who::Voter(0), Who::Foundry] {
        refused(&mut world, who, propose(&everything), Error::NotAnOperator);
    }
}

#[test]
fn what_was_granted_meanwhile_is_not_granted_again() {
    let mut world = World::of(4);
    let (one, other) = (provider("A", Who::Fresh(1)), provider("A", Who::Fresh(2)));
    world.block(&[(Who::Operator(0), propose(&one)), (Who::Operator(1), propose(&other))]);
    for (id, proposal) in [(0, &one), (1, &other)] {
        world.run(Who::Operator(3), approve(id, proposal));
    }
    assert_eq!(world.result(Who::Operator(2), approve(0, &one)), Ok(()));
    refused(&mut world, Who::Operator(2), approve(1, &other), Error::ProviderTaken);
    assert_eq!(
        registry::PROPOSALS.get(&world.state, &1).map(|record| record.approvals.len()),
        Some(2),
        "it stays open"
    );
}

#[test]
fn a_pending_change_of_validators_holds_up_no_grant() {
    let mut world = World::of(4);
    enacted(&mut world, &add(4));
    assert!(registry::epoch_change(&world.state).is_some());
    enacted(&mut world, &grant(Who::Fresh(1), Role::Tracker));
    assert_eq!(roles(&world, Who::Fresh(1)), Roles::NONE.with(Role::Tracker));
    let deeds: Vec<Deed> = query::trail(&world.state, 0, 9).into_iter().map(|(_, act)| act.deed).collect();
    assert!(matches!(deeds[..], [Deed::SetDecided { .. }, Deed::RoleGranted { .. }]), "{deeds:?}");
}

#[test]
fn grants_count_among_the_open_proposals() {
    let mut world = World::of(4);
    for number in 0..u8::try_from(PROPOSALS_OPEN_MAX).expect("few") {
        world.run(Who::Operator(0), propose(&grant(Who::Fresh(number), Role::Auditor)));
    }
    refused(&mut world, Who::Operator(0), propose(&grant(Who::Fresh(9), Role::Auditor)), Error::TooManyProposals);
}

#[test]
fn an_account_is_admitted_without_a_role_and_gets_a_quota() {
    let mut world = World::of(4);
    let account = Who::Fresh(1).id();
    enacted(&mut world, &Proposal::AdmitAccount { account });
    assert!(is_admitted(&world.state, &account));
    let quota = Quota { burst_us: 7, rate_permille: 3 };
    enacted(&mut world, &Proposal::SetQuota { account, quota: Some(quota) });
    let own = query::grants(&world.state, &account).expect("it is admitted");
    assert_eq!((own.roles, own.quota, own.own_quota), (Roles::NONE, quota, true));
    enacted(&mut world, &Proposal::SetQuota { account, quota: None });
    let again = query::grants(&world.state, &account).expect("it is admitted");
    assert_eq!((again.quota, again.own_quota), (Quota::default(), false));
    assert_eq!(query::grants(&world.state, &Who::Fresh(2).id()), None);
}

#[test]
fn who_could_grant_is_known_for_every_role() {
    let mut world = World::of(4);
    enacted(&mut world, &provider("A", Who::Fresh(1)));
    let mut operators: Vec<_> = (0..4).map(|number| Who::Operator(number).id()).collect();
    operators.sort_unstable();
    for role in Role::ALL {
        let granters = query::granters(&world.state, role, Some(&party_id("A")));
        let of_provider = matches!(role, Role::Tenant | Role::Orchestrator);
        let expected = if of_provider { (vec![Who::Fresh(1).id()], 1) } else { (operators.clone(), 3) };
        assert_eq!((granters.accounts, granters.quorum), expected, "{role}");
        assert!(granters.how.starts_with("registry."));
    }
    assert!(query::granters(&world.state, Role::Tenant, Some(&H256::ZERO)).accounts.is_empty());
}
