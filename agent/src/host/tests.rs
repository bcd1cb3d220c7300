//! A host with a driver and a ledger in memory, killed at every point at which it touches disk or driver.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::ledger::{
    Detail, Etsi, Event, EventKind, GuestReport, Ownership, Precision, Relations, ServerState,
};
use tierchain_runtime::directives::{Action, Directive, FailReason, Order};
use tokio::sync::mpsc;

use super::intake::Limits;
use super::*;
use crate::append_log::fuse;
use crate::channel::ToGuest;
use crate::driver::{DriverError, Figures, Halted, Request, Seed, Seen};
use crate::record::{Fact, Happening, Record};

mod letting_go;

/// The servers of a machine: they outlive the agent.
#[derive(Default)]
pub(super) struct Machine {
    pub(super) servers: BTreeMap<Uuid, Server>,
    /// How often each directive has started a server.
    pub(super) starts: BTreeMap<DirectiveId, u32>,
    /// What its clock shows, where that matters.
    pub(super) now: Micros,
    cpu_us: u64,
    /// The key on the servers' disks.
    pub(super) tracker: Option<KeyPair>,
    /// Whether images are there.
    pub(super) lacks_images: bool,
}

#[derive(Clone)]
pub(super) struct Server {
    pub(super) directive: DirectiveId,
    pub(super) pid: u32,
    started: Micros,
    pub(super) seen: Seen,
}

/// A driver whose every act may be the last thing that its agent does, before or after it took effect.
pub(super) struct FakeDriver(pub(super) Rc<RefCell<Machine>>);

impl FakeDriver {
    fn act<T>(&self, uuid: Uuid, act: impl FnOnce(&mut Machine) -> T) -> Result<T, DriverError> {
        let killed = |source| DriverError::Io { what: "killed", uuid, source };
        fuse::burn().map_err(killed)?;
        let done = act(&mut self.0.borrow_mut());
        fuse::burn().map_err(killed)?;
        Ok(done)
    }

    fn turn(&self, uuid: Uuid, to: Seen) -> Result<(), DriverError> {
        self.act(uuid, |machine| match machine.servers.get_mut(&uuid) {
            None => Err(DriverError::NoSuchServer(uuid)),
            Some(Server { seen: Seen::Gone { .. }, .. }) => Err(DriverError::HasEnded(uuid)),
            Some(server) => {
                server.seen = to;
                Ok(())
            }
        })?
    }
}

impl Driver for FakeDriver {
    fn create(&mut self, request: &Request) -> Result<(), DriverError> {
        let Request { uuid, directive, .. } = *request;
        self.act(uuid, |machine| {
            let is_there = |server: &Server| server.directive == directive && server.seen != Seen::Halted;
            if machine.servers.get(&uuid).is_some_and(is_there) {
                return;
            }
            *machine.starts.entry(directive).or_default() += 1;
            let pid = 1_000 + machine.starts.values().sum::<u32>();
            let started = machine.now.max(Micros::from(pid) * 1_000);
            machine.servers.insert(uuid, Server { directive, pid, started, seen: Seen::Running });
        })
    }

    fn destroy(&mut self, uuid: Uuid) -> Result<Option<Figures>, DriverError> {
        self.act(uuid, |machine| {
            let server = machine.servers.get_mut(&uuid)?;
            server.seen = Seen::Gone { how: "signal 9".into() };
            Some(Figures { cpu_us: machine.cpu_us, rss_kib: 1 })
        })
    }

    fn forget(&mut self, uuid: Uuid) -> Result<(), DriverError> {
        self.act(uuid, |machine| drop(machine.servers.remove(&uuid)))
    }

    fn pause(&mut self, uuid: Uuid) -> Result<(), DriverError> {
        self.turn(uuid, Seen::Paused)
    }

    fn resume(&mut self, uuid: Uuid) -> Result<(), DriverError> {
        self.turn(uuid, Seen::Running)
    }

