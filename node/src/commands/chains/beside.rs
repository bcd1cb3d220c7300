//! `tierchain chains announcement|notes|disputes|attestation`.

use std::process::ExitCode;

use anyhow::{Context, bail};
use tierchain_primitives::H256;
use tierchain_rpc::api::ChainsApiClient;
use tierchain_rpc::client::Client;
use tierchain_rpc::types::{AttestationInfo, ChainRef, Dispute, Hash, NoteContent, NoteInfo, ServerUuid};

use super::super::query::{PAGE, all, at, client, pages, print_list, range, short};
use super::super::{print, print_json};
use crate::cli::party::LifeRef;
use crate::cli::query::{RangeArgs, RpcArgs};
use crate::table::Table;

pub(super) async fn announcement(life: LifeRef, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let LifeRef { uuid, generation } = life;
    let found = client(rpc).await?.announcement(ServerUuid(uuid), generation).await.with_context(|| at(rpc))?;
    let Some(info) = found else { bail!("no such life of server {uuid} was announced: `tierchain chains list`") };
    if rpc.json {
        return print_json(&info);
    }
    let said = &info.announcement;
    let mut table = Table::pairs();
    table.row(&[&"server", &uuid]);
    table.row(&[&"generation", &said.server.generation]);
    table.row(&[&"born", &info.born]);
    if let Some(by) = info.by {
        table.row(&[&"announced by", &by.0]);
    }
    table.row(&[&"host", &said.host.0]);
    table.row(&[&"image", &said.image.0]);
    table.row(&[&"tracker key", &said.tracker_key.0]);
    table.row(&[&"tracker", &said.tracker]);
    table.row(&[&"provider", &said.ownership.provider.0]);
    table.row(&[&"tenant", &said.ownership.tenant.0]);
    table.row(&[&"service", &said.ownership.service.0]);
    for relation in &said.relations {
        let server = &relation.server;
        table.row(&[&relation.kind, &format!("{}/{}", server.uuid.0, server.generation)]);
    }
    print(&table.render())
}

pub(super) async fn notes(chain: ChainRef, part: &RangeArgs, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let ask = async |client: &Client, from, count| client.notes(chain, from, count).await;
    print_list(rpc, &range(rpc, part, ask).await?, &["number", "in block", "by", "note"], |table, note| {
        table.row(&[&note.number, &note.block, &maker(note), &in_words(&note.content)]);
    })
}

/// A note whole.
pub(super) fn note(note: &NoteInfo) -> Table {
    let mut table = Table::pairs();
    table.row(&[&"note", &note.number]);
    table.row(&[&"says", &in_words(&note.content)]);
    table.row(&[&"by", &maker(note)]);
    table.row(&[&"in block", &note.block]);
    table
}

fn maker(note: &NoteInfo) -> String {
    note.by.map_or_else(|| "the ledger".to_owned(), |account| short(account.0))
}

pub(super) async fn disputes(limit: u32, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let found = all(rpc, limit, async |client: &Client, cursor, count| client.disputes(cursor, count).await).await?;
    print_list(rpc, &found, &["server", "open discrepancies"], |table, dispute: &Dispute| {
        let open: Vec<String> = dispute.open.iter().map(|open| format!("{} (note {})", open.kind, open.note)).collect();
        table.row(&[&format!("{}/{}", dispute.server.uuid.0, dispute.server.generation), &open.join(", ")]);
    })
}

pub(super) async fn attestation(host: H256, range: &RangeArgs, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let client = client(rpc).await?;
    let first = client.attestation(Hash(host), range.from, range.count.min(PAGE)).await.with_context(|| at(rpc))?;
    let Some(mut info) = first else { bail!("nobody ever attested host {host}: its agent does, every minute") };
    for (from, count) in pages(range).skip(1).take_while(|(from, _)| *from < info.gap_count) {
        let page = client.attestation(Hash(host), from, count).await.with_context(|| at(rpc))?;
        info.gaps.extend(page.into_iter().flat_map(|page| page.gaps));
    }
    if rpc.json { print_json(&info) } else { print(&watched(&info).render()) }
}

/// When a host was watched.
pub(super) fn watched(info: &AttestationInfo) -> Table {
    let mut table = Table::pairs();
    table.row(&[&"host", &info.host.0]);
    table.row(&[&"watched from", &format!("{} us", info.from.0)]);
    table.row(&[&"watched until", &format!("{} us", info.until.0)]);
    table.row(&[&"gaps", &info.gap_count]);
    info.gaps.iter().for_each(|gap| table.row(&[&"not from", &format!("{} us to {} us", gap.from.0, gap.to.0)]));
    table
}

/// A note in a few words.
fn in_words(content: &NoteContent) -> String {
    match content {
        NoteContent::StateDisagrees { said, state, since } => format!(
            "{} says {} since {} us, the chain {state} since {} us",
            short(said.by.0),
            said.state,
            said.since.0,
            since.0
        ),
        NoteContent::MoveUnfinished { from, to, .. } => {
            format!("left host {} and didn't arrive at {}", short(from.0), short(to.0))
        }
        NoteContent::CapacityExceeded { host, committed, limit } => format!(
            "host {} promised {} vCPUs and {} MiB of {} and {}",
            short(host.0),
            committed.vcpus.0,
            committed.memory_mib.0,
            limit.vcpus.0,
            limit.memory_mib.0
        ),
        NoteContent::Resolution { of, verdict, .. } => format!("settles note {of}: {verdict}"),
    }
}
