//! `tierchain evidence list|save`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use tierchain_rpc::api::ConsensusApiClient;
use tierchain_rpc::types::{Bytes, EvidenceInfo};

use super::query::{PAGE, at, client};
use super::{print, print_json, write_new};
use crate::cli::evidence::EvidenceCommand;
use crate::cli::query::RpcArgs;
use crate::table::Table;

/// Performs `evidence list` or `save`.
pub(super) async fn evidence(command: EvidenceCommand) -> anyhow::Result<ExitCode> {
    match command {
        EvidenceCommand::List { rpc } => list(&rpc).await,
        EvidenceCommand::Save { id, out, rpc } => save(id, &out, &rpc).await,
    }
}

async fn list(rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let client = client(rpc).await?;
    let mut all: Vec<EvidenceInfo> = Vec::new();
    loop {
        let from = u32::try_from(all.len()).context("a node holds fewer than 2^32 pieces of evidence")?;
        let page = client.consensus_evidence(from, PAGE).await.with_context(|| at(rpc))?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            break;
        }
    }
    if rpc.json {
        return print_json(&all);
    }
    let mut table = Table::new(&["epoch", "validator", "consensus key", "view", "number", "what it did", "id"]);
    for item in &all {
        let id = format!("0x{}", hex::encode(&item.id.0));
        table.row(&[&item.epoch, &item.validator, &item.key.0, &item.view.0, &item.number, &item.fault, &id]);
    }
    print(&table.render())
}

async fn save(id: Bytes, out: &Path, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let file = client(rpc).await?.consensus_evidence_file(id).await.with_context(|| at(rpc))?;
    let Some(Bytes(bytes)) = file else {
        bail!("the node at {} holds no evidence with this id: `tierchain evidence list` shows all", rpc.rpc)
    };
    write_new(out, &bytes)?;
    print(&format!("{} ({} bytes)\n", out.display(), bytes.len()))
}
