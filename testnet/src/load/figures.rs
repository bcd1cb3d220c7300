//! What a load showed: numbers for people in a line, for programs in JSON.

use core::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::process::Usage;

/// Longest latency that is told from others.
const LATENCY_US_MAX: u64 = 60_000_000;

/// Times until finality, in microseconds with three digits.
#[derive(Clone, Debug)]
pub struct Latency(Histogram<u64>);

impl Default for Latency {
    fn default() -> Self {
        Self(Histogram::new_with_max(LATENCY_US_MAX, 3).expect("constant bounds that the histogram allows"))
    }
}

impl Latency {
    /// Notes one time; one above the bound counts as the bound.
    pub fn record(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_micros()).unwrap_or(LATENCY_US_MAX));
    }

    /// The usual points of the distribution.
    #[must_use]
    pub fn summary(&self) -> LatencySummary {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1_000.0;
        LatencySummary { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: self.0.max() as f64 / 1_000.0 }
    }
}

/// Points of a distribution of latencies, in milliseconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct LatencySummary {
    /// Half are faster.
    pub p50: f64,
    /// Nine of ten are faster.
    pub p90: f64,
    /// 99 of 100 are faster.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

/// What one process used during the load.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidatorFigures {
    /// Its process.
    pub pid: u32,
    /// CPU time, user and system.
    pub cpu_seconds: f64,
    /// Memory resident at the end.
    pub resident_mib: f64,
    /// Most memory resident since it started.
    pub resident_max_mib: f64,
}

impl ValidatorFigures {
    pub(super) fn between(pid: u32, before: &Usage, after: &Usage) -> Self {
        let mib = |kib: u64| kib as f64 / 1_024.0;
        Self {
            pid,
            cpu_seconds: after.cpu_seconds - before.cpu_seconds,
            resident_mib: mib(after.resident_kib),
            resident_max_mib: mib(after.resident_max_kib),
        }
    }
}

/// Everything one load showed.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// What the load was called.
    pub name: String,
    /// How long extrinsics were sent.
    pub seconds: f64,
    /// Extrinsics sent.
    pub submitted: u64,
    /// Extrinsics seen in final blocks.
    pub finalised: u64,
    /// Extrinsics not final when the load gave up waiting.
    pub unfinished: u64,
    /// Submissions that a node refused for the moment and that were repeated.
    pub retried: u64,
    /// Ledger events in what was finalised.
    pub events: u64,
    /// Entity blocks found on the ledger afterwards, births included.
    pub entity_blocks: u64,
    /// Finalised extrinsics per second of sending.
    pub extrinsics_per_second: f64,
    /// Finalised events per second of sending.
    pub events_per_second: f64,
    /// From when an extrinsic was due until it was seen final.
    pub latency_ms: LatencySummary,
    /// What the measured processes used.
    pub validators: Vec<ValidatorFigures>,
}

impl Figures {
    /// CPU time per finalised extrinsic and process, in microseconds.
    #[must_use]
    pub fn cpu_us_per_extrinsic(&self) -> f64 {
        self.cpu_us() / self.finalised.max(1) as f64
    }

    /// CPU time per finalised event and process, in microseconds.
    #[must_use]
    pub fn cpu_us_per_event(&self) -> f64 {
        self.cpu_us() / self.events.max(1) as f64
    }

    fn cpu_us(&self) -> f64 {
        let total: f64 = self.validators.iter().map(|validator| validator.cpu_seconds).sum();
        total * 1_000_000.0 / self.validators.len().max(1) as f64
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LatencySummary { p50, p90, p99, max } = self.latency_ms;
        write!(
            f,
            "{}: {} final in {:.1} s, {:.0}/s",
            self.name, self.finalised, self.seconds, self.extrinsics_per_second
        )?;
        if self.events > 0 {
            write!(f, ", {:.0} events/s", self.events_per_second)?;
        }
        write!(f, " · ms p50 {p50:.1} p90 {p90:.1} p99 {p99:.1} max {max:.1}")?;
        if self.unfinished + self.retried > 0 {
            write!(f, " · {} not final, {} repeated", self.unfinished, self.retried)?;
        }
        if !self.validators.is_empty() {
            let resident = self.validators.iter().map(|validator| validator.resident_mib).fold(0.0, f64::max);
            write!(f, " · CPU {:.0} us per extrinsic and validator", self.cpu_us_per_extrinsic())?;
            if self.events > self.finalised {
                write!(f, ", {:.1} us per event", self.cpu_us_per_event())?;
            }
            write!(f, " · at most {resident:.0} MiB")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_has_its_points() {
        let mut latency = Latency::default();
        for ms in 1..=100 {
            latency.record(Duration::from_millis(ms));
        }
        latency.record(Duration::from_secs(3_600));
        let summary = latency.summary();
        assert!((summary.p50 - 51.0).abs() < 0.5, "{summary:?}");
        assert!((summary.p90 - 91.0).abs() < 0.5, "{summary:?}");
        assert!(summary.max >= 59_000.0, "{summary:?}");
    }
}
