//! The host: follows the directives of one host, runs its servers by a driver, and writes down what happens to them.
//!
//! ```text
//! ledger ── open directives ──> host ──> driver ──> servers
//!                                │  <── looks ──┘      │
//! submitter <── outbox <── event log  <── channel ── trackers
//! ```
//!
//! A value: what happened goes in with the time, what is to be said goes out. Everything it does is decided from what is
//! on disk and what is: the directive journal, the event log and the servers themselves. So it doesn't matter where an
//! agent was killed: what was begun is looked at again, what took effect is not done twice, and what was said is said
//! again in the same words.
//!
//! - Only directives make, change or end servers. Each is accepted first; it is begun when that is final.
//! - The event log says each change once: a look writes what differs from what was written last.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::directives::{self, DirectiveId, DirectiveRecord, Status};
use tierchain_runtime::{Call, chains};

use crate::append_log::LogError;
use crate::driver::{Driver, Observation};
use crate::error::AgentError;
use crate::feed::Fed;
use crate::record::LifeId;
use crate::submitter::{Errand, ErrandKey, Notice};

mod act;
mod attest;
pub(crate) mod book;
mod guests;
mod intake;
mod journal;
mod look;
pub(crate) mod run;
#[cfg(test)]
mod tests;
mod trackers;

use attest::Watch;
pub(crate) use guests::FromGuest;
use guests::Guests;
use intake::Intake;
use journal::{Answer, Journal};

/// What ends a host.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostError {
    /// A log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The outbox.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The outbox can't be opened.
    #[error(transparent)]
    Outbox(#[from] crate::outbox::OutboxError),
    /// Directives or images or servers.
    #[error("{what} {path} can't be used: {source}; check the disk and the folder's rights")]
    Folder {
        /// What for.
        what: &'static str,
        /// Which.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// What a host is told about itself.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Its 32-byte id.
    pub(crate) host: H256,
    /// Its hypervisor's account.
    pub(crate) account: AccountId,
    /// Hash of the network's block 0.
    pub(crate) genesis: H256,
    /// Foundries, for its trackers.
    pub(crate) foundries: Vec<String>,
    /// How often it is attested that the host was watched.
    pub(crate) attest_every: Micros,
}

/// What happens to a host.
#[derive(Debug)]
pub(crate) enum Input {
    /// Time has passed: look at the servers.
    Look,
    /// The directives of this host that are open on the ledger.
    Directives(Vec<(DirectiveId, DirectiveRecord)>),
    /// Something is final.
    Notice(Notice),
    /// A tracker said something.
    Guest(FromGuest),
}

/// Where a life stands on the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    server: ServerId,
    previous: Option<H256>,
    born: bool,
}

/// A host.
pub(crate) struct Host<D> {
    settings: Settings,
    driver: D,
    intake: Intake,
    journal: Journal,
    guests: Guests,
    watch: Watch,
    /// Where lives stand on the ledger, as far as the submitter has told.
    places: BTreeMap<LifeId, Place>,
    /// Lives that the ledger or the foundries won't have, and why.
    unwanted: BTreeMap<LifeId, String>,
    /// Open directives as last read.
    open: BTreeMap<DirectiveId, DirectiveRecord>,
    /// Acceptances and answers on their way.
    accepting: BTreeSet<DirectiveId>,
    answering: BTreeSet<DirectiveId>,
    /// When the tracker of a server that isn't in the log yet was first waited for.
    awaited: BTreeMap<DirectiveId, Micros>,
    /// What the driver saw at the last look.
    seen: BTreeMap<Uuid, Observation>,
    /// Whether the open directives were read since this agent was started.
    has_read: bool,
    /// Whether there was a look since this agent was started: before it, nobody watched.
    has_looked: bool,
    outgoing: VecDeque<Fed>,
}

impl<D: Driver> Host<D> {
    /// A host that goes on where an earlier one was left in the folder `state`.
    ///
    /// # Errors
    /// [`HostError`] when the folder can't be used.
    pub(crate) fn open(settings: Settings, state: &Path, driver: D) -> Result<Self, HostError> {
        let (intake, records) = Intake::open(state, settings.account)?;
        let mut outgoing = VecDeque::new();
        if !records.is_empty() {
            outgoing.push_back(Fed::Records(records));
        }
        Ok(Self {
            watch: Watch::new(settings.attest_every),
            settings,
            driver,
            intake,
            journal: Journal::open(state)?,
            guests: Guests::default(),
            places: BTreeMap::new(),
            unwanted: BTreeMap::new(),
            open: BTreeMap::new(),
            accepting: BTreeSet::new(),
            answering: BTreeSet::new(),
            awaited: BTreeMap::new(),
            seen: BTreeMap::new(),
            has_read: false,
            has_looked: false,
            outgoing,
        })
    }

