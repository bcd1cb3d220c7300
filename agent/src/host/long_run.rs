//! A host that runs thousands of short-lived servers on a ledger that executes the real runtime, and is killed again and
//! again: everything that happened is on the ledger once, and the folder stays small.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tierchain_client::{Pacing, Ring};
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::ledger::{BirthRequest, Etsi, EventKind, Ownership, Relations, party_id};
use tierchain_runtime::directives::{Action, Directive, Order};
use tierchain_runtime::{foundry, query};
use tokio::sync::mpsc;

use super::intake::{EVENTS, Limits};
use super::run::open_directives;
use super::tests::{FakeDriver, Machine, folder_in_memory};
use super::*;
use crate::append_log::fuse;
use crate::channel::{ToGuest, scale};
use crate::driver::Seen;
use crate::fake::{FakeLedger, GENESIS, World, keys, provider};
use crate::submitter::{Identity, Submitter};

/// Everything a thousand times as fast.
const QUICK: Pacing = Pacing {
    look_every: Duration::from_micros(30),
    final_after: Duration::from_millis(2),
    wait_first: Duration::from_micros(200),
    wait_longest: Duration::from_millis(30),
};

const IMAGE: H256 = H256([4; 32]);

/// How many servers live at the same time.
const TOGETHER: usize = directives::OPEN_OF_PROVIDER_MAX as usize - 4;

/// The agent, as long as it isn't killed.
struct Agent {
    host: Host<FakeDriver>,
    submitter: Submitter<FakeLedger>,
    notices: mpsc::UnboundedReceiver<Notice>,
}

/// All that outlives it.
struct Town {
    folder: tempfile::TempDir,
    machine: Rc<RefCell<Machine>>,
    world: Rc<RefCell<World>>,
    ledger: FakeLedger,
    trackers: BTreeMap<u32, mpsc::UnboundedReceiver<ToGuest>>,
    now: Micros,
    issued: DirectiveId,
    /// Directives that aren't done, and what each is to lead to.
    creating: VecDeque<(DirectiveId, Uuid)>,
    destroying: VecDeque<(DirectiveId, ServerId)>,
    ended: BTreeSet<ServerId>,
    /// Names that nobody has: servers come again under them.
    free: VecDeque<Uuid>,
    limits: Limits,
    closed_max: usize,
}

fn settings() -> Settings {
    Settings {
        host: party_id("host-0"),
        account: keys().0.public(),
        genesis: GENESIS,
        foundries: vec!["http://f".into()],
        attest_every: 10_000_000,
        move_wait: 1_000_000,
    }
}

fn tracker() -> KeyPair {
    KeyPair::from_seed(&[8; 32])
}

impl Town {
    fn new(names: u32) -> Self {
        let world = World::new();
        let ledger = World::validators(&world, 1).remove(0);
        let call = Call::Foundry(foundry::Call::AddImage { image: IMAGE });
        world.borrow_mut().say(&provider().1, &call);
        world.borrow_mut().make_block();
        let (machine, trackers) = (Rc::default(), BTreeMap::new());
        let (creating, destroying, ended) = (VecDeque::new(), VecDeque::new(), BTreeSet::new());
        let (folder, now, issued) = (folder_in_memory(), 100_000_000, 0);
        let (free, limits, closed_max) = ((0..names).map(uuid).collect(), Limits::default(), 256);
        Self {
            folder,
            machine,
            world,
            ledger,
            trackers,
            now,
            issued,
            creating,
            destroying,
            ended,
            free,
            limits,
            closed_max,
        }
    }

    async fn start(&self) -> Result<Agent, HostError> {
        let identity = Identity { hypervisor: keys().0, host: settings().host, stand_in: None };
        let ring = Ring::new(World::validators(&self.world, 4), QUICK);
        let mut submitter = Submitter::new(ring, identity).await;
        let (told, notices) = mpsc::unbounded_channel();
        submitter.tell(told);
        let mut host = Host::open(settings(), self.folder.path(), FakeDriver(Rc::clone(&self.machine)))?;
        (host.intake.limits, host.journal.closed_max) = (self.limits, self.closed_max);
        Ok(Agent { host, submitter, notices })
    }

