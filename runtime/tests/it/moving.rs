//! Grants that move to a new key: everything goes with them, and the old key is left with nothing.

use tierchain_primitives::crypto::Signature;
use tierchain_primitives::ledger::{ServerState, TrackerCustody, party_id};
use tierchain_runtime::registry::{self, Deed, Error, HYPERVISORS, OPEN_PROPOSALS, Proposal, Status, move_bytes};
use tierchain_runtime::{Call, Quota, Role, Roles, account, query};

use crate::governance::{add, approve, propose, refused, replace};
use crate::grants::{enacted, grant, provider};
use crate::parties::{admit_tenant, appoint, dismiss};
use crate::world::{GENESIS, T0, Who, World, announce, announcement, append, birth, host, request, server, state};

const NEW: Who = Who::Fresh(0);

/// The call that hands over to a key, with that key's proof.
pub(crate) fn hand_over(from: Who, to: Who) -> Call {
    let proof = to.key().sign(&move_bytes(&GENESIS, &from.id(), &to.id()));
    Call::Registry(registry::Call::MoveGrants { to: to.id(), proof })
}

fn roles(world: &World, who: Who) -> Roles {
    registry::roles(&world.state, &who.id())
}

#[test]
fn a_hypervisor_goes_on_with_a_new_key() {
    let mut world = World::of(4);
    world.bear(&announcement(server(1)), T0, None);
    world.run(Who::Agent, announce(&announcement(server(2))));
    let nonce = account(&world.state, &Who::Agent.id()).expect("it stands").nonce;
    // What the old key sent and is included behind the move has no role any more.
    let late = append(state(server(1), 0, T0 + 5, ServerState::Running));
    let outcome = world.block(&[(Who::Agent, hand_over(Who::Agent, NEW)), (Who::Agent, late.clone())]);
    assert_eq!(outcome.results, [Ok(()), Err(Error::NotAHypervisor.into())]);
    assert_eq!((roles(&world, Who::Agent), roles(&world, NEW)), (Roles::NONE, Roles::NONE.with(Role::Hypervisor)));
    assert_eq!(account(&world.state, &Who::Agent.id()).expect("it stands").nonce, nonce + 2, "the old nonce stays");
    assert_eq!(query::host(&world.state, &host(0)).map(|host| host.hypervisor), Some(NEW.id()));
    assert_eq!(HYPERVISORS.get(&world.state, &Who::Agent.id()), None);
    assert_eq!(query::grants(&world.state, &NEW.id()).map(|grants| grants.hosts), Some(vec![host(0)]));
    assert_eq!(world.result(NEW, late), Ok(()), "it has numbers of its own, from 0");
    // The announcement of the old key is no hindrance.
    let mut again = announcement(server(2));
    again.tracker = Who::Tracker.id();
    again.custody = TrackerCustody::Agent;
    assert_eq!(world.result(NEW, announce(&again)), Ok(()));
    assert_eq!(world.result(Who::Foundry, birth(&request(server(2), T0))), Ok(()));
    let (_, act) = query::trail(&world.state, 0, 9).remove(0);
    assert_eq!((act.by, act.deed), (Who::Agent.id(), Deed::GrantsMoved { from: Who::Agent.id(), to: NEW.id() }));
}

#[test]
fn an_operators_seat_and_votes_go_with_it() {
    let mut world = World::of(4);
    let (one, other) = (grant(Who::Fresh(5), Role::Auditor), add(4));
    world.block(&[(Who::Operator(0), propose(&one)), (Who::Operator(1), propose(&other))]);
    world.run(Who::Operator(0), approve(1, &other));
    assert_eq!(world.result(Who::Operator(0), hand_over(Who::Operator(0), NEW)), Ok(()));
    assert_eq!(registry::validators(&world.state)[0].operator, NEW.id());
    assert_eq!(OPEN_PROPOSALS.get(&world.state).expect("two are open")[0].by, NEW.id());
    for id in [0, 1] {
        refused(&mut world, NEW, approve(id, if id == 0 { &one } else { &other }), Error::AlreadyApproved);
    }
    refused(&mut world, Who::Operator(0), approve(0, &one), Error::NotAnOperator);
    world.run(Who::Operator(1), approve(0, &one));
    assert_eq!(world.result(Who::Operator(2), approve(0, &one)), Ok(()));
    let record = registry::PROPOSALS.get(&world.state, &0).expect("it was made");
    assert!(matches!(record.status, Status::Enacted { .. }), "its vote counted on");
    assert_eq!((record.by, record.approvals[0]), (Who::Operator(0).id(), NEW.id()));

    // While a change is pending, the next set's seat goes too.
    assert_eq!(world.result(Who::Operator(2), approve(1, &other)), Ok(()));
    assert_eq!(world.result(Who::Operator(3), hand_over(Who::Operator(3), Who::Fresh(1))), Ok(()));
    (0..9).for_each(|_| drop(world.block(&[])));
    assert_eq!(registry::validators(&world.state).len(), 5);
    assert_eq!(registry::validators(&world.state)[3].operator, Who::Fresh(1).id());
    assert!(roles(&world, Who::Fresh(1)).has(Role::Operator) && roles(&world, NEW).has(Role::Operator));
    assert_eq!(roles(&world, Who::Operator(3)), Roles::NONE);
}

