//! `tierchain directives issue`: asking a host, and waiting for what becomes of it.

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{
    DeclaredRelation, Etsi, Identifier, Ownership, RelationKind, Relations, Resources, ServerId, Uuid,
};
use tierchain_rpc::api::DirectivesApiClient;
use tierchain_rpc::types::{Address, DirectiveInfo, DirectiveStatus, Hash};
use tierchain_runtime::Call;
use tierchain_runtime::directives::{self, Action, Directive, GRACE_MS, Order};

use super::super::query::{at, server};
use super::super::submit::{Applied, Author};
use super::{outcome, whole};
use crate::cli::directives::{CreateArgs, HowArgs, IssueCommand, ServerArgs};
use crate::cli::submit::SubmitArgs;

/// How often the node is asked what became of it.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Issues a directive.
pub(super) async fn issue(command: IssueCommand) -> anyhow::Result<ExitCode> {
    match command {
        IssueCommand::Create(args) => {
            let author = Author::at_node(&args.how.submit).await?;
            send(&author, args.host, Action::Create(order(&args)?), &args.how).await
        }
        IssueCommand::Destroy(args) => of_server(&args, |server| Action::Destroy { server }).await,
        IssueCommand::Pause(args) => of_server(&args, |server| Action::Pause { server }).await,
        IssueCommand::Resume(args) => of_server(&args, |server| Action::Resume { server }).await,
        IssueCommand::Migrate { server, to } => of_server(&server, |server| Action::Migrate { server, to }).await,
    }
}

/// Issues a directive about a server that is on the ledger, to the host that runs it unless another one is named.
async fn of_server(args: &ServerArgs, action: impl FnOnce(ServerId) -> Action) -> anyhow::Result<ExitCode> {
    let (submit, life) = (&args.how.submit, args.server);
    let author = Author::at_node(submit).await?;
    let info = server(&author.client, &submit.rpc, life).await?;
    let host = args.host.unwrap_or(info.host.0);
    send(&author, host, action(info.server.into()), &args.how).await
}

async fn send(author: &Author<'_>, host: H256, action: Action, how: &HowArgs) -> anyhow::Result<ExitCode> {
    let reference = how.reference.unwrap_or_else(|| H256(rand::random()));
    let deadline = now_ms().saturating_add(how.deadline_s.saturating_mul(1_000));
    let directive = Directive { reference, host, action, deadline };
    let applied = author.submit(&Call::Directives(directives::Call::Issue { directive })).await?;
    let found = read(author, &how.submit, reference).await?;
    let closed = if how.wait { wait(author, how, found).await? } else { found };
    report(&applied, &closed, how)
}

/// The directive that the reference names.
async fn read(author: &Author<'_>, submit: &SubmitArgs, reference: H256) -> anyhow::Result<DirectiveInfo> {
    let named = author.client.directive_named(Address(author.account()), Hash(reference)).await;
    named.with_context(|| at(&submit.rpc))?.with_context(|| {
        format!("the directive with reference {reference} is final and the node doesn't have it: ask another node")
    })
}

/// Waits until the directive is closed, or its host's time is over.
async fn wait(author: &Author<'_>, how: &HowArgs, mut info: DirectiveInfo) -> anyhow::Result<DirectiveInfo> {
    while info.status.is_open() && now_ms() <= last_moment(&info) {
        tokio::time::sleep(ASK_EVERY).await;
        info = read(author, &how.submit, info.reference.0).await?;
    }
    Ok(info)
}

/// Until when something may still become of it, in milliseconds.
fn last_moment(info: &DirectiveInfo) -> u64 {
    let grace = if info.status == DirectiveStatus::Accepted { GRACE_MS } else { 0 };
    info.deadline.0.saturating_add(grace)
}

/// Prints it. Who waited gets an error unless it was done.
fn report(applied: &Applied, info: &DirectiveInfo, how: &HowArgs) -> anyhow::Result<ExitCode> {
    applied.report(how.submit.rpc.json, "directive", info, whole(info))?;
    if how.wait && info.status != DirectiveStatus::Done {
        let what =
            if info.status.is_open() { "isn't done in time; it is".to_owned() } else { "wasn't done: it".to_owned() };
        bail!("directive {} {what} {}", info.id.0, outcome(info));
    }
    Ok(ExitCode::SUCCESS)
}

fn order(args: &CreateArgs) -> anyhow::Result<Order> {
    let identifier = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => Identifier::new(text.as_bytes()).map(Some).context("an ETSI identifier has 64 bytes at most"),
    };
    let resources = args.vcpus.zip(args.memory_mib);
    let relation = |kind, server: Option<ServerId>| server.map(|server| DeclaredRelation { kind, server });
    let relations = [relation(RelationKind::Parent, args.parent), relation(RelationKind::ScaledFrom, args.scaled_from)];
    Ok(Order {
        uuid: args.uuid.unwrap_or_else(new_uuid),
        image: args.image,
        resources: resources.map(|(vcpus, memory_mib)| Resources { vcpus, memory_mib, disk_gib: args.disk_gib }),
        ownership: Ownership { provider: args.provider, tenant: args.tenant, service: args.service },
        etsi: Etsi {
            vnf_instance_id: identifier(&args.vnf_instance_id)?,
            vnfd_id: identifier(&args.vnfd_id)?,
            vdu_id: identifier(&args.vdu_id)?,
            ns_instance_id: identifier(&args.ns_instance_id)?,
            snssai: None,
        },
        relations: Relations::new(relations.into_iter().flatten().collect()).context("too many relations")?,
    })
}

/// A random UUID (RFC 9562, version 4).
fn new_uuid() -> Uuid {
    let mut bytes: [u8; 16] = rand::random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Uuid(bytes)
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
