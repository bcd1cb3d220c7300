//! `tierchain evidence list|save`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use tierchain_rpc::api::ConsensusApiClient;
use tierchain_rpc::client::Client;
use tierchain_rpc::types::{Bytes, EvidenceInfo};

use super::query::{at, client, print_list, range};
use super::{print, write_new};
use crate::cli::evidence::EvidenceCommand;
use crate::cli::query::{RangeArgs, RpcArgs};

/// Performs `evidence list` or `save`.
pub(super) async fn evidence(command: EvidenceCommand) -> anyhow::Result<ExitCode> {
    match command {
        EvidenceCommand::List { rpc } => list(&rpc).await,
        EvidenceCommand::Save { id, out, rpc } => save(id, &out, &rpc).await,
    }
}

async fn list(rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let whole = RangeArgs { from: 0, count: u32::MAX };
    let ask = async |client: &Client, from, count| client.consensus_evidence(from, count).await;
    let head = ["epoch", "validator", "consensus key", "view", "number", "what it did", "id"];
    print_list(rpc, &range(rpc, &whole, ask).await?, &head, |table, item: &EvidenceInfo| {
        let id = format!("0x{}", hex::encode(&item.id.0));
        table.row(&[&item.epoch, &item.validator, &item.key.0, &item.view.0, &item.number, &item.fault, &id]);
    })
}

async fn save(id: Bytes, out: &Path, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let file = client(rpc).await?.consensus_evidence_file(id).await.with_context(|| at(rpc))?;
    let Some(Bytes(bytes)) = file else {
        bail!("the node at {} holds no evidence with this id: `tierchain evidence list` shows all", rpc.rpc)
    };
    write_new(out, &bytes)?;
    print(&format!("{} ({} bytes)\n", out.display(), bytes.len()))
}