    fn halt(&mut self, uuid: Uuid) -> Result<Halted, DriverError> {
        self.turn(uuid, Seen::Halted)?;
        let machine = self.0.borrow();
        let figures = Figures { cpu_us: machine.cpu_us, rss_kib: 1 };
        Ok(Halted { figures, tracker: machine.tracker.clone(), reports: Vec::new() })
    }

    fn prepare(&mut self, request: &Request, tracker: &Seed) -> Result<(), DriverError> {
        if self.0.borrow().lacks_images {
            return Err(DriverError::NoImage { image: request.image, folder: "images".into() });
        }
        let key = KeyPair::from_seed(tracker);
        self.act(request.uuid, |machine| machine.tracker = Some(key))
    }

    fn observe(&mut self) -> Vec<Observation> {
        let mut machine = self.0.borrow_mut();
        machine.cpu_us += 10;
        let figures = Some(Figures { cpu_us: machine.cpu_us, rss_kib: 1 });
        let observe = |(uuid, server): (&Uuid, &Server)| Observation {
            uuid: *uuid,
            directive: server.directive,
            seen: server.seen.clone(),
            started: server.started,
            leader: matches!(server.seen, Seen::Running | Seen::Paused).then_some(server.pid),
            figures,
        };
        machine.servers.iter().map(observe).collect()
    }
}

/// The ledger's part: what was issued, what was said, and which life is which.
#[derive(Default)]
struct Net {
    directives: BTreeMap<DirectiveId, DirectiveRecord>,
    /// What the submitter was given: each number of each life says one thing, for ever.
    happenings: BTreeMap<LifeId, BTreeMap<u64, Happening>>,
    births: BTreeMap<LifeId, Record>,
    anchored: BTreeSet<LifeId>,
    attested: Vec<(Micros, Micros)>,
    reports: Vec<GuestReport>,
    now: Micros,
}

struct Bench {
    folder: tempfile::TempDir,
    machine: Rc<RefCell<Machine>>,
    net: Net,
    tracker: KeyPair,
    guest: Option<mpsc::UnboundedReceiver<ToGuest>>,
    kills: u32,
    /// When the host compacts what it keeps.
    limits: Limits,
    closed_max: usize,
}

pub(super) const GENESIS: H256 = H256([9; 32]);

pub(super) fn uuid() -> Uuid {
    Uuid([7; 16])
}

pub(super) fn server(generation: u32) -> ServerId {
    ServerId { uuid: uuid(), generation }
}

pub(super) fn create() -> Action {
    let ownership = Ownership { provider: H256([1; 32]), tenant: H256([2; 32]), service: H256([3; 32]) };
    let (image, resources) = (H256([4; 32]), None);
    let (etsi, relations) = (Etsi::default(), Relations::default());
    Action::Create(Order { uuid: uuid(), image, resources, ownership, etsi, relations })
}

pub(super) fn settings() -> Settings {
    Settings {
        host: H256([5; 32]),
        account: AccountId([6; 32]),
        genesis: GENESIS,
        foundries: vec!["http://f".into()],
        attest_every: 1_000_000,
        move_wait: 1_000_000,
    }
}

/// A folder in memory where the system has one: a test that is killed at hundreds of points syncs thousands of times.
pub(super) fn folder_in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

impl Bench {
    fn new() -> Self {
        let folder = folder_in_memory();
        let (machine, net) = (Rc::default(), Net { now: 2_000_000, ..Net::default() });
        let (tracker, limits) = (KeyPair::from_seed(&[8; 32]), Limits::default());
        Self { folder, machine, net, tracker, guest: None, kills: 0, limits, closed_max: usize::MAX }
    }

    /// A bench with a server that runs, and its host.
    fn with_server() -> (Self, Option<Host<FakeDriver>>) {
        let (mut bench, mut host) = (Self::new(), None);
        let made = bench.issue(create());
        bench.run(&mut host, "made", |bench| bench.answered(made));
        (bench, host)
    }

