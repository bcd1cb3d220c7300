//! Capacity of hosts: what they promise is summed, and too much of it is noted, never refused.

use tierchain_primitives::ledger::{Announcement, EndReason, EventKind, Resources};
use tierchain_runtime::chains::{Committed, Discrepancy, DiscrepancyKind, Error, NoteKind, Verdict};
use tierchain_runtime::registry::Overcommit;
use tierchain_runtime::{GenesisConfig, query};

use crate::world::{T0, Who, World, announcement, append, config, end, event, host, note, peopled, resolve, server};

/// Host 0 may promise 4 vCPUs and 100 MiB; of host 1 nothing is declared.
fn small() -> World {
    let mut config: GenesisConfig = peopled(config(false));
    config.hosts[0].capacity = Some(Resources { vcpus: 2, memory_mib: 100, disk_gib: 1 });
    config.hosts[0].overcommit = Overcommit { cpu_permille: 2_000, memory_permille: 1_000 };
    World::new(&config)
}

fn sum(vcpus: u128, memory_mib: u128) -> Committed {
    Committed { vcpus, memory_mib }
}

fn resized(number: u64, vcpus: u32, memory_mib: u64) -> tierchain_runtime::Call {
    let resources = Resources { vcpus, memory_mib, disk_gib: 0 };
    append(event(server(1), number, T0 + 5, EventKind::Resized { resources }))
}

#[test]
fn promises_follow_births_resizes_moves_and_ends() {
    let mut world = small();
    let committed = |world: &World, number: u8| query::committed(&world.state, &host(number));
    world.bear(&announcement(server(1)), T0, None);
    world.bear(&Announcement { resources: None, ..announcement(server(2)) }, T0, None);
    assert_eq!(committed(&world, 0), sum(2, 48), "what isn't known isn't summed");
    world.takes(Who::Agent, resized(0, 3, 60));
    assert_eq!(committed(&world, 0), sum(3, 60));
    world.takes(Who::Agent, append(event(server(1), 1, T0 + 6, EventKind::MovedOut { to: host(1) })));
    assert_eq!((committed(&world, 0), committed(&world, 1)), (sum(3, 60), sum(0, 0)));
    world.takes(Who::OtherAgent, append(event(server(1), 0, T0 + 7, EventKind::MovedIn { from: host(0) })));
    assert_eq!((committed(&world, 0), committed(&world, 1)), (sum(0, 0), sum(3, 60)));
    world.takes(Who::OtherAgent, append(end(server(1), 1, T0 + 8, EndReason::Terminated)));
    assert_eq!(committed(&world, 1), sum(0, 0));
}

#[test]
fn too_much_is_noted_once_and_refuses_nothing() {
    let mut world = small();
    for number in [1, 2] {
        world.bear(&announcement(server(number)), T0, None);
    }
    assert_eq!(query::disputed_count(&world.state), 0, "4 vCPUs and 96 MiB are as much as it may promise");
    world.bear(&announcement(server(3)), T0, None);
    let [noted] = &query::notes(&world.state, &server(3), 0, 10)[..] else { panic!("one note") };
    let limit = sum(4, 100);
    let exceeded = Discrepancy::CapacityExceeded { host: host(0), committed: sum(6, 144), limit };
    assert_eq!((noted.by, &noted.content), (None, &NoteKind::Discrepancy(exceeded)));
    assert_eq!(query::open_discrepancies(&world.state, &server(3)), [(DiscrepancyKind::CapacityExceeded, 0)]);
    assert_eq!(query::disputed(&world.state, 0, 10), [server(3)]);

    world.takes(Who::Agent, resized(0, u32::MAX, u64::MAX));
    world.takes(Who::Agent, resized(1, u32::MAX - 1, u64::MAX));
    assert_eq!(world.server(server(1)).notes, 1, "while it is open, it isn't noted again");
    assert_eq!(query::disputed(&world.state, 0, 10), [server(3), server(1)]);
    world.refuses(Who::Auditor, note(server(1), DiscrepancyKind::CapacityExceeded), Error::AlreadyNoted);
    world.takes(Who::Auditor, note(server(2), DiscrepancyKind::CapacityExceeded));
    for number in [3, 1, 2] {
        world.takes(Who::Provider, resolve(server(number), 0, Verdict::Ledger));
    }
    assert_eq!((query::disputed_count(&world.state), query::disputed(&world.state, 0, 10)), (0, vec![]));
    world.takes(Who::Agent, resized(2, 1, 1));
    world.takes(Who::Agent, resized(3, 2, 2));
    assert_eq!(world.server(server(1)).notes, 3, "what was settled is noted anew when it goes on");
}

#[test]
fn notes_are_bounded_and_each_can_be_settled() {
    let mut world = small();
    for number in [1, 2] {
        world.bear(&announcement(server(number)), T0, None);
    }
    for round in 0..512u64 {
        let before = world.server(server(1)).notes;
        let (vcpus, at) = (5 + u32::try_from(round % 2).expect("small"), round);
        world.takes(Who::Agent, resized(at, vcpus, 1));
        assert_eq!(world.server(server(1)).notes, before + 1);
        world.takes(Who::Provider, resolve(server(1), before, Verdict::Agreed));
    }
    assert_eq!(world.server(server(1)).notes, 1_024);
    world.takes(Who::Agent, resized(512, 9, 1));
    assert_eq!(world.server(server(1)).notes, 1_024, "the event is taken, the note has no room");
    world.refuses(Who::Auditor, note(server(1), DiscrepancyKind::CapacityExceeded), Error::TooManyNotes);
    let pages =
        [query::notes(&world.state, &server(1), 0, 1_000), query::notes(&world.state, &server(1), 1_000, 1_000)];
    assert_eq!(pages.map(|page| page.len()), [1_000, 24]);
}
