//! The journal: one line per finished seed, so that a long run can go on where it stopped.
//!
//! ```text
//! seed 17 mix 2 any steps-asked 2000 validators any steps 2345 ok
//! seed 18 mix 2 any steps-asked 2000 validators any steps 911 violation agreement: block 7 is …
//! ```

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::Context;

use crate::mix::MIX_VERSION;
use crate::profile::Options;

/// What a journal holds of one seed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Events of its run.
    pub steps: u64,
    /// Whether a property didn't hold.
    pub is_violation: bool,
}

/// A journal, open for more.
#[derive(Debug)]
pub struct Journal {
    file: File,
    /// What makes runs comparable: the same seed is another run with other settings.
    settings: String,
}

impl Journal {
    /// Opens a journal and reads what it holds of runs with these settings.
    ///
    /// # Errors
    /// When the file can't be read or written.
    pub fn open(path: &Path, like: &Options) -> anyhow::Result<(Self, BTreeMap<u64, Entry>)> {
        let validators = like.validators.map_or_else(|| "any".to_owned(), |count| count.to_string());
        let (steps, mix) = (like.steps, like.mix.name());
        let settings = format!("mix {MIX_VERSION} {mix} steps-asked {steps} validators {validators}");
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).open(path);
        let file = file.with_context(|| format!("cannot write the journal {}", path.display()))?;
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let known = text.lines().filter_map(|line| read(line, &settings)).collect();
        Ok((Self { file, settings }, known))
    }

    /// Notes a finished seed.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn note(&mut self, seed: u64, steps: u64, violation: Option<&str>) -> anyhow::Result<()> {
        let outcome = violation.map_or_else(|| "ok".to_owned(), |what| format!("violation {what}"));
        let line = format!("seed {seed} {} steps {steps} {}\n", self.settings, outcome.replace('\n', " "));
        self.file.write_all(line.as_bytes()).context("cannot write the journal")
    }
}

/// A line's seed and entry. A line cut off by a crash says nothing.
fn read(line: &str, settings: &str) -> Option<(u64, Entry)> {
    let (seed, rest) = line.strip_prefix("seed ")?.split_once(' ')?;
    let (steps, outcome) = rest.strip_prefix(settings)?.strip_prefix(" steps ")?.split_once(' ')?;
    let is_violation = match outcome.split_once(' ').map_or(outcome, |(word, _)| word) {
        "ok" => false,
        "violation" => true,
        _ => return None,
    };
    Some((seed.parse().ok()?, Entry { steps: steps.parse().ok()?, is_violation }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_other_settings_and_broken_lines_are_passed_over() {
        let settings = "steps-asked 2000 validators any";
        let good = Entry { steps: 2_345, is_violation: false };
        let bad = Entry { steps: 911, is_violation: true };
        let cases = [
            ("seed 17 steps-asked 2000 validators any steps 2345 ok", Some((17, good))),
            ("seed 18 steps-asked 2000 validators any steps 911 violation agreement: x", Some((18, bad))),
            ("seed 17 steps-asked 200 validators any steps 2345 ok", None),
            ("seed 17 steps-asked 2000 validators any steps 23", None),
            ("", None),
        ];
        for (line, expected) in cases {
            assert_eq!(read(line, settings), expected, "{line}");
        }
    }
}