    fn open(&self) -> Result<Host<FakeDriver>, HostError> {
        let mut host = Host::open(settings(), self.folder.path(), FakeDriver(Rc::clone(&self.machine)))?;
        (host.intake.limits, host.journal.closed_max) = (self.limits, self.closed_max);
        Ok(host)
    }

    /// Issues a directive and gives its number.
    fn issue(&mut self, action: Action) -> DirectiveId {
        let id = self.net.directives.len() as DirectiveId;
        let directive = Directive { reference: H256::ZERO, host: settings().host, action, deadline: u64::MAX };
        let (issuer, status) = (AccountId([6; 32]), Status::Issued);
        let record =
            DirectiveRecord { directive, issuer, issued_in: 0, status, server: None, changed_in: 0, evidence: None };
        self.net.directives.insert(id, record);
        id
    }

    /// Everything that may happen, once; the host may be killed at it.
    fn round(&mut self, host: &mut Host<FakeDriver>) -> Result<(), HostError> {
        self.net.now += 50_000;
        let now = self.net.now;
        let open = |(_, record): &(&DirectiveId, &DirectiveRecord)| record.status.is_open();
        let open = self.net.directives.iter().filter(open).map(|(id, record)| (*id, record.clone())).collect();
        host.on(now, Input::Directives(open))?;
        host.on(now, Input::Look)?;
        let leader = self
            .machine
            .borrow()
            .servers
            .values()
            .find_map(|server| (!matches!(server.seen, Seen::Gone { .. })).then_some(server.pid));
        if let Some(pid) = leader
            && host.guests.of(pid).is_none()
        {
            let (out, messages) = mpsc::unbounded_channel();
            self.guest = Some(messages);
            host.on(now, Input::Guest(FromGuest::Hello { pid, key: self.tracker.public(), out }))?;
        }
        while let Some(fed) = host.next_outgoing() {
            for notice in self.net.take(fed) {
                host.on(now, Input::Notice(notice))?;
            }
        }
        Ok(())
    }

    /// Goes on until a condition holds; an agent that is killed is started again.
    fn run(&mut self, host: &mut Option<Host<FakeDriver>>, what: &str, done: impl Fn(&Self) -> bool) {
        for _ in 0..400 {
            if done(self) {
                return;
            }
            let opened = host.is_some()
                || match self.open() {
                    Ok(opened) => {
                        *host = Some(opened);
                        true
                    }
                    Err(_) => false,
                };
            let mut living = host.take();
            let went_on = opened && living.as_mut().is_some_and(|host| self.round(host).is_ok());
            if went_on && !fuse::is_burnt() {
                *host = living;
            } else {
                assert!(fuse::is_burnt(), "{what}: the host failed by itself");
                fuse::set(None);
                self.kills += 1;
                self.guest = None;
            }
        }
        panic!("never so: {what}");
    }

    fn answered(&self, id: DirectiveId) -> bool {
        !self.net.directives[&id].status.is_open()
    }

    /// What happened in a life, in words.
    fn story(&self, ordinal: u32) -> Vec<&'static str> {
        let life = LifeId { uuid: uuid(), ordinal };
        let words = |happening: &Happening| match &happening.event {
            EventKind::StateChanged { state } => state.name(),
            kind => kind.name(),
        };
        self.net.happenings.get(&life).map(|all| all.values().map(words).collect()).unwrap_or_default()
    }
}

impl Net {
    /// Takes what the host says, as often as it says it, and gives what it hears of that.
    fn take(&mut self, fed: Fed) -> Vec<Notice> {
        match fed {
            Fed::Records(records) => records.into_iter().flat_map(|record| self.take_record(record)).collect(),
            Fed::Errand(errand) => self.take_errand(*errand),
            Fed::Gone(_) => Vec::new(),
            Fed::Ended(_) | Fed::Failed(_) => panic!("a host doesn't end"),
        }
    }