#[test]
fn parties_and_quotas_go_with_it() {
    let mut world = World::of(4);
    let (old, tenant, clerk) = (Who::Fresh(1), Who::Fresh(2), Who::Fresh(3));
    enacted(&mut world, &provider("P", old));
    world.block(&[(old, admit_tenant("T", tenant)), (old, appoint(clerk))]);
    let quota = Quota { burst_us: 99, rate_permille: 9 };
    enacted(&mut world, &Proposal::SetQuota { account: old.id(), quota: Some(quota) });
    for (from, to) in [(old, Who::Fresh(4)), (tenant, Who::Fresh(5)), (clerk, Who::Fresh(6))] {
        let spent = account(&world.state, &from.id()).expect("it stands").allowance.spent;
        assert_eq!(world.result(from, hand_over(from, to)), Ok(()));
        let moved = account(&world.state, &to.id()).expect("it stands").allowance.spent;
        assert!(moved.level_us > spent.level_us, "what was used goes with it, the call included");
    }
    assert_eq!(query::provider(&world.state, &party_id("P")), Some(Who::Fresh(4).id()));
    assert_eq!(query::tenant(&world.state, &party_id("P"), &party_id("T")), Some(Who::Fresh(5).id()));
    let grants = |who: Who| query::grants(&world.state, &who.id()).expect("it stands");
    assert_eq!((grants(Who::Fresh(4)).quota, grants(old).quota), (quota, Quota::CLOSED));
    assert_eq!(grants(Who::Fresh(6)).acts_for, Some(party_id("P")));
    assert_eq!((grants(tenant).tenant_of, grants(clerk).acts_for, grants(old).acts_for), (None, None, None));
    assert_eq!(world.result(Who::Fresh(4), dismiss(Who::Fresh(6))), Ok(()));
}

#[test]
fn what_cannot_move_is_refused() {
    let mut world = World::of(4);
    let forged = |to: Who, proof: Signature| Call::Registry(registry::Call::MoveGrants { to: to.id(), proof });
    let other = NEW.key().sign(&move_bytes(&GENESIS, &Who::Foundry.id(), &NEW.id()));
    let unproven = NEW.key().sign(b"hello");
    let network_key = Call::Registry(registry::Call::MoveGrants {
        to: tierchain_primitives::AccountId([0xc1; 32]),
        proof: Signature::ZERO,
    });
    let table = [
        (Who::Voter(0), hand_over(Who::Voter(0), NEW), Error::ConsensusKeyStays),
        (Who::Nobody, hand_over(Who::Nobody, NEW), Error::NothingToMove),
        (Who::Agent, hand_over(Who::Agent, Who::Foundry), Error::NotVacant),
        (Who::Agent, hand_over(Who::Agent, Who::Agent), Error::NotVacant),
        (Who::Agent, hand_over(Who::Agent, Who::Voter(0)), Error::NotVacant),
        (Who::Agent, network_key, Error::KeyHasOtherUse),
        (Who::Agent, forged(NEW, other), Error::NoPossession),
        (Who::Agent, forged(NEW, unproven), Error::NoPossession),
        (Who::Agent, forged(NEW, Signature::ZERO), Error::NoPossession),
    ];
    for (who, call, expected) in table {
        refused(&mut world, who, call, expected);
    }
    assert_eq!(
        world.result(Who::Agent, hand_over(Who::Agent, Who::Nobody)),
        Ok(()),
        "an account without grants will do"
    );
    refused(&mut world, Who::Agent, hand_over(Who::Agent, NEW), Error::NothingToMove);
    // A consensus key is replaced, and then it has an epoch of its own.
    enacted(&mut world, &replace(0, 0, 9));
}
