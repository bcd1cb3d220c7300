//! The submitter: brings what lies in the outbox to the ledger, and knows what is final.
//!
//! It keeps no record of its own. What the ledger shows decides what is done; everything else is sent, and sent again,
//! until it shows. So it doesn't matter where an agent was killed, whether its outbox was kept, or which validators
//! died: an extrinsic that says what is on the ledger already changes nothing there.
//!
//! One turn: take records; see which extrinsics are final ([`Submitter::observe`]); find the generation of new lives
//! ([`Submitter::place`]); sign what can be signed ([`Submitter::plan`]); hand in what is due
//! ([`Submitter::hand_in`]).

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use tierchain_client::{Account, Chain, EraStart, Flight, Ledger, LifeView, Outcome, Ring, SubmitError};
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::ledger::{Ownership, ServerId};
use tierchain_primitives::{AccountId, H256};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::error::AgentError;
use crate::feed::{Fed, SourceEnd};
use crate::record::{Fact, LifeId, Record};

mod errands;
mod notices;
mod place;
mod plan;
mod progress;
mod tally;
#[cfg(test)]
mod tests;

use errands::Errands;
pub(crate) use errands::{Decision, Errand, ErrandKey};
pub(crate) use notices::Notice;
use notices::Told;
use progress::Cargo;
pub(crate) use progress::{Progress, Stage};
use tally::{Said, Tally};

/// Records are taken from the source only while fewer happenings than this wait.
const BACKLOG_MAX: usize = 16 * 1024;

/// How many extrinsics are handed in at the same time.
const HANDED_IN_AT_ONCE: usize = 16;

/// The keys the agent holds and what it says of every server.
pub(crate) struct Identity {
    /// Signs announcements, events and anchors.
    pub(crate) hypervisor: KeyPair,
    /// The host's id.
    pub(crate) host: H256,
    /// What speaks for guests and foundries; none where trackers ask a foundry by themselves.
    pub(crate) stand_in: Option<StandIn>,
}

/// The keys by which an agent speaks for guests without a tracking application: a replay, a demo.
pub(crate) struct StandIn {
    /// Signs birth requests in the guest's place.
    pub(crate) tracker: KeyPair,
    /// Sends births.
    pub(crate) foundry: KeyPair,
    /// Whose the servers are, where the source doesn't say.
    pub(crate) ownership: Ownership,
}

/// An extrinsic that no validator will ever take: the agent and the network don't fit together.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the validators refuse an extrinsic for good: {0}")]
pub(crate) struct Rejected(String);

/// Which of the agent's accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Hypervisor,
    Foundry,
}

/// What an extrinsic carries.
#[derive(Clone, Debug)]
enum Load {
    /// Something of these lives.
    Lives(Vec<(LifeId, Cargo)>),
    /// Something that belongs to no life.
    Errand(ErrandKey),
}

/// Brings records to the ledger.
pub(crate) struct Submitter<L> {
    ring: Ring<L>,
    identity: Identity,
    chain: Chain,
    hypervisor: Account<Load>,
    /// None where births are others' to send, or the hypervisor's account is the foundry's too: one account has one
    /// row of nonces.
    foundry: Option<Account<Load>>,
    lives: BTreeMap<LifeId, Progress>,
    errands: Errands,
    told: Told,
    era_start: Option<(EraStart, Instant)>,
    said: Said,
}

impl<L: Ledger> Submitter<L> {
    /// Meets the network. Waits until a validator answers.
    pub(crate) async fn new(mut ring: Ring<L>, identity: Identity) -> Self {
        let chain = ring.meet().await;
        let hypervisor = meet_account(&mut ring, &identity.hypervisor).await;
        let other = identity.stand_in.as_ref().map(|stand_in| &stand_in.foundry);
        let foundry = match other.filter(|key| key.public() != identity.hypervisor.public()) {
            None => None,
            Some(key) => Some(meet_account(&mut ring, key).await),
        };
        let (lives, era_start, said) = (BTreeMap::new(), None, Said::new(Instant::now()));
        let (errands, told) = (Errands::default(), Told::nobody());
        Self { ring, identity, chain, hypervisor, foundry, lives, errands, told, era_start, said }
    }

    /// Tells from now on how far lives and errands have come.
    pub(crate) fn tell(&mut self, listener: mpsc::UnboundedSender<Notice>) {
        self.told = Told::to(listener);
    }

    /// The chain that it met.
    pub(crate) fn chain(&self) -> Chain {
        self.chain
    }