    fn take_record(&mut self, record: Record) -> Vec<Notice> {
        let life = record.life;
        let place = ServerId { uuid: life.uuid, generation: life.ordinal };
        match record.fact.clone() {
            Fact::Birth(_) => {
                let first = self.births.entry(life).or_insert_with(|| record.clone());
                assert_eq!(*first, record, "a birth is said in the same words each time");
                vec![Notice::Announced { life, server: place, previous: None }, Notice::Born { life, server: place }]
            }
            Fact::Event(happening) => {
                let known =
                    self.happenings.entry(life).or_default().entry(happening.number).or_insert(happening.clone());
                assert_eq!(*known, happening, "a number says one thing for ever");
                Vec::new()
            }
            Fact::Late(_) | Fact::Left => panic!("nothing comes late here, and nothing leaves"),
            Fact::Anchor => {
                self.anchored.insert(life);
                vec![Notice::Ended(life), Notice::Anchored(life)]
            }
        }
    }

    fn take_errand(&mut self, Errand { key, call }: Errand) -> Vec<Notice> {
        let decision = match call {
            Call::Directives(call) => self.take_directive(call),
            Call::Chains(chains::Call::Attest { since, until, .. }) => {
                self.attested.push((since, until));
                Ok(Vec::new())
            }
            Call::Chains(chains::Call::AppendGuest { reports }) => {
                self.reports.extend(reports);
                Ok(Vec::new())
            }
            other => panic!("not a host's: {other:?}"),
        };
        vec![Notice::Errand(key, decision)]
    }

    fn take_directive(&mut self, call: directives::Call) -> Result<Vec<tierchain_client::ItemRefused>, String> {
        let (id, after, said) = match call {
            directives::Call::Accept { id } => (id, Status::Accepted, None),
            directives::Call::Done { id, evidence, .. } => (id, Status::Done, Some(evidence)),
            directives::Call::Fail { id, reason, evidence } => (id, Status::Failed { reason }, Some(evidence)),
            other => panic!("not a host's: {other:?}"),
        };
        let record = self.directives.get_mut(&id).expect("a known directive");
        if !record.status.is_open() {
            assert_eq!((record.status, record.evidence), (after, said), "the same answer in the same words");
        }
        (record.status, record.evidence) = (after, said);
        Ok(Vec::new())
    }
}

/// The whole story: two lives of one server.
fn live(bench: &mut Bench) {
    let mut host = None;
    let steps = [
        create(),
        Action::Pause { server: server(0) },
        Action::Resume { server: server(0) },
        Action::Destroy { server: server(0) },
        create(),
        Action::Destroy { server: server(1) },
    ];
    for action in steps {
        let name = action.name();
        let id = bench.issue(action);
        bench.run(&mut host, name, |bench| bench.answered(id));
        assert_eq!(bench.net.directives[&id].status, Status::Done, "{name}");
    }
    bench.run(&mut host, "anchored", |bench| bench.net.anchored.len() == 2);
}

const FIRST: [&str; 4] = ["RUNNING", "PAUSED", "RUNNING", "Ended"];
const SECOND: [&str; 2] = ["RUNNING", "Ended"];

#[test]
fn killed_at_any_point_nothing_is_done_twice_and_nothing_is_lost() {
    fuse::set(None);
    let mut undisturbed = Bench::new();
    live(&mut undisturbed);
    assert_eq!((undisturbed.story(0), undisturbed.story(1)), (FIRST.to_vec(), SECOND.to_vec()));
    for point in 1.. {
        let mut bench = Bench::new();
        fuse::set(Some(point));
        live(&mut bench);
        assert_eq!((bench.story(0), bench.story(1)), (FIRST.to_vec(), SECOND.to_vec()), "killed at point {point}");
        let starts = bench.machine.borrow().starts.values().copied().collect::<Vec<_>>();
        assert_eq!(starts, [1, 1], "killed at point {point}");
        assert!(bench.machine.borrow().servers.is_empty(), "killed at point {point}");
        if bench.kills == 0 {
            assert!(point > 60, "so many points are worth being killed at: {point}");
            fuse::set(None);
            return;
        }
    }
}

