//! What the node says about itself: log lines on standard error, metrics over HTTP on loopback.

pub(crate) mod metric;

use std::io::IsTerminal;
use std::net::SocketAddr;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use tracing_subscriber::EnvFilter;

use crate::cli::run::LogFormat;

/// Why telemetry can't start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TelemetryError {
    /// Not a filter.
    #[error(
        "--log {filter:?} is not a filter ({reason}): write a level such as `info`, or `info,tierchain_network=debug`"
    )]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something in this process logs already.
    #[error("logging was started twice in one process: {0}")]
    LogTwice(String),
    /// The endpoint's address can't be had.
    #[error("cannot serve metrics on {address}: {reason}; choose another port with --prometheus-port")]
    Endpoint {
        /// Where it should have been.
        address: SocketAddr,
        /// What the system said.
        reason: String,
    },
}

/// Starts logging for the process.
///
/// # Errors
/// [`TelemetryError::Filter`] for a filter that can't be read.
pub(crate) fn start_log(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let parsed = EnvFilter::try_new(filter)
        .map_err(|error| TelemetryError::Filter { filter: filter.to_owned(), reason: error.to_string() })?;
    let builder = tracing_subscriber::fmt().with_env_filter(parsed).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| TelemetryError::LogTwice(error.to_string()))
}

/// Serves the metrics at `address`. Must be called within the async runtime that shall serve them.
///
/// # Errors
/// [`TelemetryError::Endpoint`], for instance when the port is in use.
pub(crate) fn start_metrics(address: SocketAddr) -> Result<(), TelemetryError> {
    // The exporter reports a port in use only in its own task, too late for an answer: ask for it first.
    let failed = |reason: String| TelemetryError::Endpoint { address, reason };
    drop(std::net::TcpListener::bind(address).map_err(|error| failed(error.to_string()))?);
    PrometheusBuilder::new()
        .with_http_listener(address)
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &metric::LATENCY_BUCKETS_SECONDS)
        .and_then(PrometheusBuilder::install)
        .map_err(|error| failed(error.to_string()))?;
    metric::describe();
    Ok(())
}
