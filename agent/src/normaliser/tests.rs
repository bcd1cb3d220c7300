//! The recordings and the rule, sentence by sentence.

use std::fmt::Write;
use std::path::PathBuf;

use proptest::prelude::*;
use tierchain_primitives::ledger::{EventKind, ServerState, Usage};

use super::*;
use crate::record::{Fact, LifeId};
use crate::source::Lines;

const LIBVIRT: &[u8] = include_bytes!("../../../testnet/libvirt-qemu-6-servers.jsonl");
const NOVA_SAMPLE: &[u8] = include_bytes!("../../tests/data/nova-sample.log");

/// Everything an input gives.
fn normalise(grammar: Grammar, input: &[u8]) -> (Vec<Record>, Counts) {
    let mut normaliser = Normaliser::new(grammar);
    let mut lines = Lines::new(input);
    let mut records = Vec::new();
    while let Some(line) = lines.next_line().expect("memory can be read") {
        records.extend(normaliser.on_line(&line, lines.offset()).unwrap_or_default());
    }
    records.extend(normaliser.finish(lines.offset()));
    (records, normaliser.counts())
}

/// Records as text, one a line, cursors left out.
fn render(records: &[Record]) -> String {
    let mut out = String::new();
    for Record { life, fact, .. } in records {
        let line = match fact {
            Fact::Birth(birth) => {
                let held = birth.resources.map_or("unknown".into(), |held| {
                    format!("{} vCPU {} MiB {} GiB", held.vcpus, held.memory_mib, held.disk_gib)
                });
                let tenant = birth.tenant.map_or(String::new(), |tenant| format!(" tenant {tenant}"));
                format!("{} Birth {held}{tenant} {}", birth.occurred_at, birth.evidence)
            }
            Fact::Event(happening) | Fact::Late(happening) => {
                let late = if matches!(fact, Fact::Late(_)) { "late " } else { "" };
                let words = String::from_utf8_lossy(&happening.detail.0).into_owned();
                let cpu = happening.meter.map_or(String::new(), |meter| format!(" cpu {} us", meter.cpu_us));
                let kind = match &happening.event {
                    EventKind::StateChanged { state } => state.name(),
                    kind => kind.name(),
                };
                let (time, number, evidence) = (happening.occurred_at, happening.number, happening.evidence);
                format!("{time} {late}{number} {kind} ({words}){cpu} {evidence}")
            }
            Fact::Anchor => "Anchor".into(),
            Fact::Left => "Left".into(),
        };
        writeln!(out, "{life:?} {line}").expect("a string takes all");
    }
    out
}

/// The usage that a life's records add up to.
fn usage(records: &[Record], life: LifeId) -> Usage {
    let mut usage = Usage::default();
    let (mut since, mut state, mut resources) = (0, ServerState::Stopped, None);
    for record in records.iter().filter(|record| record.life == life) {
        match &record.fact {
            Fact::Birth(birth) => (since, resources) = (birth.occurred_at, birth.resources),
            Fact::Event(happening) => {
                usage.add_piece(state, happening.occurred_at - since, resources);
                since = happening.occurred_at;
                match &happening.event {
                    EventKind::StateChanged { state: next } => state = *next,
                    EventKind::Resized { resources: next } => resources = Some(*next),
                    _ => {}
                }
            }
            Fact::Late(_) | Fact::Anchor | Fact::Left => {}
        }
    }
    usage
}

fn lives(records: &[Record]) -> BTreeSet<LifeId> {
    records.iter().map(|record| record.life).collect()
}

/// `(server's last digit, [(kind or state, microseconds after 1795227 · 10^9)])`, as the recording's own table has it.
#[rustfmt::skip]
const LIBVIRT_BLOCKS: [(u8, &[(&str, u64)]); 6] = [
    (1, &[("Birth", 255965834), ("RUNNING", 256653528), ("PAUSED", 262314766), ("RUNNING", 266558668),
          ("STOPPED", 291274843), ("Ended", 291290475)]),
    (2, &[("Birth", 256072950), ("RUNNING", 256863981), ("Rebooted", 266832454), ("PAUSED", 268856902),
          ("SUSPENDED_TO_DISK", 270077242), ("RUNNING", 273289150), ("STOPPED", 293107855), ("Ended", 293122801)]),
    (3, &[("Birth", 256172929), ("RUNNING", 257064156), ("PAUSED", 257064262), ("RUNNING", 259085096),
          ("PAUSED", 275312422), ("RUNNING", 276331659), ("CRASHED", 285169057), ("RUNNING", 285610693),
          ("STOPPED", 295139333), ("Ended", 295159404)]),
    (4, &[("Birth", 256265710), ("RUNNING", 259289770), ("STOPPED", 262106543), ("RUNNING", 279355253),
          ("STOPPED", 282168240), ("Ended", 288655609)]),
    (5, &[("Birth", 256356734), ("RUNNING", 262537885), ("CRASHED", 263545090), ("Ended", 288642571)]),
    (6, &[("Birth", 256449444), ("RUNNING", 266805464), ("STOPPED", 278153236), ("Ended", 288628835)]),
];

