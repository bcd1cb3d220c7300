//! Selfish accounts: nobody has servers in another's name, keeps another's server from being born, or uses up what others
//! need.

use tierchain_primitives::H256;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::ledger::{Announcement, BirthRequest, EndReason, Ownership, ServerId, party_id};
use tierchain_runtime::chains::{ANNOUNCEMENTS_MAX, Error as ChainsError};
use tierchain_runtime::directives::{Action, Directive, Error as DirectivesError, OPEN_OF_PROVIDER_MAX};
use tierchain_runtime::registry::{self, Deed, Error, PEOPLE_MAX, SITES_MAX, Sites};
use tierchain_runtime::{Call, DataCenter, GenesisConfig, Host, Quota, Role, Roles, account, query};

use crate::directives::{accept, directive, done, issue, order};
use crate::grants::{enacted, provider};
use crate::moving::hand_over;
use crate::parties::{admit_tenant, appoint, dismiss};
use crate::world::{
    T0, Who, World, announce, announcement, append, birth, config, end, host, peopled, request, server, validator,
};

/// The agent of a host in a data center of its own, by number.
const fn stranger(number: u8) -> Who {
    Who::Host(number)
}

fn far(number: u8) -> H256 {
    H256([0x30 + number; 32])
}

fn far_center(number: u8) -> DataCenter {
    DataCenter::named(&format!("far-{number}"))
}

/// Two hosts in fra-1, and as many data centers with a host each as announce one server and one more.
fn world() -> World {
    let mut config = GenesisConfig { validators: (0..4).map(validator).collect(), ..peopled(config(false)) };
    for number in 0..=u8::try_from(ANNOUNCEMENTS_MAX).expect("it is small") {
        let (center, who) = (far_center(number), stranger(number).id());
        config.hosts.push(Host::new(far(number), center.id, who));
        config.data_centers.push(center);
        config.accounts.push((who, Roles::NONE.with(Role::Hypervisor)));
    }
    World::new(&config)
}

pub(crate) fn set_sites(sites: Sites) -> Call {
    Call::Registry(registry::Call::SetSites { sites })
}

fn these(names: &[&str]) -> Sites {
    Sites::These(names.iter().map(|name| DataCenter::named(name).id).collect())
}

/// Server 1 of a provider, on a stranger's host, with a tracker of its own.
fn squat(number: u8, of: &str) -> Announcement {
    let ownership = Ownership { provider: party_id(of), ..announcement(server(1)).ownership };
    Announcement { host: far(number), ownership, tracker: tracker(number).public(), ..announcement(server(1)) }
}

fn tracker(number: u8) -> KeyPair {
    KeyPair::from_seed(&[0xd0 + number; 32])
}

fn next(id: ServerId) -> ServerId {
    ServerId { generation: id.generation + 1, ..id }
}

#[test]
fn nobody_has_servers_in_a_providers_name_where_it_has_none() {
    let mut world = world();
    world.takes(Who::Provider, set_sites(these(&["fra-1"])));
    world.refuses(stranger(0), announce(&squat(0, "P")), Error::SiteNotAdmitted);
    world.takes(stranger(0), announce(&squat(0, "Q")));
    world.bear(&announcement(server(1)), T0, None);
    assert_eq!(world.server(server(1)).host, host(0));

    // What was announced while it was allowed isn't born any more.
    world.takes(Who::Agent, announce(&announcement(server(2))));
    world.takes(Who::Provider, set_sites(these(&[])));
    world.refuses(Who::Foundry, birth(&request(server(2), T0)), Error::SiteNotAdmitted);
    world.takes(Who::Provider, set_sites(Sites::Everywhere));
    world.takes(Who::Foundry, birth(&request(server(2), T0)));
}

