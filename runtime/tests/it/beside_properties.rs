//! Whatever is asked of what stands beside chains: a failure leaves nothing, a repeat changes nothing, and the ledger
//! stays whole.

use proptest::prelude::*;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EndReason, EventKind, ServerState};
use tierchain_runtime::chains::{DiscrepancyKind, Verdict};
use tierchain_runtime::{Call, query};

use crate::invariants::assert_ledger;
use crate::world::{
    T0, Who, World, add_image, anchor, announcement, append, attest, end, event, guest, guests, host, note, resolve,
    retire_image, server, state, witness,
};

/// Somebody asks for something, some time later.
#[derive(Clone, Debug)]
struct Asked {
    who: u8,
    what: u8,
    server: u8,
    number: u8,
    wait_ms: u64,
}

fn asked(count: usize) -> impl Strategy<Value = Vec<Asked>> {
    let wait = prop_oneof![6 => 0..1_000u64, 2 => Just(120_000), 1 => Just(600_000)];
    let one = (0..9u8, 0..16u8, 1..4u8, 0..4u8, wait).prop_map(|(who, what, server, number, wait_ms)| Asked {
        who,
        what,
        server,
        number,
        wait_ms,
    });
    proptest::collection::vec(one, 1..count)
}

fn somebody(who: u8) -> Who {
    match who {
        0 => Who::Nobody,
        1 => Who::OtherAgent,
        2 => Who::Foundry,
        3 => Who::Auditor,
        4 => Who::Orchestrator,
        5 => Who::OtherProvider,
        6 | 7 => Who::Agent,
        _ => Who::Provider,
    }
}

/// Who would be right to ask, most of the time.
fn asker(asked: &Asked) -> Who {
    match (asked.who, asked.what) {
        (0..4, _) => somebody(asked.who),
        (_, 0 | 1) => Who::Provider,
        (_, 2..=7) => Who::Agent,
        (_, 8 | 9) => Who::Orchestrator,
        (_, 10 | 11) => Who::Auditor,
        (_, 12) => Who::Provider,
        (_, 13 | 14) => Who::Foundry,
        _ => somebody(asked.who),
    }
}

fn call(world: &World, who: Who, asked: &Asked) -> Call {
    let (id, now, number) = (server(asked.server), world.now(), u64::from(asked.number));
    let next = query::writer_next(&world.state, &id, &who.id()).unwrap_or(0);
    let tracker_next = query::writer_next(&world.state, &id, &Who::Tracker.id()).unwrap_or(0);
    let of_state = [ServerState::Running, ServerState::Paused, ServerState::Stopped][usize::from(asked.number) % 3];
    let kind = [DiscrepancyKind::StateDisagrees, DiscrepancyKind::MoveUnfinished, DiscrepancyKind::CapacityExceeded]
        [usize::from(asked.number) % 3];
    match asked.what {
        0 => add_image(H256([asked.number; 32])),
        1 => retire_image(H256([asked.number; 32])),
        2 => attest(host(asked.number % 2), now - number * 1_000, now),
        3 => attest(host(0), T0, T0 + number),
        4 => guests(vec![guest(id, tracker_next + number / 3, now, 7)]),
        5 | 6 => append(state(id, next, now, of_state)),
        7 => append(event(id, next, now, EventKind::MovedOut { to: host(asked.number % 2) })),
        8 | 9 => witness(id, of_state, now - number * 100_000_000),
        10 | 11 => note(id, kind),
        12 => resolve(id, number as u32, Verdict::Agreed),
        13 => append(event(id, next, now, EventKind::Suspected { since: now - number })),
        14 => append(end(id, next, now, EndReason::Orphaned)),
        _ => anchor(id),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn failures_leave_nothing_and_repeats_change_nothing(story in asked(80)) {
        let mut world = World::live();
        for number in [1, 2] {
            world.bear(&announcement(server(number)), T0, None);
        }
        for asked in &story {
            world.time += asked.wait_ms;
            let who = asker(asked);
            let call = call(&world, who, asked);
            let before = world.leaves();
            if world.result(who, call.clone()).is_err() {
                prop_assert!(world.leaves() == before, "a failed call left something");
            }
            // At once again: a repeat, or refused as what it asked for is there.
            let before = world.leaves();
            let _ = world.result(who, call);
            prop_assert!(world.leaves() == before, "a repeat changed something");
        }
        assert_ledger(&world);
    }
}
