//! Many seeds: run on all threads, noted in a journal, summed up.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::invariants::Violation;
use crate::journal::{Entry, Journal};
use crate::mix::Mix;
use crate::profile::Options;
use crate::world::{Report, World};

/// Which seeds to run, and how.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The seeds.
    pub seeds: Range<u64>,
    /// Events of each before the network heals.
    pub steps: u64,
    /// How many validators; none lets each seed decide.
    pub validators: Option<usize>,
    /// Disks lose at a crash what they said they had synced.
    pub lying_disks: bool,
    /// From which days the seeds draw.
    pub mix: Mix,
    /// Where finished seeds are noted.
    pub journal: Option<PathBuf>,
    /// How many run at a time.
    pub threads: usize,
}

/// What a campaign came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sum {
    /// Seeds, those from the journal included.
    pub seeds: u64,
    /// How many of them broke a property.
    pub violations: u64,
    /// Events of all.
    pub steps: u64,
}

/// Runs one seed. A panic is a violation too: an assertion of the house didn't hold.
#[must_use]
pub fn run_seed(options: &Options) -> Report {
    let run = catch_unwind(AssertUnwindSafe(|| World::new(options).run(options)));
    run.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let what = text.unwrap_or_else(|| "without a word".into());
        let violation = Some(Violation::new("no panic", what));
        Report { steps: 0, violation, height: 0, included: 0, recovery: 0, evidence: 0, refused: 0, fingerprint: 0 }
    })
}

/// The command that shows a run again.
#[must_use]
pub fn command(options: &Options) -> String {
    let validators = options.validators.map(|count| format!(" --validators {count}")).unwrap_or_default();
    let lying_disks = if options.lying_disks { " --lying-disks" } else { "" };
    let mix = if options.mix == Mix::Any { String::new() } else { format!(" --mix {}", options.mix.name()) };
    format!("simulator --seed {} --steps {}{validators}{lying_disks}{mix} --trace", options.seed, options.steps)
}

impl Campaign {
    /// Runs all seeds that the journal doesn't have, and prints the violations as they come and the sum at the end.
    ///
    /// # Errors
    /// When the journal can't be read or written.
    pub fn run(&self) -> anyhow::Result<Sum> {
        let start = Instant::now();
        let (journal, known) = self.open_journal()?;
        let mut sum = Sum::default();
        known.values().for_each(|entry| sum.add(entry));
        let shared = Mutex::new((journal, sum));
        let next = AtomicU64::new(self.seeds.start);
        let outcomes: Vec<anyhow::Result<()>> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..self.threads.max(1)).map(|_| scope.spawn(|| self.work(&next, &known, &shared))).collect();
            threads.into_iter().map(|thread| thread.join().expect("a run's panic is caught")).collect()
        });
        outcomes.into_iter().collect::<anyhow::Result<()>>()?;
        let (_, sum) = shared.into_inner().expect("no thread panicked");
        let seconds = start.elapsed().as_secs();
        println!("seeds {} · violations {} · steps {} · seconds {seconds}", sum.seeds, sum.violations, sum.steps);
        Ok(sum)
    }

    fn open_journal(&self) -> anyhow::Result<(Option<Journal>, BTreeMap<u64, Entry>)> {
        let Some(path) = &self.journal else { return Ok((None, BTreeMap::new())) };
        let (journal, mut known) = Journal::open(path, self.steps, self.validators)?;
        known.retain(|seed, _| self.seeds.contains(seed));
        Ok((Some(journal), known))
    }

    fn work(
        &self,
        next: &AtomicU64,
        known: &BTreeMap<u64, Entry>,
        shared: &Mutex<(Option<Journal>, Sum)>,
    ) -> anyhow::Result<()> {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.seeds.end {
                return Ok(());
            }
            if known.contains_key(&seed) {
                continue;
            }
            let (steps, validators, lying_disks) = (self.steps, self.validators, self.lying_disks);
            let options = Options { validators, lying_disks, mix: self.mix, ..Options::new(seed, steps) };
            let report = run_seed(&options);
            let violation = report.violation.as_ref().map(ToString::to_string);
            if let Some(what) = &violation {
                println!("seed {seed} · {what}\n  {}", command(&options));
            }
            let (journal, sum) = &mut *shared.lock().expect("a run's panic is caught");
            sum.add(&Entry { steps: report.steps, is_violation: violation.is_some() });
            if let Some(journal) = journal {
                journal.note(seed, report.steps, violation.as_deref())?;
            }
        }
    }
}

impl Sum {
    fn add(&mut self, entry: &Entry) {
        self.seeds += 1;
        self.violations += u64::from(entry.is_violation);
        self.steps += entry.steps;
    }
}
