//! Two hosts and the ledger between them, in memory. Agents are killed at every point at which they touch disk or driver,
//! and in any order of what they hear and say; whatever happens, the server runs at one place at most.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::ledger::{Event, EventKind};
use tierchain_runtime::directives::{self, Directive, DirectiveRecord, FailReason};
use tierchain_runtime::{Call, chains};
use tokio::sync::mpsc;

use super::*;
use crate::append_log::fuse;
use crate::driver::Seen;
use crate::feed::Fed;
use crate::host::intake::{EVENTS, Limits};
use crate::host::tests::{AT_ONCE, FakeDriver, Machine, create, folder_in_memory, server, settings, uuid};
use crate::host::{FromGuest, HostError, Input, Settings};
use crate::record::{Fact, LifeId, Record};
use crate::submitter::Notice;

/// A machine with its agent, when one runs, and what that has said and the ledger hasn't taken.
struct Site {
    name: H256,
    key: KeyPair,
    folder: tempfile::TempDir,
    machine: Rc<RefCell<Machine>>,
    host: Option<Host<FakeDriver>>,
    limits: Limits,
    said: Vec<Fed>,
    /// What it heard last of where the server stands.
    heard: Option<Standing>,
    /// Whether an agent is started when there is none.
    is_manned: bool,
    /// Until when nobody starts one.
    asleep_until: Micros,
}

/// The server and the directives, as the ledger has them.
#[derive(Default)]
struct Chain {
    host: H256,
    moving_to: Option<H256>,
    born: bool,
    /// Who wrote which event.
    blocks: Vec<(H256, Event)>,
    directives: BTreeMap<DirectiveId, DirectiveRecord>,
}

struct Bench {
    sites: [Site; 2],
    chain: Chain,
    tracker: KeyPair,
    now: Micros,
    random: u64,
    kills: u32,
}

const NAMES: [H256; 2] = [H256([0x51; 32]), H256([0x52; 32])];

impl Site {
    fn new(index: usize) -> Self {
        let folder = folder_in_memory();
        let key = KeyPair::from_seed(&[0x60 + index as u8; 32]);
        let (machine, said) = (Rc::default(), Vec::new());
        Self {
            name: NAMES[index],
            key,
            folder,
            machine,
            host: None,
            limits: AT_ONCE,
            said,
            heard: None,
            is_manned: true,
            asleep_until: 0,
        }
    }

    fn open(&self) -> Result<Host<FakeDriver>, HostError> {
        let settings = Settings { host: self.name, account: self.key.public(), ..settings() };
        let mut host = Host::open(settings, self.folder.path(), FakeDriver(Rc::clone(&self.machine)))?;
        // What is settled leaves at once: whatever follows must do without it.
        host.intake.limits = self.limits;
        Ok(host)
    }

    fn runs(&self) -> bool {
        let machine = self.machine.borrow();
        machine.servers.values().any(|server| matches!(server.seen, Seen::Running | Seen::Paused))
    }
}

impl Chain {
    /// Takes an event as the ledger does, and says why not.
    fn append(&mut self, site: H256, event: Event) -> Result<(), String> {
        let own = |(writer, _): &&(H256, Event)| *writer == site;
        let next = self.blocks.iter().filter(own).count() as u64;
        if event.number < next {
            let known = self.blocks.iter().filter(own).nth(event.number as usize).map(|(_, event)| event.clone());
            return if known == Some(event) { Ok(()) } else { Err("SequenceConflict".into()) };
        }
        assert_eq!(event.number, next, "no gap: {event:?}");
        match event.event {
            EventKind::MovedIn { from } if self.moving_to == Some(site) && from == self.host => {
                (self.host, self.moving_to) = (site, None);
            }
            EventKind::MovedIn { .. } => return Err("NotMoving".into()),
            _ if self.host != site => return Err("NotTheHypervisor".into()),
            EventKind::MovedOut { to } => self.moving_to = Some(to).filter(|to| *to != site),
            _ => {}
        }
        self.blocks.push((site, event));
        Ok(())
    }

    fn standing(&self, other: AccountId) -> Standing {
        let length = self.blocks.len() as u32;
        Standing { host: self.host, moving_to: self.moving_to, ended: false, length, other: Some(other) }
    }