#[test]
fn the_libvirt_recording_gives_its_38_blocks_at_their_times() {
    let (records, counts) = normalise(Grammar::Libvirt, LIBVIRT);
    let mut blocks = 0;
    for (digit, expected) in LIBVIRT_BLOCKS {
        let of_server = records.iter().filter(|record| record.life.uuid.0[15] == digit);
        let found: Vec<(&str, u64)> = of_server
            .filter_map(|record| match &record.fact {
                Fact::Birth(birth) => Some(("Birth", birth.occurred_at)),
                Fact::Event(happening) => Some(match &happening.event {
                    EventKind::StateChanged { state } => (state.name(), happening.occurred_at),
                    kind => (kind.name(), happening.occurred_at),
                }),
                Fact::Late(_) | Fact::Anchor | Fact::Left => None,
            })
            .map(|(kind, time)| (kind, time - 1_795_227_000_000_000))
            .collect();
        assert_eq!(found, expected, "server {digit}");
        blocks += found.len();
    }
    assert_eq!(blocks, 38);
    let Counts { births, changes, reboots, ends, late, unborn, garbage, .. } = counts;
    assert_eq!((births, changes, reboots, ends, late, unborn, garbage), (6, 25, 1, 6, 0, 0, 0));
}

#[test]
fn the_libvirt_recordings_sums_are_those_of_its_table() {
    use ServerState::{Crashed, Paused, Running, Stopped, SuspendedToDisk};
    let (records, _) = normalise(Grammar::Libvirt, LIBVIRT);
    // STOPPED, RUNNING, PAUSED, to disk, CRASHED; vcpu_us RUNNING; MiB_us RUNNING + PAUSED.
    let expected = [
        ([703_326, 30_377_413, 4_243_902, 0, 0], 60_754_826, 1_661_823_120),
        ([805_977, 31_811_626, 1_220_340, 3_211_908, 0], 31_811_626, 1_585_534_368),
        ([911_298, 34_593_470, 3_040_071, 0, 441_636], 69_186_940, 2_408_546_624),
        ([26_760_139, 5_629_760, 0, 0, 0], 5_629_760, 180_152_320),
        ([6_181_151, 1_007_205, 0, 0, 25_097_481], 1_007_205, 32_230_560),
        ([20_831_619, 11_347_772, 0, 0, 0], 11_347_772, 363_128_704_u128),
    ];
    assert_eq!(lives(&records).len(), 6);
    for (life, (walls, vcpu_us, mib_us)) in lives(&records).into_iter().zip(expected) {
        let usage = usage(&records, life);
        let of = |state: ServerState| usage.states[state as usize];
        let found = [Stopped, Running, Paused, SuspendedToDisk, Crashed].map(|state| of(state).wall_us);
        assert_eq!(found, walls, "{life:?}");
        assert_eq!((of(Running).vcpu_us, of(Running).mib_us + of(Paused).mib_us), (vcpu_us, mib_us), "{life:?}");
        assert!(!usage.incomplete);
    }
}

/// The golden files freeze the records, evidence and details included. To make one anew, run with
/// `TIERCHAIN_BLESS=1` and say why in the commit message.
#[test]
fn records_are_those_of_the_golden_files() {
    for (name, grammar, input) in
        [("libvirt.txt", Grammar::Libvirt, LIBVIRT), ("nova-sample.txt", Grammar::Nova, NOVA_SAMPLE)]
    {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
        let (records, counts) = normalise(grammar, input);
        let found = format!("{}{counts:?}\n", render(&records));
        if std::env::var_os("TIERCHAIN_BLESS").is_some() {
            std::fs::write(&path, &found).expect("the golden file can be written");
        }
        let golden = std::fs::read_to_string(&path).expect("the golden file can be read");
        assert_eq!(found, golden, "{name}");
    }
}

/// The real nova log stays outside the repository.
fn nova_log() -> Option<Vec<u8>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/openstack-nova-2k.log");
    let path = std::env::var_os("TIERCHAIN_NOVA_LOG").unwrap_or_else(|| beside.into());
    let log = std::fs::read(&path).ok();
    if log.is_none() {
        println!("skipped: no nova log at {} (TIERCHAIN_NOVA_LOG names another place)", path.display());
    }
    log
}

