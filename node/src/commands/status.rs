//! `tierchain status`: where a node stands and what it waits for.

use std::process::ExitCode;

use anyhow::{Context, bail};
use serde::Serialize;
use serde_json::Value;
use tierchain_primitives::header::Header;
use tierchain_rpc::api::{ChainApiClient, ConsensusApiClient, SystemApiClient};
use tierchain_rpc::types::{ConsensusStatus, Hash, ValidatorStatus};

use super::query::{at, client};
use super::{print, print_json};
use crate::cli::query::{RpcArgs, StatusArgs};
use crate::table::Table;

/// What `status --json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// Name of the chain.
    chain: String,
    /// Connected peers.
    peers: usize,
    /// The newest block whose state root a final header states; none while genesis is alone. What this node executed
    /// itself stands in `consensus` as `executed`.
    certified: Option<Certified>,
    /// What consensus says of itself.
    #[serde(flatten)]
    consensus: ConsensusStatus,
}

/// A block and the root of the state after it, as certified by a later block.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Certified {
    number: u32,
    state_root: Hash,
}

/// Performs `status`.
pub(super) async fn status(args: StatusArgs) -> anyhow::Result<ExitCode> {
    let status = read(&args.rpc).await?;
    if args.rpc.json {
        return print_json(&status);
    }
    match &args.field {
        Some(path) => print(&format!("{}\n", field(&serde_json::to_value(&status)?, path)?)),
        None => print(&format!("{}\n{}", summary(&status).render(), validators(&status.consensus.validators).render())),
    }
}

async fn read(rpc: &RpcArgs) -> anyhow::Result<Status> {
    let client = client(rpc).await?;
    let consensus = client.consensus_status().await.with_context(|| at(rpc))?;
    let header = client.header(None).await.with_context(|| at(rpc))?;
    let header = header.context("the node has no final block, not even genesis")?;
    Ok(Status {
        chain: client.chain().await.with_context(|| at(rpc))?,
        peers: client.health().await.with_context(|| at(rpc))?.peers,
        certified: certified(&Header::try_from(&header)?),
        consensus,
    })
}

/// What a final header says about execution; genesis says nothing.
fn certified(header: &Header) -> Option<Certified> {
    let pre_runtime = header.pre_runtime().ok().filter(|_| header.number > 0)?;
    Some(Certified { number: pre_runtime.executed, state_root: Hash(header.state_root) })
}

/// A field of the JSON answer, for scripts: texts without their quotes.
fn field(status: &Value, path: &str) -> anyhow::Result<String> {
    let found = path.split('.').try_fold(status, |value, name| value.get(name));
    match found {
        None => bail!("there is no field {path:?}: `tierchain status --json` shows all"),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(value) => Ok(value.to_string()),
    }
}

fn summary(status: &Status) -> Table {
    let consensus = &status.consensus;
    let mut table = Table::pairs();
    table.row(&[&"chain", &status.chain]);
    table.row(&[&"height", &consensus.height]);
    table.row(&[&"final hash", &consensus.final_hash.0]);
    if let Some(certified) = &status.certified {
        table.row(&[&"state root", &format!("{} after block {}", certified.state_root.0, certified.number)]);
    }
    table.row(&[&"epoch", &consensus.epoch]);
    table.row(&[&"view", &consensus.view.0]);
    table.row(&[&"primary", &consensus.primary]);
    table.row(&[&"this node", &consensus.me.map_or_else(|| "observer".to_owned(), |me| format!("validator {me}"))]);
    table.row(&[&"peers", &status.peers]);
    for block in &consensus.in_flight {
        let missing = format!("prepare of {:?}, commit of {:?}", block.prepares.missing, block.commits.missing);
        table.row(&[&format!("block {}", block.number), &format!("not final; missing: {missing}")]);
    }
    table.row(&[&"waiting for", &consensus.waiting_for]);
    table
}

fn validators(validators: &[ValidatorStatus]) -> Table {
    let mut table = Table::new(&["index", "validator", "connected", "suspects", "consensus key"]);
    for validator in validators {
        let name = validator.name.as_deref().unwrap_or("-");
        table.row(&[&validator.index, &name, &validator.connected, &validator.suspects, &validator.key.0]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_said_twice() {
        let consensus = serde_json::json!({
            "epoch": 0, "view": 0, "height": 9, "finalHash": Hash::default(), "primary": 0, "me": null, "validators": [],
            "executed": {"number": 9, "stateRoot": Hash::default()}, "inFlight": [], "waitingFor": "nothing",
        });
        let status = Status {
            chain: "a chain".into(),
            peers: 3,
            certified: Some(Certified { number: 8, state_root: Hash::default() }),
            consensus: serde_json::from_value(consensus).expect("a status"),
        };
        let text = serde_json::to_string(&status).expect("JSON");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value.to_string().len(), text.len(), "a reader keeps one of two fields of one name: {text}");
        assert_eq!(field(&value, "certified.number").expect("there"), "8");
        assert_eq!(field(&value, "executed.number").expect("there"), "9");
    }

    #[test]
    fn a_field_is_found_by_its_path() {
        let status = serde_json::json!({"height": 7, "executed": {"stateRoot": "0x12"}, "me": null});
        assert_eq!(field(&status, "height").expect("there"), "7");
        assert_eq!(field(&status, "executed.stateRoot").expect("there"), "0x12");
        assert_eq!(field(&status, "me").expect("there"), "null");
        assert!(field(&status, "executed.number").is_err());
    }
}
