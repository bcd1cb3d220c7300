//! A server that moves: who may write, and time that is billed once.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EndReason, Event, EventKind, ServerState};
use tierchain_runtime::chains::Error;
use tierchain_runtime::registry::Error as RegistryError;

use crate::world::{T0, Who, World, announcement, append, end, event, host, server, state};

fn moved_out(number: u64, at: u64, to: H256) -> Event {
    event(server(1), number, T0 + at, EventKind::MovedOut { to })
}

fn moved_in(number: u64, at: u64, from: H256) -> Event {
    event(server(1), number, T0 + at, EventKind::MovedIn { from })
}

fn is(number: u64, at: u64, to: ServerState) -> Event {
    state(server(1), number, T0 + at, to)
}

fn running() -> World {
    let mut world = World::live();
    world.bear(&announcement(server(1)), T0, None);
    assert_eq!(world.result(Who::Agent, append(is(0, 1, ServerState::Running))), Ok(()));
    world
}

#[test]
fn a_move_hands_the_pen_over() {
    let mut world = running();
    let early = world.result(Who::OtherAgent, append(moved_in(0, 2, host(0))));
    assert_eq!(early, Err(RegistryError::NotTheHypervisor.into()));
    assert_eq!(world.result(Who::Agent, append(moved_in(1, 2, host(0)))), Err(Error::NotMoving.into()));
    let nowhere = world.result(Who::Agent, append(moved_out(1, 2, H256([1; 32]))));
    assert_eq!(nowhere, Err(RegistryError::UnknownHost.into()));

    assert_eq!(world.result(Who::Agent, append(moved_out(1, 2, host(1)))), Ok(()));
    let stolen = world.result(Who::Agent, append(moved_in(2, 3, host(0))));
    assert_eq!(stolen, Err(RegistryError::NotTheHypervisor.into()), "only the host named may take it in");
    let wrong = world.result(Who::OtherAgent, append(moved_in(0, 3, host(1))));
    assert_eq!(wrong, Err(Error::NotMoving.into()));
    assert_eq!(world.result(Who::OtherAgent, append(moved_in(0, 3, host(0)))), Ok(()));

    assert_eq!((world.server(server(1)).host, world.server(server(1)).moving_to), (host(1), None));
    let old = world.result(Who::Agent, append(is(2, 4, ServerState::Paused)));
    assert_eq!(old, Err(RegistryError::NotTheHypervisor.into()));
    assert_eq!(world.result(Who::Agent, append(moved_out(1, 2, host(1)))), Ok(()), "a repeat still is one");
    assert_eq!(world.result(Who::OtherAgent, append(is(1, 4, ServerState::Paused))), Ok(()));
}

#[test]
fn a_move_that_is_called_off_leaves_the_pen() {
    let mut world = running();
    world.run(Who::Agent, append(moved_out(1, 2, host(1))));
    world.run(Who::Agent, append(moved_out(2, 3, host(0))));
    let late = world.result(Who::OtherAgent, append(moved_in(0, 4, host(0))));
    assert_eq!(late, Err(RegistryError::NotTheHypervisor.into()));
    assert_eq!(world.server(server(1)).moving_to, None);
}

#[test]
fn two_clocks_bill_each_microsecond_once() {
    let mut world = running();
    world.run(Who::Agent, append(moved_out(1, 100, host(1))));
    // The new host's clock is 40 us behind: its events lie before the chain's last one.
    for event in [moved_in(0, 60, host(0)), is(1, 70, ServerState::Paused), is(2, 150, ServerState::Running)] {
        assert_eq!(world.result(Who::OtherAgent, append(event)), Ok(()));
    }
    let ending = end(server(1), 3, T0 + 200, EndReason::Terminated);
    assert_eq!(world.result(Who::OtherAgent, append(ending)), Ok(()));
    let record = world.server(server(1));
    let wall = |state: ServerState| record.usage.0.states[state as usize].wall_us;
    assert_eq!((wall(ServerState::Stopped), wall(ServerState::Running), wall(ServerState::Paused)), (1, 149, 50));
    assert_eq!(record.end.map(|end| end.at), Some(T0 + 200));
}