    fn issue(&mut self, action: Action) -> DirectiveId {
        let id = self.issued;
        self.issued += 1;
        let mut reference = [0; 32];
        reference[..8].copy_from_slice(&id.to_le_bytes());
        let deadline = self.now / 1_000 + 600_000;
        let directive = Directive { reference: H256(reference), host: settings().host, action, deadline };
        self.world.borrow_mut().say(&provider().1, &Call::Directives(directives::Call::Issue { directive }));
        id
    }

    fn order(&mut self, uuid: Uuid) {
        let ownership = Ownership { provider: provider().0, tenant: H256([2; 32]), service: H256([3; 32]) };
        let (etsi, relations) = (Etsi::default(), Relations::default());
        let order = Order { uuid, image: IMAGE, resources: None, ownership, etsi, relations };
        let id = self.issue(Action::Create(order));
        self.creating.push_back((id, uuid));
    }

    fn status(&self, id: DirectiveId) -> Option<DirectiveRecord> {
        query::directive(self.world.borrow().state(), id)
    }

    /// What the operator does: whatever was made is ended.
    fn operate(&mut self) {
        for (id, uuid) in core::mem::take(&mut self.creating) {
            match self.status(id) {
                Some(DirectiveRecord { status: Status::Done, server: Some(server), .. }) => {
                    let id = self.issue(Action::Destroy { server });
                    self.destroying.push_back((id, server));
                }
                Some(record) if !record.status.is_open() => panic!("directive {id}: {:?}", record.status),
                _ => self.creating.push_back((id, uuid)),
            }
        }
        for (id, server) in core::mem::take(&mut self.destroying) {
            match self.status(id) {
                Some(DirectiveRecord { status: Status::Done, .. }) => {
                    self.ended.insert(server);
                    self.free.push_back(server.uuid);
                }
                Some(record) if !record.status.is_open() => panic!("directive {id}: {:?}", record.status),
                _ => self.destroying.push_back((id, server)),
            }
        }
    }

    /// Everything that may happen, once; the agent may be killed at it.
    async fn round(&mut self, agent: &mut Agent) -> Result<(), HostError> {
        self.now += 50_000;
        let now = self.now;
        self.world.borrow_mut().now_ms = now / 1_000;
        self.machine.borrow_mut().now = now;
        self.operate();
        self.world.borrow_mut().make_block();
        let open = open_directives(&self.ledger, settings().host).await.expect("it answers");
        let Agent { host, submitter, notices } = agent;
        let steps = query::directive_change_count(self.world.borrow().state());
        host.on(now, Input::ReadAt(steps))?;
        host.on(now, Input::Directives(open))?;
        host.on(now, Input::Look)?;
        self.speak_for_guests(host)?;
        while let Some(fed) = host.next_outgoing() {
            submitter.take(fed, &mut None).expect("the host is well");
        }
        submitter.turn().await.expect("nothing is rejected");
        while let Ok(notice) = notices.try_recv() {
            host.on(now, Input::Notice(notice))?;
        }
        Ok(())
    }

    /// Trackers show their key, and ask for their birth when they are announced.
    fn speak_for_guests(&mut self, host: &mut Host<FakeDriver>) -> Result<(), HostError> {
        let living = |seen: &Seen| !matches!(seen, Seen::Gone { .. });
        let machine = self.machine.borrow();
        let pids: Vec<u32> =
            machine.servers.values().filter(|server| living(&server.seen)).map(|server| server.pid).collect();
        drop(machine);
        self.trackers.retain(|pid, _| pids.contains(pid));
        for pid in pids {
            if host.guests.of(pid).is_none() {
                let (out, messages) = mpsc::unbounded_channel();
                self.trackers.insert(pid, messages);
                let hello = FromGuest::Hello { pid, key: tracker().public(), out };
                host.on(self.now, Input::Guest(hello))?;
            }
        }
        for messages in self.trackers.values_mut() {
            while let Ok(message) = messages.try_recv() {
                let ToGuest::Announced { request, born: false, .. } = message else { continue };
                let request: BirthRequest = scale(&request).expect("the host's own words");
                let tracker_signature = tracker().sign(&request.signed_bytes(&GENESIS));
                let call = Call::Chains(chains::Call::Birth { request, tracker_signature });
                self.world.borrow_mut().say(&keys().1, &call);
            }
        }
        Ok(())
    }