#[test]
fn the_nova_log_gives_110_blocks_22_repeated_and_21_late() {
    let Some(log) = nova_log() else { return };
    let (records, counts) = normalise(Grammar::Nova, &log);
    let Counts { lines, births, changes, reboots, ends, repeated, late, unborn, garbage } = counts;
    assert_eq!((lines, births, changes, reboots, ends), (2_000, 22, 66, 0, 22));
    assert_eq!((repeated, late, unborn, garbage), (22, 21, 0, 0));
    let of = |life| records.iter().filter(move |record: &&Record| record.life == life);
    let mut sums = [0; 3];
    for life in lives(&records) {
        let usage = usage(&records, life);
        let states = [ServerState::Stopped, ServerState::Running, ServerState::Paused];
        for (sum, state) in sums.iter_mut().zip(states) {
            *sum += usage.states[state as usize].wall_us / 1_000;
        }
        assert_eq!(of(life).filter(|record| !matches!(record.fact, Fact::Late(_))).count(), 6, "5 blocks, 1 anchor");
    }
    assert_eq!(sums, [287_885, 173_235, 144_587]);
    let first = records.first().map(|record| record.life).expect("there are records");
    let unknown: Vec<bool> = of(first)
        .filter_map(|record| match &record.fact {
            Fact::Birth(birth) => Some(birth.resources.is_none() && birth.occurred_at == 1_494_892_804_500_000),
            _ => None,
        })
        .collect();
    assert_eq!(unknown, [true], "the first server's claim lies before the log");
}

/// The testnet tools' generator; the crate itself can't be depended on, since it drives this one's binary.
#[path = "../../../testnet/src/nova_log.rs"]
#[expect(unreachable_pub, reason = "it is public in the crate that it belongs to")]
mod nova_log;

#[test]
fn generated_nova_logs_give_what_their_generator_expects() {
    for seed in 0..20 {
        let nova_log::NovaLog { text, expected } = nova_log::generate(seed, 60);
        let (records, counts) = normalise(Grammar::Nova, text.as_bytes());
        let mut sums = [0; 3];
        for life in lives(&records) {
            let usage = usage(&records, life);
            let states = [ServerState::Stopped, ServerState::Running, ServerState::Paused];
            for (sum, state) in sums.iter_mut().zip(states) {
                *sum += usage.states[state as usize].wall_us as u64 / 1_000;
            }
        }
        let [stopped_ms, running_ms, paused_ms] = sums;
        let Counts { lines, births, changes, reboots, ends, repeated, late, unborn, garbage } = counts;
        let found = nova_log::Expected {
            lines,
            births,
            changes,
            ends,
            repeated,
            late,
            unborn,
            garbage,
            stopped_ms,
            running_ms,
            paused_ms,
        };
        assert_eq!((found, reboots), (expected, 0), "seed {seed}");
        assert_eq!(records.len() as u64, expected.blocks() + expected.ends + expected.late, "seed {seed}");
    }
}

const UUID: &str = "5e0f2c3a-7d41-4a8e-9b10-000000000001";

/// A lifecycle line of libvirt's at a second.
fn event(second: u64, event: u32, detail: u32) -> String {
    let time = second * 1_000_000;
    format!(
        "{{\"kind\":\"lifecycle\",\"time_us\":{time},\"uuid\":\"{UUID}\",\"id\":-1,\"event\":{event},\"detail\":{detail}}}\n"
    )
}

/// An info line of libvirt's at a second.
fn info(second: u64, id: i64, vcpus: u32) -> String {
    let time = second * 1_000_000;
    format!(
        "{{\"kind\":\"info\",\"time_us\":{time},\"uuid\":\"{UUID}\",\"id\":{id},\"info\":{{\"mem_kib\":1024,\"vcpus\":{vcpus},\"cpu_time_ns\":0}}}}\n"
    )
}

/// Records in short: `second kind`.
fn story(input: &str) -> (Vec<String>, Counts) {
    let (records, counts) = normalise(Grammar::Libvirt, input.as_bytes());
    let told = records.iter().map(|Record { life, fact, .. }| match fact {
        Fact::Birth(birth) => format!("{}#{} Birth", birth.occurred_at / 1_000_000, life.ordinal),
        Fact::Event(h) => match &h.event {
            EventKind::StateChanged { state } => format!("{} {}", h.occurred_at / 1_000_000, state.name()),
            kind => format!("{} {}", h.occurred_at / 1_000_000, kind.name()),
        },
        Fact::Late(h) => format!("{} late {}", h.occurred_at / 1_000_000, h.number),
        Fact::Anchor => "anchor".into(),
        Fact::Left => "left".into(),
    });
    (told.collect(), counts)
}

