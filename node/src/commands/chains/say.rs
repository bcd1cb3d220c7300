//! `tierchain chains witness|note|resolve|attest`: signed, submitted, and shown as it is then.

use std::process::ExitCode;

use anyhow::Context;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::ServerId;
use tierchain_primitives::numbers::Micros;
use tierchain_rpc::api::ChainsApiClient;
use tierchain_rpc::types::{ChainRef, Hash, NoteContent, NoteInfo};
use tierchain_runtime::Call;
use tierchain_runtime::chains::{self, DiscrepancyKind, Verdict};

use super::super::query::{PAGE, at, server};
use super::super::submit::Author;
use super::{beside, whole};
use crate::cli::party::LifeRef;
use crate::cli::say::{KindArg, ResolveArgs, SayCommand, VerdictArg, WitnessArgs};
use crate::cli::submit::SubmitArgs;
use crate::commands::Instant;

/// Says something beside a chain.
pub(super) async fn say(command: SayCommand) -> anyhow::Result<ExitCode> {
    match command {
        SayCommand::Witness(args) => witness(&args).await,
        SayCommand::Note { server, kind, submit } => note(server, kind, &submit).await,
        SayCommand::Resolve(args) => resolve(&args).await,
        SayCommand::Attest { host, since, until, submit } => {
            let Instant(until) = until.unwrap_or_else(Instant::now);
            attest(host, since.0, until, &submit).await
        }
    }
}

async fn witness(args: &WitnessArgs) -> anyhow::Result<ExitCode> {
    let (submit, rpc) = (&args.submit, &args.submit.rpc);
    let author = Author::at_node(submit).await?;
    let id: ServerId = server(&author.client, rpc, args.server).await?.server.into();
    let Instant(since) = args.since.unwrap_or_else(Instant::now);
    let call = chains::Call::Witness { server: id, state: args.state, since, evidence: args.evidence };
    let applied = author.submit(&Call::Chains(call)).await?;
    let info = server(&author.client, rpc, id.into()).await?;
    applied.report(rpc.json, "server", &info, whole(&info))
}

async fn note(life: LifeRef, kind: KindArg, submit: &SubmitArgs) -> anyhow::Result<ExitCode> {
    let author = Author::at_node(submit).await?;
    let id: ServerId = server(&author.client, &submit.rpc, life).await?.server.into();
    let call = chains::Call::NoteDiscrepancy { server: id, kind: discrepancy(kind) };
    let applied = author.submit(&Call::Chains(call)).await?;
    let noted = newest(&author, submit, id, |content| is_of(content, kind)).await?;
    applied.report(submit.rpc.json, "note", &noted, beside::note(&noted))
}

async fn resolve(args: &ResolveArgs) -> anyhow::Result<ExitCode> {
    let submit = &args.submit;
    let author = Author::at_node(submit).await?;
    let id: ServerId = server(&author.client, &submit.rpc, args.server).await?.server.into();
    let (note, verdict, evidence) = (args.note, verdict(args.verdict), args.evidence);
    let call = chains::Call::Resolve { server: id, note, verdict, evidence };
    let applied = author.submit(&Call::Chains(call)).await?;
    let settles = |content: &NoteContent| matches!(content, NoteContent::Resolution { of, .. } if *of == note);
    let settled = newest(&author, submit, id, settles).await?;
    applied.report(submit.rpc.json, "note", &settled, beside::note(&settled))
}

async fn attest(host: H256, since: Micros, until: Micros, submit: &SubmitArgs) -> anyhow::Result<ExitCode> {
    let author = Author::at_node(submit).await?;
    let applied = author.submit(&Call::Chains(chains::Call::Attest { host, since, until })).await?;
    let found = author.client.attestation(Hash(host), 0, PAGE).await.with_context(|| at(&submit.rpc))?;
    let info =
        found.with_context(|| format!("the attestation of host {host} is final and the node doesn't have it"))?;
    applied.report(submit.rpc.json, "attestation", &info, beside::watched(&info))
}

/// The newest note beside a chain that says it.
async fn newest(
    author: &Author<'_>,
    submit: &SubmitArgs,
    server: ServerId,
    says: impl Fn(&NoteContent) -> bool,
) -> anyhow::Result<NoteInfo> {
    let mut found = None;
    for from in (0..chains::NOTES_MAX).step_by(PAGE as usize) {
        let asked = author.client.notes(ChainRef::Server(server), from, PAGE).await;
        let page = asked.with_context(|| at(&submit.rpc))?;
        let is_last = page.len() < PAGE as usize;
        found = page.into_iter().rev().find(|note| says(&note.content)).or(found);
        if is_last {
            break;
        }
    }
    found
        .with_context(|| format!("the note of server {server} is final and the node doesn't have it: ask another node"))
}

fn discrepancy(kind: KindArg) -> DiscrepancyKind {
    match kind {
        KindArg::StateDisagrees => DiscrepancyKind::StateDisagrees,
        KindArg::MoveUnfinished => DiscrepancyKind::MoveUnfinished,
        KindArg::CapacityExceeded => DiscrepancyKind::CapacityExceeded,
    }
}

fn is_of(content: &NoteContent, kind: KindArg) -> bool {
    match content {
        NoteContent::StateDisagrees { .. } => matches!(kind, KindArg::StateDisagrees),
        NoteContent::MoveUnfinished { .. } => matches!(kind, KindArg::MoveUnfinished),
        NoteContent::CapacityExceeded { .. } => matches!(kind, KindArg::CapacityExceeded),
        NoteContent::Resolution { .. } => false,
    }
}

fn verdict(verdict: VerdictArg) -> Verdict {
    match verdict {
        VerdictArg::Ledger => Verdict::Ledger,
        VerdictArg::Witness => Verdict::Witness,
        VerdictArg::Agreed => Verdict::Agreed,
    }
}
