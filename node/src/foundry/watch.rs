//! Watching for ends that nobody has anchored: those of orphans, whose hypervisor is silent.
//!
//! It follows the ends as the ledger gets them, from a cursor, and has the desk look at each once its hypervisor's time
//! is over: one look for one end. Where there is no bookmark it goes through the list of ended servers first, once.

use std::future::pending;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tierchain_primitives::ledger::{BlockKind, ServerId};
use tierchain_primitives::numbers::Millis;
use tierchain_rpc::api::{ChainApiClient, ChainsApiClient};
use tierchain_rpc::client::{Client, Subscription, connect_by};
use tierchain_rpc::types::{BlockFilter, ChainItem, Cursor, Named, ServerCursor, ServerFilter, ServerStatus};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};

use super::Validators;
use super::bookmark::Bookmark;
use super::desk::{Anchor, Job};
use super::ends::Ends;
use super::judge::Turn;

/// How long one call may take.
const CALL_WAIT: Duration = Duration::from_secs(5);

/// How long to wait before the next validator is tried.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// For how long one validator is followed: one that has stopped to hear of new blocks says nothing, and looks idle.
const FOLLOWED_FOR: Duration = Duration::from_secs(300);

/// The longest sleep.
const SLEEP_MAX: Duration = Duration::from_secs(5);

/// After how long an end is looked at again that isn't a foundry's yet, in milliseconds.
const SOON_MS: Millis = 1_000;

/// After how long an end is looked at again whose anchor the ledger refused, in milliseconds.
const REFUSED_MS: Millis = 60_000;

/// Servers per page of the list.
const PAGE: u32 = 256;

/// Most ends that the desk is asked about at once: what an account has on its way.
const ASKED_MAX: usize = 64;

/// Whoever watches.
pub(super) struct Watch {
    validators: Validators,
    /// Which of them is read.
    at: usize,
    /// For how long an end is its hypervisor's to anchor.
    silence_ms: Millis,
    desk: mpsc::Sender<Job>,
    bookmark: Option<Bookmark>,
    ends: Ends,
    /// Whether all ends before those that are followed are known.
    knows_old: bool,
}

/// Where ends are read.
enum Reading {
    /// Nowhere.
    Nothing,
    /// The list of ended servers, all of it at one validator.
    Old { client: Client, next: Option<ServerCursor> },
    /// What is new.
    News { _client: Client, items: Subscription<ChainItem>, since: Instant },
}

impl Watch {
    /// A watch that begins where the bookmark lies.
    pub(super) fn new(
        validators: Validators,
        silence_ms: Millis,
        desk: mpsc::Sender<Job>,
        bookmark: Option<Bookmark>,
    ) -> Self {
        let cursor = bookmark.as_ref().and_then(Bookmark::cursor);
        let ends = Ends::after(cursor.unwrap_or_default());
        Self { validators, at: 0, silence_ms, desk, bookmark, ends, knows_old: cursor.is_some() }
    }

    /// Watches for ever, at one validator after the other.
    pub(super) async fn run(mut self) {
        let mut reading = Reading::Nothing;
        let mut asked = FuturesUnordered::new();
        while !self.desk.is_closed() {
            reading = self.read_on(reading).await;
            while asked.len() < ASKED_MAX
                && let Some(server) = self.ends.take_due(now_ms())
            {
                asked.push(self.ask(server).await.map(move |turn| (server, turn)));
            }
            let nap = self.nap(&reading);
            tokio::select! {
                item = next(&mut reading), if !self.ends.is_full() => match item {
                    Some(item) => self.take(&item),
                    None => reading = self.turn("the subscription ended").await,
                },
                Some((server, turn)) = asked.next() => self.on_turn(server, turn.ok()),
                () = sleep(nap) => {}
            }
            if let (Some(bookmark), Some(settled), true) = (&mut self.bookmark, self.ends.settled_to(), self.knows_old)
            {
                bookmark.move_to(settled);
            }
        }
    }

    /// Begins to read where nothing is read, and reads a page of the list where that is read.
    async fn read_on(&mut self, reading: Reading) -> Reading {
        if self.ends.is_full() {
            return reading;
        }
        let read = match reading {
            Reading::Nothing => self.begin().await,
            Reading::Old { client, next } => self.read_page(client, next).await,
            Reading::News { since, .. } if since.elapsed() > FOLLOWED_FOR => {
                self.at += 1;
                self.begin().await
            }
            news @ Reading::News { .. } => Ok(news),
        };
        match read {
            Ok(reading) => reading,
            Err(error) => self.turn(&error).await,
        }
    }

