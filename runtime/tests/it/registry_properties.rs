//! Whatever operators, providers and keys ask of the registry, in whatever order: its records agree with one another.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tierchain_primitives::ledger::party_id;
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::registry::{self, Event, HYPERVISORS, Proposal, TENANT_OF, TENANTS};
use tierchain_runtime::{Call, DataCenter, Host, Role, is_admitted, query};

use crate::governance::{approve, propose, said};
use crate::grants::{grant, provider, revoke};
use crate::moving::hand_over;
use crate::parties::{admit_tenant, appoint, dismiss};
use crate::world::{Who, World};

/// A step: what, and by or about whom.
type Step = (u8, u8, u8, u8);

/// Somebody: an operator's or another key that is known from the start, or a fresh one.
fn somebody(number: u8) -> Who {
    match number % 16 {
        at @ 0..4 => Who::Operator(at),
        4 => Who::Agent,
        5 => Who::OtherAgent,
        6 => Who::Voter(0),
        at => Who::Fresh(at),
    }
}

fn role(number: u8) -> Role {
    Role::ALL[usize::from(number) % Role::ALL.len()]
}

fn host(number: u8, who: Who) -> Host {
    let center = DataCenter::named(if number.is_multiple_of(2) { "fra-1" } else { "vie-1" });
    Host::new(H256([0xa0 + number % 6; 32]), center.id, who.id())
}

fn proposal((_, kind, who, what): Step) -> Proposal {
    let account = somebody(who).id();
    match kind % 7 {
        0 => grant(somebody(who), role(what)),
        1 => revoke(somebody(who), role(what)),
        2 => provider(if what.is_multiple_of(2) { "P" } else { "Q" }, somebody(who)),
        3 | 4 => Proposal::SetHost { host: host(what, somebody(who)) },
        5 => Proposal::SetDataCenter { data_center: DataCenter::named("vie-1") },
        _ => Proposal::AdmitAccount { account },
    }
}

fn call((_, kind, who, what): Step) -> Call {
    match kind % 5 {
        0 => admit_tenant(if what.is_multiple_of(2) { "T" } else { "U" }, somebody(what / 2)),
        1 => appoint(somebody(what)),
        2 => dismiss(somebody(what)),
        _ => hand_over(somebody(who), somebody(what)),
    }
}

/// Everybody who ever acts.
fn everybody() -> impl Iterator<Item = AccountId> {
    (0..16).map(|number| somebody(number).id()).chain((0..4).map(|number| Who::Voter(number).id()))
}

/// Who signs for a validator's seat now.
fn operator(world: &World, seat: usize) -> Who {
    let account = registry::validators(&world.state)[seat].operator;
    let found = (0..16).map(somebody).find(|who| who.id() == account);
    found.expect("seats move between these keys only")
}

fn check(world: &World, noted: u64) {
    let state = &world.state;
    let mut hosts_of: BTreeMap<AccountId, Vec<H256>> = BTreeMap::new();
    for host in query::hosts(state, 0, 100) {
        let speaks = HYPERVISORS.get(state, &host.hypervisor).expect("whom a host names speaks for it");
        assert_eq!(speaks.data_center, host.data_center, "of one data center only");
        hosts_of.entry(host.hypervisor).or_default().push(host.id);
    }
    for account in everybody() {
        let mut listed = HYPERVISORS.get(state, &account).map(|speaks| speaks.hosts).unwrap_or_default();
        let mut named = hosts_of.remove(&account).unwrap_or_default();
        listed.sort_unstable();
        named.sort_unstable();
        assert_eq!(listed, named, "hosts and their voices agree");

        let roles = registry::roles(state, &account);
        assert!(roles.iter().next().is_none() || is_admitted(state, &account));
        let tenant = TENANT_OF.get(state, &account);
        assert_eq!(roles.has(Role::Tenant), tenant.is_some());
        assert!(tenant.is_none_or(|tenant| TENANTS.get(state, &tenant) == Some(account)));
        let acts = registry::ACTS_FOR.has(state, &account);
        assert_eq!(roles.has(Role::Provider) || roles.has(Role::Orchestrator), acts);
        assert!(!roles.has(Role::Validator) || roles.iter().count() == 1, "a consensus key does nothing else");
    }
    for (id, account) in query::providers(state, 0, 100) {
        assert!(account.is_none_or(|account| registry::ACTS_FOR.get(state, &account) == Some(id)));
    }
    for name in ["T", "U"] {
        for of in ["P", "Q"] {
            let pair = (party_id(of), party_id(name));
            let account = query::tenant(state, &pair.0, &pair.1);
            assert!(account.is_none_or(|account| TENANT_OF.get(state, &account) == Some(pair)));
        }
    }
    for validator in registry::validators(state) {
        assert!(registry::roles(state, &validator.operator).has(Role::Operator), "every seat has an operator");
    }
    assert_eq!((query::trail_count(state), query::trail(state, 0, 1_000).len() as u64), (noted, noted), "dense");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn records_agree(steps in prop::collection::vec(any::<Step>(), 1..60)) {
        let mut world = World::of(4);
        let mut noted = 0;
        for step in steps {
            let mut outcomes = Vec::new();
            if step.0.is_multiple_of(2) {
                let proposal = proposal(step);
                let made = world.run(operator(&world, 0), propose(&proposal));
                if made.results[0].is_ok() {
                    let id = registry::PROPOSAL_COUNT.get(&world.state).expect("one was made") - 1;
                    for seat in [1, 2] {
                        outcomes.push(world.run(operator(&world, seat), approve(id, &proposal)));
                    }
                }
            } else {
                let (who, call) = (somebody(step.2), call(step));
                if is_admitted(&world.state, &who.id()) {
                    let before = world.leaves();
                    let outcome = world.run(who, call);
                    prop_assert!(outcome.results[0].is_ok() || world.leaves() == before, "a failure leaves nothing");
                    outcomes.push(outcome);
                }
            }
            let events = outcomes.iter().flat_map(said);
            noted += events.filter(|event| matches!(event, Event::Noted { .. })).count() as u64;
            check(&world, noted);
        }
    }
}
