//! `tierchain audit fetch`: a life in parts, whose blocks never change, and the head that belongs to them.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context, bail};
use parity_scale_codec::Encode;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EntityBlock, ServerId};
use tierchain_rpc::api::{AuditApiClient, ChainsApiClient};
use tierchain_rpc::client::Client;
use tierchain_rpc::limits::AUDIT_EXTRINSICS_MAX;
use tierchain_rpc::types::{Bytes, ChainRef, Hash, ServerUuid};
use tierchain_runtime::audit::{Head, Included, LifeFile, Link, Lived, Visit, verify};

use super::part_file::PartFile;
use super::{decode, genesis_of, show};
use crate::cli::audit::FetchArgs;
use crate::commands::query::{PAGE, at, client};
use crate::commands::write_new;

/// How often blocks and head are asked for anew because the chain grew in between.
const ROUNDS: u32 = 20;

/// Fetches a life's file, checks it and keeps it.
pub(super) async fn fetch(args: FetchArgs) -> anyhow::Result<ExitCode> {
    if args.out.exists() {
        bail!("{} exists already: choose another name, or remove it first", args.out.display());
    }
    let client = client(&args.rpc).await?;
    let life = life(&client, &args).await.with_context(|| at(&args.rpc))?;
    let genesis = genesis_of(&client).await.with_context(|| at(&args.rpc))?;
    let mut part = PartFile::open(&args.out, &genesis, life)?;
    let bytes = whole(&client, &mut part, life, args.with_extrinsics).await?.to_bytes();
    let report = verify(&bytes, &genesis).context("the node's answers don't prove themselves: ask another node")?;
    write_new(&args.out, &bytes)?;
    part.remove()?;
    if args.rpc.json {
        return show::json(&report);
    }
    let checked = "checked against the genesis hash that the node names: compare it with your own";
    crate::commands::print(&format!("{} ({} bytes), {checked}\n", args.out.display(), bytes.len()))?;
    show::table(&report)
}

/// The life that was named; the newest where no generation was.
async fn life(client: &Client, args: &FetchArgs) -> anyhow::Result<ServerId> {
    let uuid = args.server.uuid;
    if let Some(generation) = args.server.generation {
        return Ok(ServerId { uuid, generation });
    }
    let found = client.server(ServerUuid(uuid), None).await?;
    let Some(info) = found else { bail!("the ledger knows no server {uuid}: `tierchain chains list`") };
    // The newest life may only be announced: the one before it has the chain.
    let born = info.head.is_some().then_some(info.server.generation);
    let generation = born.or_else(|| info.server.generation.checked_sub(1));
    let generation = generation.with_context(|| format!("server {uuid} is announced and not yet born"))?;
    Ok(ServerId { uuid, generation })
}

async fn whole(
    client: &Client,
    part: &mut PartFile,
    life: ServerId,
    with_extrinsics: bool,
) -> anyhow::Result<LifeFile> {
    let (mut head, blocks) = head_and_blocks(client, part, life).await?;
    // Asked for after the head: the head may be certified by a set that began a moment ago.
    let lineage = client.audit_lineage().await?;
    let lineage = decode(&lineage.0, "lineage")?;
    let extrinsics = if with_extrinsics {
        let fetched = extrinsics(client, part, &blocks).await?;
        head.add_links(fetched.iter().map(|(_, link)| link.clone()));
        Some(fetched.into_iter().map(|(included, _)| included).collect())
    } else {
        None
    };
    Ok(LifeFile { lineage, head, blocks, extrinsics })
}

/// A head and exactly the blocks that its state counts. The chain may grow between two questions.
async fn head_and_blocks(
    client: &Client,
    part: &mut PartFile,
    life: ServerId,
) -> anyhow::Result<(Head, Vec<EntityBlock>)> {
    for _ in 0..ROUNDS {
        fetch_blocks(client, part, life).await?;
        let asked = visits(&part.blocks)?;
        let answer = client.audit_head(ServerUuid(life.uuid), life.generation, Bytes(asked.encode())).await?;
        let head: Head = decode(&answer.0, "head")?;
        let length = head.length()? as usize;
        // A head of a state before the last blocks may be of fewer visits, a newer one of more.
        if let Some(blocks) = part.blocks.get(..length)
            && visits(blocks)? == asked
        {
            return Ok((head, blocks.to_vec()));
        }
    }
    bail!("the chain grows faster than it is read: try again, or ask a node that is nearer")
}

async fn fetch_blocks(client: &Client, part: &mut PartFile, life: ServerId) -> anyhow::Result<()> {
    loop {
        let from = u32::try_from(part.blocks.len()).context("a chain has fewer than 2^32 blocks")?;
        let page = client.server_blocks(ChainRef::Server(life), from, PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        let blocks = page.iter().map(|block| block.decode()).collect::<Result<Vec<_>, _>>()?;
        part.add_blocks(blocks)?;
        if is_last {
            return Ok(());
        }
    }
}

fn visits(blocks: &[EntityBlock]) -> anyhow::Result<Vec<Visit>> {
    match Lived::of(blocks) {
        Ok(lived) => Ok(lived.visits()),
        Err((number, reason)) => bail!("block {number} of the chain: {reason}: ask another node"),
    }
}

/// The extrinsics that blocks name, in the order in which they name them first.
async fn extrinsics(
    client: &Client,
    part: &mut PartFile,
    blocks: &[EntityBlock],
) -> anyhow::Result<Vec<(Included, Link)>> {
    let mut seen = BTreeSet::new();
    let named: Vec<H256> = blocks.iter().map(|block| block.tx.extrinsic).filter(|hash| seen.insert(*hash)).collect();
    let mut missing: &[H256] =
        &named.iter().copied().filter(|hash| !part.extrinsics.contains_key(hash)).collect::<Vec<_>>();
    while !missing.is_empty() {
        let asked = missing.iter().take(AUDIT_EXTRINSICS_MAX).map(|hash| Hash(*hash)).collect();
        let answer = client.audit_extrinsics(asked).await?;
        let found: Vec<(Included, Link)> = decode(&answer.0, "extrinsics")?;
        if found.is_empty() || found.len() > missing.len() {
            bail!("the node answers with {} extrinsics of {}: ask another node", found.len(), missing.len());
        }
        missing = &missing[found.len()..];
        for (included, link) in found {
            part.add_extrinsic(included, link)?;
        }
    }
    let known = |hash: &H256| part.extrinsics.get(hash).cloned();
    named.iter().map(known).collect::<Option<_>>().context("the node answers with other extrinsics: ask another node")
}
