//! What an audit file proves, as a table for people and as JSON for programs.

use std::process::ExitCode;

use serde_json::{Value, json};
use tierchain_primitives::ledger::{ServerState, Usage};
use tierchain_rpc::types::Named;
use tierchain_runtime::audit::{AsOf, ContradictionReport, Interval, LifeReport, Report, Said, TenantReport};
use tierchain_runtime::chains::{Discrepancy, Note, NoteKind};

use super::Instant;
use crate::commands::query::short;
use crate::commands::{print, print_json};
use crate::table::Table;

/// How many intervals a table for people shows; a life may have a hundred thousand.
const INTERVALS_SHOWN: usize = 32;

/// All states, in wire order.
const STATES: [ServerState; 6] = [
    ServerState::Running,
    ServerState::Paused,
    ServerState::SuspendedToRam,
    ServerState::SuspendedToDisk,
    ServerState::Stopped,
    ServerState::Crashed,
];

/// Prints a report as JSON.
pub(super) fn json(report: &Report) -> anyhow::Result<ExitCode> {
    print_json(&match report {
        Report::Life(life) => life_json(life),
        Report::Tenant(tenant) => tenant_json(tenant),
        Report::Contradiction(contradiction) => contradiction_json(contradiction),
    })
}

/// Prints a report as tables.
pub(super) fn table(report: &Report) -> anyhow::Result<ExitCode> {
    print(&match report {
        Report::Life(life) => life_tables(life),
        Report::Tenant(tenant) => tenant_tables(tenant),
        Report::Contradiction(contradiction) => contradiction_table(contradiction),
    })
}

fn as_of_json(as_of: &AsOf) -> Value {
    json!({ "block": as_of.block, "time": as_of.time, "namedBy": as_of.named_by, "epoch": as_of.epoch.0 })
}

fn life_json(life: &LifeReport) -> Value {
    let (record, lived) = (&life.facts.server, &life.lived);
    let interval = |it: &Interval| json!({ "state": it.state.name(), "from": it.from, "until": it.until });
    let stay = |it: &tierchain_runtime::audit::Stay| {
        let (center, region) = place(life, &it.host);
        json!({ "host": it.host.to_string(), "dataCenter": center, "region": region, "from": it.from, "until": it.until })
    };
    let unattested = |it: tierchain_runtime::audit::Unattested| json!({ "host": it.host.to_string(), "from": it.from, "until": it.until });
    let delay = |it: &tierchain_runtime::audit::Delay| json!({ "block": it.block, "us": it.us.to_string() });
    let end = lived.end.map(|(at, noted, reason)| json!({ "at": at, "noted": noted, "reason": Named(reason) }));
    let meta = life
        .meta
        .as_ref()
        .map(|meta| json!({ "meta": meta.meta.to_string(), "number": meta.number, "hash": meta.hash.to_string() }));
    json!({
        "valid": true, "kind": "life", "bytes": life.bytes, "genesis": life.genesis.to_string(),
        "uuid": life.server.uuid.to_string(), "generation": life.server.generation,
        "chain": record.chain.to_string(), "asOf": as_of_json(&life.as_of),
        "blocks": record.length, "head": record.head.to_string(), "state": lived.state.name(),
        "born": lived.born, "ended": end, "previous": lived.previous.map(|hash| hash.to_string()),
        "tenant": record.ownership.tenant.to_string(), "provider": record.ownership.provider.to_string(),
        "intervals": lived.intervals.iter().map(interval).collect::<Vec<_>>(),
        "custody": lived.stays.iter().map(stay).collect::<Vec<_>>(),
        "regions": regions(life),
        "unattested": life.unattested().into_iter().map(unattested).collect::<Vec<_>>(),
        "usage": usage_json(&lived.usage),
        "writers": life.writers.iter().map(|(key, count)| json!({ "account": key.to_string(), "blocks": count })).collect::<Vec<_>>(),
        "delayMax": lived.delay_max.as_ref().map(delay), "aheadMax": lived.ahead_max.as_ref().map(delay),
        "replayed": lived.replayed, "late": record.late,
        "notes": life.facts.notes.iter().map(note_json).collect::<Vec<_>>(),
        "meta": meta, "extrinsics": life.extrinsics,
    })
}

fn usage_json(usage: &Usage) -> Value {
    let state = |state: ServerState| {
        let sums = &usage.states[state as usize];
        (
            state.name().to_owned(),
            json!({
                "wallUs": sums.wall_us.to_string(), "vcpuUs": sums.vcpu_us.to_string(),
                "mibUs": sums.mib_us.to_string(), "gibUs": sums.gib_us.to_string(),
            }),
        )
    };
    json!({
        "states": STATES.map(state).into_iter().collect::<serde_json::Map<_, _>>(),
        "cpuUs": usage.cpu_us.to_string(), "bytesIn": usage.bytes_in.to_string(),
        "bytesOut": usage.bytes_out.to_string(), "events": usage.events, "incomplete": usage.incomplete,
    })
}

