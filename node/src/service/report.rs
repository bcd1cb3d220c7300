//! The node's figures, read now and then and given to the metrics; and one log line about where it is.

use std::sync::Arc;
use std::time::Duration;

use tierchain_replica::{Replica, Status};
use tierchain_rpc::Meter;
use tierchain_rpc::server::ClassUsage;

use super::shared::Shared;
use crate::telemetry::metric;

/// How often figures are read.
const EVERY: Duration = Duration::from_secs(1);

/// A log line for every so many readings.
const LINE_EVERY: u32 = 10;

/// Reports until the task is aborted.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut interval = tokio::time::interval(EVERY);
    for reading in 0u32.. {
        interval.tick().await;
        let asked = shared.clone();
        let status = tokio::task::spawn_blocking(move || asked.driver.ask(Replica::status)).await;
        let Ok(Some(status)) = status else { return };
        set_gauges(&shared, &status);
        shared.watchers.sweep();
        shared.gaps.sweep(|hash| shared.watchers.is_watched(hash));
        if reading % LINE_EVERY == 0 {
            say(&shared, &status);
        }
    }
}

/// Reports what the RPC server does until the task is aborted.
pub(crate) async fn meter(rpc: Meter) {
    let mut interval = tokio::time::interval(EVERY);
    loop {
        interval.tick().await;
        metrics::gauge!(metric::RPC_CONNECTIONS).set(rpc.connections() as f64);
        for ClassUsage { class, running, waiting, answered, refused } in rpc.classes() {
            metrics::gauge!(metric::RPC_RUNNING, "class" => class).set(running as f64);
            metrics::gauge!(metric::RPC_WAITING, "class" => class).set(waiting as f64);
            metrics::counter!(metric::RPC_ANSWERED, "class" => class).absolute(answered);
            metrics::counter!(metric::RPC_REFUSED, "class" => class).absolute(refused);
        }
    }
}

fn set_gauges(shared: &Shared, status: &Status) {
    metrics::gauge!(metric::HEIGHT).set(f64::from(status.last.0));
    metrics::gauge!(metric::EXECUTED_HEIGHT).set(f64::from(status.executed.0));
    if let Some(consensus) = &status.consensus {
        metrics::gauge!(metric::VIEW).set(consensus.view.0 as f64);
        metrics::gauge!(metric::EPOCH).set(f64::from(consensus.epoch.0));
    }
    metrics::gauge!(metric::MEMPOOL_EXTRINSICS).set(status.pooled as f64);
    metrics::gauge!(metric::MEMPOOL_BYTES).set(status.pooled_bytes as f64);
    metrics::gauge!(metric::PEERS).set(shared.network.peers().len() as f64);
    let totals = shared.network.totals();
    metrics::counter!(metric::BYTES_SENT).absolute(totals.bytes_out);
    metrics::counter!(metric::BYTES_RECEIVED).absolute(totals.bytes_in);
    metrics::gauge!(metric::DATABASE_BYTES).set(shared.db.disk_bytes() as f64);
}

fn say(shared: &Shared, status: &Status) {
    let consensus = status.consensus.as_ref();
    tracing::info!(
        height = status.last.0,
        executed = status.executed.0,
        view = consensus.map(|consensus| consensus.view.0),
        peers = shared.network.peers().len(),
        pooled = status.pooled,
        waiting_for = consensus.map(|consensus| consensus.sentence.as_str()),
        "status"
    );
}
