//! One account at work: makes its calls, signs them, hands them in, and repeats what a node refuses for the moment.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use parity_scale_codec::Encode;
use tierchain_primitives::H256;
use tierchain_primitives::extrinsic::{Era, Extrinsic, Nonce, extrinsic_hash};
use tierchain_primitives::ledger::{
    Announcement, BirthRequest, Detail, Etsi, Event, EventKind, Ownership, Precision, Relations, ServerId, ServerState,
    TrackerCustody, Uuid, party_id,
};
use tierchain_primitives::numbers::Micros;
use tierchain_rpc::api::{AuthorApiClient, ChainsApiClient, SystemApiClient};
use tierchain_rpc::client::{Client, refusal};
use tierchain_rpc::types::{Address, Bytes, RefusalKind, ServerUuid};
use tierchain_runtime::{Call, chains, system};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Account, Board, Mode, Network, Pace, Pending, Plan};

/// Servers of one account: a batch goes to at most so many chains.
const SERVERS: u32 = 16;

/// Most extrinsics of one account in flight: nodes take 256 ahead of the next nonce.
const IN_FLIGHT_MAX: usize = 200;

/// How long to wait before a refused extrinsic is handed in again.
const RETRY_AFTER: Duration = Duration::from_millis(20);

/// How long preparations may take.
const PREPARE_WAIT: Duration = Duration::from_secs(30);

/// A server of the account and the number of its next event.
struct Server {
    id: ServerId,
    next: u64,
}

/// One account with its servers.
pub(super) struct Worker {
    /// Its place among the accounts.
    place: u32,
    account: Account,
    client: Arc<Client>,
    network: Network,
    nonce: Nonce,
    servers: Vec<Server>,
    /// The server whose turn it is.
    turn: usize,
}

impl Worker {
    /// Fetches the account's nonce and, to append events, has its servers born.
    pub(super) async fn prepare(
        plan: &Plan,
        place: u32,
        client: Arc<Client>,
        network: Network,
    ) -> anyhow::Result<Self> {
        let account = Account::new(plan.seed, place);
        let nonce = client.account_next_index(Address(account.key.public())).await;
        let nonce = nonce.with_context(|| format!("the nonce of {}", account.address()))?;
        let mut worker = Self { place, account, client, network, nonce, servers: Vec::new(), turn: 0 };
        if let Mode::Append { .. } = plan.mode {
            worker.found_servers().await?;
        }
        Ok(worker)
    }

    /// Works until the plan's time or number is used up, and hands itself back for counting.
    pub(super) async fn work(mut self, plan: &Plan, board: &Board) -> anyhow::Result<Self> {
        let deadline = Instant::now() + Duration::from_secs(plan.seconds);
        let share = plan.accounts as usize;
        let (places, pause) = match plan.pace {
            Pace::Closed { in_flight } => ((in_flight / share).clamp(1, IN_FLIGHT_MAX), Duration::ZERO),
            Pace::Open { rate } => (IN_FLIGHT_MAX, Duration::from_secs_f64(f64::from(plan.accounts) / rate.max(0.001))),
        };
        let places = Arc::new(Semaphore::new(places));
        let mut submissions = JoinSet::new();
        // Accounts take turns within a pause instead of all being due at once.
        let mut due = Instant::now() + pause * self.place / plan.accounts;
        while due < deadline {
            tokio::time::sleep_until(due.into()).await;
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(permit) = tokio::time::timeout(left, places.clone().acquire_owned()).await else { break };
            let at = if pause.is_zero() { Instant::now() } else { due };
            let (call, events) = self.call(plan.mode);
            let bytes = self.sign(&call);
            let pending = Pending { due: at, events, _permit: permit.ok() };
            if !board.send(extrinsic_hash(&bytes), pending, plan.count) {
                break;
            }
            submissions.spawn(submit(self.client.clone(), bytes, board.clone()));
            due = if pause.is_zero() { Instant::now() } else { due + pause };
            while let Some(finished) = submissions.try_join_next() {
                finished.context("a submission panicked")??;
            }
        }
        while let Some(finished) = submissions.join_next().await {
            finished.context("a submission panicked")??;
        }
        Ok(self)
    }

