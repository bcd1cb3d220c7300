//! The sum of many runs: how many, how they ended, and of what mix they were.

use core::fmt;
use std::collections::BTreeMap;

use crate::mix::MIX_VERSION;
use crate::profile::{Options, Profile};
use crate::random::Random;

/// What a campaign came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Seeds, those from the journal included.
    pub seeds: u64,
    /// How many of them broke a property.
    pub violations: u64,
    /// Events of all.
    pub steps: u64,
    /// Contradictions that honest validators showed, in the runs of this process.
    pub evidence: u64,
    /// Messages of liars that honest members refused, in the runs of this process.
    pub refused: u64,
    /// Epochs that ended, in the runs of this process.
    pub epochs: u64,
    /// Vote logs and databases lost by validators that go on, in the runs of this process.
    pub losses: u64,
    /// Submissions turned away for their account's quota, in the runs of this process.
    pub slowed: u64,
    reforms: u64,
    thrifts: u64,
    by_validators: BTreeMap<usize, u64>,
    by_liars: BTreeMap<String, u64>,
    by_fault: BTreeMap<String, u64>,
    ed25519: u64,
}

impl Summary {
    /// Adds a finished run. What kind of day it was follows from its options.
    pub fn add(&mut self, options: &Options, steps: u64, is_violation: bool) {
        self.seeds += 1;
        self.violations += u64::from(is_violation);
        self.steps += steps;
        let day = Profile::new(options, &mut Random::new(options.seed));
        *self.by_validators.entry(day.validators).or_default() += 1;
        self.ed25519 += u64::from(day.scheme == crate::signing::Scheme::Ed25519);
        self.reforms += u64::from(day.reform.is_some());
        self.thrifts += u64::from(day.thrift.is_some());
        if day.liars.is_empty() {
            *self.by_liars.entry("nobody".into()).or_default() += 1;
        }
        let mut kinds: Vec<_> = day.liars.values().collect();
        kinds.dedup();
        kinds.into_iter().for_each(|kind| *self.by_liars.entry(format!("{kind:?}")).or_default() += 1);
        if day.faults_per_mille > 0 {
            day.faults.iter().for_each(|fault| *self.by_fault.entry(format!("{fault:?}")).or_default() += 1);
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |counts: &BTreeMap<String, u64>| {
            let entries: Vec<String> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
            entries.join(" · ")
        };
        let validators = self.by_validators.iter().map(|(n, count)| (format!("n={n}"), *count)).collect();
        writeln!(f, "mix {MIX_VERSION} · {} · ed25519 {}", list(&validators), self.ed25519)?;
        writeln!(f, "who lies: {}", list(&self.by_liars))?;
        writeln!(f, "what fails: {}", list(&self.by_fault))?;
        writeln!(f, "validators change {} · tight quotas {}", self.reforms, self.thrifts)?;
        writeln!(f, "epochs {} · losses {} · slowed {}", self.epochs, self.losses, self.slowed)?;
        write!(f, "evidence {} · refused messages of liars {}", self.evidence, self.refused)
    }
}