    fn story(&self) -> Vec<(usize, &'static str)> {
        let site = |name: &H256| NAMES.iter().position(|known| known == name).expect("a site");
        let word = |event: &Event| match event.event {
            EventKind::StateChanged { state } => state.name(),
            ref kind => kind.name(),
        };
        self.blocks.iter().map(|(name, event)| (site(name), word(event))).collect()
    }
}

impl Bench {
    fn new(seed: u64) -> Self {
        let tracker = KeyPair::from_seed(&[8; 32]);
        let sites = [Site::new(0), Site::new(1)];
        sites[0].machine.borrow_mut().tracker = Some(tracker.clone());
        let chain = Chain { host: NAMES[0], ..Chain::default() };
        let mut bench = Self { sites, chain, tracker, now: 2_000_000, random: seed, kills: 0 };
        let made = bench.issue(0, create());
        bench.until("made", |bench| bench.is_closed(made));
        bench
    }

    fn issue(&mut self, site: usize, action: Action) -> DirectiveId {
        let id = self.chain.directives.len() as DirectiveId;
        let deadline = self.now / 1_000 + 600_000;
        let directive = Directive { reference: H256::ZERO, host: NAMES[site], action, deadline };
        let (issuer, status) = (AccountId([6; 32]), Status::Issued);
        let record =
            DirectiveRecord { directive, issuer, issued_in: 0, status, server: None, changed_in: 0, evidence: None };
        self.chain.directives.insert(id, record);
        id
    }

    fn migrate(&mut self, from: usize) -> DirectiveId {
        self.issue(from, Action::Migrate { server: server(0), to: NAMES[1 - from] })
    }

    fn is_closed(&self, id: DirectiveId) -> bool {
        !self.chain.directives[&id].status.is_open()
    }

    fn status(&self, id: DirectiveId) -> Status {
        self.chain.directives[&id].status
    }