    /// Takes what happened.
    ///
    /// # Errors
    /// [`HostError`] when the disk refuses: the agent must be started again then.
    pub(crate) fn on(&mut self, now: Micros, input: Input) -> Result<(), HostError> {
        match input {
            Input::Look => self.look(now)?,
            Input::Directives(open) => self.on_directives(open),
            Input::Notice(notice) => self.on_notice(notice),
            Input::Guest(message) => self.on_guest(message),
        }
        // Directives first read at a start may have been begun before: they are looked at before the servers are, so
        // that what a directive did isn't taken for something that happened by itself.
        self.act(now)?;
        self.tell_guests();
        self.carry_reports();
        Ok(())
    }

    /// What is to be said next.
    pub(crate) fn next_outgoing(&mut self) -> Option<Fed> {
        self.outgoing.pop_front()
    }

    /// Gives back what couldn't be said now.
    pub(crate) fn put_back(&mut self, fed: Fed) {
        self.outgoing.push_front(fed);
    }

    fn on_directives(&mut self, open: Vec<(DirectiveId, DirectiveRecord)>) {
        self.has_read = true;
        self.open = open.into_iter().collect();
        for (id, record) in &self.open {
            if record.status == Status::Issued && self.accepting.insert(*id) {
                tracing::info!(directive = id, action = record.directive.action.name(), "accepting a directive");
                let call = Call::Directives(directives::Call::Accept { id: *id });
                self.outgoing.push_back(errand(ErrandKey::Accept(*id), call));
            }
        }
    }

    fn on_notice(&mut self, notice: Notice) {
        match notice {
            Notice::Announced { life, server, previous } => {
                tracing::info!(%server, "announced");
                self.places.insert(life, Place { server, previous, born: false });
            }
            Notice::Born { life, server } => {
                tracing::info!(%server, "born");
                self.places.insert(life, Place { server, previous: None, born: true });
            }
            Notice::Ended(life) => {
                tracing::info!(?life, "its end is on the ledger");
                if self.intake.book.life(life.uuid).is_some_and(|known| known.id == life && known.is_living()) {
                    tracing::warn!(
                        ?life,
                        "others ended its chain while this host was silent: what happens to it is counted as late, and no \
                         directive reaches it; end what still runs of it by hand"
                    );
                }
            }
            Notice::Anchored(life) => {
                tracing::info!(?life, "its end is anchored");
                self.places.remove(&life);
            }
            Notice::Refused { life, reason } => {
                tracing::warn!(?life, reason, "the ledger refuses a server");
                self.unwanted.insert(life, reason);
            }
            Notice::Errand(key, decision) => self.on_decision(key, decision),
        }
    }

    fn on_decision(&mut self, key: ErrandKey, decision: Result<Vec<tierchain_client::ItemRefused>, String>) {
        match &decision {
            Err(reason) => tracing::warn!(?key, reason, "the ledger refused"),
            Ok(refused) => refused.iter().for_each(|item| tracing::warn!(?key, ?item, "the ledger refused an item")),
        }
        match key {
            ErrandKey::Accept(id) => drop(self.accepting.remove(&id)),
            ErrandKey::Answer(id) => {
                // Done with, whatever the ledger says: an expired directive takes no answer.
                self.open.remove(&id);
                self.answering.remove(&id);
            }
            ErrandKey::Attest => self.watch.on_decision(decision.is_ok()),
            ErrandKey::Guest(uuid) => self.on_reports_decided(uuid),
        }
    }

    /// Writes down how a directive went, then says it.
    fn answer(&mut self, id: DirectiveId, answer: Answer, words: &str) -> Result<(), HostError> {
        tracing::info!(directive = id, outcome = words, "answering a directive");
        self.journal.close(id, answer, words)?;
        self.say_answer(id);
        Ok(())
    }

    /// Says how a directive went, unless that is on its way.
    fn say_answer(&mut self, id: DirectiveId) {
        let Some(answer) = self.journal.answer(id) else { return };
        if self.answering.insert(id) {
            let call = Call::Directives(answer.call(id));
            self.outgoing.push_back(errand(ErrandKey::Answer(id), call));
        }
    }

    fn attest(&mut self, now: Micros) {
        if let Some((since, until)) = self.watch.due(now) {
            let host = self.settings.host;
            let call = Call::Chains(chains::Call::Attest { host, since, until });
            self.outgoing.push_back(errand(ErrandKey::Attest, call));
        }
    }
}

fn errand(key: ErrandKey, call: Call) -> Fed {
    Fed::Errand(Box::new(Errand { key, call }))
}