/// Everything leaves as soon as it may, a few lines at a time.
pub(super) const AT_ONCE: Limits = Limits { bytes: 1, lives: 1, step_lines: 2 };

#[test]
fn a_crash_is_written_once_whether_the_agent_saw_it_or_not() {
    fuse::set(None);
    for watched in [true, false] {
        let (mut bench, mut host) = Bench::with_server();
        if !watched {
            host = None;
        }
        let gone = Seen::Gone { how: "signal 11".into() };
        bench.machine.borrow_mut().servers.get_mut(&uuid()).expect("it runs").seen = gone;
        bench.run(&mut host, "written", |bench| bench.story(0).len() == 2);
        host = None;
        for _ in 0..3 {
            let mut again = bench.open().expect("it was closed");
            bench.round(&mut again).expect("it lives");
        }
        assert_eq!(bench.story(0), ["RUNNING", "CRASHED"]);
        let crash = bench.net.happenings[&LifeId { uuid: uuid(), ordinal: 0 }][&1].clone();
        assert_eq!(crash.precision, if watched { Precision::Event } else { Precision::Reconciled });
        let paused = bench.issue(Action::Pause { server: server(0) });
        bench.run(&mut host, "refused", |bench| bench.answered(paused));
        let status = bench.net.directives[&paused].status;
        assert_eq!(status, Status::Failed { reason: FailReason::Refused });
        let ended = bench.issue(Action::Destroy { server: server(0) });
        bench.run(&mut host, "ended", |bench| bench.answered(ended) && bench.net.anchored.len() == 1);
        assert_eq!(bench.story(0), ["RUNNING", "CRASHED", "Ended"]);
    }
}

#[test]
fn what_cannot_be_done_is_answered_with_its_reason() {
    fuse::set(None);
    let (mut bench, mut host) = Bench::with_server();
    let stranger = ServerId { uuid: Uuid([1; 16]), generation: 0 };
    for (action, reason) in [
        (Action::Migrate { server: server(0), to: settings().host }, FailReason::Refused),
        (Action::Migrate { server: server(1), to: H256::ZERO }, FailReason::NoSuchServer),
        (Action::Destroy { server: stranger }, FailReason::NoSuchServer),
        (Action::Pause { server: server(1) }, FailReason::NoSuchServer),
        (create(), FailReason::Refused),
    ] {
        let id = bench.issue(action.clone());
        bench.run(&mut host, "answered", |bench| bench.answered(id));
        assert_eq!(bench.net.directives[&id].status, Status::Failed { reason }, "{action:?}");
    }
    assert_eq!(bench.story(0), ["RUNNING"]);
}

