//! `tierchain foundry run`, `suspect` and `give-up`.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use tierchain_client::RpcLedger;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{Detail, EndReason, Event, EventKind, Precision, ServerId};
use tierchain_primitives::numbers::Micros;
use tierchain_rpc::api::ChainsApiClient;
use tierchain_rpc::types::{ChainRef, ServerUuid};
use tierchain_runtime::{Call, chains};
use tokio::signal::unix::{SignalKind, signal};

use super::print;
use super::query::at;
use super::submit::Author;
use crate::cli::foundry_service::{FoundryRunArgs, FoundryServiceCommand, SilenceArgs};
use crate::cli::run::LogFormat;
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
        ended = foundry::run(key, &validators, args.listen, on_ready) => ended?,
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
    let server = life(&author, args).await?;
    let ledger = RpcLedger::new(&rpc.rpc, rpc.tls.files().as_ref()).await?;
    let found = foundry::last_sign(&ledger, server).await.with_context(|| at(rpc))?;
    let Some((born, sign_ms)) = found else { bail!("there is no server {server}: `tierchain chains list` lists them") };
    let number = foundry::next_number(&ledger, server, &born, author.account()).await.with_context(|| at(rpc))?;
    let occurred_at = now_us();
    let event = match word {
        Word::Suspect => EventKind::Suspected { since: sign_ms.saturating_mul(1_000).min(occurred_at) },
        Word::GiveUp => EventKind::Ended { reason: EndReason::Orphaned },
    };
    let event = Event {
        server,
        number,
        occurred_at,
        precision: Precision::Declared,
        event,
        meter: None,
        evidence: H256::ZERO,
        detail: Detail(format!("foundry: no sign of life since block time {sign_ms} ms").into_bytes()),
    };
    let applied = author.submit(&Call::Chains(chains::Call::Append { event })).await?;
    let done = match word {
        Word::Suspect => "is suspect",
        Word::GiveUp => "has ended as an orphan",
    };
    print(&format!("{server} {done}, in block {}\n", applied.included.block_number))
}

/// The life that is meant: the newest where no generation is given.
async fn life(author: &Author<'_>, args: &SilenceArgs) -> anyhow::Result<ServerId> {
    match args.server.parse::<ChainRef>().with_context(|| args.server.clone())? {
        ChainRef::Server(server) => Ok(server),
        ChainRef::Newest(uuid) => {
            let info = author.client.server(ServerUuid(uuid), None).await.with_context(|| at(&args.submit.rpc))?;
            info.map(|info| info.server.into()).with_context(|| format!("there is no server {uuid}"))
        }
        ChainRef::Chain(_) => bail!("name the server by its UUID, or UUID/GENERATION"),
    }
}

fn now_us() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX)
}