    /// So many servers live and end, with an agent that `disturb` may end before each round, or give a fuse. Gives how often
    /// a fuse killed it.
    async fn live(&mut self, count: u32, mut disturb: impl FnMut(&Self, Option<&Agent>) -> bool) -> u32 {
        let (mut next, mut kills, mut agent) = (0, 0, None);
        for round in 0.. {
            assert!(round < 100 * (count + 100), "{} of {count} servers have ended", self.ended.len());
            let done = self.ended.len() as u32 >= count;
            if done && agent.as_ref().is_some_and(|agent: &Agent| agent.submitter.is_settled()) {
                return kills;
            }
            while next < count && self.creating.len() + self.destroying.len() < TOGETHER {
                let name = self.free.pop_front().expect("there are more names than servers at a time");
                self.order(name);
                next += 1;
            }
            if disturb(self, agent.as_ref()) {
                agent = None;
            }
            let mut living = match agent.take() {
                Some(living) => Some(living),
                None => self.start().await.ok(),
            };
            let went_on = match &mut living {
                Some(living) => self.round(living).await.is_ok(),
                None => false,
            };
            if went_on && !fuse::is_burnt() {
                agent = living;
            } else {
                assert!(fuse::is_burnt(), "the host failed by itself");
                fuse::set(None);
                kills += 1;
            }
        }
        unreachable!("the rounds are bounded")
    }

    /// The line of every block that the host wrote is to be found.
    fn assert_evidence_is_there(&self) {
        let mut known = BTreeSet::new();
        let state = self.folder.path();
        let mut learn = |hash: H256| {
            known.insert(hash);
        };
        for path in archive::segments(&state.join(archive::FOLDER)).expect("it can be read") {
            let on_fault = |line, reason| panic!("{} {line}: {reason}", path.display());
            archive::read(&path, |_, hash, _| learn(hash), on_fault).expect("it can be read");
        }
        let log = fs::read_to_string(state.join(EVENTS)).expect("it is there");
        known.extend(log.lines().map(|line| tierchain_primitives::hash::sha256(&[line.as_bytes()])));
        for block in &self.world.borrow().entity_blocks {
            assert!(known.contains(&block.tx.event.evidence), "{}", block.tx.event.server);
        }
    }

    /// A validator that shows what was done long ago as open makes no server start again.
    async fn assert_nothing_is_done_again(&self) {
        let mut agent = self.start().await.expect("it opens");
        for id in 0..self.issued {
            let mut record = self.status(id).expect("it was issued");
            record.status = Status::Accepted;
            if !agent.host.journal.has_begun(id) {
                assert!(agent.host.journal.is_past(id), "directive {id}");
                agent.host.on(self.now, Input::Directives(vec![(id, record)])).expect("it lives");
            }
        }
        assert!(self.machine.borrow().servers.is_empty());
        assert!(self.machine.borrow().starts.values().all(|starts| *starts == 1));
    }

    /// Each server's life stands there once and whole, and was started once.
    fn assert_all_is_told(&self, count: u32) {
        let world = self.world.borrow();
        assert_eq!((self.ended.len(), world.meta_blocks.len()), (count as usize, count as usize));
        for server in &self.ended {
            let story: Vec<String> = world
                .chain(*server)
                .map(|block| match &block.tx.event.event {
                    EventKind::StateChanged { state } => state.name().to_owned(),
                    kind => kind.name().to_owned(),
                })
                .collect();
            assert_eq!(story, ["Born", "RUNNING", "Ended"], "{server}");
        }
        let machine = self.machine.borrow();
        assert!(machine.servers.is_empty() && machine.starts.values().all(|starts| *starts == 1));
        assert_eq!(machine.starts.len(), count as usize);
    }
}

