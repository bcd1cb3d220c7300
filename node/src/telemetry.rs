//! What the node says about itself: log lines on standard error, metrics over HTTP on loopback.

pub(crate) mod metric;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

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
pub(crate) fn start_log(format: LogFormat, filter: &str) -> Result<LogFilter, TelemetryError> {
    let parsed = parse(filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(parsed).with_writer(tierchain_stdio::log);
    let (started, set): (_, SetFilter) = match format {
        LogFormat::Text => {
            let builder = builder.with_ansi(std::io::stderr().is_terminal()).with_filter_reloading();
            let handle = builder.reload_handle();
            (builder.try_init(), Box::new(move |filter| handle.reload(filter).map_err(|error| error.to_string())))
        }
        LogFormat::Json => {
            let builder = builder.json().flatten_event(true).with_filter_reloading();
            let handle = builder.reload_handle();
            (builder.try_init(), Box::new(move |filter| handle.reload(filter).map_err(|error| error.to_string())))
        }
    };
    started.map_err(|error| TelemetryError::LogTwice(error.to_string()))?;
    Ok(LogFilter { initial: filter.to_owned(), current: Mutex::new(filter.to_owned()), set })
}

/// Exchanges the filter of the running log.
type SetFilter = Box<dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync>;

/// The filter of the log, which can be changed while the node runs.
pub(crate) struct LogFilter {
    initial: String,
    current: Mutex<String>,
    set: SetFilter,
}

/// Longest filter: directives are added one after the other.
const FILTER_BYTES_MAX: usize = 4_096;

impl LogFilter {
    /// Adds directives to what is logged now.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn add(&self, directives: &str) -> Result<(), String> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.len() + directives.len() >= FILTER_BYTES_MAX {
            return Err(format!("the filter would have more than {FILTER_BYTES_MAX} bytes: reset it first"));
        }
        let wanted = format!("{current},{directives}");
        (self.set)(parse(&wanted).map_err(|error| error.to_string())?)?;
        tracing::info!(filter = wanted, "the log's filter was changed");
        *current = wanted;
        Ok(())
    }

    /// Logs what was said at the start.
    pub(crate) fn reset(&self) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        // It was in force once, and fails only when the log itself is gone.
        if parse(&self.initial).is_ok_and(|filter| (self.set)(filter).is_ok()) {
            current.clone_from(&self.initial);
        }
    }
}

impl std::fmt::Debug for LogFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogFilter({:?})", self.initial)
    }
}

fn parse(filter: &str) -> Result<EnvFilter, TelemetryError> {
    let wrong = |reason: String| TelemetryError::Filter { filter: filter.to_owned(), reason };
    EnvFilter::try_new(filter).map_err(|error| wrong(error.to_string()))
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