fn note_json(note: &Note) -> Value {
    json!({
        "at": note.at, "block": note.block, "by": note.by.map(|by| by.to_string()), "says": said_in(&note.content),
    })
}

fn tenant_json(report: &TenantReport) -> Value {
    let life = |life: &tierchain_runtime::chains::TenantEntry| {
        json!({
            "uuid": life.server.uuid.to_string(), "generation": life.server.generation,
            "born": life.born, "ended": life.ended,
        })
    };
    json!({
        "valid": true, "kind": "tenant", "bytes": report.bytes, "genesis": report.genesis.to_string(),
        "tenant": report.tenant.to_string(), "asOf": as_of_json(&report.as_of),
        "lives": report.lives.iter().map(life).collect::<Vec<_>>(),
    })
}

fn contradiction_json(report: &ContradictionReport) -> Value {
    let said = |said: &Said| {
        json!({
            "extrinsic": said.extrinsic.map(|hash| hash.to_string()), "event": said.event.event.name(),
            "occurredAt": said.event.occurred_at, "content": said.event.content_hash().to_string(),
        })
    };
    json!({
        "valid": true, "kind": "contradiction", "genesis": report.genesis.to_string(),
        "writer": report.writer.to_string(), "uuid": report.server.uuid.to_string(),
        "generation": report.server.generation, "number": report.number,
        "said": [said(&report.first), said(&report.second)],
    })
}

fn life_tables(life: &LifeReport) -> String {
    let (record, lived) = (&life.facts.server, &life.lived);
    let mut head = Table::pairs();
    head.row(&[&"holds", &"every block of this life, and what the state says of it"]);
    head.row(&[&"genesis", &life.genesis]);
    head.row(&[&"server", &life.server]);
    head.row(&[&"as of", &as_of(&life.as_of)]);
    head.row(&[&"blocks", &format!("{}, the last one {}", record.length, record.head)]);
    head.row(&[&"born", &Instant(lived.born)]);
    match lived.end {
        Some((at, _, reason)) => head.row(&[&"ended", &format!("{} ({})", Instant(at), Named(reason))]),
        None => head.row(&[&"state", &lived.state.name()]),
    }
    let custody = lived.stays.iter().map(|stay| place(life, &stay.host).1);
    let regions: std::collections::BTreeSet<String> = custody.collect();
    head.row(&[&"regions", &regions.into_iter().collect::<Vec<_>>().join(", ")]);
    if let Some(delay) = &lived.delay_max {
        head.row(&[&"largest delay", &format!("{} us, block {}", delay.us, delay.block)]);
    }
    if let Some(ahead) = &lived.ahead_max {
        head.row(&[&"clock ahead", &format!("{} us, block {}", -ahead.us, ahead.block)]);
    }
    head.row(&[&"cpu time", &format!("{} us", lived.usage.cpu_us)]);
    head.row(&[&"late events", &record.late]);
    if let Some(meta) = &life.meta {
        head.row(&[&"linked", &format!("block {} of meta-chain {}", meta.number, meta.meta)]);
    }
    if let Some(count) = life.extrinsics {
        head.row(&[&"extrinsics", &format!("{count}, each signed and in its block")]);
    }
    let (totals, pieces) = (totals(&lived.usage), intervals(&lived.intervals));
    [head.render(), totals, pieces, stays(life), unattested(life), notes(life)].join("")
}

/// What a bill rests on: how long in which state, and with how much.
fn totals(usage: &Usage) -> String {
    let mut table = Table::new(&["in state", "us", "vCPU us", "MiB us", "GiB us"]);
    for state in STATES {
        let sums = &usage.states[state as usize];
        if sums.wall_us > 0 {
            table.row(&[&state.name(), &sums.wall_us, &sums.vcpu_us, &sums.mib_us, &sums.gib_us]);
        }
    }
    let note =
        if usage.incomplete { "its resources were unknown for some of the time: the sums are too low\n" } else { "" };
    apart(&table) + note
}

fn intervals(intervals: &[Interval]) -> String {
    let mut table = Table::new(&["state", "from", "until"]);
    for interval in intervals.iter().take(INTERVALS_SHOWN) {
        table.row(&[&interval.state.name(), &Instant(interval.from), &until(interval.until)]);
    }
    match intervals.len().saturating_sub(INTERVALS_SHOWN) {
        0 => apart(&table),
        more => apart(&table) + &format!("and {more} more: --json shows all\n"),
    }
}

fn stays(life: &LifeReport) -> String {
    let mut table = Table::new(&["host", "data center", "region", "from", "until"]);
    for stay in &life.lived.stays {
        let (center, region) = place(life, &stay.host);
        table.row(&[&short(stay.host), &center, &region, &Instant(stay.from), &until(stay.until)]);
    }
    apart(&table)
}

