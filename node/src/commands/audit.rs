//! `tierchain audit fetch|verify|absence|contradiction`.

mod absence;
mod contradiction;
mod fetch;
mod instant;
mod part_file;
mod show;
mod verify;

use std::process::ExitCode;

use anyhow::{Context, bail};
use tierchain_primitives::H256;
use tierchain_rpc::api::ChainApiClient;
use tierchain_rpc::client::Client;
use tierchain_rpc::types::{AnyNumber, ListOrValue};

pub(crate) use self::instant::Instant;
use super::query::ask;
use crate::cli::audit::AuditCommand;

/// Performs a command about audit files.
pub(super) fn audit(command: AuditCommand) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Fetch(args) => ask(fetch::fetch(args)),
        AuditCommand::Verify(args) => verify::verify(&args),
        AuditCommand::Absence(args) => ask(absence::absence(args)),
        AuditCommand::Contradiction(args) => ask(contradiction::contradiction(args)),
    }
}

/// The node's word for what its chain's genesis is.
async fn genesis_of(client: &Client) -> anyhow::Result<H256> {
    match client.block_hash(Some(ListOrValue::Value(AnyNumber(0)))).await? {
        ListOrValue::Value(Some(hash)) => Ok(hash.0),
        _ => bail!("the node doesn't know the hash of its block 0"),
    }
}

/// Decodes a part of a file that a node sent.
fn decode<T: parity_scale_codec::Decode>(bytes: &[u8], what: &str) -> anyhow::Result<T> {
    let mut input = bytes;
    let value = T::decode(&mut input).ok().filter(|_| input.is_empty());
    value.with_context(|| format!("the node's {what} can't be decoded: it runs another version than this program"))
}
