//! `tierchain meta list|get|blocks|follow`.

use std::process::ExitCode;

use anyhow::{Context, bail};
use tierchain_primitives::H256;
use tierchain_rpc::api::MetaApiClient;
use tierchain_rpc::client::Client;
use tierchain_rpc::types::{Cursor, Hash, MetaBlock, MetaChain, MetaFilter, MetaItem};

use super::follow::{Item, follow};
use super::query::{all, at, client, print_list, range, short};
use super::{print, print_json};
use crate::cli::query::{MetaCommand, RangeArgs, RpcArgs};
use crate::table::Table;

/// Performs a command that reads meta-chains.
pub(super) async fn meta(command: MetaCommand) -> anyhow::Result<ExitCode> {
    match command {
        MetaCommand::List { limit, provider, tenant, rpc } => {
            list(limit, MetaFilter { provider: provider.map(Hash), tenant: tenant.map(Hash) }, &rpc).await
        }
        MetaCommand::Follow { from, rpc } => follow_blocks(from, &rpc).await,
        MetaCommand::Get { meta, rpc } => get(meta, &rpc).await,
        MetaCommand::Blocks { meta, range, rpc } => blocks(meta, &range, &rpc).await,
    }
}

async fn list(limit: u32, filter: MetaFilter, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let ask = async |client: &Client, cursor, count| client.meta_chains(cursor, count, Some(filter.clone())).await;
    let head = ["meta-chain", "blocks", "head", "provider", "tenant", "service"];
    print_list(rpc, &all(rpc, limit, ask).await?, &head, |table, chain: &MetaChain| {
        let parties = &chain.ownership;
        let (provider, tenant, service) =
            (short(parties.provider.0), short(parties.tenant.0), short(parties.service.0));
        table.row(&[&chain.meta.0, &chain.blocks, &short(chain.head.0), &provider, &tenant, &service]);
    })
}

impl Item for MetaItem {
    fn cursor(&self) -> Cursor {
        self.cursor
    }
}

/// Prints meta blocks as they are made.
async fn follow_blocks(from: Option<Cursor>, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let subscribe = async |client: &Client, cursor| client.subscribe_meta_blocks(cursor).await;
    let shown = |item: &MetaItem| {
        let MetaItem { cursor, block } = item;
        format!("{cursor}  {} block {} of chain {} ({})", block.meta.0, block.number, block.tx.chain.0, block.tx.reason)
    };
    follow(rpc, from, subscribe, shown).await
}

async fn get(meta: H256, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let found = client(rpc).await?.meta_chain(Hash(meta)).await.with_context(|| at(rpc))?;
    let Some(chain) = found else { bail!("the ledger knows no meta-chain {meta}: `tierchain meta list` lists all") };
    if rpc.json {
        return print_json(&chain);
    }
    let mut table = Table::pairs();
    table.row(&[&"meta-chain", &chain.meta.0]);
    table.row(&[&"blocks", &chain.blocks]);
    table.row(&[&"head", &chain.head.0]);
    table.row(&[&"provider", &chain.ownership.provider.0]);
    table.row(&[&"tenant", &chain.ownership.tenant.0]);
    table.row(&[&"service", &chain.ownership.service.0]);
    print(&table.render())
}

async fn blocks(meta: H256, part: &RangeArgs, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let ask = async |client: &Client, from, count| client.meta_blocks(Hash(meta), from, count).await;
    let head = ["number", "chain", "blocks", "born (us)", "ended (us)", "reason", "end hash", "hash"];
    print_list(rpc, &range(rpc, part, ask).await?, &head, |table, block: &MetaBlock| {
        let tx = &block.tx;
        table.row(&[
            &block.number,
            &short(tx.chain.0),
            &tx.blocks,
            &tx.born.0,
            &tx.ended.0,
            &tx.reason,
            &short(tx.end_hash.0),
            &short(block.hash.0),
        ]);
    })
}