    /// A number below `below`, of a row that the seed decides; always 0 for seed 0.
    fn draw(&mut self, below: u64) -> u64 {
        if self.random == 0 {
            return 0;
        }
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below
    }

    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        for _ in 0..4_000 {
            if done(self) {
                return;
            }
            for index in 0..2 {
                self.turn(index);
                let runs = self.sites.iter().filter(|site| site.runs()).count();
                assert!(runs <= 1, "it runs twice: {what}: {:?}", self.chain.story());
            }
        }
        panic!("never so: {what}: {:?} {:?}", self.chain.story(), self.chain.directives);
    }

    /// One site does something, or dies of it.
    fn turn(&mut self, index: usize) {
        self.now += 25_000;
        if self.sites[index].host.is_none() {
            if !self.sites[index].is_manned || self.now < self.sites[index].asleep_until {
                return;
            }
            match self.sites[index].open() {
                Ok(host) => self.sites[index].host = Some(host),
                Err(error) => return self.die(index, &error),
            }
        }
        // A seeded day: some are slow to hear, some to speak, some die.
        if self.draw(40) == 1 {
            self.kills += 1;
            self.forget(index);
            // A move may be called off meanwhile, or just not.
            self.sites[index].asleep_until = self.now + self.draw(2_000_000);
            return;
        }
        if let Err(error) = self.hear(index) {
            return self.die(index, &error);
        }
        if self.draw(3) != 1 {
            self.speak(index);
        }
        // A driver's failure doesn't end a host; a kill does.
        if fuse::is_burnt() {
            fuse::set(None);
            self.kills += 1;
            self.forget(index);
        }
    }

    fn die(&mut self, index: usize, error: &HostError) {
        assert!(fuse::is_burnt(), "it failed by itself: {error}");
        fuse::set(None);
        self.kills += 1;
        self.forget(index);
    }

    /// The agent is gone, and with it what it hadn't said. What was said is on its way, or lost.
    fn forget(&mut self, index: usize) {
        self.sites[index].host = None;
        self.sites[index].heard = None;
        if self.draw(2) == 1 {
            self.sites[index].said.clear();
        }
    }

    /// Tells a site what there is to know; now and then an old answer.
    fn hear(&mut self, index: usize) -> Result<(), HostError> {
        let (now, is_slow) = (self.now, self.draw(4) == 1);
        let other = self.sites[1 - index].key.public();
        let offer = self.offer(index);
        let site = &mut self.sites[index];
        let host = site.host.as_mut().expect("it runs");
        let own = |(_, record): &(&DirectiveId, &DirectiveRecord)| {
            record.directive.host == site.name && record.status.is_open()
        };
        let open = self.chain.directives.iter().filter(own).map(|(id, record)| (*id, record.clone())).collect();
        host.on(now, Input::Directives(open))?;
        if !is_slow || site.heard.is_none() {
            site.heard = Some(self.chain.standing(other));
        }
        let watched = host.watched();
        let standings = watched.into_keys().filter_map(|server| Some((server, site.heard?))).collect();
        host.on(now, Input::Standings(standings))?;
        host.on(now, Input::Offers(offer.into_iter().collect()))?;
        host.on(now, Input::Look)?;
        let leader = site
            .machine
            .borrow()
            .servers
            .values()
            .find_map(|server| matches!(server.seen, Seen::Running | Seen::Paused).then_some(server.pid));
        if let Some(pid) = leader
            && host.guests.of(pid).is_none()
        {
            let key = site.machine.borrow().tracker.as_ref().map_or(self.tracker.public(), KeyPair::public);
            host.on(now, Input::Guest(FromGuest::Hello { pid, key, out: mpsc::unbounded_channel().0 }))?;
        }
        while let Some(fed) = host.next_outgoing() {
            site.said.push(fed);
        }
        Ok(())
    }

    /// What the follower of a site would find on the ledger.
    fn offer(&self, index: usize) -> Option<Offer> {
        let (site, chain) = (&self.sites[index], &self.chain);
        chain.moving_to.filter(|to| *to == site.name)?;
        let moves = |record: &DirectiveRecord| {
            record.status == Status::Accepted
                && matches!(record.directive.action, Action::Migrate { to, .. } if to == site.name)
        };
        let (directive, record) = chain.directives.iter().find(|(_, record)| moves(record))?;
        let life = self
            .sites
            .iter()
            .find_map(|site| site.host.as_ref()?.intake.book.lives().next().map(|life| life.declared.clone()))?;
        let arrival = Arrival {
            server: server(0),
            directive: *directive,
            from: chain.host,
            length: chain.blocks.len() as u32,
            number: chain.blocks.iter().filter(|(writer, _)| *writer == site.name).count() as u64,
            born: 1_001_000,
            evidence: H256([3; 32]),
            cpu_us: 10,
            report: 0,
            reported: 0,
            declared: life,
        };
        let tracker = zeroize::Zeroizing::new(self.tracker.seed());
        Some(Offer { arrival, not_before: 0, deadline: record.directive.deadline, tracker })
    }

    /// The ledger takes what a site has said, and tells it what came of it.
    fn speak(&mut self, index: usize) {
        for fed in std::mem::take(&mut self.sites[index].said) {
            let notices = self.take(index, fed);
            let now = self.now;
            for notice in notices {
                let Some(host) = self.sites[index].host.as_mut() else { return };
                if let Err(error) = host.on(now, Input::Notice(notice)) {
                    return self.die(index, &error);
                }
            }
        }
    }

    fn take(&mut self, index: usize, fed: Fed) -> Vec<Notice> {
        let site = NAMES[index];
        match fed {
            Fed::Records(records) => {
                // Of a life that has left nothing waits, as the submitter has it.
                let left = records.iter().filter(|record| record.fact == Fact::Left);
                let left: Vec<LifeId> = left.map(|record| record.life).collect();
                let ours = records.into_iter().filter(|record| !left.contains(&record.life));
                ours.flat_map(|record| self.take_record(site, record)).collect()
            }
            Fed::Errand(errand) => {
                let decision = match errand.call {
                    Call::Chains(chains::Call::Append { event }) => self.chain.append(site, event),
                    Call::Chains(chains::Call::Attest { .. }) => Ok(()),
                    Call::Directives(call) => self.close(call),
                    other => panic!("not a host's: {other:?}"),
                };
                vec![Notice::Errand(errand.key, decision.map(|()| Vec::new()))]
            }
            Fed::Gone(_) => Vec::new(),
            Fed::Ended(_) | Fed::Failed(_) => panic!("a host doesn't end"),
        }
    }

    fn take_record(&mut self, site: H256, record: Record) -> Vec<Notice> {
        let life: LifeId = record.life;
        match record.fact {
            Fact::Birth(_) => {
                self.chain.born = true;
                let place = server(0);
                vec![Notice::Announced { life, server: place, previous: None }, Notice::Born { life, server: place }]
            }
            Fact::Event(happening) => {
                let crate::record::Happening { number, occurred_at, precision, event, meter, evidence, detail } =
                    happening;
                let server = server(0);
                let event = Event { server, number, occurred_at, precision, event, meter, evidence, detail };
                // What is refused for ever is left: the submitter gives up on it.
                match self.chain.append(site, event) {
                    Ok(()) => Vec::new(),
                    Err(reason) => {
                        assert_eq!(reason, "NotTheHypervisor");
                        vec![Notice::Refused { life, reason }]
                    }
                }
            }
            Fact::Left => Vec::new(),
            Fact::Late(_) | Fact::Anchor => panic!("nothing ends here"),
        }
    }

    fn close(&mut self, call: directives::Call) -> Result<(), String> {
        let (id, after) = match call {
            directives::Call::Accept { id } => (id, Status::Accepted),
            directives::Call::Done { id, .. } => (id, Status::Done),
            directives::Call::Fail { id, reason, .. } => (id, Status::Failed { reason }),
            other => panic!("not a host's: {other:?}"),
        };
        let record = self.chain.directives.get_mut(&id).expect("a known directive");
        if !record.status.is_open() {
            assert!(after == Status::Accepted || after == record.status, "one answer for ever: {after:?} {record:?}");
            return Ok(());
        }
        record.status = after;
        Ok(())
    }

    /// All is quiet, and the server runs where the ledger says that it is.
    fn settle(&mut self) -> usize {
        self.until("it runs where the ledger has it", |bench| {
            let at = NAMES.iter().position(|name| *name == bench.chain.host).expect("a site");
            bench.chain.moving_to.is_none() && bench.sites[at].runs() && !bench.sites[1 - at].runs()
        });
        NAMES.iter().position(|name| *name == self.chain.host).expect("a site")
    }
}

