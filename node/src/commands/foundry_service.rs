//! `tierchain foundry run`, `suspect` and `give-up`.

use std::process::ExitCode;

use anyhow::{Context, bail};
use tierchain_client::RpcLedger;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{Detail, EndReason, Event, EventKind, Precision, ServerId};
use tierchain_runtime::{Call, chains};
use tokio::signal::unix::{SignalKind, signal};

use super::chains::whole;
use super::query::{at, server};
use super::submit::Author;
use crate::cli::foundry_service::{FoundryRunArgs, FoundryServiceCommand, SilenceArgs};
use crate::cli::run::LogFormat;
use crate::commands::Instant;
use crate::foundry::{self, Validators};
use crate::{keystore, telemetry};

/// Performs a foundry's command.
pub(super) async fn foundry_service(command: FoundryServiceCommand) -> anyhow::Result<ExitCode> {
    match command {
        FoundryServiceCommand::Run(args) => run(&args).await,
        FoundryServiceCommand::Suspect(args) => speak(&args, Word::Suspect).await,
        FoundryServiceCommand::GiveUp(args) => speak(&args, Word::GiveUp).await,
    }
}

async fn run(args: &FoundryRunArgs) -> anyhow::Result<ExitCode> {
    // Kept for as long as the process logs.
    let _filter = telemetry::start_log(LogFormat::Text, "info")?;
    let key = keystore::load(&args.key)?;
    let account = key.public();
    let validators = Validators { urls: args.rpc.clone(), tls: args.tls.files() };
    let on_ready = |address| tracing::info!(%address, %account, "the foundry takes requests");
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = foundry::run(key, &validators, args.listen, args.bookmark.as_deref(), on_ready) => ended?,
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// What a foundry says of a server whose host is silent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Suspect,
    GiveUp,
}

async fn speak(args: &SilenceArgs, word: Word) -> anyhow::Result<ExitCode> {
    let author = Author::at_node(&args.submit).await?;
    let rpc = &args.submit.rpc;
    let id: ServerId = server(&author.client, rpc, args.server).await?.server.into();
    let ledger = RpcLedger::new(&rpc.rpc, rpc.tls.files().as_ref()).await?;
    let found = foundry::last_sign(&ledger, id).await.with_context(|| at(rpc))?;
    let Some((born, sign_ms)) = found else { bail!("server {id} is announced and not yet born: it has no chain") };
    let number = foundry::next_number(&ledger, id, &born, author.account()).await.with_context(|| at(rpc))?;
    let Instant(occurred_at) = Instant::now();
    let event = match word {
        Word::Suspect => EventKind::Suspected { since: sign_ms.saturating_mul(1_000).min(occurred_at) },
        Word::GiveUp => EventKind::Ended { reason: EndReason::Orphaned },
    };
    let event = Event {
        server: id,
        number,
        occurred_at,
        precision: Precision::Declared,
        event,
        meter: None,
        evidence: H256::ZERO,
        detail: Detail(format!("foundry: no sign of life since block time {sign_ms} ms").into_bytes()),
    };
    let applied = author.submit(&Call::Chains(chains::Call::Append { event })).await?;
    let info = server(&author.client, rpc, id.into()).await?;
    applied.report(rpc.json, "server", &info, whole(&info))
}