#[test]
fn a_provider_says_where_its_servers_begin_and_nobody_else() {
    let mut world = world();
    let fresh = Who::Fresh(1);
    enacted(&mut world, &provider("N", fresh));
    assert_eq!(registry::sites(&world.state, &party_id("N")), these(&[]), "nowhere at first");
    let theirs = Announcement { host: host(0), tracker: Who::Tracker.id(), ..squat(0, "N") };
    world.refuses(Who::Agent, announce(&theirs), Error::SiteNotAdmitted);
    for who in [Who::Agent, Who::Operator(0), Who::Orchestrator, Who::Nobody] {
        world.refuses(who, set_sites(Sites::Everywhere), Error::NotAProvider);
    }
    world.refuses(fresh, set_sites(these(&["nowhere-1"])), Error::UnknownDataCenter);
    let many = vec![DataCenter::named("fra-1").id; SITES_MAX + 1];
    world.refuses(fresh, set_sites(Sites::These(many)), Error::TooManySites);
    let acts = query::trail_count(&world.state);
    world.takes(fresh, set_sites(these(&["far-1", "fra-1"])));
    let (_, act) = query::trail(&world.state, acts, 9).remove(0);
    assert_eq!((act.by, act.deed), (fresh.id(), Deed::SitesSet { provider: party_id("N") }));
    world.repeats(fresh, set_sites(these(&["far-1", "fra-1"])));
    assert_eq!(query::trail_count(&world.state), acts + 1, "a repeat is no act");
    world.takes(Who::Agent, announce(&theirs));
    world.takes(Who::Foundry, birth(&request(server(1), T0)));
}

#[test]
fn an_announcement_stands_in_nobodys_way() {
    let mut world = world();
    // A stranger announces it first, for a provider of its own, and never has it born.
    world.takes(stranger(0), announce(&squat(0, "Q")));
    world.takes(Who::Agent, announce(&announcement(server(1))));
    world.takes(stranger(1), announce(&squat(1, "Q")));
    world.repeats(Who::Agent, announce(&announcement(server(1))));
    assert_eq!(query::announcements(&world.state, &server(1)).len(), 3);
    world.takes(Who::Foundry, birth(&request(server(1), T0)));
    let born = world.server(server(1));
    assert_eq!((born.host, born.ownership.provider, born.tracker), (host(0), party_id("P"), Who::Tracker.id()));
    assert!(query::announcements(&world.state, &server(1)).is_empty(), "the others went with the birth");
    world.refuses(stranger(0), announce(&squat(0, "Q")), ChainsError::AlreadyBorn);
}

#[test]
fn a_trackers_key_is_announced_once() {
    let mut world = world();
    world.takes(Who::Agent, announce(&announcement(server(1))));
    let stolen = Announcement { tracker: Who::Tracker.id(), ..squat(0, "Q") };
    world.refuses(stranger(0), announce(&stolen), ChainsError::AlreadyAnnounced);
    let neighbour = Announcement { host: host(1), ..announcement(server(1)) };
    world.refuses(Who::OtherAgent, announce(&neighbour), ChainsError::AlreadyAnnounced);
    // Where its provider has no servers any more, an announcement holds up nobody.
    world.takes(Who::Provider, set_sites(these(&[])));
    let of_q = Ownership { provider: party_id("Q"), ..neighbour.ownership };
    world.takes(Who::OtherAgent, announce(&Announcement { ownership: of_q, ..neighbour }));
    let standing = query::announcements(&world.state, &server(1));
    assert_eq!(standing.iter().map(|known| known.by).collect::<Vec<_>>(), [Who::OtherAgent.id()]);
}

#[test]
fn a_neighbour_in_the_data_center_is_in_nobodys_way() {
    let mut world = world();
    let neighbour = Announcement { host: host(1), tracker: tracker(0).public(), ..announcement(server(1)) };
    world.takes(Who::OtherAgent, announce(&neighbour));
    world.bear(&announcement(server(1)), T0, None);
    assert_eq!(world.server(server(1)).host, host(0));
}

#[test]
fn four_accounts_of_a_data_center_announce_a_server() {
    let mut config = peopled(config(false));
    let center = far_center(0);
    config.data_centers.push(center.clone());
    for number in 0..=4 {
        config.hosts.push(Host::new(far(number), center.id, stranger(number).id()));
        config.accounts.push((stranger(number).id(), Roles::NONE.with(Role::Hypervisor)));
    }
    let mut world = World::new(&config);
    (0..4).for_each(|number| world.takes(stranger(number), announce(&squat(number, "Q"))));
    world.refuses(stranger(4), announce(&squat(4, "Q")), ChainsError::TooManyAnnouncements);
    let corrected = Announcement { resources: None, ..squat(2, "Q") };
    world.takes(stranger(2), announce(&corrected));
    world.bear(&announcement(server(1)), T0, None);
}

