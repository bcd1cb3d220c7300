//! What the commands that ask a running node have in common.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tierchain_rpc::client::{Client, connect_by};

use super::complaint::Asked;
use crate::cli::query::{RangeArgs, RpcArgs};

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

/// The calls that a range takes: first block and count of each.
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