    /// Works until the source has ended and all it said is settled, and gives what the source said at its end.
    ///
    /// # Errors
    /// [`Rejected`], or what made the source end.
    pub(crate) async fn run(&mut self, feed: &mut mpsc::Receiver<Fed>) -> Result<Option<SourceEnd>, AgentError> {
        let mut end = None;
        loop {
            while self.backlog() < BACKLOG_MAX {
                match feed.try_recv() {
                    Ok(fed) => self.take(fed, &mut end)?,
                    Err(_) => break,
                }
            }
            self.turn().await?;
            self.report(false);
            let settled = self.is_settled();
            if settled && (end.is_some() || feed.is_closed() && feed.is_empty()) {
                self.report(true);
                return Ok(end);
            }
            if self.backlog() >= BACKLOG_MAX || end.is_some() {
                sleep(self.ring.pacing().look_every).await;
                continue;
            }
            // With everything settled only the source can bring work.
            let patience = if settled { Duration::from_secs(3_600) } else { self.ring.pacing().look_every };
            if let Ok(Some(fed)) = timeout(patience, feed.recv()).await {
                self.take(fed, &mut end)?;
            }
        }
    }

    /// The lives and how far each has come.
    pub(crate) fn lives(&self) -> impl Iterator<Item = &Progress> {
        self.lives.values()
    }

    /// Takes what the source side hands over.
    pub(crate) fn take(&mut self, fed: Fed, end: &mut Option<SourceEnd>) -> Result<(), AgentError> {
        match fed {
            Fed::Records(records) => records.into_iter().for_each(|record| self.add(record)),
            Fed::Gone(lives) => {
                self.lives.retain(|life, _| !lives.contains(life));
                self.told.forget(&lives);
            }
            Fed::Errand(errand) => self.errands.add(*errand),
            Fed::Ended(ended) => *end = Some(ended),
            Fed::Failed(error) => return Err(error),
        }
        Ok(())
    }

    fn add(&mut self, Record { life, fact, .. }: Record) {
        match &fact {
            Fact::Birth(birth) => {
                let birth = birth.clone();
                // A birth of the same account has taken number 0.
                let first_number = u64::from(self.identity.stand_in.is_some() && self.foundry.is_none());
                self.lives.entry(life).or_insert_with(|| Progress::new(life, birth, first_number));
            }
            Fact::Event(_) | Fact::Late(_) | Fact::Anchor | Fact::Left => {
                let born = self.lives.get_mut(&life);
                born.expect("the normaliser records a birth before anything else of a life").add(fact);
            }
        }
    }

    fn backlog(&self) -> usize {
        self.lives.values().map(Progress::backlog).sum()
    }

    /// Whether nothing is left to do.
    pub(crate) fn is_settled(&self) -> bool {
        self.errands.is_empty() && self.lives.values().all(Progress::is_settled)
    }

    /// Does once all that can be done now.
    pub(crate) async fn turn(&mut self) -> Result<(), Rejected> {
        self.observe().await;
        self.await_births().await;
        self.place().await;
        self.told.look(self.lives.values());
        self.plan().await;
        self.hand_in().await
    }

    fn account(&mut self, role: Role) -> &mut Account<Load> {
        match (role, &mut self.foundry) {
            (Role::Foundry, Some(foundry)) => foundry,
            _ => &mut self.hypervisor,
        }
    }

    /// Sees which extrinsics came to something, and signs those again that never will.
    async fn observe(&mut self) {
        for role in [Role::Hypervisor, Role::Foundry] {
            if self.account(role).is_idle() {
                continue;
            }
            let turns = self.ring.turns();
            // The height first: what the nonce shows is then as new as it, or newer.
            let height = self.ring.ask("its height", async |ledger: &L| ledger.height().await).await;
            let id = self.account(role).id();
            let nonce = self.ring.ask("a nonce", async |ledger: &L| ledger.nonce(&id).await).await;
            for (nonce, flight) in self.account(role).passed(nonce) {
                if !self.resolve(&flight, turns).await {
                    return;
                }
                self.account(role).remove(nonce);
            }
            if self.account(role).may_have_dead(height) && self.ring.turns() == turns {
                self.era_start = None;
                let (chain, start) = (self.chain, self.era_start().await);
                self.account(role).sign_dead_again(height, &chain, start);
            }
        }
    }

