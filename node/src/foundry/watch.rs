//! Watching for ends that nobody has anchored: those of orphans, whose hypervisor is silent. The desk looks whether it is
//! a foundry's turn.

use std::time::Duration;

use tierchain_rpc::api::ChainsApiClient;
use tierchain_rpc::client::{Client, connect};
use tierchain_rpc::types::{ServerFilter, ServerStatus};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::desk::Job;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long one call may take.
const CALL_WAIT: Duration = Duration::from_secs(5);

/// Servers per call.
const PAGE: u32 = 256;

/// Looks for ever, at one validator after the other.
pub(super) async fn watch(rpc: Vec<String>, desk: mpsc::Sender<Job>) {
    for url in rpc.iter().cycle() {
        if let Err(error) = look(url, &desk).await {
            tracing::debug!(url, error, "cannot look for ends that aren't anchored");
        }
        if desk.is_closed() {
            return;
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn look(url: &str, desk: &mpsc::Sender<Job>) -> Result<(), String> {
    let http = url.replacen("ws://", "http://", 1);
    let client: Client = connect(&http, CALL_WAIT).await.map_err(|error| error.to_string())?;
    let filter =
        || ServerFilter { status: Some(ServerStatus::Ended), anchored: Some(false), ..ServerFilter::default() };
    let mut cursor = None;
    loop {
        let page = client.servers(cursor, PAGE, Some(filter())).await.map_err(|error| error.to_string())?;
        for server in page.items {
            if desk.send(Job::Anchor(server.server.into())).await.is_err() {
                return Ok(());
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}
