//! What a scenario showed: figures beside their bars, and what must never happen.

use core::fmt;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

/// One figure, and what it was promised to be at most.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// How much it was.
    pub value: f64,
    /// In which unit.
    pub unit: &'static str,
    /// The promise; none where nothing was promised.
    pub bar: Option<f64>,
}

impl Figure {
    /// Whether the promise was kept; none where nothing was promised.
    #[must_use]
    pub fn is_met(&self) -> Option<bool> {
        self.bar.map(|bar| self.value <= bar)
    }
}

/// Everything one scenario showed.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Its name.
    pub scenario: String,
    /// What lay between the nodes.
    pub wires: &'static str,
    /// Why that isn't what was wanted, or what else was done differently.
    pub remarks: Vec<String>,
    /// Processors of this machine.
    pub cores: usize,
    /// Load average of the minute before it began; the nodes' own load isn't in it.
    pub load_before: f64,
    /// Load average of its last minute, the nodes' own load included.
    pub load_after: f64,
    /// How long it took.
    pub seconds: f64,
    /// The figures.
    pub figures: Vec<Figure>,
    /// All measurements behind them, in milliseconds and in order.
    pub samples: BTreeMap<String, Vec<f64>>,
    /// What must never happen and did: contradictions, lost extrinsics, forks, stuck nodes.
    pub violations: Vec<String>,
}

impl Report {
    /// An empty report of a scenario that begins now.
    #[must_use]
    pub fn new(scenario: &str, wires: &'static str) -> Self {
        Self {
            scenario: scenario.into(),
            wires,
            remarks: Vec::new(),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            load_before: load_average(),
            load_after: 0.0,
            seconds: 0.0,
            figures: Vec::new(),
            samples: BTreeMap::new(),
            violations: Vec::new(),
        }
    }

    /// Notes a figure.
    pub fn figure(&mut self, name: impl Into<String>, value: f64, unit: &'static str, bar: Option<f64>) {
        self.figures.push(Figure { name: name.into(), value, unit, bar });
    }

    /// Notes p50, p95 and the longest of some times, or the only one, and keeps all of them. `bars` are those of p95 and
    /// of the longest.
    pub fn times(&mut self, name: &str, times: &[Duration], bars: [Option<f64>; 2]) {
        let samples: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1_000.0).collect();
        if let [only] = samples[..] {
            self.figure(name, only, "ms", bars[1]);
        }
        for (point, quantile, bar) in [("p50", 0.5, None), ("p95", 0.95, bars[0]), ("max", 1.0, bars[1])] {
            if let Some(value) = quantile_of(&samples, quantile).filter(|_| samples.len() > 1) {
                self.figure(format!("{name}, {point}"), value, "ms", bar);
            }
        }
        self.samples.insert(name.into(), samples);
    }

    /// Notes that it is over.
    pub fn close(&mut self, took: Duration) {
        self.seconds = took.as_secs_f64();
        self.load_after = load_average();
    }

    /// Whether nothing happened that must not. A missed bar is a figure and no violation.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// Whether every promise was kept.
    #[must_use]
    pub fn meets_bars(&self) -> bool {
        self.figures.iter().all(|figure| figure.is_met() != Some(false))
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_json(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The nearest-rank quantile.
fn quantile_of(samples: &[f64], quantile: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (quantile * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// Processes that ran or wanted to, averaged over the last minute; 0 where the system doesn't say.
fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, wires, cores, load_before, load_after, seconds, .. } = self;
        writeln!(
            f,
            "{scenario} · {wires} · {cores} processors, load {load_before:.1} before, {load_after:.1} after · \
             {seconds:.0} s"
        )?;
        for remark in &self.remarks {
            writeln!(f, "  {remark}")?;
        }
        for figure in &self.figures {
            let bar = figure.bar.map_or_else(String::new, |bar| format!("   bar {bar:.0}"));
            let verdict = figure.is_met().map_or("", |met| if met { "   met" } else { "   MISSED" });
            writeln!(f, "  {:<58} {:>10.1} {:<4}{bar}{verdict}", figure.name, figure.value, figure.unit)?;
        }
        for violation in &self.violations {
            writeln!(f, "  VIOLATION: {violation}")?;
        }
        write!(f, "  violations: {}", self.violations.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_nearest_rank() {
        let samples: Vec<f64> = (1..=50).rev().map(f64::from).collect();
        for (quantile, expected) in [(0.5, 25.0), (0.95, 48.0), (1.0, 50.0), (0.0, 1.0)] {
            assert_eq!(quantile_of(&samples, quantile), Some(expected), "{quantile}");
        }
        assert_eq!(quantile_of(&[], 0.5), None);
    }

    #[test]
    fn a_bar_is_missed_above_it_and_a_violation_is_no_missed_bar() {
        let mut report = Report::new("a test", "loopback");
        report.times("gap", &[Duration::from_millis(300), Duration::from_millis(700)], [Some(700.0), Some(600.0)]);
        let verdicts: Vec<_> = report.figures.iter().map(Figure::is_met).collect();
        assert_eq!(verdicts, [None, Some(true), Some(false)]);
        assert!(report.is_clean() && !report.meets_bars());
        assert!(report.to_string().contains("MISSED"), "{report}");
        report.violations.push("a fork".into());
        assert!(!report.is_clean() && report.to_string().contains("VIOLATION: a fork"), "{report}");
    }
}