const MOVED: [(usize, &str); 3] = [(0, "RUNNING"), (0, "MovedOut"), (1, "MovedIn")];
const CALLED_OFF: [(usize, &str); 3] = [(0, "RUNNING"), (0, "MovedOut"), (0, "MovedOut")];

#[test]
fn killed_at_any_point_a_move_is_done_once() {
    for point in 0.. {
        fuse::set(None);
        let mut bench = Bench::new(0);
        let moved = bench.migrate(0);
        fuse::set((point > 0).then_some(point));
        bench.until("moved", |bench| bench.is_closed(moved));
        assert_eq!(bench.settle(), 1, "killed at point {point}");
        assert_eq!((bench.status(moved), bench.chain.story()), (Status::Done, MOVED.to_vec()), "point {point}");
        bench.until("nothing of it is left", |bench| bench.sites[0].machine.borrow().servers.is_empty());
        let machine = bench.sites[1].machine.borrow();
        assert_eq!(machine.starts, BTreeMap::from([(moved, 1)]), "killed at point {point}");
        assert_eq!(machine.tracker.as_ref().map(KeyPair::public), Some(bench.tracker.public()));
        if point > 0 && bench.kills == 0 {
            assert!(point > 30, "so many points are worth being killed at: {point}");
            break;
        }
    }
    fuse::set(None);
}

#[test]
fn killed_at_any_point_a_move_to_a_dead_host_is_called_off() {
    for point in 0.. {
        fuse::set(None);
        let mut bench = Bench::new(0);
        bench.sites[1].host = None;
        bench.sites[1].is_manned = false;
        let moved = bench.migrate(0);
        fuse::set((point > 0).then_some(point));
        bench.until("called off", |bench| bench.is_closed(moved));
        assert_eq!(bench.settle(), 0, "killed at point {point}");
        assert_eq!(bench.status(moved), Status::Failed { reason: FailReason::Broken }, "killed at point {point}");
        assert_eq!(bench.chain.story(), CALLED_OFF, "killed at point {point}");
        if point > 0 && bench.kills == 0 {
            // Another move of it starts from the beginning, and the server goes on from where it was called back.
            bench.sites[1].is_manned = true;
            let again = bench.migrate(0);
            bench.until("moved", |bench| bench.is_closed(again));
            assert_eq!((bench.settle(), bench.status(again)), (1, Status::Done));
            break;
        }
    }
    fuse::set(None);
}

