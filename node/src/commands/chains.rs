//! `tierchain chains list|get|blocks|follow`; what stands beside chains in `beside`, saying it in `say`.

mod beside;
mod say;

use std::process::ExitCode;

use tierchain_rpc::api::ChainsApiClient;
use tierchain_rpc::client::Client;
use tierchain_rpc::types::{
    Address, BlockFilter, ChainItem, ChainRef, Cursor, EventKind, Hash, ServerInfo, ServerUuid,
};

use super::follow::{Item, follow};
use super::query::{all, client, print_list, range, server, short};
use super::{print, print_json};
use crate::cli::party::LifeRef;
use crate::cli::query::{ChainsCommand, RangeArgs, RpcArgs};
use crate::cli::servers::ServersArgs;
use crate::table::Table;

/// Performs a command that reads chains.
pub(super) async fn chains(command: ChainsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ChainsCommand::List(args) => list(&args).await,
        ChainsCommand::Get { life, rpc } => get(life, &rpc).await,
        ChainsCommand::Blocks { chain, range, rpc } => blocks(chain, &range, &rpc).await,
        ChainsCommand::Announcement { life, rpc } => beside::announcement(life, &rpc).await,
        ChainsCommand::Notes { chain, range, rpc } => beside::notes(chain, &range, &rpc).await,
        ChainsCommand::Disputes { limit, rpc } => beside::disputes(limit, &rpc).await,
        ChainsCommand::Attestation { host, range, rpc } => beside::attestation(host, &range, &rpc).await,
        ChainsCommand::Follow { from, uuid, provider, tenant, writer, rpc } => {
            let filter = BlockFilter {
                uuid: uuid.map(ServerUuid),
                chain: None,
                provider: provider.map(Hash),
                tenant: tenant.map(Hash),
                service: None,
                writer: writer.map(Address),
                kind: None,
            };
            follow_blocks(from, filter, &rpc).await
        }
        ChainsCommand::Say(command) => say::say(command).await,
    }
}

async fn list(args: &ServersArgs) -> anyhow::Result<ExitCode> {
    let (rpc, filter) = (&args.rpc, args.filter());
    let ask = async |client: &Client, cursor, count| client.servers(cursor, count, Some(filter.clone())).await;
    let head = ["uuid", "gen", "state", "status", "blocks", "late", "anchored", "head"];
    print_list(rpc, &all(rpc, args.limit, ask).await?, &head, |table, info: &ServerInfo| {
        table.row(&[
            &info.server.uuid.0,
            &info.server.generation,
            &or_dash(info.state),
            &status(info),
            &info.blocks,
            &info.late.0,
            &info.anchored,
            &info.head.map_or_else(|| "-".to_owned(), |head| short(head.0)),
        ]);
    })
}

async fn get(life: LifeRef, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let info = server(&client(rpc).await?, rpc, life).await?;
    if rpc.json { print_json(&info) } else { print(&whole(&info).render()) }
}

/// Everything about a life.
pub(super) fn whole(info: &ServerInfo) -> Table {
    let mut table = Table::pairs();
    table.row(&[&"server", &info.server.uuid.0]);
    table.row(&[&"generation", &format!("{} of {}", info.server.generation, info.generations)]);
    table.row(&[&"chain", &info.chain.0]);
    table.row(&[&"state", &or_dash(info.state)]);
    table.row(&[&"status", &status(info)]);
    table.row(&[&"blocks", &info.blocks]);
    table.row(&[&"head", &or_dash(info.head.map(|head| head.0))]);
    table.row(&[&"born", &or_dash(info.born.map(|time| format!("{} us", time.0)))]);
    table.row(&[&"ended", &or_dash(info.ended.map(|time| format!("{} us", time.0)))]);
    table.row(&[&"reason", &or_dash(info.reason)]);
    table.row(&[&"late events", &info.late.0]);
    table.row(&[&"anchored", &info.anchored]);
    table.row(&[&"host", &info.host.0]);
    if let Some(to) = info.moving_to {
        table.row(&[&"moving to", &to.0]);
    }
    if let Some(since) = info.suspected {
        table.row(&[&"silent since", &format!("{} us", since.0)]);
    }
    table.row(&[&"notes", &info.notes]);
    if let Some(said) = info.witnessed {
        table.row(&[&"witness says", &format!("{} since {} us", said.state, said.since.0)]);
    }
    table.row(&[&"tracker", &info.tracker]);
    for writer in &info.writers {
        table.row(&[&"next number", &format!("{} by {}", writer.next.0, writer.account.0)]);
    }
    table
}

async fn blocks(chain: ChainRef, part: &RangeArgs, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let ask = async |client: &Client, from, count| client.server_blocks(chain, from, count).await;
    let head = ["number", "kind", "event", "occurred at (us)", "in block", "nonce", "hash"];
    print_list(rpc, &range(rpc, part, ask).await?, &head, |table, block| {
        table.row(&[
            &block.number,
            &block.kind,
            &event(&block.tx.event),
            &block.tx.occurred_at.0,
            &block.tx.block_number,
            &block.block_nonce.0,
            &short(block.hash.0),
        ]);
    })
}

impl Item for ChainItem {
    fn cursor(&self) -> Cursor {
        self.cursor
    }
}

/// Prints blocks as they are made.
async fn follow_blocks(from: Option<Cursor>, filter: BlockFilter, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let subscribe = async |client: &Client, cursor| client.subscribe_blocks(cursor, Some(filter.clone())).await;
    let shown = |item: &ChainItem| {
        let ChainItem { cursor, block } = item;
        let server = &block.tx.server;
        let event = event(&block.tx.event);
        format!("{cursor}  {}/{} block {} {event}", server.uuid.0, server.generation, block.number)
    };
    follow(rpc, from, subscribe, shown).await
}

fn or_dash(value: Option<impl std::fmt::Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn status(info: &ServerInfo) -> String {
    format!("{:?}", info.status).to_lowercase()
}

/// The event in a word or two: the state itself where the state changed.
fn event(event: &EventKind) -> String {
    match event {
        EventKind::StateChanged { state } => state.to_string(),
        EventKind::Ended { reason } => format!("Ended ({reason})"),
        EventKind::Born { .. } => "Born".to_owned(),
        EventKind::Rebooted => "Rebooted".to_owned(),
        EventKind::Resized { .. } => "Resized".to_owned(),
        EventKind::MovedOut { to } => format!("MovedOut to {}", short(to.0)),
        EventKind::MovedIn { from } => format!("MovedIn from {}", short(from.0)),
        EventKind::AttributeChanged { name, .. } => format!("AttributeChanged {name}"),
        EventKind::Suspected { .. } => "Suspected".to_owned(),
        EventKind::GuestEvent { code } => format!("GuestEvent {code}"),
        EventKind::Summary { transitions, state, .. } => format!("Summary of {transitions}, {state}"),
    }
}