#[test]
fn a_server_waits_with_so_many_announcements_and_what_holds_no_more_makes_room() {
    let mut world = world();
    let last = u8::try_from(ANNOUNCEMENTS_MAX).expect("it is small");
    for number in 0..last {
        world.takes(stranger(number), announce(&squat(number, if number == 3 { "P" } else { "Q" })));
    }
    world.refuses(stranger(last), announce(&squat(last, "Q")), ChainsError::TooManyAnnouncements);
    world.takes(Who::Provider, set_sites(these(&[])));
    world.takes(stranger(last), announce(&squat(last, "Q")));
    let hosts: Vec<H256> =
        query::announcements(&world.state, &server(1)).iter().map(|known| known.announcement.host).collect();
    assert_eq!((hosts.len(), hosts.contains(&far(3)), hosts.contains(&far(last))), (ANNOUNCEMENTS_MAX, false, true));
}

#[test]
fn the_next_life_is_its_providers_wherever_it_has_servers() {
    let mut world = world();
    world.bear(&announcement(server(1)), T0, None);
    let second = next(server(1));
    let of = |name: &str, number: u8| Announcement { server: second, ..squat(number, name) };
    world.refuses(stranger(0), announce(&of("Q", 0)), ChainsError::OtherProvider);
    world.takes(Who::Agent, append(end(server(1), 0, T0 + 10, EndReason::Terminated)));
    world.refuses(stranger(0), announce(&of("Q", 0)), ChainsError::OtherProvider);
    // An evacuation: the same server, of the same provider, on a host of another data center.
    let evacuated = Announcement { tracker: Who::Tracker.id(), ..of("P", 0) };
    world.takes(stranger(0), announce(&evacuated));
    let previous = Some(world.server(server(1)).head);
    world.takes(Who::Foundry, birth(&BirthRequest { previous, ..request(second, T0 + 20) }));
    assert_eq!(world.server(second).host, far(0));
}

/// What runs is recorded, whatever its provider says of new ones: only a life that doesn't go on needs its consent.
#[test]
fn a_rollover_goes_on_where_it_is() {
    for (reason, expected) in
        [(EndReason::Rollover, Ok(())), (EndReason::Terminated, Err(Error::SiteNotAdmitted.into()))]
    {
        let mut world = world();
        world.bear(&announcement(server(1)), T0, None);
        world.takes(Who::Provider, set_sites(these(&["far-0"])));
        let second = next(server(1));
        world.takes(Who::Agent, announce(&announcement(second)));
        world.takes(Who::Agent, append(end(server(1), 0, T0 + 10, reason)));
        let previous = Some(world.server(server(1)).head);
        let asked = birth(&BirthRequest { previous, ..request(second, T0 + 10) });
        assert_eq!(world.result(Who::Foundry, asked), expected, "{reason:?}");
        let elsewhere = Announcement { host: far(1), tracker: tracker(1).public(), ..announcement(next(second)) };
        assert!(world.result(stranger(1), announce(&elsewhere)).is_err());
    }
}

#[test]
fn a_provider_has_a_share_of_a_hosts_list() {
    let mut world = world();
    let elsewhere = |reference: u8, of: &str| {
        let ownership = Ownership { provider: party_id(of), ..order(2).ownership };
        let create = Action::Create(tierchain_runtime::directives::Order { ownership, ..order(2) });
        Directive { reference: H256([reference; 32]), host: host(0), action: create, deadline: T0 / 1_000 + 100_000 }
    };
    let share = u8::try_from(OPEN_OF_PROVIDER_MAX).expect("it is small");
    for reference in 0..share {
        let who = if reference % 2 == 0 { Who::Provider } else { Who::Orchestrator };
        world.takes(who, issue(&elsewhere(reference, "P")));
    }
    for who in [Who::Provider, Who::Orchestrator] {
        world.refuses(who, issue(&elsewhere(share, "P")), DirectivesError::ShareUsed);
    }
    world.takes(Who::OtherProvider, issue(&elsewhere(0, "Q")));
    world.takes(Who::Agent, accept(0));
    world.refuses(Who::Provider, issue(&elsewhere(share, "P")), DirectivesError::ShareUsed);
    world.takes(Who::Agent, crate::directives::fail(0, tierchain_runtime::directives::FailReason::NoCapacity));
    world.takes(Who::Provider, issue(&elsewhere(share, "P")));
    assert_eq!(query::directives_open(&world.state, &host(0)).len(), usize::from(share) + 1);
}