#[test]
fn only_reports_of_the_announced_tracker_for_its_own_server_are_carried() {
    fuse::set(None);
    let (mut bench, mut host) = Bench::with_server();
    let pid = bench.machine.borrow().servers[&uuid()].pid;
    let report = |key: &KeyPair, server: ServerId, event: EventKind| {
        let detail = Detail(b"down".to_vec());
        let (evidence, precision, meter) = (H256::ZERO, Precision::Event, None);
        let event = Event { server, number: 0, occurred_at: 3_000_000, precision, event, meter, evidence, detail };
        let signature = key.sign(&event.guest_signed_bytes(&GENESIS));
        FromGuest::Report { pid, report: Box::new(GuestReport { event, signature }) }
    };
    let down = || EventKind::GuestEvent { code: 2 };
    let stopped = EventKind::StateChanged { state: ServerState::Stopped };
    let (own, other) = (bench.tracker.clone(), KeyPair::from_seed(&[1; 32]));
    let living = host.as_mut().expect("it lives");
    for bad in [report(&other, server(0), down()), report(&own, server(1), down()), report(&own, server(0), stopped)] {
        living.on(4_000_000, Input::Guest(bad)).expect("no harm");
        assert!(
            !living
                .outgoing
                .iter()
                .any(|fed| matches!(fed, Fed::Errand(errand) if matches!(errand.key, ErrandKey::Guest(_))))
        );
    }
    living.on(4_000_000, Input::Guest(report(&own, server(0), down()))).expect("taken");
    bench.run(&mut host, "carried", |bench| bench.net.reports.len() == 1);
    let messages = bench.guest.as_mut().expect("it is connected");
    let said: Vec<ToGuest> = std::iter::from_fn(|| messages.try_recv().ok()).collect();
    assert!(matches!(said.first(), Some(ToGuest::Announced { .. })), "{said:?}");
    assert_eq!(said.last(), Some(&ToGuest::Taken { below: 1 }));
}

#[test]
fn a_tracker_with_another_key_than_the_announced_one_is_told_nothing() {
    fuse::set(None);
    let (bench, mut host) = Bench::with_server();
    let pid = bench.machine.borrow().servers[&uuid()].pid;
    let (out, mut messages) = mpsc::unbounded_channel();
    let key = KeyPair::from_seed(&[1; 32]).public();
    let living = host.as_mut().expect("it lives");
    living.on(5_000_000, Input::Guest(FromGuest::Hello { pid, key, out })).expect("no harm");
    assert!(messages.try_recv().is_err());
}

#[test]
fn a_server_whose_birth_is_refused_is_ended_and_its_directive_fails() {
    fuse::set(None);
    let mut bench = Bench::new();
    let made = bench.issue(create());
    let mut host = bench.open().expect("a new folder");
    // The ledger announces it, and no foundry will have it born.
    let mut refused = false;
    for _ in 0..20 {
        bench.net.now += 50_000;
        let now = bench.net.now;
        let record = bench.net.directives[&made].clone();
        let open = if record.status.is_open() { vec![(made, record)] } else { Vec::new() };
        host.on(now, Input::Directives(open)).expect("it lives");
        host.on(now, Input::Look).expect("it lives");
        let runs = bench.machine.borrow().servers.get(&uuid()).map(|server| server.pid);
        if let Some(pid) = runs {
            let (out, _) = mpsc::unbounded_channel();
            host.on(now, Input::Guest(FromGuest::Hello { pid, key: bench.tracker.public(), out })).expect("it lives");
        }
        while let Some(fed) = host.next_outgoing() {
            for notice in bench.net.take(fed) {
                if !matches!(notice, Notice::Born { .. }) {
                    host.on(now, Input::Notice(notice)).expect("it lives");
                }
            }
        }
        let runs = bench.machine.borrow().servers.get(&uuid()).map(|server| server.pid);
        if let Some(pid) = runs
            && !bench.net.births.is_empty()
            && !std::mem::replace(&mut refused, true)
        {
            let reason = "ImageRetired: approve it".to_owned();
            host.on(now, Input::Guest(FromGuest::Unborn { pid, reason })).expect("it lives");
        }
    }
    assert_eq!(bench.net.directives[&made].status, Status::Failed { reason: FailReason::Refused });
    assert!(bench.machine.borrow().servers.is_empty(), "it runs no more");
}

#[test]
fn the_host_is_attested_in_joined_pieces() {
    fuse::set(None);
    let mut bench = Bench::new();
    let mut host = None;
    let made = bench.issue(create());
    bench.run(&mut host, "attested", |bench| bench.answered(made) && bench.net.attested.len() >= 3);
    assert!(bench.net.attested.windows(2).all(|pair| pair[0].1 == pair[1].0), "{:?}", bench.net.attested);
    assert!(Path::new(bench.folder.path()).join("events.jsonl").exists());
}
