//! Budgets: how many calls of each class are answered at once, how many wait, and when one is told to come again.
//!
//! Each class has places of its own, so that none starves another: however many queries come, a submission finds its
//! places free. Waiting is fair (first come, first served) and bounded in number, bytes and time; what doesn't fit is
//! answered at once, with the time after which a place is likely.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jsonrpsee::types::ErrorObjectOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::class::{CLASSES, Class};
use crate::SubmitError;
use crate::error::Busy;

/// Longest time that a call waits for its place.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Bounds of the advice when to come again.
const RETRY_MS: (u64, u64) = (10, 5_000);

/// The bounds of one class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// Most calls that are answered at once.
    pub running_max: usize,
    /// Most calls that wait for a place.
    pub waiting_max: usize,
    /// Most calls of one connection, waiting or running.
    pub connection_max: usize,
    /// Most bytes of parameters of calls that wait or run.
    pub bytes_max: usize,
}

/// The bounds of every class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shares {
    /// Submissions: each waits for the vote log's sync, so many share one.
    pub submission: Share,
    /// Reads of a few records.
    pub query: Share,
    /// Reads of as many records as one call may ask for, and calls into the runtime.
    pub scan: Share,
    /// The node's own state.
    pub status: Share,
}

impl Default for Shares {
    /// A validator's: scans take at most two of its threads.
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        let share = |running_max, waiting_max, connection_max, bytes_max| Share {
            running_max,
            waiting_max,
            connection_max,
            bytes_max,
        };
        Self {
            submission: share(2_048, 8_192, 2_048, 128 * MIB),
            query: share(16, 2_048, 256, 16 * MIB),
            scan: share(2, 256, 32, 16 * MIB),
            status: share(4, 512, 64, MIB),
        }
    }
}

impl Shares {
    fn of(&self, class: Class) -> Share {
        match class {
            Class::Submission => self.submission,
            Class::Query => self.query,
            Class::Scan => self.scan,
            Class::Status => self.status,
        }
    }
}

/// What one class has done so far and does now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClassUsage {
    /// The class's name.
    pub class: &'static str,
    /// Calls that are being answered.
    pub running: usize,
    /// Calls that wait for a place.
    pub waiting: usize,
    /// Calls that were answered.
    pub answered: u64,
    /// Calls that were told to come again.
    pub refused: u64,
}

/// The budget of one class.
#[derive(Debug)]
struct Budget {
    class: Class,
    share: Share,
    places: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    waiting: AtomicUsize,
    answered: AtomicU64,
    refused: AtomicU64,
    /// How long answering takes, as a moving average in microseconds.
    mean_us: AtomicU64,
}

/// The budgets of a server.
#[derive(Debug)]
pub(crate) struct Budgets([Arc<Budget>; CLASSES]);

/// The calls of one connection that wait or run, by class.
#[derive(Debug, Default)]
pub(crate) struct Connection([AtomicUsize; CLASSES]);

/// The right to be answered; gives its place back when dropped.
pub(crate) struct Pass {
    budget: Arc<Budget>,
    began: Instant,
    _place: OwnedSemaphorePermit,
    _bytes: OwnedSemaphorePermit,
    _of_connection: Counted,
}

impl Budgets {
    pub(crate) fn new(shares: &Shares) -> Self {
        Self(Class::ALL.map(|class| Arc::new(Budget::new(class, shares.of(class)))))
    }

    /// Waits for a place in a class's budget.
    ///
    /// # Errors
    /// What tells the client when to come again.
    pub(crate) async fn enter(
        &self,
        class: Class,
        connection: &Arc<Connection>,
        bytes: usize,
    ) -> Result<Pass, ErrorObjectOwned> {
        let budget = &self.0[class as usize];
        budget.enter(connection, bytes).await.ok_or_else(|| budget.refuse())
    }

    pub(crate) fn usage(&self) -> Vec<ClassUsage> {
        self.0.iter().map(|budget| budget.usage()).collect()
    }
}

impl Budget {
    fn new(class: Class, share: Share) -> Self {
        Self {
            class,
            share,
            places: Arc::new(Semaphore::new(share.running_max)),
            bytes: Arc::new(Semaphore::new(share.bytes_max)),
            waiting: AtomicUsize::new(0),
            answered: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            mean_us: AtomicU64::new(1_000),
        }
    }

