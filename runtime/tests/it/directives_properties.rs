//! Directives in any order of calls: a directive goes its way and no other, and the open lists are the records'.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tierchain_primitives::numbers::Millis;
use tierchain_runtime::directives::{Action, DirectiveRecord, FailReason, GRACE_MS, Status};
use tierchain_runtime::{Call, query};

use crate::directives::{PATIENCE_MS, accept, cancel, directive, done, expire, fail, issue, order, ordering};
use crate::world::{T0, Who, World, announcement, host, server};

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// Somebody issues something under one of a few references.
    Issue { who: u8, reference: u8, kind: u8, number: u8, host: u8 },
    /// Somebody says something of a directive.
    Say { who: u8, what: u8, id: u64, reason: u8 },
    /// Time passes.
    Wait(Millis),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let issue = (0..8u8, 0..24u8, 0..5u8, 0..4u8, 0..3u8);
    let issue =
        issue.prop_map(|(who, reference, kind, number, host)| Step::Issue { who, reference, kind, number, host });
    let say =
        (0..8u8, 0..5u8, 0..12u64, 0..2u8).prop_map(|(who, what, id, reason)| Step::Say { who, what, id, reason });
    let wait = prop_oneof![Just(1u64), Just(PATIENCE_MS), Just(GRACE_MS)].prop_map(Step::Wait);
    proptest::collection::vec(prop_oneof![6 => issue, 12 => say, 1 => wait], 1..80)
}

/// Mostly those who may.
fn who(number: u8) -> Who {
    match number {
        0 => Who::Nobody,
        1 => Who::OtherAgent,
        2 => Who::OtherProvider,
        3 => Who::Orchestrator,
        4 | 5 => Who::Provider,
        _ => Who::Agent,
    }
}

fn call(world: &World, step: &Step) -> Option<(Who, Call)> {
    Some(match *step {
        Step::Issue { who: by, reference, kind, number, host: at } => {
            let target = server(number);
            let action = match kind {
                0 | 1 => Action::Create(order(number)),
                2 => Action::Pause { server: target },
                3 => Action::Migrate { server: target, to: host(1) },
                _ => Action::Destroy { server: target },
            };
            let asked = directive(world, reference, action);
            (who(by), issue(&tierchain_runtime::directives::Directive { host: host(at), ..asked }))
        }
        Step::Say { who: by, what, id, reason } => {
            let made = query::directive(&world.state, id).and_then(|record| match record.directive.action {
                Action::Create(order) => {
                    Some(tierchain_primitives::ledger::ServerId { uuid: order.uuid, generation: 0 })
                }
                _ => None,
            });
            let said = match what {
                0 => accept(id),
                1 => done(id, made),
                2 => fail(id, FailReason::ALL[usize::from(reason)]),
                3 => cancel(id),
                _ => expire(id),
            };
            (who(by), said)
        }
        Step::Wait(_) => return None,
    })
}

/// Whether a directive may go from one status to the other.
fn is_way(from: Status, to: Status) -> bool {
    match (from, to) {
        (Status::Issued, Status::Accepted | Status::Cancelled | Status::Expired) => true,
        (Status::Accepted, Status::Done | Status::Failed { .. } | Status::Expired) => true,
        (from, to) => from == to,
    }
}

/// The records' own idea of the open lists, by host.
fn open_by_records(records: &[(u64, DirectiveRecord)]) -> BTreeMap<u8, Vec<u64>> {
    let mut open: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
    for (id, record) in records.iter().filter(|(_, record)| record.status.is_open()) {
        let at = (0..3).find(|number| host(*number) == record.directive.host).expect("a host of this world");
        open.entry(at).or_default().push(*id);
    }
    open
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_directive_goes_its_way_and_open_lists_are_the_records(steps in steps()) {
        let mut world = ordering();
        world.bear(&announcement(server(1)), T0, None);
        world.bear(&announcement(server(2)), T0, None);
        let mut before: Vec<(u64, DirectiveRecord)> = Vec::new();
        for step in &steps {
            let Some((who, call)) = call(&world, step) else {
                let Step::Wait(ms) = step else { unreachable!("the others are calls") };
                world.time += ms;
                continue;
            };
            let (leaves, result) = (world.leaves(), world.result(who, call));
            prop_assert!(result.is_ok() || world.leaves() == leaves, "a failed call left something");
            let after = query::directives(&world.state, 0, usize::MAX);
            prop_assert!(after.len() >= before.len() && after.len() <= before.len() + 1);
            for ((id, old), (_, new)) in before.iter().zip(&after) {
                prop_assert!(is_way(old.status, new.status), "{id}: {:?} -> {:?}", old.status, new.status);
                let same = (&old.directive, old.issuer, old.issued_in) == (&new.directive, new.issuer, new.issued_in);
                prop_assert!(same, "what was asked for changed");
                prop_assert!(old.status.is_open() || old == new, "what is closed changed");
                prop_assert_eq!(old.status != new.status, new.changed_in == world.number && old != new);
            }
            let open = open_by_records(&after);
            for number in 0..3 {
                let listed = query::directives_open(&world.state, &host(number));
                let listed: Vec<u64> = listed.into_iter().map(|(id, _)| id).collect();
                prop_assert_eq!(listed, open.get(&number).cloned().unwrap_or_default());
            }
            let mut last: BTreeMap<u64, Status> = BTreeMap::new();
            for (place, (at, change)) in (0u64..).zip(query::directive_changes(&world.state, 0, usize::MAX)) {
                prop_assert_eq!(place, at);
                let from = last.insert(change.id, change.status);
                let is_first = from.is_none() && change.status == Status::Issued;
                prop_assert!(is_first || from.is_some_and(|from| from != change.status && is_way(from, change.status)));
            }
            let now = after.iter().map(|(id, record)| (*id, record.status)).collect();
            prop_assert_eq!(last, now, "the list of changes leads to the records");
            before = after;
        }
    }
}
