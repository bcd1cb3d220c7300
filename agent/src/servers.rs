//! `tierchain-agent servers`: what runs in a host's state folder, since when, and what it has used. Read from the folder and
//! from `/proc` alone, so that it works whether the agent runs or is dead; nothing is written, nobody is disturbed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;
use tierchain_primitives::ledger::Uuid;
use tierchain_primitives::numbers::Micros;

use crate::cli::ServersArgs;
use crate::clock;
use crate::driver::Seen;
use crate::driver::process::{Surveyed, survey};
use crate::host::book::{Book, Coming, Life, Written};
use crate::source::process::Line;

/// Microseconds in a second.
const SECOND_US: Micros = 1_000_000;

/// Prints the list.
///
/// # Errors
/// When the folder is none of a host's, or can't be read.
pub(crate) fn run(args: &ServersArgs) -> anyhow::Result<()> {
    let list = read(&args.state)?;
    let text = if args.json { serde_json::to_string_pretty(&list.servers)? + "\n" } else { list.to_string() };
    tierchain_stdio::print(&text)?;
    Ok(())
}

/// All servers that are here, or on their way here.
#[derive(PartialEq, Debug)]
struct List {
    servers: Vec<Row>,
    now: Micros,
}

/// A server.
#[derive(PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    uuid: String,
    /// What the event log says of it.
    state: &'static str,
    /// Since when, in microseconds since 1970.
    since_us: Micros,
    /// What is found of its processes: running, paused, halted, gone or none.
    processes: &'static str,
    /// The process that leads it.
    leader: Option<u32>,
    /// By which directive it came here.
    directive: u64,
    /// CPU time since its birth, in microseconds.
    cpu_us: u64,
    /// Memory that its processes have resident now, in KiB.
    rss_kib: u64,
    /// The most that each of its processes has had resident, added up, in KiB.
    peak_rss_kib: u64,
    /// What it was given.
    vcpus: u32,
    memory_mib: u64,
}

fn read(state: &Path) -> anyhow::Result<List> {
    let path = state.join("events.jsonl");
    let bytes = fs::read(&path)
        .with_context(|| format!("cannot read {}: --state is the folder of a tierchain-agent host", path.display()))?;
    let found = survey(state).with_context(|| format!("cannot read the servers in {}", state.display()))?;
    let found: BTreeMap<Uuid, Surveyed> = found.into_iter().map(|surveyed| (surveyed.seen.uuid, surveyed)).collect();
    Ok(list(&book(&bytes), &found, clock::now_us()))
}

/// What the log says. A last line without its end is still being written.
fn book(bytes: &[u8]) -> Book {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut book = Book::default();
    for text in String::from_utf8_lossy(&bytes[..whole]).lines() {
        // What is no line of a server's is the log's own, or damaged: the agent names that.
        if let Ok(line) = serde_json::from_str::<Line>(text) {
            book.take(&line, text);
        }
    }
    book
}

fn list(book: &Book, found: &BTreeMap<Uuid, Surveyed>, now: Micros) -> List {
    let here = book.lives().filter(|life| life.is_living()).map(|life| row(life, found.get(&life.id.uuid)));
    let coming = book.coming().map(coming_row);
    List { servers: here.chain(coming).collect(), now }
}

fn row(life: &Life, found: Option<&Surveyed>) -> Row {
    let found = found.filter(|found| found.seen.directive == life.directive);
    let figures = found.and_then(|found| found.seen.figures).unwrap_or_default();
    let runs = found.is_some_and(|found| found.seen.leader.is_some());
    Row {
        uuid: life.id.uuid.to_string(),
        state: state(life.state),
        since_us: life.latest,
        processes: found.map_or("none", |found| processes(&found.seen.seen)),
        leader: found.and_then(|found| found.seen.leader),
        directive: life.directive,
        cpu_us: life.cpu_us.max(life.cpu_before_us.saturating_add(figures.cpu_us)),
        rss_kib: if runs { figures.rss_kib } else { 0 },
        peak_rss_kib: found.map_or(0, |found| found.peak_rss_kib),
        vcpus: life.declared.resources.vcpus,
        memory_mib: life.declared.resources.memory_mib,
    }
}

fn coming_row(coming: &Coming) -> Row {
    let (arrival, resources) = (&coming.arrival, coming.arrival.declared.resources);
    Row {
        uuid: arrival.server.uuid.to_string(),
        state: "ARRIVING",
        since_us: coming.at,
        processes: "none",
        leader: None,
        directive: arrival.directive,
        cpu_us: arrival.cpu_us,
        rss_kib: 0,
        peak_rss_kib: 0,
        vcpus: resources.vcpus,
        memory_mib: resources.memory_mib,
    }
}

fn state(written: Written) -> &'static str {
    match written {
        Written::Ordered => "ORDERED",
        Written::Running => "RUNNING",
        Written::Paused => "PAUSED",
        Written::Landed => "ARRIVED",
        Written::Leaving(..) => "LEAVING",
        Written::Recalled(_) => "CALLED BACK",
        Written::Left(_) => "LEFT",
        Written::Crashed => "CRASHED",
        Written::Destroyed(_) => "ENDED",
    }
}