    async fn enter(self: &Arc<Self>, connection: &Arc<Connection>, bytes: usize) -> Option<Pass> {
        let of_connection = Counted::enter(connection, self.class, self.share.connection_max)?;
        let bytes = Arc::clone(&self.bytes).try_acquire_many_owned(u32::try_from(bytes).ok()?).ok()?;
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => self.wait().await?,
        };
        Some(Pass {
            budget: Arc::clone(self),
            began: Instant::now(),
            _place: place,
            _bytes: bytes,
            _of_connection: of_connection,
        })
    }

    async fn wait(&self) -> Option<OwnedSemaphorePermit> {
        let waiting = Waiting::enter(&self.waiting, self.share.waiting_max)?;
        let place = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.places).acquire_owned()).await;
        drop(waiting);
        place.ok()?.ok()
    }

    fn refuse(&self) -> ErrorObjectOwned {
        self.refused.fetch_add(1, Ordering::Relaxed);
        let retry_after_ms = self.retry_after_ms();
        match self.class {
            Class::Submission => SubmitError::PoolFull { retry_after_ms }.into(),
            class => Busy { class: class.name(), running_max: self.share.running_max, retry_after_ms }.into(),
        }
    }

    /// When those who wait now are likely to be answered.
    fn retry_after_ms(&self) -> u64 {
        let ahead = self.waiting.load(Ordering::Relaxed) + self.share.running_max;
        let rounds = (ahead / self.share.running_max.max(1)) as u64;
        let us = self.mean_us.load(Ordering::Relaxed).saturating_mul(rounds);
        (us / 1_000).clamp(RETRY_MS.0, RETRY_MS.1)
    }

    fn usage(&self) -> ClassUsage {
        ClassUsage {
            class: self.class.name(),
            running: self.share.running_max - self.places.available_permits(),
            waiting: self.waiting.load(Ordering::Relaxed),
            answered: self.answered.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.budget.answered.fetch_add(1, Ordering::Relaxed);
        let us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mean = self.budget.mean_us.load(Ordering::Relaxed);
        // Whoever writes last wins: an average may lose a value.
        self.budget.mean_us.store(mean - mean / 8 + us / 8, Ordering::Relaxed);
    }
}

/// One more that waits, until dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(waiting: &'a AtomicUsize, max: usize) -> Option<Self> {
        let entered = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < max).then_some(entered)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One more call of a connection, until dropped.
struct Counted {
    connection: Arc<Connection>,
    class: Class,
}

impl Counted {
    fn enter(connection: &Arc<Connection>, class: Class, max: usize) -> Option<Self> {
        let counted = Self { connection: Arc::clone(connection), class };
        let before = connection.0[class as usize].fetch_add(1, Ordering::Relaxed);
        (before < max).then_some(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.connection.0[self.class as usize].fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares() -> Shares {
        let one = Share { running_max: 1, waiting_max: 1, connection_max: 3, bytes_max: 100 };
        Shares { submission: one, query: one, scan: one, status: one }
    }

    #[tokio::test]
    async fn classes_dont_take_each_others_places() {
        let budgets = Budgets::new(&shares());
        let connection = Arc::default();
        let scan = budgets.enter(Class::Scan, &connection, 0).await.expect("a free place");
        let query = budgets.enter(Class::Query, &connection, 0).await.expect("another class");
        assert_eq!(budgets.usage().iter().map(|class| class.running).sum::<usize>(), 2);
        drop((scan, query));
        assert!(budgets.usage().iter().all(|class| class.running == 0 && class.waiting == 0));
    }

    #[tokio::test]
    async fn whoever_finds_no_place_waits_and_whoever_finds_no_room_to_wait_is_told_when_to_come_again() {
        let budgets = Arc::new(Budgets::new(&shares()));
        let connections = [Arc::default(), Arc::default()];
        let first = budgets.enter(Class::Query, &connections[0], 0).await.expect("a free place");
        let (waits, of) = (budgets.clone(), connections[1].clone());
        let second = tokio::spawn(async move { waits.enter(Class::Query, &of, 0).await.is_ok() });
        while budgets.usage()[Class::Query as usize].waiting == 0 {
            tokio::task::yield_now().await;
        }
        let refused = budgets.enter(Class::Query, &connections[1], 0).await.err().expect("no room to wait");
        assert!(refused.message().contains("retry after"), "{}", refused.message());
        drop(first);
        assert!(second.await.expect("it ends"));
        assert_eq!(budgets.usage()[Class::Query as usize].refused, 1);
    }

    #[tokio::test]
    async fn a_connection_and_bytes_have_bounds_of_their_own() {
        let mut shares = shares();
        shares.query.running_max = 10;
        let budgets = Budgets::new(&shares);
        let connection = Arc::default();
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(budgets.enter(Class::Query, &connection, 30).await.expect("within both bounds"));
        }
        assert!(budgets.enter(Class::Query, &connection, 1).await.is_err(), "one more of the connection");
        let other = Arc::default();
        assert!(budgets.enter(Class::Query, &other, 11).await.is_err(), "too many bytes");
        assert!(budgets.enter(Class::Query, &other, 10).await.is_ok());
        held.clear();
        assert!(budgets.enter(Class::Query, &connection, 100).await.is_ok());
    }

    #[tokio::test]
    async fn a_full_submission_class_speaks_as_the_pool_does() {
        let mut shares = shares();
        shares.submission.bytes_max = 0;
        let error = Budgets::new(&shares).enter(Class::Submission, &Arc::default(), 1).await.err().expect("no room");
        assert_eq!(error.code(), crate::error::code::IMMEDIATELY_DROPPED);
        assert!(error.data().is_some_and(|data| data.get().contains("\"PoolFull\"")), "{error}");
    }
}