fn unattested(life: &LifeReport) -> String {
    let all = life.unattested();
    if all.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["not watched on host", "from", "until"]);
    for it in all {
        table.row(&[&short(it.host), &Instant(it.from), &Instant(it.until)]);
    }
    apart(&table)
}

fn notes(life: &LifeReport) -> String {
    if life.facts.notes.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["note", "in block", "by", "says"]);
    for (number, note) in life.facts.notes.iter().enumerate() {
        let by = note.by.map_or_else(|| "the ledger".to_owned(), |by| by.to_string());
        table.row(&[&number, &note.block, &by, &said_in(&note.content)]);
    }
    apart(&table)
}

fn tenant_tables(report: &TenantReport) -> String {
    let mut head = Table::pairs();
    head.row(&[&"holds", &"every life of this tenant's servers on this ledger"]);
    head.row(&[&"genesis", &report.genesis]);
    head.row(&[&"tenant", &report.tenant]);
    head.row(&[&"as of", &as_of(&report.as_of)]);
    head.row(&[&"lives", &report.lives.len()]);
    let mut table = Table::new(&["server", "born", "ended"]);
    for life in &report.lives {
        table.row(&[&life.server, &Instant(life.born), &until(life.ended)]);
    }
    head.render() + &apart(&table)
}

/// A table with an empty line before it.
fn apart(table: &Table) -> String {
    format!("\n{}", table.render())
}

fn contradiction_table(report: &ContradictionReport) -> String {
    let mut table = Table::pairs();
    table.row(&[&"holds", &"one writer signed two different events under one number"]);
    table.row(&[&"genesis", &report.genesis]);
    table.row(&[&"writer", &report.writer]);
    table.row(&[&"server", &report.server]);
    table.row(&[&"number", &report.number]);
    for said in [&report.first, &report.second] {
        let signed = said.extrinsic.map_or_else(|| "a report".to_owned(), |hash| format!("extrinsic {hash}"));
        let event = &said.event;
        table.row(&[&"said", &format!("{} at {}, in {signed}", event.event.name(), Instant(event.occurred_at))]);
    }
    table.render()
}

fn as_of(as_of: &AsOf) -> String {
    let time = Instant(as_of.time.saturating_mul(1_000));
    format!("block {} ({time}), certified by epoch {} in block {}", as_of.block, as_of.epoch, as_of.named_by)
}

fn until(time: Option<u64>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| Instant(time).to_string())
}

/// Name and region of the data center of a host.
fn place(life: &LifeReport, host: &tierchain_primitives::H256) -> (String, String) {
    let custody = life.custody(host).map(|custody| &custody.data_center);
    let region = |region: &str| if region.is_empty() { "(not said)".to_owned() } else { region.to_owned() };
    custody.map_or_else(Default::default, |center| (center.name.clone(), region(&center.region)))
}

/// The regions of all hosts that the chain names, those that it was only to move to included.
fn regions(life: &LifeReport) -> Vec<String> {
    let all = life.facts.hosts.iter().map(|custody| custody.data_center.region.clone());
    all.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// A note in a few words.
fn said_in(content: &NoteKind) -> String {
    match content {
        NoteKind::Discrepancy(Discrepancy::StateDisagrees { said, state, .. }) => {
            format!("the witness sees {}, the chain says {}", said.state.name(), state.name())
        }
        NoteKind::Discrepancy(Discrepancy::MoveUnfinished { from, to, .. }) => {
            format!("it left {} and didn't arrive at {}", short(from), short(to))
        }
        NoteKind::Discrepancy(Discrepancy::CapacityExceeded { host, .. }) => {
            format!("host {} promises more than it may", short(host))
        }
        NoteKind::Resolution { of, verdict, .. } => format!("settles note {of}: {verdict:?}"),
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::ledger::Resources;

    use super::*;

    #[test]
    fn totals_name_the_states_in_which_it_was() {
        let mut usage = Usage::default();
        usage.add_piece(ServerState::Running, 3_000_000, Some(Resources { vcpus: 2, memory_mib: 128, disk_gib: 0 }));
        usage.add_piece(ServerState::Paused, 500_000, None);
        let shown = totals(&usage);
        let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[2], ["RUNNING", "3000000", "6000000", "384000000", "0"]);
        assert_eq!(lines[3], ["PAUSED", "500000", "0", "0", "0"]);
        assert!(shown.ends_with("too low\n") && lines.len() == 5, "{shown}");
    }

    #[test]
    fn a_long_life_fits_a_screen() {
        let interval = |from| Interval { state: ServerState::Running, from, until: Some(from + 1) };
        let all: Vec<Interval> = (0..1_920).map(interval).collect();
        let shown = intervals(&all);
        assert_eq!(shown.lines().count(), 2 + INTERVALS_SHOWN + 1);
        assert!(shown.ends_with("and 1888 more: --json shows all\n"), "{shown}");
        assert_eq!(intervals(&all[..INTERVALS_SHOWN]).lines().count(), 2 + INTERVALS_SHOWN);
    }
}