#[test]
fn a_server_that_comes_back_within_the_grace_has_not_ended() {
    let hard_reboot =
        [event(1, 0, 0), event(2, 2, 0), event(3, 5, 1), event(4, 1, 0), event(100, 0, 0), event(101, 2, 0)];
    let (told, _) = story(&hard_reboot.concat());
    assert_eq!(told, ["1#0 Birth", "2 RUNNING", "3 STOPPED", "101 RUNNING"]);
    let after = [event(1, 0, 0), event(4, 1, 0), event(124, 0, 0)];
    let (told, counts) = story(&after.concat());
    assert_eq!(told, ["1#0 Birth", "4 Ended", "anchor", "124#1 Birth"]);
    assert_eq!((counts.births, counts.ends), (2, 1));
}

#[test]
fn a_server_without_configuration_ends_when_it_stops() {
    let transient = [event(1, 4, 0), event(2, 2, 0), event(9, 5, 0)];
    let (told, _) = story(&transient.concat());
    assert_eq!(told, ["2#0 Birth", "2 RUNNING", "9 STOPPED", "9 Ended", "anchor"]);
    // One that is seen off is configured.
    let (told, _) = story(&(transient.concat() + &info(10, -1, 1)));
    assert_eq!(told, ["2#0 Birth", "2 RUNNING", "9 STOPPED"]);
    // One that is saved can be restored.
    let (told, _) = story(&[event(2, 2, 0), event(9, 5, 4)].concat());
    assert_eq!(told, ["2#0 Birth", "2 RUNNING", "9 SUSPENDED_TO_DISK"]);
    // One whose configuration is removed while it runs has become one without.
    let (told, _) = story(&[event(1, 0, 0), event(2, 2, 0), event(3, 1, 0), event(9, 5, 5)].concat());
    assert_eq!(told, ["1#0 Birth", "2 RUNNING", "9 CRASHED", "9 Ended", "anchor"]);
}

#[test]
fn what_comes_after_the_end_is_late_once() {
    let late = event(6, 5, 0);
    let lines = [event(1, 0, 0), event(2, 2, 0), event(3, 3, 0), event(4, 5, 1), event(5, 1, 0), late.clone(), late];
    let (told, counts) = story(&lines.concat());
    assert_eq!(told, ["1#0 Birth", "2 RUNNING", "3 PAUSED", "4 STOPPED", "5 Ended", "anchor", "6 late 4"]);
    assert_eq!((counts.late, counts.repeated), (1, 1));
}

#[test]
fn reboots_within_two_seconds_are_one() {
    let reboot = |ms: u64| format!("{{\"kind\":\"reboot\",\"time_us\":{},\"uuid\":\"{UUID}\",\"id\":1}}\n", ms * 1_000);
    let lines = [event(1, 0, 0), event(2, 2, 0), reboot(3_000), reboot(3_001), reboot(4_999), reboot(5_000)];
    let (told, counts) = story(&lines.concat());
    assert_eq!(told, ["1#0 Birth", "2 RUNNING", "3 Rebooted", "5 Rebooted"]);
    assert_eq!((counts.reboots, counts.repeated), (2, 2));
}

#[test]
fn a_birth_waits_two_seconds_for_resources_and_a_difference_is_a_resize() {
    let resources = |input: &str| {
        let (records, _) = normalise(Grammar::Libvirt, input.as_bytes());
        records.into_iter().find_map(|record| match record.fact {
            Fact::Birth(birth) => Some(birth.resources.map(|held| held.vcpus)),
            _ => None,
        })
    };
    assert_eq!(resources(&[event(1, 0, 0), event(2, 2, 0), info(2, 1, 3)].concat()), Some(Some(3)));
    assert_eq!(resources(&[event(1, 0, 0), info(3, 1, 3)].concat()), Some(None));
    assert_eq!(resources(&[info(1, 1, 4), event(2, 2, 0)].concat()), Some(Some(4)));
    let (told, _) = story(&[event(1, 0, 0), info(1, -1, 1), event(2, 2, 0), info(3, 1, 2), info(4, 1, 2)].concat());
    assert_eq!(told, ["1#0 Birth", "2 RUNNING", "3 Resized"]);
}

#[test]
fn a_line_out_of_order_takes_the_time_of_the_one_before() {
    let (told, _) = story(&[event(5, 0, 0), event(3, 2, 0), event(4, 3, 0)].concat());
    assert_eq!(told, ["5#0 Birth", "5 RUNNING", "5 PAUSED"]);
}

