//! What good files prove.

use tierchain_primitives::ledger::{EndReason, EventKind, RelationKind, ServerState};
use tierchain_runtime::audit::{ContradictionReport, Interval, LifeReport, Report, TenantReport, Unattested, verify};

use super::story::{Story, host, server, tenant};
use super::{STORY, file, genesis, report};

fn life(name: &str) -> LifeReport {
    let Report::Life(life) = report(name) else { panic!("{name} is a life") };
    *life
}

fn of_tenant(name: &str) -> TenantReport {
    let Report::Tenant(tenant) = report(name) else { panic!("{name} is a tenant's") };
    tenant
}

fn contradiction(name: &str) -> ContradictionReport {
    let Report::Contradiction(contradiction) = report(name) else { panic!("{name} is a contradiction") };
    contradiction
}

#[test]
fn a_plain_life_is_told_from_its_birth_to_its_end() {
    let life = life("plain");
    assert_eq!(life.lived.end.map(|(_, _, reason)| reason), Some(EndReason::Terminated));
    let states: Vec<ServerState> = life.lived.intervals.iter().map(|interval| interval.state).collect();
    use ServerState::{Paused, Running, Stopped};
    assert_eq!(states, [Stopped, Running, Paused, Running]);
    let joined = |pair: &[Interval]| pair[0].until == Some(pair[1].from);
    assert!(life.lived.intervals.windows(2).all(joined), "intervals follow on one another");
    assert_eq!(life.lived.usage, life.facts.server.usage.0);
    assert_eq!((life.facts.server.late, life.extrinsics), (1, None));
    assert_eq!(life.writers.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1, 7, 2], "foundry, agent, tracker");
    assert_eq!(life.never_left("EU"), Ok(()));
    let delay = life.lived.delay_max.expect("events come late");
    assert_eq!((delay.block, delay.us), (0, 9_000));
    let meta = life.meta.as_ref().expect("it is linked");
    assert_eq!(meta.tx.usage, life.lived.usage);
}

#[test]
fn what_nobody_watched_is_marked() {
    let life = life("plain");
    let unattested = life.unattested();
    let gap = life.facts.hosts[0].gaps[0];
    let attested = life.facts.hosts[0].attested.expect("it was watched");
    let end = life.lived.end.expect("it ended").0;
    let on = |from, until| Unattested { host: host(0), from, until };
    assert_eq!(unattested, [on(life.lived.born, attested.from), on(gap.from, gap.to), on(attested.until, end)]);
    let moved = self::life("moved");
    let now = moved.as_of.time * 1_000;
    let last = *moved.unattested().last().expect("nobody watched host 1");
    assert_eq!(last, Unattested { host: host(1), from: moved.lived.stays[1].from, until: now });
}

#[test]
fn custody_is_told_and_a_region_that_was_only_aimed_at_counts() {
    let life = life("moved");
    let hosts: Vec<_> = life.lived.stays.iter().map(|stay| stay.host).collect();
    assert_eq!(hosts, [host(0), host(1)]);
    assert_eq!(life.lived.stays[0].until, Some(life.lived.stays[1].from));
    assert_eq!(life.never_left("EU"), Ok(()));
    assert_eq!(life.never_left("US").map_err(|custody| custody.host.id), Err(host(0)));
    assert_eq!(life.facts.notes.len(), 2, "a discrepancy and its resolution");
    let running = life.lived.intervals.iter().filter(|interval| interval.state == ServerState::Running).count();
    assert_eq!(running, 1, "a move is one interval");
    let nearly = self::life("nearly-left");
    assert_eq!(nearly.lived.stays.len(), 1);
    assert_eq!(nearly.never_left("EU").map_err(|custody| custody.host.id), Err(host(2)));
}

#[test]
fn signed_extrinsics_stand_behind_every_block() {
    let (plain, signed) = (life("moved"), life("signed"));
    assert_eq!((plain.extrinsics, signed.extrinsics), (None, Some(4)));
    assert_eq!(plain.lived, signed.lived);
    assert_eq!(life("rollover").extrinsics, Some(3));
}

#[test]
fn a_rollover_names_its_predecessor_and_what_was_declared() {
    let life = life("rollover");
    let before = server(0x55, 0).chain(&genesis());
    let relations = life.meta.expect("it is linked").tx.relations;
    assert_eq!((relations[0].kind, relations[0].chain), (RelationKind::Predecessor, before));
    assert_eq!((relations[1].kind, relations[1].chain), (RelationKind::ScaledFrom, server(0x33, 0).chain(&genesis())));
    assert_eq!(life.lived.previous, STORY.ledger.chain(server(0x55, 0)).last().map(|block| block.hash));
    assert_eq!(life.as_of.epoch.0, 1, "a fifth validator has joined");
}

#[test]
fn an_orphan_is_given_up_by_a_foundry() {
    let life = life("orphan");
    assert_eq!(life.lived.end.map(|(_, _, reason)| reason), Some(EndReason::Orphaned));
    assert!(life.meta.is_some());
    let chain = STORY.ledger.chain(server(0x66, 0));
    assert!(matches!(chain[2].tx.event.event, EventKind::Suspected { .. }));
    assert_eq!(life.lived.usage.events[7], 1);
}

#[test]
fn a_tenant_had_nothing_when_it_had_nothing() {
    let report = of_tenant("tenant");
    assert_eq!(report.lives.len(), 6);
    let first = report.lives.iter().map(|life| life.born).min().expect("it has lives");
    assert_eq!(report.lives_between(0, first).count(), 0);
    assert_eq!(report.lives_between(0, first + 1).count(), 1);
    let now = report.as_of.time * 1_000;
    let lasting = report.lives.iter().filter(|life| life.ended.is_none()).count();
    assert_eq!((lasting, report.lives_between(now, now + 1).count()), (2, 2));
    let stranger = of_tenant("stranger");
    assert_eq!(stranger.lives_between(0, u64::MAX).count(), 0);
    assert_eq!(report.tenant, tenant());
}

#[test]
fn two_stories_under_one_number_show_who_told_them() {
    let agent = contradiction("contradiction");
    assert_eq!((agent.writer, agent.number), (super::ledger::account("agent par"), 9));
    assert!(agent.first.extrinsic.is_some() && agent.first.extrinsic != agent.second.extrinsic);
    assert_ne!(agent.first.event, agent.second.event);
    let tracker = contradiction("contradiction-tracker");
    assert_eq!((tracker.writer, tracker.first.extrinsic), (super::ledger::account("tracker"), None));
}

#[test]
fn a_living_chain_grows_and_its_older_file_stays_true() {
    let mut story = Story::new();
    story.bear("agent fra", 0, server(7, 0), "T", None);
    story.ledger.block(&[]);
    let older = story.ledger.life(server(7, 0), true).to_bytes();
    let running = story.state(server(7, 0), 0, ServerState::Running);
    story.append("agent fra", running);
    story.ledger.block(&[]);
    let newer = story.ledger.life(server(7, 0), true).to_bytes();
    for bytes in [older, newer] {
        assert!(verify(&bytes, &story.ledger.genesis).is_ok());
    }
    assert!(verify(&file("plain"), &story.ledger.genesis).is_ok(), "one genesis, two futures: both were certified");
}
