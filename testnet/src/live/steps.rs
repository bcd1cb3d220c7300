//! Steps: what was seen, and how long after its cause.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How long a step may take to be seen: on a machine that does something else as well.
const PATIENCE: Duration = Duration::from_secs(60);

/// Something that was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// What.
    pub what: String,
    /// How long after its cause; none where it is a cause itself.
    pub since_cause: Option<Duration>,
    /// How long after it happened, where the ledger says when that was.
    pub since_it_happened: Option<Duration>,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.since_cause, self.since_it_happened) {
            (None, _) => write!(f, "{}", self.what),
            (Some(since), None) => write!(f, "  +{:.3} s  {}", since.as_secs_f64(), self.what),
            (Some(since), Some(after)) => write!(
                f,
                "  +{:.3} s  {} (seen {:.3} s after it happened)",
                since.as_secs_f64(),
                self.what,
                after.as_secs_f64()
            ),
        }
    }
}

/// All steps so far.
#[derive(Debug)]
pub struct Steps<F> {
    say: F,
    cause: Instant,
    all: Vec<Step>,
}

impl<F: FnMut(&Step)> Steps<F> {
    /// None yet; each is told to `say` when it is seen.
    pub fn new(say: F) -> Self {
        Self { say, cause: Instant::now(), all: Vec::new() }
    }

    /// Something that leads to what follows.
    pub fn cause(&mut self, what: &str) {
        self.cause = Instant::now();
        self.add(what, None, None);
    }

    /// Something that has just come.
    pub fn done(&mut self, what: &str) {
        self.add(what, Some(self.cause.elapsed()), None);
    }

    /// Looks until something is so; the look may say when it happened, in microseconds.
    ///
    /// # Errors
    /// When it doesn't come.
    pub async fn until(
        &mut self,
        what: &str,
        mut look: impl AsyncFnMut() -> Result<Option<Option<u64>>>,
    ) -> Result<()> {
        let began = Instant::now();
        loop {
            if let Some(happened) = look().await? {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let after = happened.map(|at| now.saturating_sub(Duration::from_micros(at)));
                self.add(what, Some(self.cause.elapsed()), after);
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                bail!("after {} s still not so: {what}", PATIENCE.as_secs());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// All steps, in order.
    pub fn into_all(self) -> Vec<Step> {
        self.all
    }

    fn add(&mut self, what: &str, since_cause: Option<Duration>, since_it_happened: Option<Duration>) {
        let step = Step { what: what.to_owned(), since_cause, since_it_happened };
        (self.say)(&step);
        self.all.push(step);
    }
}
