//! `tierchain directives`: questions and answers here, new directives in `issue`.

mod issue;

use std::process::ExitCode;

use anyhow::{Context, bail};
use tierchain_rpc::api::DirectivesApiClient;
use tierchain_rpc::client::Client;
use tierchain_rpc::types::{
    Cursor, DirectiveAction, DirectiveFilter, DirectiveInfo, DirectiveStatus, DirectiveStep, Hash,
};
use tierchain_runtime::{Call, directives};

use super::follow::{Item, follow};
use super::query::{all, at, client, print_list, short};
use super::submit::Author;
use super::{print, print_json};
use crate::cli::directives::{ActArgs, DirectivesCommand, ListArgs, StatusArg};
use crate::cli::query::RpcArgs;
use crate::table::Table;

/// Performs a command on directives.
pub(super) async fn directives(command: DirectivesCommand) -> anyhow::Result<ExitCode> {
    match command {
        DirectivesCommand::Issue(command) => issue::issue(*command).await,
        DirectivesCommand::List(args) if args.follow => steps(&args).await,
        DirectivesCommand::List(args) => list(&args).await,
        DirectivesCommand::Show { id, rpc } => show(id, &rpc).await,
        DirectivesCommand::Cancel(act) => send(&act, directives::Call::Cancel { id: act.id }).await,
        DirectivesCommand::Expire(act) => send(&act, directives::Call::Expire { id: act.id }).await,
        DirectivesCommand::Accept(act) => send(&act, directives::Call::Accept { id: act.id }).await,
        DirectivesCommand::Done { act, server, evidence } => {
            send(&act, directives::Call::Done { id: act.id, server, evidence }).await
        }
        DirectivesCommand::Fail { act, reason, evidence } => {
            send(&act, directives::Call::Fail { id: act.id, reason, evidence }).await
        }
    }
}

/// Says something about a directive, and shows it as it is then.
async fn send(act: &ActArgs, call: directives::Call) -> anyhow::Result<ExitCode> {
    let author = Author::at_node(&act.submit).await?;
    author.submit(&Call::Directives(call)).await?;
    show(act.id, &act.submit.rpc).await
}

async fn show(id: u64, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let found = client(rpc).await?.directive(id).await.with_context(|| at(rpc))?;
    let Some(info) = found else { bail!("there is no directive {id}: `tierchain directives list` lists them") };
    if rpc.json { print_json(&info) } else { print(&whole(&info).render()) }
}

async fn list(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let rpc = &args.rpc;
    let filter = DirectiveFilter { host: args.host.map(Hash), issuer: None, status: args.status.map(status) };
    let ask = async |client: &Client, cursor, count| client.directives(cursor, count, Some(filter.clone())).await;
    let head = ["id", "action", "server", "host", "status", "issued in", "changed in"];
    print_list(rpc, &all(rpc, args.limit, ask).await?, &head, |table, info| {
        table.row(&[
            &info.id.0,
            &info.action.name(),
            &server(info),
            &short(info.host.0),
            &outcome(info),
            &info.issued_in,
            &info.changed_in,
        ]);
    })
}

impl Item for DirectiveStep {
    fn cursor(&self) -> Cursor {
        self.cursor
    }
}

/// Prints steps as they are made.
async fn steps(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let host = args.host.map(Hash);
    let subscribe = async move |client: &Client, cursor| client.subscribe_directives(cursor, host).await;
    let shown = |step: &DirectiveStep| {
        let info = &step.directive;
        let (id, action) = (info.id.0, info.action.name());
        format!("{}  directive {id} {action} {} {}", step.cursor, server(info), outcome(info))
    };
    follow(&args.rpc, args.from, subscribe, shown).await
}

/// Everything about a directive.
fn whole(info: &DirectiveInfo) -> Table {
    let mut table = Table::pairs();
    table.row(&[&"directive", &info.id.0]);
    table.row(&[&"action", &info.action.name()]);
    table.row(&[&"server", &server(info)]);
    table.row(&[&"host", &info.host.0]);
    match &info.action {
        DirectiveAction::Create { image, ownership, .. } => {
            table.row(&[&"image", &image.0]);
            table.row(&[&"provider", &ownership.provider.0]);
            table.row(&[&"tenant", &ownership.tenant.0]);
            table.row(&[&"service", &ownership.service.0]);
        }
        DirectiveAction::Migrate { to, .. } => table.row(&[&"to host", &to.0]),
        DirectiveAction::Destroy { .. } | DirectiveAction::Pause { .. } | DirectiveAction::Resume { .. } => {}
    }
    table.row(&[&"status", &outcome(info)]);
    table.row(&[&"issued by", &info.issuer.0]);
    table.row(&[&"issued in block", &info.issued_in]);
    table.row(&[&"changed in block", &info.changed_in]);
    table.row(&[&"deadline", &super::Instant::from(info.deadline)]);
    table.row(&[&"reference", &info.reference.0]);
    if let Some(evidence) = info.evidence {
        table.row(&[&"evidence", &evidence.0]);
    }
    table
}

/// What became of it, with the reason where there is one.
fn outcome(info: &DirectiveInfo) -> String {
    match &info.reason {
        Some(reason) => format!("{} ({reason})", info.status.name()),
        None => info.status.name().to_owned(),
    }
}

/// The server it is about: the life, or the UUID of one that isn't there yet.
fn server(info: &DirectiveInfo) -> String {
    match (&info.server, &info.action) {
        (Some(server), _) => format!("{}/{}", server.uuid.0, server.generation),
        (None, DirectiveAction::Create { uuid, .. }) => uuid.0.to_string(),
        (None, _) => "-".to_owned(),
    }
}

fn status(argument: StatusArg) -> DirectiveStatus {
    match argument {
        StatusArg::Issued => DirectiveStatus::Issued,
        StatusArg::Accepted => DirectiveStatus::Accepted,
        StatusArg::Done => DirectiveStatus::Done,
        StatusArg::Failed => DirectiveStatus::Failed,
        StatusArg::Cancelled => DirectiveStatus::Cancelled,
        StatusArg::Expired => DirectiveStatus::Expired,
    }
}