fn uuid(number: u32) -> Uuid {
    let mut bytes = [0x5e; 16];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    Uuid(bytes)
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let size = |entry: fs::DirEntry| match entry.metadata().expect("it is there") {
        metadata if metadata.is_dir() => bytes_in(&entry.path()),
        metadata => metadata.len(),
    };
    entries.map(size).sum()
}

/// What an agent reads at its start.
fn working_bytes(folder: &Path) -> u64 {
    let file = |name: &str| fs::metadata(folder.join(name)).map_or(0, |metadata| metadata.len());
    let outbox = folder.join("outbox");
    file(EVENTS) + file("directives.jsonl") + if outbox.exists() { bytes_in(&outbox) } else { 0 }
}

#[tokio::test]
async fn a_folder_stays_small_and_all_that_happened_is_on_the_ledger_once() {
    const SERVERS: u32 = 3_000;
    for seed in [1, 2] {
        fuse::set(None);
        let mut town = Town::new(64);
        (town.limits, town.closed_max) = (Limits { bytes: 16 * 1024, lives: 48, step_lines: 100 }, 48);
        let mut random = StdRng::seed_from_u64(seed);
        let (mut most, mut lives, mut restarts) = (0, 0, 0);
        let kills = town
            .live(SERVERS, |town, agent| {
                most = most.max(working_bytes(town.folder.path()));
                lives = lives.max(agent.map_or(0, |agent| agent.submitter.lives().count()));
                if random.random_ratio(1, 25) && !fuse::is_burnt() {
                    fuse::set(Some(random.random_range(1..120)));
                }
                let restarts_now = random.random_ratio(1, 50);
                if restarts_now && random.random_ratio(1, 4) && town.folder.path().join("outbox").exists() {
                    fs::remove_dir_all(town.folder.path().join("outbox")).expect("it can be removed");
                }
                restarts += u32::from(restarts_now);
                restarts_now
            })
            .await;
        town.assert_all_is_told(SERVERS);
        println!("seed {seed} · kills {kills} · restarts {restarts} · most {most} bytes · most {lives} lives");
        assert!(kills > 40 && restarts > 15, "{kills} kills, {restarts} restarts");
        // Some 1.9 KB a life: all of them would be some six megabytes.
        assert!(most < 256 * 1024 && lives < 250, "{most} bytes, {lives} lives");
        town.assert_evidence_is_there();
        town.assert_nothing_is_done_again().await;
    }
}

#[tokio::test]
#[ignore = "it measures: TIERCHAIN_SERVERS=20000 cargo test --release -p tierchain-agent figures -- --ignored --nocapture"]
async fn figures() {
    fuse::set(None);
    let count = std::env::var("TIERCHAIN_SERVERS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let mut town = Town::new(count);
    let began = Instant::now();
    town.live(count, |_, _| false).await;
    println!("servers {count} · lived in {:?}", began.elapsed());
    town.assert_all_is_told(count);
    for entry in fs::read_dir(town.folder.path()).expect("a folder").map(|entry| entry.expect("an entry")) {
        let bytes = if entry.path().is_dir() { bytes_in(&entry.path()) } else { entry.metadata().expect("it").len() };
        println!("{} {bytes}", entry.file_name().to_string_lossy());
    }
    let began = Instant::now();
    let mut agent = town.start().await.expect("it opens");
    println!("opened in {:?}", began.elapsed());
    let mut rounds = 0;
    while rounds < 2 || !agent.submitter.is_settled() {
        town.round(&mut agent).await.expect("it lives");
        rounds += 1;
    }
    println!("settled after {:?} and {rounds} rounds", began.elapsed());
    let status = fs::read_to_string("/proc/self/status").expect("it is Linux");
    println!("{}", status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default());
}