    /// How many blocks the chains of its servers have.
    pub(super) async fn entity_blocks(&self) -> anyhow::Result<u64> {
        let mut blocks = 0;
        for server in &self.servers {
            let found = self.client.server(ServerUuid(server.id.uuid), None).await.context("chains_get")?;
            blocks += found.map_or(0, |info| u64::from(info.blocks));
        }
        Ok(blocks)
    }

    /// The next call, and how many events it carries.
    fn call(&mut self, mode: Mode) -> (Call, u64) {
        match mode {
            Mode::Remark => (Call::System(system::Call::Remark { remark: vec![0; 32] }), 0),
            Mode::Append { batch: 1 } => {
                let event = self.event();
                (Call::Chains(chains::Call::Append { event }), 1)
            }
            Mode::Append { batch } => {
                let events: Vec<Event> = (0..batch).map(|_| self.event()).collect();
                (Call::Chains(chains::Call::AppendBatch { events }), batch as u64)
            }
        }
    }

    /// The next event of the server whose turn it is: it runs, it pauses, it runs…
    fn event(&mut self) -> Event {
        let turn = self.turn % self.servers.len();
        self.turn += 1;
        let server = &mut self.servers[turn];
        let state = if server.next.is_multiple_of(2) { ServerState::Paused } else { ServerState::Running };
        let event = Event {
            server: server.id,
            number: server.next,
            occurred_at: now_us(),
            precision: Precision::Event,
            event: EventKind::StateChanged { state },
            meter: None,
            evidence: H256::ZERO,
            detail: Detail::default(),
        };
        server.next += 1;
        event
    }

    fn sign(&mut self, call: &Call) -> Vec<u8> {
        let Network { genesis, versions } = self.network;
        let nonce = self.nonce;
        self.nonce += 1;
        Extrinsic::sign(&self.account.key, call.encode(), Era::Immortal, nonce, versions, &genesis, &genesis).encode()
    }

    async fn found_servers(&mut self) -> anyhow::Result<()> {
        let era = self.nonce;
        for number in 0..SERVERS {
            let uuid = self.account.server(era, number);
            for call in self.birth(uuid) {
                let bytes = self.sign(&call);
                submit(self.client.clone(), bytes, Board::default()).await?;
            }
            // The account is its own foundry, so its number 0 is the birth.
            self.servers.push(Server { id: ServerId { uuid, generation: 0 }, next: 1 });
        }
        self.wait_until_born().await
    }

    /// Announcement and birth of a server of this account, which holds all the keys.
    fn birth(&self, uuid: Uuid) -> [Call; 2] {
        let server = ServerId { uuid, generation: 0 };
        let [provider, tenant, service] = ["load-provider", "load-tenant", "load-service"].map(party_id);
        let announcement = Announcement {
            server,
            host: self.account.host(),
            image: H256::ZERO,
            resources: None,
            tracker: self.account.key.public(),
            custody: TrackerCustody::Agent,
            ownership: Ownership { provider, tenant, service },
            etsi: Etsi::default(),
            relations: Relations::default(),
        };
        let request = BirthRequest {
            server,
            occurred_at: now_us(),
            precision: Precision::Event,
            evidence: H256::ZERO,
            previous: None,
        };
        let tracker_signature = self.account.key.sign(&request.signed_bytes(&self.network.genesis));
        [
            Call::Chains(chains::Call::Announce { announcement }),
            Call::Chains(chains::Call::Birth { request, tracker_signature }),
        ]
    }

    async fn wait_until_born(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PREPARE_WAIT;
        while self.entity_blocks().await? < u64::from(SERVERS) {
            if Instant::now() > deadline {
                bail!(
                    "the servers of {} were not born: was the network made with its account (`tierchain-testnet \
                     accounts`)?",
                    self.account.address()
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

/// Hands an extrinsic in, again and again while the node only has no room for it now.
async fn submit(client: Arc<Client>, bytes: Vec<u8>, board: Board) -> anyhow::Result<()> {
    loop {
        let Err(error) = client.submit_extrinsic(Bytes(bytes.clone())).await else { return Ok(()) };
        match refusal(&error) {
            Some(refused) if refused.kind == RefusalKind::AlreadyImported => return Ok(()),
            Some(refused) if refused.temporary => {
                board.retried();
                tokio::time::sleep(RETRY_AFTER).await;
            }
            _ => return Err(error).context("the node refuses an extrinsic"),
        }
    }
}

fn now_us() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).expect("u64 microseconds last for half a million years")
}