#[test]
fn garbage_is_counted_and_changes_nothing() {
    let clean = [event(1, 0, 0), event(2, 2, 0)].concat();
    let long = "x".repeat(crate::source::LINE_BYTES_MAX + 1);
    let dirty = format!("{}\u{0}\n\n{long}\n{}{{\"kind\":7}}\n", event(1, 0, 0), event(2, 2, 0));
    let (told, counts) = story(&dirty);
    assert_eq!((told, counts.garbage), (story(&clean).0, 4));
}

#[test]
fn times_at_the_end_of_time_are_taken() {
    let far = event(1, 0, 0).replace("1000000", &u64::MAX.to_string());
    let started = event(1, 2, 0).replace("1000000", &u64::MAX.to_string());
    let gone = event(1, 1, 0).replace("1000000", &u64::MAX.to_string());
    let (told, _) = story(&[far, started, gone].concat());
    assert_eq!(told.len(), 2);
}

/// A line of a small world: any event of one of three servers, or garbage.
fn any_line() -> impl Strategy<Value = String> {
    (0u32..10, 0u32..6, 0u64..400, 1u8..4, 0u8..12).prop_map(|(kind, detail, second, server, odd)| {
        let line = match odd {
            0 => "garbage\n".into(),
            1 | 2 => info(second, i64::from(detail) - 1, 1 + kind % 2),
            3 => event(second, 0, 0).replace("lifecycle", "reboot"),
            _ => event(second, kind, detail),
        };
        line.replace("000000000001", &format!("00000000000{server}"))
    })
}

proptest! {
    #[test]
    fn any_restart_gives_the_same_records(lines in proptest::collection::vec(any_line(), 0..60), cut in 0usize..60) {
        let whole = lines.concat();
        let (expected, _) = normalise(Grammar::Libvirt, whole.as_bytes());
        // Reading a part, then all of it again, as a restarted agent does: the part's records are a prefix.
        let part: String = lines[..cut.min(lines.len())].concat();
        let mut normaliser = Normaliser::new(Grammar::Libvirt);
        let mut reader = Lines::new(part.as_bytes());
        let mut before = Vec::new();
        while let Some(line) = reader.next_line().expect("memory can be read") {
            before.extend(normaliser.on_line(&line, reader.offset()).unwrap_or_default());
        }
        prop_assert_eq!(&expected[..before.len()], &before[..]);
    }

    #[test]
    fn lines_seen_twice_change_nothing(lines in proptest::collection::vec(any_line(), 1..50), picks in proptest::collection::vec((0usize..50, 0usize..12), 1..10)) {
        let mut doubled = lines.clone();
        for (from, later) in picks {
            let from = from % doubled.len();
            let line = doubled[from].clone();
            // Noise moves the clock wherever it stands, so only its own repetition at once is the same input.
            let to = (from + 1 + later).min(doubled.len());
            doubled.insert(to, line);
        }
        let without_cursor = |lines: &[String]| render(&normalise(Grammar::Libvirt, lines.concat().as_bytes()).0);
        prop_assert_eq!(without_cursor(&doubled), without_cursor(&lines));
    }

    #[test]
    fn numbers_are_dense_and_times_never_go_back(lines in proptest::collection::vec(any_line(), 0..80)) {
        let (records, _) = normalise(Grammar::Libvirt, lines.concat().as_bytes());
        let mut seen: BTreeMap<LifeId, (u64, Micros, bool)> = BTreeMap::new();
        for Record { life, fact, .. } in records {
            match fact {
                Fact::Birth(birth) => {
                    prop_assert!(seen.insert(life, (0, birth.occurred_at, false)).is_none(), "born twice");
                }
                Fact::Event(h) | Fact::Late(h) => {
                    let (number, time, ended) = seen.get_mut(&life).expect("it was born");
                    prop_assert_eq!(*number, h.number);
                    prop_assert!(*time <= h.occurred_at);
                    prop_assert_eq!(*ended, !matches!(h.event, EventKind::Ended { .. }) && *ended);
                    *ended |= matches!(h.event, EventKind::Ended { .. });
                    (*number, *time) = (*number + 1, h.occurred_at);
                }
                Fact::Anchor => prop_assert!(seen[&life].2),
                Fact::Left => prop_assert!(false, "no recording says that"),
            }
        }
    }

    #[test]
    fn any_bytes_are_read_without_harm(input in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = normalise(Grammar::Libvirt, &input);
        let _ = normalise(Grammar::Nova, &input);
    }
}
