//! The foundry's desk: it alone has the key. Requests are judged, sent once, however often they are asked for, and
//! answered when the ledger shows them.

use std::collections::BTreeMap;

use parity_scale_codec::Encode;
use tierchain_client::{Account, Chain, EraStart, Ledger, Outcome, Ring, SubmitError, era_start};
use tierchain_primitives::H256;
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::ledger::{BirthRequest, ServerId};
use tierchain_primitives::numbers::Millis;
use tierchain_rpc::foundry_service::{BirthAnswer, BirthRefused};
use tierchain_rpc::types::Hash;
use tierchain_runtime::{Call, chains, meta};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Duration, Instant, sleep};

use super::judge::{self, Judgement, Turn};
use super::role;

/// How old the block that new signatures start from may be.
const ERA_START_AGE: Duration = Duration::from_secs(2);

/// Most requests for one and the same birth that wait for its answer.
const ASKING_MAX: usize = 16;

/// What the desk is asked for.
pub(super) enum Job {
    /// A birth.
    Birth(Birth),
    /// An end that nobody may have anchored.
    Anchor(Anchor),
}

/// An end to look at, and to anchor where that is a foundry's turn.
pub(super) struct Anchor {
    pub(super) server: ServerId,
    pub(super) answer: oneshot::Sender<Turn>,
}

/// A birth that is asked for.
pub(super) struct Birth {
    pub(super) request: BirthRequest,
    pub(super) signature: Signature,
    pub(super) answer: oneshot::Sender<Result<BirthAnswer, BirthRefused>>,
}

/// What an extrinsic carries.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Cargo {
    Birth(ServerId),
    Anchor(ServerId),
}

/// A birth on its way.
struct Pending {
    request: BirthRequest,
    signature: Signature,
    asking: Vec<oneshot::Sender<Result<BirthAnswer, BirthRefused>>>,
}

/// The desk.
pub(super) struct Desk<L> {
    ring: Ring<L>,
    chain: Chain,
    account: Account<Cargo>,
    births: BTreeMap<ServerId, Pending>,
    anchors: BTreeMap<ServerId, oneshot::Sender<Turn>>,
    era_start: Option<(EraStart, Instant)>,
}

impl<L: Ledger> Desk<L> {
    /// Meets the network. Waits until a validator answers.
    pub(super) async fn new(mut ring: Ring<L>, key: KeyPair) -> Self {
        let chain = ring.meet().await;
        let id = key.public();
        let nonce = ring.ask("a nonce", async |ledger: &L| ledger.nonce(&id).await).await;
        let account = Account::new(key, nonce, ring.pacing());
        Self { ring, chain, account, births: BTreeMap::new(), anchors: BTreeMap::new(), era_start: None }
    }

    /// Waits until its account has the role foundry.
    pub(super) async fn wait_for_role(&mut self) {
        let (ring, id) = (&mut self.ring, self.account.id());
        let ask = async || ring.ask("its roles", async |ledger: &L| role::is_granted(ledger, &id).await).await;
        role::wait(&id, ask).await;
    }

    /// Hash of the network's block 0.
    pub(super) fn genesis(&self) -> H256 {
        self.chain.genesis
    }

    /// For how long an end is its hypervisor's to anchor.
    pub(super) async fn silence_bound(&mut self) -> Millis {
        let parameters = self.ring.ask("the ledger's bounds", async |ledger: &L| judge::parameters(ledger).await).await;
        parameters.bounds.silence_ms
    }

    /// Works until nobody can ask any more.
    pub(super) async fn work(&mut self, jobs: &mut mpsc::Receiver<Job>) {
        loop {
            if self.account.is_idle() {
                let Some(job) = jobs.recv().await else { return };
                self.take(job).await;
            }
            while self.account.room() > 0
                && let Ok(job) = jobs.try_recv()
            {
                self.take(job).await;
            }
            self.observe().await;
            self.hand_in().await;
            if !self.account.is_idle() {
                sleep(self.ring.pacing().look_every).await;
            }
        }
    }

    async fn take(&mut self, job: Job) {
        match job {
            Job::Birth(birth) => self.take_birth(birth).await,
            Job::Anchor(anchor) => self.take_anchor(anchor).await,
        }
    }

    async fn take_birth(&mut self, Birth { request, signature, answer }: Birth) {
        let server = request.server;
        if let Some(pending) = self.births.get_mut(&server)
            && pending.request == request
            && pending.asking.len() < ASKING_MAX
        {
            pending.asking.push(answer);
            return;
        }
        match self.judge(&request, &signature).await {
            Judgement::Send if self.births.contains_key(&server) => {
                reply(answer, Err(busy("another request for this server is on its way: ask again after 1000 ms")));
            }
            Judgement::Send => {
                tracing::info!(%server, "sending a birth");
                self.births.insert(server, Pending { request, signature, asking: vec![answer] });
                self.send_birth(server).await;
            }
            Judgement::Born(hash) => {
                reply(answer, Ok(BirthAnswer { server: server.into(), birth_hash: Hash(hash), repeat: true }));
            }
            Judgement::Refused(refused) => reply(answer, Err(refused)),
        }
    }

