//! `tierchain audit absence`: what a tenant had between two times, or that it had nothing on this ledger.

use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::json;
use tierchain_primitives::H256;
use tierchain_rpc::api::AuditApiClient;
use tierchain_rpc::client::Client;
use tierchain_rpc::types::Hash;
use tierchain_runtime::audit::{Report, TenantFile, TenantPart, TenantReport, verify};

use super::verify::{PROVES_NOTHING, refused};
use super::{Instant, decode, genesis_of};
use crate::cli::audit::AbsenceArgs;
use crate::commands::query::{at, client};
use crate::commands::{print, print_json, write_new};
use crate::table::Table;

/// Shows it, from a file or from a node.
pub(super) async fn absence(args: AbsenceArgs) -> anyhow::Result<ExitCode> {
    if args.from >= args.to {
        bail!("--from {} isn't before --to {}", args.from, args.to);
    }
    let report = match (&args.file, &args.genesis) {
        (Some(file), Some(genesis)) => match super::verify::read(file, genesis) {
            Ok(report) => report,
            Err(refusal) => return refused(file, args.rpc.json, PROVES_NOTHING, &refusal),
        },
        _ => fetched(&args).await?,
    };
    let Report::Tenant(report) = report else { bail!("the file is no tenant's: `tierchain audit verify` reads it") };
    if report.tenant != args.tenant {
        bail!("the file is of tenant {}, not of {}", report.tenant, args.tenant);
    }
    let known_until = Instant(report.as_of.time.saturating_mul(1_000));
    if args.to > known_until {
        bail!("the ledger is known until {known_until} (block {}): ask for a time before", report.as_of.block);
    }
    show(&args, &report)
}

async fn fetched(args: &AbsenceArgs) -> anyhow::Result<Report> {
    let client = client(&args.rpc).await?;
    let genesis = match args.genesis {
        Some(genesis) => genesis,
        None => genesis_of(&client).await.with_context(|| at(&args.rpc))?,
    };
    let bytes = whole(&client, args.tenant).await.with_context(|| at(&args.rpc))?.to_bytes();
    let report = verify(&bytes, &genesis).context("the node's answers don't prove themselves: ask another node")?;
    if let Some(out) = &args.out {
        write_new(out, &bytes)?;
    }
    Ok(report)
}

/// A tenant's file, part by part.
async fn whole(client: &Client, tenant: H256) -> anyhow::Result<TenantFile> {
    let mut parts: Vec<TenantPart> = Vec::new();
    let (mut taken, mut count) = (0, None);
    loop {
        let answer = client.audit_tenant_part(Hash(tenant), taken, count).await?;
        let part: TenantPart = decode(&answer.0, "part of a tenant's list")?;
        let total = *count.get_or_insert(part.count()?);
        let entries = part.entries();
        parts.push(part);
        taken += entries;
        if taken >= total {
            break;
        }
        if entries == 0 {
            bail!("the node's part of the list from entry {taken} on is empty: ask another node");
        }
    }
    // Asked for last: a part may be certified by a set that began a moment ago.
    let lineage = decode(&client.audit_lineage().await?.0, "lineage")?;
    Ok(TenantFile { lineage, tenant, parts })
}

fn show(args: &AbsenceArgs, report: &TenantReport) -> anyhow::Result<ExitCode> {
    let lives: Vec<_> = report.lives_between(args.from.0, args.to.0).collect();
    let exit = if lives.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if args.rpc.json {
        let life = |life: &&tierchain_runtime::chains::TenantEntry| {
            json!({
                "uuid": life.server.uuid.to_string(), "generation": life.server.generation,
                "born": life.born, "ended": life.ended,
            })
        };
        print_json(&json!({
            "tenant": report.tenant.to_string(), "from": args.from.0, "to": args.to.0, "nothing": lives.is_empty(),
            "asOfBlock": report.as_of.block, "asOfTime": report.as_of.time, "livesInAll": report.lives.len(),
            "lives": lives.iter().map(life).collect::<Vec<_>>(),
        }))?;
        return Ok(exit);
    }
    let (from, to, block) = (args.from, args.to, report.as_of.block);
    if lives.is_empty() {
        print(&format!(
            "nothing on this ledger: tenant {} had no server between {from} and {to}, as of block {block}\n",
            report.tenant
        ))?;
        return Ok(exit);
    }
    let mut table = Table::new(&["server", "born", "ended"]);
    for life in lives {
        let ended = life.ended.map_or_else(|| "-".to_owned(), |ended| Instant(ended).to_string());
        table.row(&[&life.server, &Instant(life.born), &ended]);
    }
    print(&table.render())?;
    Ok(exit)
}