fn processes(seen: &Seen) -> &'static str {
    match seen {
        Seen::Running => "running",
        Seen::Paused => "paused",
        Seen::Halted => "halted",
        Seen::Gone { .. } => "gone",
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["SERVER", "STATE", "FOR", "PROCESSES", "CPU s", "MEMORY MiB", "PEAK MiB", "GIVEN", "DIRECTIVE"];
        let rows = self.servers.iter().map(|row| {
            [
                row.uuid.clone(),
                row.state.to_owned(),
                format!("{} s", self.now.saturating_sub(row.since_us) / SECOND_US),
                row.leader.map_or_else(|| row.processes.to_owned(), |pid| format!("{} ({pid})", row.processes)),
                format!("{}.{:03}", row.cpu_us / SECOND_US, row.cpu_us % SECOND_US / 1_000),
                tenths_of_mib(row.rss_kib),
                tenths_of_mib(row.peak_rss_kib),
                format!("{} vCPU, {} MiB", row.vcpus, row.memory_mib),
                row.directive.to_string(),
            ]
        });
        let rows: Vec<[String; 9]> = [head.map(str::to_owned)].into_iter().chain(rows).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..9).map(width).collect();
        for row in &rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

fn tenths_of_mib(kib: u64) -> String {
    format!("{}.{}", kib / 1_024, kib % 1_024 * 10 / 1_024)
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::ledger::{Etsi, Ownership, Relations, Resources};
    use tierchain_primitives::{AccountId, H256};

    use super::*;
    use crate::driver::{Figures, Observation};
    use crate::sighting::Declared;
    use crate::source::process::What;

    fn log() -> String {
        let ownership = Ownership { provider: H256([1; 32]), tenant: H256([2; 32]), service: H256([3; 32]) };
        let resources = Resources { vcpus: 2, memory_mib: 64, disk_gib: 0 };
        let (etsi, relations) = (Etsi::default(), Relations::default());
        let (image, tracker) = (H256([4; 32]), AccountId([5; 32]));
        let declared = Declared { image, resources, tracker, ownership, etsi, relations };
        let info = What::Info { vcpus: 2, memory_mib: 64, disk_gib: 0, cpu_us: 1_500_000, rss_kib: 9 };
        let (first, ended) = (Uuid([6; 16]), Uuid([7; 16]));
        let lines = [
            (1, first, What::ordered(3, &declared)),
            (2, first, What::Started),
            (2, ended, What::ordered(4, &declared)),
            (4, first, info),
            (4, first, What::Paused),
            (5, ended, What::Destroyed { directive: 5 }),
        ];
        let text = |(seconds, uuid, what)| {
            let line = Line { time_us: seconds * SECOND_US, uuid, reconciled: false, what };
            serde_json::to_string(&line).expect("JSON") + "\n"
        };
        format!("{{\"log\":\"head\"}}\n{}{{\"time_us\":9,\"uu", lines.map(text).concat())
    }

    #[test]
    fn living_servers_are_listed_with_what_they_use() {
        let seen = Observation {
            uuid: Uuid([6; 16]),
            directive: 3,
            seen: Seen::Running,
            started: 2,
            leader: Some(77),
            figures: Some(Figures { cpu_us: 1_600_000, rss_kib: 3_072 }),
        };
        let found = BTreeMap::from([(seen.uuid, Surveyed { seen, peak_rss_kib: 5_632 })]);
        let list = list(&book(log().as_bytes()), &found, 10 * SECOND_US);
        assert_eq!(
            list.to_string(),
            "SERVER                                STATE   FOR  PROCESSES     CPU s  MEMORY MiB  PEAK MiB  GIVEN           DIRECTIVE\n\
             06060606-0606-0606-0606-060606060606  PAUSED  6 s  running (77)  1.600  3.0         5.5       2 vCPU, 64 MiB  3\n"
        );
        let json = serde_json::to_value(&list.servers).expect("JSON");
        assert_eq!(
            (&json[0]["cpuUs"], &json[0]["peakRssKib"], &json[0]["sinceUs"]),
            (&1_600_000.into(), &5_632.into(), &4_000_000.into())
        );
    }

    #[test]
    fn what_is_no_hosts_folder_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = format!("{:#}", read(folder.path()).expect_err("nothing is there"));
        assert!(error.contains("events.jsonl") && error.contains("--state is the folder of"), "{error}");
        fs::write(folder.path().join("events.jsonl"), log()).expect("written");
        fs::create_dir(folder.path().join("servers")).expect("a folder");
        let list = read(folder.path()).expect("a host's");
        assert_eq!((list.servers.len(), list.servers[0].processes), (1, "none"));
        assert_eq!(
            fs::read_to_string(folder.path().join("events.jsonl")).expect("it is there"),
            log(),
            "nothing is written"
        );
    }
}
