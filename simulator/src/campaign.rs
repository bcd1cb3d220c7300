//! Many seeds: run on all threads, noted in a journal, summed up.

use std::collections::BTreeMap;
use std::fmt::Arguments;
use std::io::Write;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::invariants::Violation;
use crate::journal::{Entry, Journal};
use crate::mix::Mix;
use crate::profile::Options;
use crate::summary::Summary;
use crate::world::{Report, World};

/// Which seeds to run, and how.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The seeds.
    pub seeds: Range<u64>,
    /// Runs that failed once: they come first, and never from a journal.
    pub failed: Vec<Options>,
    /// What each run is asked to be, but for its seed.
    pub like: Options,
    /// Where finished seeds are noted.
    pub journal: Option<PathBuf>,
    /// How many run at a time.
    pub threads: usize,
}

/// What threads share.
struct Shared {
    journal: Option<Journal>,
    summary: Summary,
}

/// Runs one seed. A panic is a violation too: an assertion of the house didn't hold.
#[must_use]
pub fn run_seed(options: &Options) -> Report {
    let run = catch_unwind(AssertUnwindSafe(|| World::new(options).run(options)));
    run.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let what = text.unwrap_or_else(|| "without a word".into());
        Report { violation: Some(Violation::new("no panic", what)), ..Report::default() }
    })
}

/// The command that shows a run again.
#[must_use]
pub fn command(options: &Options) -> String {
    let validators = options.validators.map(|count| format!(" --validators {count}")).unwrap_or_default();
    let lying_disks = if options.lying_disks { " --lying-disks" } else { "" };
    let mix = if options.mix == Mix::Any { String::new() } else { format!(" --mix {}", options.mix.name()) };
    let more = format!("{validators}{mix}{lying_disks}");
    #[cfg(feature = "bugs")]
    let more = options.bug.map_or_else(|| more.clone(), |bug| format!("{more} --bug {bug:?}"));
    format!("simulator --seed {} --steps {}{more} --trace", options.seed, options.steps)
}

/// Prints; whoever reads may have seen enough and hung up, and the journal still wants the rest.
fn say(what: Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{what}");
}

impl Campaign {
    /// Runs the failed seeds, and all seeds that the journal doesn't have; prints the violations as they come and the
    /// sum at the end.
    ///
    /// # Errors
    /// When the journal can't be read or written.
    pub fn run(&self) -> anyhow::Result<Summary> {
        let start = Instant::now();
        let (journal, known) = self.open_journal()?;
        let mut summary = Summary::default();
        for (seed, entry) in &known {
            summary.add(&self.options(*seed), entry.steps, entry.is_violation);
        }
        let fresh = self.seeds.clone().filter(|seed| !known.contains_key(seed)).map(|seed| self.options(seed));
        let runs: Vec<Options> = self.failed.iter().copied().chain(fresh).collect();
        let shared = Mutex::new(Shared { journal, summary });
        let next = AtomicUsize::new(0);
        let outcomes: Vec<anyhow::Result<()>> = std::thread::scope(|scope| {
            let work = || self.work(&runs, &next, &shared);
            let threads: Vec<_> = (0..self.threads.max(1)).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().expect("a run's panic is caught")).collect()
        });
        outcomes.into_iter().collect::<anyhow::Result<()>>()?;
        let Shared { summary, .. } = shared.into_inner().expect("no thread panicked");
        let Summary { seeds, violations, steps, .. } = summary;
        let seconds = start.elapsed().as_secs();
        say(format_args!("{summary}\nseeds {seeds} · violations {violations} · steps {steps} · seconds {seconds}"));
        Ok(summary)
    }

    fn options(&self, seed: u64) -> Options {
        Options { seed, ..self.like }
    }

    fn open_journal(&self) -> anyhow::Result<(Option<Journal>, BTreeMap<u64, Entry>)> {
        let Some(path) = &self.journal else { return Ok((None, BTreeMap::new())) };
        let (journal, mut known) = Journal::open(path, &self.like)?;
        known.retain(|seed, _| self.seeds.contains(seed));
        Ok((Some(journal), known))
    }

    fn work(&self, runs: &[Options], next: &AtomicUsize, shared: &Mutex<Shared>) -> anyhow::Result<()> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(options) = runs.get(at) else { return Ok(()) };
            let report = run_seed(options);
            let violation = report.violation.as_ref().map(ToString::to_string);
            if let Some(what) = &violation {
                say(format_args!("seed {} · {what}\n  {}", options.seed, command(options)));
            }
            let Shared { journal, summary } = &mut *shared.lock().expect("a run's panic is caught");
            summary.add(options, report.steps, violation.is_some());
            summary.evidence += report.evidence as u64;
            summary.refused += report.refused as u64;
            summary.epochs += u64::from(report.epochs);
            summary.losses += u64::from(report.losses);
            summary.slowed += report.slowed as u64;
            if let Some(journal) = journal.as_mut().filter(|_| at >= self.failed.len()) {
                journal.note(options.seed, report.steps, violation.as_deref())?;
            }
        }
    }
}