#[test]
fn a_directive_goes_where_its_provider_has_servers() {
    let mut world = world();
    world.takes(Who::Provider, set_sites(these(&["far-0"])));
    let create = directive(&world, 1, Action::Create(order(2)));
    world.refuses(Who::Orchestrator, issue(&create), Error::SiteNotAdmitted);
    world.takes(Who::Orchestrator, issue(&Directive { host: far(0), ..create }));
    world.takes(Who::Provider, set_sites(these(&["fra-1"])));
    world.bear(&announcement(server(1)), T0, None);
    let migrate = directive(&world, 2, Action::Migrate { server: server(1), to: far(0) });
    world.refuses(Who::Orchestrator, issue(&migrate), Error::SiteNotAdmitted);
}

/// A server that only a stranger announced isn't what a host has made.
#[test]
fn what_a_host_has_done_it_has_announced_itself() {
    let mut world = world();
    let create = directive(&world, 1, Action::Create(order(1)));
    world.takes(Who::Provider, issue(&create));
    world.takes(Who::Agent, accept(0));
    world.takes(stranger(0), announce(&squat(0, "Q")));
    world.refuses(Who::Agent, done(0, Some(server(1))), ChainsError::NotAnnounced);
    world.takes(Who::Agent, announce(&announcement(server(1))));
    world.takes(Who::Agent, done(0, Some(server(1))));
}

fn quota(world: &World, who: Who) -> Option<Quota> {
    account(&world.state, &who.id()).expect("it stands").allowance.quota
}

#[test]
fn whom_a_provider_brings_shares_a_quota_and_whom_it_dismisses_is_closed() {
    let mut world = world();
    let share = Some(Quota::default().share(PEOPLE_MAX));
    world.takes(Who::Provider, admit_tenant("T", Who::Fresh(1)));
    world.takes(Who::Provider, appoint(Who::Fresh(2)));
    world.takes(Who::Provider, appoint(Who::Nobody));
    assert_eq!([1, 2].map(|number| quota(&world, Who::Fresh(number))), [share; 2]);
    assert_eq!(quota(&world, Who::Nobody), None, "whom operators admitted keeps what operators gave");
    assert_eq!(registry::PEOPLE.get(&world.state, &party_id("P")), Some(3));
    for who in [Who::Fresh(1), Who::Fresh(2), Who::Nobody] {
        world.takes(Who::Provider, dismiss(who));
    }
    assert_eq!([1, 2].map(|number| quota(&world, Who::Fresh(number))), [Some(Quota::CLOSED); 2]);
    assert_eq!((quota(&world, Who::Nobody), registry::PEOPLE.get(&world.state, &party_id("P"))), (None, None));
    world.takes(Who::OtherProvider, appoint(Who::Fresh(1)));
    assert_eq!(quota(&world, Who::Fresh(1)), share, "it is open again");
}

#[test]
fn a_provider_names_256_accounts() {
    let mut world = world();
    world.state.insert(registry::PEOPLE.key(&party_id("P")), parity_scale_codec::Encode::encode(&PEOPLE_MAX));
    world.refuses(Who::Provider, appoint(Who::Fresh(2)), Error::TooManyPeople);
    world.refuses(Who::Provider, admit_tenant("T", Who::Fresh(2)), Error::TooManyPeople);
    world.takes(Who::OtherProvider, appoint(Who::Fresh(2)));
}

#[test]
fn a_key_that_hands_over_is_closed_and_opens_when_it_is_granted_something() {
    let mut world = world();
    world.takes(Who::Agent, hand_over(Who::Agent, Who::Fresh(1)));
    assert_eq!((quota(&world, Who::Agent), quota(&world, Who::Fresh(1))), (Some(Quota::CLOSED), None));
    enacted(&mut world, &crate::grants::grant(Who::Agent, Role::Auditor));
    assert_eq!(quota(&world, Who::Agent), None);
}

/// The error of every refusal above is described with its remedy.
#[test]
fn refusals_have_remedies() {
    let errors = [
        tierchain_runtime::DispatchError::from(Error::SiteNotAdmitted),
        Error::TooManySites.into(),
        Error::TooManyPeople.into(),
        ChainsError::OtherProvider.into(),
        ChainsError::TooManyAnnouncements.into(),
        ChainsError::AlreadyAnnounced.into(),
        DirectivesError::ShareUsed.into(),
    ];
    for error in errors {
        let (name, remedy) = tierchain_runtime::errors::describe(error.as_module()).expect("it is described");
        assert!(remedy.len() > 40, "{name}");
    }
}
