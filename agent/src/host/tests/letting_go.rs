//! What is settled leaves: to the archive, at any point at which the agent may be killed.

use super::*;
use crate::evidence;

/// The whole story, its lines in the archive, and a third life after it.
fn live_on(bench: &mut Bench) {
    (bench.limits, bench.closed_max) = (AT_ONCE, 2);
    live(bench);
    let mut host = None;
    let log = bench.folder.path().join(intake::EVENTS);
    let is_empty = |_: &Bench| {
        let lines = std::fs::read_to_string(&log).expect("it is there");
        lines.lines().all(|line| line.starts_with(r#"{"log":"head""#))
    };
    bench.run(&mut host, "archived", is_empty);
    let id = bench.issue(create());
    bench.run(&mut host, "made again", |bench| bench.answered(id));
    // The outbox may be lost, now as before.
    host = None;
    std::fs::remove_dir_all(bench.folder.path().join("outbox")).expect("it was there");
    let id = bench.issue(Action::Destroy { server: server(2) });
    bench.run(&mut host, "ended again", |bench| bench.answered(id) && bench.net.anchored.len() == 3);
    bench.run(&mut host, "archived again", is_empty);
}

/// The lines that all blocks came from, where they are to be found.
fn assert_evidence_is_there(bench: &Bench, at: &str) {
    let births = bench.net.births.values().filter_map(|record| match &record.fact {
        Fact::Birth(birth) => Some(birth.evidence),
        _ => None,
    });
    let happenings = bench.net.happenings.values().flat_map(|all| all.values().map(|happening| happening.evidence));
    for hash in births.chain(happenings) {
        let search = evidence::search(Some(bench.folder.path()), &[], evidence::Wanted::Hash(hash)).expect("it reads");
        assert!(search.is_sound(), "{at}");
        let texts: Vec<&str> = search.texts().collect();
        assert!(matches!(texts[..], [text] if tierchain_primitives::hash::sha256(&[text.as_bytes()]) == hash), "{at}");
    }
}

#[test]
fn killed_at_any_point_of_compactions_nothing_is_done_twice_and_nothing_is_lost() {
    fuse::set(None);
    let mut undisturbed = Bench::new();
    live_on(&mut undisturbed);
    assert_evidence_is_there(&undisturbed, "undisturbed");
    for point in 1.. {
        let mut bench = Bench::new();
        fuse::set(Some(point));
        live_on(&mut bench);
        let at = format!("killed at point {point}");
        assert_eq!([0, 1, 2].map(|life| bench.story(life)), [FIRST.to_vec(), SECOND.to_vec(), SECOND.to_vec()], "{at}");
        let starts = bench.machine.borrow().starts.values().copied().collect::<Vec<_>>();
        assert_eq!(starts, [1, 1, 1], "{at}");
        assert!(bench.machine.borrow().servers.is_empty(), "{at}");
        assert_evidence_is_there(&bench, &at);
        if bench.kills == 0 {
            assert!(point > 150, "so many points are worth being killed at: {point}");
            fuse::set(None);
            return;
        }
    }
}

#[test]
fn a_line_that_was_bent_is_named_and_nothing_is_done() {
    fuse::set(None);
    let mut bench = Bench::new();
    let mut host = None;
    let made = bench.issue(create());
    bench.run(&mut host, "made", |bench| bench.answered(made));
    drop(host);
    let log = bench.folder.path().join(intake::EVENTS);
    let whole = std::fs::read_to_string(&log).expect("it is there");
    let lines: Vec<&str> = whole.lines().collect();
    for (line, bent) in [
        (1, whole.replacen("ordered", "odrered", 1)),
        (2, whole.replacen(lines[1], &lines[1].replace("\"time_us\":", "\"time_us\":1"), 1)),
        (2, format!("{}\n{{\"log\":\"head\",\"epoch\":1,\"floor\":0}}\n", lines[0])),
        (1, format!("{{\"log\":\"head\",\"epoch\":1}}\n{whole}")),
        // The line that begins the life is missing, which the outbox knows.
        (1, format!("{}\n", lines[1])),
    ] {
        std::fs::write(&log, &bent).expect("written");
        let error = bench.open().err().expect("it is bent").to_string();
        assert!(error.starts_with(&format!("line {line} of ")), "{error}");
        assert!(error.contains("events.jsonl") && error.contains("from a copy"), "{error}");
        std::fs::write(&log, &whole).expect("written");
    }
    bench.open().expect("it is as it was");
}

#[test]
fn what_never_was_born_leaves_in_time() {
    fuse::set(None);
    let mut bench = Bench::new();
    bench.limits = AT_ONCE;
    let mut host = bench.open().expect("a new folder");
    let hour = 3_600_000_000;
    let life = LifeId { uuid: uuid(), ordinal: 0 };
    let tracker = KeyPair::from_seed(&[8; 32]).public();
    let ownership = Ownership { provider: H256([1; 32]), tenant: H256([2; 32]), service: H256([3; 32]) };
    let resources = tierchain_primitives::ledger::Resources { vcpus: 1, memory_mib: 1, disk_gib: 0 };
    let (image, etsi, relations) = (H256([4; 32]), Etsi::default(), Relations::default());
    let declared = crate::sighting::Declared { image, resources, tracker, ownership, etsi, relations };
    let line = |time_us, what| crate::source::process::Line { time_us, uuid: uuid(), reconciled: false, what };
    use crate::source::process::What;
    host.write_line(&line(1, What::ordered(0, &declared))).expect("written");
    host.write_line(&line(2, What::Destroyed { directive: 0 })).expect("written");
    let look = |host: &mut Host<FakeDriver>, now| host.on(now, Input::Look).expect("it lives");
    host.on(3, Input::Directives(Vec::new())).expect("it lives");
    (0..4).for_each(|looks| look(&mut host, 2 * hour + looks));
    assert!(host.intake.book.life(uuid()).is_some(), "nobody knows whether the ledger has it");
    let notice = Notice::Announced { life, server: server(0), previous: None };
    host.on(3 * hour, Input::Notice(notice)).expect("it lives");
    (0..4).for_each(|looks| look(&mut host, 3 * hour + looks));
    assert!(host.intake.book.life(uuid()).is_some(), "its birth may be on its way");
    (0..4).for_each(|looks| look(&mut host, 4 * hour + 10 + looks));
    assert!(host.intake.book.life(uuid()).is_none() && host.places.is_empty() && host.unborn.is_empty());
    assert!(host.outgoing.iter().any(|fed| matches!(fed, Fed::Gone(lives) if lives.contains(&life))));
}