    /// Tells the lives in an extrinsic what came of it. Declines when the answers come from validators that may differ
    /// in how far they are: then they are asked again.
    async fn resolve(&mut self, flight: &Flight<Load>, turns: u64) -> bool {
        let hash = flight.hash;
        let outcome = self.ring.ask("an extrinsic's status", async |ledger: &L| ledger.outcome(&hash).await).await;
        let cargo = match &flight.cargo {
            Load::Lives(cargo) => cargo,
            Load::Errand(key) => {
                if self.ring.turns() != turns {
                    return false;
                }
                if let Some(result) = self.errands.on_outcome(key, outcome) {
                    self.told.errand(*key, result);
                }
                return true;
            }
        };
        let mut views = Vec::with_capacity(cargo.len());
        for (life, _) in cargo {
            let place = self.lives.get(life).and_then(|progress| progress.place);
            views.push(match place {
                Some((server, _)) => self.view(server).await,
                None => None,
            });
        }
        if self.ring.turns() != turns {
            return false;
        }
        let me = self.hypervisor.id();
        for ((life, cargo), view) in cargo.iter().zip(views) {
            let (succeeded, refusal) = verdict(&outcome, *cargo);
            if let Some(progress) = self.lives.get_mut(life) {
                progress.on_resolved(*cargo, succeeded, refusal, view, &me);
            }
        }
        true
    }

    /// Looks at the lives whose trackers ask for their births: nothing of ours tells when they are final.
    async fn await_births(&mut self) {
        let awaited = |life: &&Progress| life.awaits_birth();
        let places = self.lives.values().filter(awaited).filter_map(|life| Some((life.id, life.place?.0)));
        for (id, server) in places.collect::<Vec<_>>() {
            let view = self.view(server).await;
            let me = self.hypervisor.id();
            if let (Some(life), Some(view)) = (self.lives.get_mut(&id), view) {
                life.on_look(view, &me);
            }
        }
    }

    async fn view(&mut self, server: ServerId) -> Option<LifeView> {
        let question = async |ledger: &L| ledger.life(server.uuid, Some(server.generation)).await;
        self.ring.ask("a server's chain", question).await
    }

    /// Hands in what is due.
    async fn hand_in(&mut self) -> Result<(), Rejected> {
        for role in [Role::Hypervisor, Role::Foundry] {
            let due = self.account(role).due(Instant::now());
            for group in due.chunks(HANDED_IN_AT_ONCE) {
                let answers = join_all(group.iter().map(|(_, bytes)| self.ring.submit(bytes))).await;
                for ((nonce, _), answer) in group.iter().zip(answers) {
                    let taken = answer.is_ok();
                    match answer {
                        Ok(()) => {}
                        Err(SubmitError::Never(reason)) => return Err(Rejected(reason)),
                        Err(SubmitError::Later(reason)) => {
                            tracing::warn!(nonce, reason, "an extrinsic was not taken; it is sent again");
                            self.ring.turn();
                        }
                    }
                    self.account(role).on_handed_in(*nonce, taken, Instant::now());
                }
            }
        }
        Ok(())
    }

    /// Says how far it is, where that is news, and at the end.
    fn report(&mut self, last: bool) {
        let lives = &self.lives;
        let backlog = self.backlog();
        let tally = || {
            let count = |stage: fn(&Progress) -> bool| lives.values().filter(|life| stage(life)).count();
            Tally {
                servers: lives.len(),
                born: count(|life| life.stage == Stage::Born),
                waiting: backlog,
                ended: count(Progress::has_ended),
                settled: count(Progress::is_settled),
            }
        };
        if let Some(Tally { servers, born, waiting, ended, settled }) = self.said.news(Instant::now(), last, tally) {
            tracing::info!(servers, born, waiting, ended, settled, "progress");
        }
    }
}

async fn meet_account<L: Ledger>(ring: &mut Ring<L>, key: &KeyPair) -> Account<Load> {
    let id: AccountId = key.public();
    let nonce = ring.ask("a nonce", async |ledger: &L| ledger.nonce(&id).await).await;
    Account::new(key.clone(), nonce, ring.pacing())
}

/// What an extrinsic's outcome means for one life in it: whether it succeeded, and the first refusal.
fn verdict(outcome: &Outcome, cargo: Cargo) -> (bool, Option<String>) {
    match (outcome, cargo) {
        (Outcome::Unknown, _) => (false, None),
        (Outcome::Failed(reason), _) => (false, Some(reason.clone())),
        (Outcome::Succeeded { refused }, Cargo::Events { index, count }) => {
            let mine = refused.iter().find(|item| (index..index + count).contains(&item.index));
            (mine.is_none(), mine.map(|item| item.error.clone()))
        }
        (Outcome::Succeeded { .. }, _) => (true, None),
    }
}