#[test]
fn a_host_without_the_image_takes_nothing_over() {
    fuse::set(None);
    let mut bench = Bench::new(0);
    bench.sites[1].machine.borrow_mut().lacks_images = true;
    let moved = bench.migrate(0);
    bench.until("called off", |bench| bench.is_closed(moved));
    assert_eq!((bench.settle(), bench.chain.story()), (0, CALLED_OFF.to_vec()));
}

#[test]
fn there_and_back_again_numbers_go_on() {
    fuse::set(None);
    let mut bench = Bench::new(0);
    for from in [0, 1, 0] {
        let moved = bench.migrate(from);
        bench.until("moved", |bench| bench.is_closed(moved));
        assert_eq!((bench.settle(), bench.status(moved)), (1 - from, Status::Done));
    }
    let paused = bench.issue(1, Action::Pause { server: server(0) });
    bench.until("paused", |bench| bench.is_closed(paused));
    let refused = bench.migrate(1);
    bench.until("refused", |bench| bench.is_closed(refused));
    assert_eq!(bench.status(refused), Status::Failed { reason: FailReason::Refused }, "a pause holds memory");
    let back = [(1, "MovedOut"), (0, "MovedIn"), (0, "MovedOut"), (1, "MovedIn"), (1, "PAUSED")];
    bench.until("written", |bench| bench.chain.story() == [&MOVED[..], &back[..]].concat());
}

#[test]
fn lives_that_left_are_archived_while_the_server_is_back() {
    fuse::set(None);
    let mut bench = Bench::new(0);
    let limit = |bench: &mut Bench, limits| {
        for site in &mut bench.sites {
            site.limits = limits;
            site.host.iter_mut().for_each(|host| host.intake.limits = limits);
        }
    };
    limit(&mut bench, Limits::default());
    for from in [0, 1] {
        let moved = bench.migrate(from);
        bench.until("moved", |bench| bench.is_closed(moved));
    }
    limit(&mut bench, AT_ONCE);
    let lines = |bench: &Bench, index: usize| {
        let log = std::fs::read_to_string(bench.sites[index].folder.path().join(EVENTS)).expect("it is there");
        log.lines().count()
    };
    // It is at the first host: head, the ordinal of its life, that it arrived and was started. The second keeps nothing.
    bench.until("archived", |bench| lines(bench, 0) <= 4 && lines(bench, 1) == 1);
    for from in [0, 1] {
        bench.forget(0);
        bench.forget(1);
        let moved = bench.migrate(from);
        bench.until("moved", |bench| bench.is_closed(moved));
        assert_eq!((bench.settle(), bench.status(moved)), (1 - from, Status::Done));
    }
}

#[test]
fn what_crashed_before_it_could_be_moved_has_crashed() {
    fuse::set(None);
    let mut bench = Bench::new(0);
    let gone = Seen::Gone { how: "signal 9".into() };
    bench.sites[0].machine.borrow_mut().servers.get_mut(&uuid()).expect("it runs").seen = gone;
    let refused = bench.migrate(0);
    bench.until("refused", |bench| bench.is_closed(refused));
    assert_eq!(bench.status(refused), Status::Failed { reason: FailReason::Refused });
    bench.until("written", |bench| bench.chain.story() == [(0, "RUNNING"), (0, "CRASHED")]);
}

/// Agents that die at any time, hear old answers and speak late, and a call back that races an arrival.
#[test]
fn on_any_day_the_server_runs_at_one_place_at_most_and_in_the_end_at_the_one_the_ledger_names() {
    fuse::set(None);
    let (mut kills, mut outcomes) = (0, BTreeSet::new());
    for seed in 1..=300u64 {
        let mut bench = Bench::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut at = 0;
        for _ in 0..3 {
            let moved = bench.migrate(at);
            bench.until("closed", |bench| bench.is_closed(moved));
            let now_at = bench.settle();
            let expected = if now_at == at { Status::Failed { reason: FailReason::Broken } } else { Status::Done };
            assert_eq!(bench.status(moved), expected, "seed {seed}: {:?}", bench.chain.story());
            outcomes.insert(now_at == at);
            at = now_at;
        }
        kills += bench.kills;
    }
    assert!(kills > 300 && outcomes.len() == 2, "days are bad, and end either way: {kills} kills, {outcomes:?}");
}