    /// Anchors an end where that is a foundry's turn; else says whose it is.
    async fn take_anchor(&mut self, Anchor { server, answer }: Anchor) {
        let question = async |ledger: &L| judge::read_end(ledger, server).await;
        let state = self.ring.ask("an end that isn't anchored", question).await;
        match judge::turn(&state, &server) {
            Turn::Foundrys => {
                tracing::info!(%server, "anchoring an end that nobody has anchored in time");
                self.anchors.insert(server, answer);
                self.sign(Call::Meta(meta::Call::Anchor { server }), Cargo::Anchor(server)).await;
            }
            others => reply(answer, others),
        }
    }

    async fn judge(&mut self, request: &BirthRequest, signature: &Signature) -> Judgement {
        let server = request.server;
        let state = self.ring.ask("a server's birth", async |ledger: &L| judge::read(ledger, server).await).await;
        judge::judge(&state, &self.chain.genesis, request, signature)
    }

    async fn send_birth(&mut self, server: ServerId) {
        let Some(Pending { request, signature, .. }) = self.births.get(&server) else { return };
        let (request, tracker_signature) = (request.clone(), *signature);
        self.sign(Call::Chains(chains::Call::Birth { request, tracker_signature }), Cargo::Birth(server)).await;
    }

    async fn sign(&mut self, call: Call, cargo: Cargo) {
        let start = self.era_start().await;
        self.account.sign(call.encode(), cargo, &self.chain, start);
    }

    /// Sees which extrinsics came to something, and signs those again that never will.
    async fn observe(&mut self) {
        if self.account.is_idle() {
            return;
        }
        let turns = self.ring.turns();
        // The height first: what the nonce shows is then as new as it, or newer.
        let height = self.ring.ask("its height", async |ledger: &L| ledger.height().await).await;
        let id = self.account.id();
        let nonce = self.ring.ask("a nonce", async |ledger: &L| ledger.nonce(&id).await).await;
        for (nonce, flight) in self.account.passed(nonce) {
            let hash = flight.hash;
            let outcome = self.ring.ask("an extrinsic's status", async |ledger: &L| ledger.outcome(&hash).await).await;
            if self.ring.turns() != turns {
                // Another validator may be behind: what it shows doesn't go with the nonce.
                return;
            }
            self.account.remove(nonce);
            self.on_outcome(flight.cargo, outcome).await;
        }
        if self.account.may_have_dead(height) && self.ring.turns() == turns {
            self.era_start = None;
            let start = self.era_start().await;
            self.account.sign_dead_again(height, &self.chain, start);
        }
    }

    async fn on_outcome(&mut self, cargo: Cargo, outcome: Outcome) {
        match cargo {
            Cargo::Anchor(server) => self.on_anchor(server, outcome).await,
            Cargo::Birth(server) => self.on_birth(server, outcome).await,
        }
    }

    /// An anchor was decided, or its nonce was taken by another: then what stands on the ledger says whether it is still
    /// due.
    async fn on_anchor(&mut self, server: ServerId, outcome: Outcome) {
        let Some(answer) = self.anchors.remove(&server) else { return };
        match outcome {
            Outcome::Succeeded { .. } => reply(answer, Turn::Nobodys),
            Outcome::Unknown => self.take_anchor(Anchor { server, answer }).await,
            Outcome::Failed(reason) => {
                tracing::warn!(%server, reason, "an end can't be anchored now");
                reply(answer, Turn::Foundrys);
            }
        }
    }

    /// A birth was decided, or its nonce was taken by another: what stands on the ledger says what came of it.
    async fn on_birth(&mut self, server: ServerId, outcome: Outcome) {
        let Some(Pending { request, signature, .. }) = self.births.get(&server) else { return };
        let (request, signature) = (request.clone(), *signature);
        let answer = match (self.judge(&request, &signature).await, outcome) {
            (Judgement::Born(hash), _) => {
                tracing::info!(%server, birth = %hash, "born");
                Ok(BirthAnswer { server: server.into(), birth_hash: Hash(hash), repeat: false })
            }
            (Judgement::Send, Outcome::Failed(reason)) => {
                let (kind, message) = reason.split_once(": ").unwrap_or(("Refused", &reason));
                Err(BirthRefused { kind: kind.into(), message: message.into(), temporary: false })
            }
            (Judgement::Send, Outcome::Unknown | Outcome::Succeeded { .. }) => return self.send_birth(server).await,
            (Judgement::Refused(refused), _) => Err(refused),
        };
        if let Some(pending) = self.births.remove(&server) {
            pending.asking.into_iter().for_each(|asking| reply(asking, answer.clone()));
        }
    }

    async fn hand_in(&mut self) {
        for (nonce, bytes) in self.account.due(Instant::now()) {
            let answer = self.ring.submit(&bytes).await;
            if let Err(SubmitError::Later(reason) | SubmitError::Never(reason)) = &answer {
                tracing::warn!(nonce, reason, "an extrinsic was not taken; it is sent again");
                self.ring.turn();
            }
            self.account.on_handed_in(nonce, answer.is_ok(), Instant::now());
        }
    }

    async fn era_start(&mut self) -> EraStart {
        if let Some((start, _)) = self.era_start.filter(|(_, at)| at.elapsed() < ERA_START_AGE) {
            return start;
        }
        let start = era_start(&mut self.ring).await;
        self.era_start = Some((start, Instant::now()));
        start
    }
}

fn busy(message: &str) -> BirthRefused {
    BirthRefused { kind: "Busy".into(), message: message.into(), temporary: true }
}

/// Answers whoever still waits.
fn reply<T>(asking: oneshot::Sender<T>, answer: T) {
    let _ = asking.send(answer);
}
