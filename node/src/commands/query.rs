//! What the commands that ask a running node have in common.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Serialize;
use tierchain_rpc::api::ChainsApiClient;
use tierchain_rpc::client::{Client, Error, connect_by};
use tierchain_rpc::types::{Page, ServerInfo, ServerUuid};

use super::complaint::Asked;
use super::{print, print_json};
use crate::cli::party::LifeRef;
use crate::cli::query::{RangeArgs, RpcArgs};
use crate::table::Table;

/// How long a person waits for an answer.
const CALL_WAIT: Duration = Duration::from_secs(10);

/// Most items that a node gives in one answer.
pub(super) const PAGE: u32 = 256;

/// Runs a question to its end.
pub(super) fn ask(question: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the asynchronous runtime")?.block_on(question)
}

/// Connects to the node that was named.
pub(super) async fn client(args: &RpcArgs) -> anyhow::Result<Client> {
    Ok(connect_by(&args.rpc, CALL_WAIT, args.tls.files().as_ref()).await?)
}

/// What stands before the error of a call.
pub(super) fn at(args: &RpcArgs) -> Asked {
    Asked { url: args.rpc.clone() }
}

/// The items of a list that has cursors, up to a limit.
pub(super) async fn all<T, C>(
    rpc: &RpcArgs,
    limit: u32,
    ask: impl AsyncFn(&Client, Option<C>, u32) -> Result<Page<T, C>, Error>,
) -> anyhow::Result<Vec<T>> {
    let client = client(rpc).await?;
    let mut found = Vec::new();
    let mut cursor = None;
    while found.len() < limit as usize {
        let count = PAGE.min(limit - found.len() as u32);
        let page = ask(&client, cursor, count).await.with_context(|| at(rpc))?;
        found.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(found)
}

/// The items of a range of a list whose places are numbers without gaps.
pub(super) async fn range<T>(
    rpc: &RpcArgs,
    range: &RangeArgs,
    ask: impl AsyncFn(&Client, u32, u32) -> Result<Vec<T>, Error>,
) -> anyhow::Result<Vec<T>> {
    let client = client(rpc).await?;
    let mut found = Vec::new();
    for (from, count) in pages(range) {
        let page = ask(&client, from, count).await.with_context(|| at(rpc))?;
        let is_last = page.len() < count as usize;
        found.extend(page);
        if is_last {
            break;
        }
    }
    Ok(found)
}

/// Prints a list: as JSON, or as a table to which each item adds its row.
pub(super) fn print_list<T: Serialize>(
    rpc: &RpcArgs,
    found: &[T],
    head: &[&str],
    row: impl Fn(&mut Table, &T),
) -> anyhow::Result<ExitCode> {
    if rpc.json {
        return print_json(&found);
    }
    let mut table = Table::new(head);
    found.iter().for_each(|item| row(&mut table, item));
    print(&table.render())
}

/// The life of a server that was named.
pub(super) async fn server(client: &Client, rpc: &RpcArgs, life: LifeRef) -> anyhow::Result<ServerInfo> {
    let found = client.server(ServerUuid(life.uuid), life.generation).await.with_context(|| at(rpc))?;
    let Some(info) = found else {
        bail!("the ledger knows no such life of server {}: `tierchain chains list` lists them", life.uuid)
    };
    Ok(info)
}

/// The calls that a range takes: first place and count of each.
pub(super) fn pages(range: &RangeArgs) -> impl Iterator<Item = (u32, u32)> + use<> {
    let end = range.from.saturating_add(range.count);
    (range.from..end).step_by(PAGE as usize).map(move |from| (from, PAGE.min(end - from)))
}

/// A hash as tables show it: enough of it to tell it from others.
pub(super) fn short(hash: impl std::fmt::Display) -> String {
    let text = hash.to_string();
    text.get(..14).map_or_else(|| text.clone(), |start| format!("{start}…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_asked_for_in_pages() {
        let of = |from, count| pages(&RangeArgs { from, count }).collect::<Vec<_>>();
        assert_eq!(of(0, 256), [(0, 256)]);
        assert_eq!(of(3, 600), [(3, 256), (259, 256), (515, 88)]);
        assert_eq!(of(0, 0), []);
        assert_eq!(of(u32::MAX - 1, 9), [(u32::MAX - 1, 1)]);
    }

    #[test]
    fn long_hashes_are_cut_for_tables() {
        assert_eq!(short("0x0123456789abcdef"), "0x0123456789ab…");
        assert_eq!(short("-"), "-");
    }
}
