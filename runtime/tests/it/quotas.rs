//! What is charged to an account: its weight, eight times that for a failure, and nothing beside its own record.

use tierchain_primitives::ledger::{EndReason, ServerState};
use tierchain_runtime::quota::FAILED_FACTOR;
use tierchain_runtime::{Call, GenesisConfig, Quota, Spent, account, system};

use crate::world::{T0, Who, World, anchor, append, batch, birth, config, end, request, server, state};

fn spent(world: &World, who: Who) -> Spent {
    account(&world.state, &who.id()).expect("it stands").allowance.spent
}

fn remark() -> Call {
    Call::System(system::Call::Remark { remark: vec![1] })
}

#[test]
fn an_extrinsic_is_charged_its_weight_and_drains_with_the_blocks_time() {
    let mut world = World::live();
    world.block(&[(Who::Nobody, remark()), (Who::Nobody, remark())]);
    let at = world.time - 5;
    // 25 us for any extrinsic, 12 us for what it touches.
    assert_eq!(spent(&world, Who::Nobody), Spent { level_us: 2 * 37, at });
    assert_eq!(spent(&world, Who::Agent), Spent::default());
    world.time = at + 50;
    world.run(Who::Nobody, remark());
    let drained = 50 * u64::from(Quota::default().rate_permille);
    assert_eq!(spent(&world, Who::Nobody), Spent { level_us: (2 * 37u64).saturating_sub(drained) + 37, at: at + 50 });
}

#[test]
fn a_failure_costs_eight_times_as_much() {
    let slow = Quota { burst_us: 1_000_000, rate_permille: 1 };
    let mut world = World::new(&GenesisConfig { quota: slow, ..config(false) });
    let before = world.leaves();
    assert!(world.result(Who::Agent, append(state(server(1), 0, T0, ServerState::Running))).is_err());
    assert!(world.leaves() == before, "nothing but the signer's account changed");
    let failed = spent(&world, Who::Agent).level_us;
    let call = append(state(server(1), 0, T0, ServerState::Running));
    assert_eq!(failed, call.weight(&tierchain_runtime::Weights::default()) * FAILED_FACTOR);
}

#[test]
fn what_begins_ends_and_links_lives_goes_first() {
    let over = end(server(1), 1, T0, EndReason::Terminated);
    let running = state(server(1), 0, T0, ServerState::Running);
    let table = [
        (birth(&request(server(1), T0)), true),
        (append(over.clone()), true),
        (batch(vec![over.clone(), over.clone()]), true),
        (anchor(server(1)), true),
        (append(running.clone()), false),
        (batch(vec![over, running]), false),
        (remark(), false),
    ];
    for (call, expected) in table {
        assert_eq!(call.is_milestone(), expected, "{call:?}");
    }
}
