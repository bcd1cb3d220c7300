//! Watching for ends that nobody has anchored: those of orphans, whose hypervisor is silent. The desk looks whether it is
//! a foundry's turn.

use std::time::Duration;

use tierchain_rpc::api::ChainsApiClient;
use tierchain_rpc::client::{Client, ClientTls, connect_by};
use tierchain_rpc::types::{ServerFilter, ServerStatus};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::Validators;
use super::desk::Job;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long one call may take.
const CALL_WAIT: Duration = Duration::from_secs(5);

/// Servers per call.
const PAGE: u32 = 256;

/// Looks for ever, at one validator after the other.
pub(super) async fn watch(validators: Validators, desk: mpsc::Sender<Job>) {
    for url in validators.urls.iter().cycle() {
        if let Err(error) = look(url, validators.tls.as_ref(), &desk).await {
            tracing::debug!(url, error, "cannot look for ends that aren't anchored");
        }
        if desk.is_closed() {
            return;
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn look(url: &str, tls: Option<&ClientTls>, desk: &mpsc::Sender<Job>) -> Result<(), String> {
    let http = url.strip_prefix("ws").map_or_else(|| url.to_owned(), |rest| format!("http{rest}"));
    let client: Client = connect_by(&http, CALL_WAIT, tls).await.map_err(|error| error.to_string())?;
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
