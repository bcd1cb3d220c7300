//! Data centers and hosts by proposal: where things stand never changes, and who speaks for them does.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::Resources;
use tierchain_runtime::registry::{self, Error, HYPERVISOR_HOSTS_MAX, HYPERVISORS, Hypervisor, Overcommit, Proposal};
use tierchain_runtime::{DataCenter, GenesisConfig, Host, Role, query};

use crate::governance::{propose, refused};
use crate::grants::{enacted, grant, revoke};
use crate::world::{Who, World, announce, announcement, config, host, server, validator};

fn set_host(host: Host) -> Proposal {
    Proposal::SetHost { host }
}

fn set_center(name: &str, region: &str) -> Proposal {
    Proposal::SetDataCenter { data_center: DataCenter { region: region.to_owned(), ..DataCenter::named(name) } }
}

fn center(name: &str) -> H256 {
    DataCenter::named(name).id
}

/// Four validators, the data centers fra-1 with hosts 0 and 1, and vie-1 without any.
fn world() -> World {
    let mut world = World::of(4);
    enacted(&mut world, &set_center("vie-1", "EU"));
    world
}

#[test]
fn a_data_center_keeps_its_region() {
    let mut world = world();
    let renamed = DataCenter { name: "Vienna 1".to_owned(), region: "EU".to_owned(), ..DataCenter::named("vie-1") };
    enacted(&mut world, &Proposal::SetDataCenter { data_center: renamed.clone() });
    assert_eq!(query::data_center(&world.state, &center("vie-1")), Some(renamed));
    refused(&mut world, Who::Operator(0), propose(&set_center("vie-1", "US")), Error::RegionFixed);
    refused(&mut world, Who::Operator(0), propose(&set_center("vie-1", "")), Error::RegionFixed);
    enacted(&mut world, &set_center("fra-1", "EU"));
    refused(&mut world, Who::Operator(0), propose(&set_center("fra-1", "US")), Error::RegionFixed);
    refused(&mut world, Who::Operator(0), propose(&set_center(" ", "EU")), Error::BadName);
    refused(&mut world, Who::Operator(0), propose(&set_center("ams-1", "E\u{7}U")), Error::BadName);
    let ids: Vec<H256> = query::data_centers(&world.state, 0, 9).into_iter().map(|known| known.id).collect();
    assert_eq!(ids, [center("fra-1"), center("vie-1")], "each stands once");
}

#[test]
fn a_host_is_registered_described_anew_and_stays_where_it_stands() {
    let mut world = world();
    enacted(&mut world, &grant(Who::Fresh(1), Role::Hypervisor));
    let new = Host::new(H256([7; 32]), center("vie-1"), Who::Fresh(1).id());
    enacted(&mut world, &set_host(new.clone()));
    let capacity = Some(Resources { vcpus: 64, memory_mib: 262_144, disk_gib: 4_000 });
    let overcommit = Overcommit { cpu_permille: 4_000, memory_permille: 1_000 };
    let described = Host { capacity, overcommit, ..new };
    enacted(&mut world, &set_host(described.clone()));
    assert_eq!(query::host(&world.state, &described.id), Some(described.clone()));
    assert_eq!(query::host_count(&world.state), 3);
    assert_eq!(query::hosts(&world.state, 1, 1)[0].id, host(1));
    let moved = Host { data_center: center("fra-1"), ..described };
    refused(&mut world, Who::Operator(0), propose(&set_host(moved)), Error::HostFixed);
    let nowhere = Host::new(H256([8; 32]), center("nowhere"), Who::Fresh(1).id());
    refused(&mut world, Who::Operator(0), propose(&set_host(nowhere)), Error::UnknownDataCenter);
}

#[test]
fn an_account_speaks_for_hosts_of_one_data_center() {
    let mut world = world();
    let host_at = |number: u8, place: &str, who: Who| set_host(Host::new(H256([number; 32]), center(place), who.id()));
    refused(&mut world, Who::Operator(0), propose(&host_at(7, "vie-1", Who::Agent)), Error::OtherDataCenter);
    refused(&mut world, Who::Operator(0), propose(&host_at(7, "vie-1", Who::Nobody)), Error::NotAHypervisor);
    // Its only host goes to another account: now it may begin elsewhere.
    enacted(&mut world, &set_host(Host::new(host(1), center("fra-1"), Who::Agent.id())));
    assert_eq!(HYPERVISORS.get(&world.state, &Who::OtherAgent.id()), None);
    let both = Hypervisor { data_center: center("fra-1"), hosts: vec![host(0), host(1)] };
    assert_eq!(HYPERVISORS.get(&world.state, &Who::Agent.id()), Some(both));
    enacted(&mut world, &host_at(7, "vie-1", Who::OtherAgent));
    let grants = query::grants(&world.state, &Who::OtherAgent.id()).expect("it is admitted");
    assert_eq!((grants.data_center, grants.hosts), (Some(center("vie-1")), vec![H256([7; 32])]));
}

#[test]
fn a_hypervisor_that_names_a_host_of_another_data_center_is_told_so() {
    let mut world = world();
    enacted(&mut world, &grant(Who::Fresh(1), Role::Hypervisor));
    let far = Host::new(H256([7; 32]), center("vie-1"), Who::Fresh(1).id());
    enacted(&mut world, &set_host(far.clone()));
    let mut wanted = announcement(server(1));
    wanted.host = far.id;
    refused(&mut world, Who::Agent, announce(&wanted), Error::OtherDataCenter);
    wanted.host = host(1);
    refused(&mut world, Who::Agent, announce(&wanted), Error::NotTheHypervisor);
    wanted.host = H256([9; 32]);
    refused(&mut world, Who::Agent, announce(&wanted), Error::UnknownHost);
}

#[test]
fn a_host_without_a_voice_gets_another_account() {
    let mut world = world();
    enacted(&mut world, &revoke(Who::Agent, Role::Hypervisor));
    refused(&mut world, Who::Agent, announce(&announcement(server(1))), Error::NotAHypervisor);
    enacted(&mut world, &set_host(Host::new(host(0), center("fra-1"), Who::OtherAgent.id())));
    assert_eq!(world.result(Who::OtherAgent, announce(&announcement(server(1)))), Ok(()));
}

#[test]
fn an_account_speaks_for_256_hosts_at_most() {
    let crowd = (0..HYPERVISOR_HOSTS_MAX).map(|at| {
        let id = H256(core::array::from_fn(|byte| (at >> (8 * (byte % 2))) as u8));
        Host::new(id, center("fra-1"), Who::Agent.id())
    });
    let crowded =
        GenesisConfig { validators: (0..4).map(validator).collect(), hosts: crowd.collect(), ..config(false) };
    let mut world = World::new(&crowded);
    let one_more = Host::new(H256([0xff; 32]), center("fra-1"), Who::Agent.id());
    refused(&mut world, Who::Operator(0), propose(&set_host(one_more)), Error::TooManyHosts);
    let known = query::hosts(&world.state, 5, 1).remove(0);
    enacted(&mut world, &set_host(Host { overcommit: Overcommit { cpu_permille: 1, memory_permille: 1 }, ..known }));
    assert_eq!(registry::HOST_COUNT.get(&world.state), Some(HYPERVISOR_HOSTS_MAX as u64));
}