    async fn begin(&mut self) -> Result<Reading, String> {
        let url = &self.validators.urls[self.at % self.validators.urls.len()];
        let scheme = if self.knows_old { "ws" } else { "http" };
        let rest = url.strip_prefix("http").or_else(|| url.strip_prefix("ws")).unwrap_or(url);
        let connected = connect_by(&format!("{scheme}{rest}"), CALL_WAIT, self.validators.tls.as_ref()).await;
        let client = connected.map_err(|error| error.to_string())?;
        if self.knows_old {
            let filter = BlockFilter { kind: Some(Named(BlockKind::End)), ..BlockFilter::default() };
            let items = client.subscribe_blocks(Some(self.ends.read_to()), Some(filter)).await.map_err(text)?;
            return Ok(Reading::News { _client: client, items, since: Instant::now() });
        }
        // What ends after this block is new, and the list has what ended before.
        let head = client.header(None).await.map_err(text)?.ok_or("it has no newest block")?;
        self.ends.go_to(Cursor::end_of(head.number.0));
        Ok(Reading::Old { client, next: None })
    }

    async fn read_page(&mut self, client: Client, next: Option<ServerCursor>) -> Result<Reading, String> {
        let filter =
            ServerFilter { status: Some(ServerStatus::Ended), anchored: Some(false), ..ServerFilter::default() };
        let page = client.servers(next, PAGE, Some(filter)).await.map_err(text)?;
        page.items.into_iter().for_each(|info| self.ends.add_old(info.server.into()));
        if page.next.is_some() {
            return Ok(Reading::Old { client, next: page.next });
        }
        self.knows_old = true;
        Ok(Reading::Nothing)
    }

    /// Goes on at the next validator.
    async fn turn(&mut self, error: &str) -> Reading {
        tracing::debug!(
            validator = self.validators.urls[self.at % self.validators.urls.len()],
            error,
            "reading elsewhere"
        );
        self.at += 1;
        sleep(AGAIN_AFTER).await;
        Reading::Nothing
    }

    fn take(&mut self, ChainItem { cursor, block }: &ChainItem) {
        let due = block.tx.block_timestamp.0.saturating_add(self.silence_ms);
        self.ends.add(block.tx.server.into(), *cursor, due);
    }

    /// Asks the desk to look at an end.
    async fn ask(&self, server: ServerId) -> oneshot::Receiver<Turn> {
        let (answer, turn) = oneshot::channel();
        // A desk that is gone drops the question.
        let _ = self.desk.send(Job::Anchor(Anchor { server, answer })).await;
        turn
    }

    fn on_turn(&mut self, server: ServerId, turn: Option<Turn>) {
        let now = now_ms();
        match turn {
            Some(Turn::Nobodys) => self.ends.settle(server),
            Some(Turn::Hypervisors { until }) => self.ends.put_off(server, until.max(now + SOON_MS)),
            // It was sent, and the ledger refused it.
            Some(Turn::Foundrys) => self.ends.put_off(server, now + REFUSED_MS),
            None => self.ends.put_off(server, now + SOON_MS),
        }
    }

    /// For how long nothing is to be done unless something comes.
    fn nap(&self, reading: &Reading) -> Duration {
        if !matches!(reading, Reading::News { .. }) && !self.ends.is_full() {
            return Duration::ZERO;
        }
        let due = self.ends.next_due().map(|due| Duration::from_millis(due.saturating_sub(now_ms())));
        // Whoever is due and isn't asked about waits for an answer to another.
        due.filter(|due| !due.is_zero()).unwrap_or(SLEEP_MAX).min(SLEEP_MAX)
    }
}

/// The next end that is new; none when the subscription has ended. Where none is read, nothing ever comes.
async fn next(reading: &mut Reading) -> Option<ChainItem> {
    match reading {
        Reading::News { items, .. } => items.next().await?.ok(),
        Reading::Old { .. } | Reading::Nothing => pending().await,
    }
}

fn text(error: tierchain_rpc::client::Error) -> String {
    error.to_string()
}

fn now_ms() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
