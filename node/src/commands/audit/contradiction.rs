//! `tierchain audit contradiction`: two signed extrinsics of one writer that can't both be true, as a file.

use std::process::ExitCode;

use anyhow::{Context, bail};
use tierchain_rpc::api::AuditApiClient;
use tierchain_rpc::client::Client;
use tierchain_rpc::types::Hash;
use tierchain_runtime::audit::{ContradictionFile, Included, Link, Statement, verify};

use super::{decode, genesis_of, show};
use crate::cli::audit::{ContradictionArgs, ItemRef};
use crate::commands::query::{at, client};
use crate::commands::write_new;

/// Makes the file, checks it and keeps it.
pub(super) async fn contradiction(args: ContradictionArgs) -> anyhow::Result<ExitCode> {
    let client = client(&args.rpc).await?;
    let first = statement(&client, args.first).await.with_context(|| at(&args.rpc))?;
    let second = statement(&client, args.second).await.with_context(|| at(&args.rpc))?;
    let bytes = ContradictionFile { first, second }.to_bytes();
    let genesis = genesis_of(&client).await.with_context(|| at(&args.rpc))?;
    let report = verify(&bytes, &genesis).context("these two extrinsics are no contradiction")?;
    write_new(&args.out, &bytes)?;
    if args.rpc.json { show::json(&report) } else { show::table(&report) }
}

async fn statement(client: &Client, named: ItemRef) -> anyhow::Result<Statement> {
    let answer = client.audit_extrinsics(vec![Hash(named.extrinsic)]).await?;
    let found: Vec<(Included, Link)> = decode(&answer.0, "extrinsic")?;
    let Some((Included { bytes, versions, birth, .. }, _)) = found.into_iter().next() else {
        bail!("the node answers without extrinsic {}", named.extrinsic)
    };
    Ok(Statement::Extrinsic { bytes, versions, birth, item: named.item })
}
