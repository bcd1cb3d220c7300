//! The stage: hosts, lives, and rounds in which things happen and are told.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{
    Announcement, BirthRequest, DeclaredRelation, EndReason, EventKind, Ownership, RelationKind, Relations, Resources,
    ServerId, Uuid, party_id,
};
use tierchain_primitives::numbers::Micros;
use tierchain_runtime::registry::Overcommit;
use tierchain_runtime::{Call, DataCenter, GenesisConfig, Host, Role, Roles, query};

use super::life::{Life, STATES};
use crate::world::{Who, World, anchor, announce, announcement, birth, config, peopled, request};

/// Hosts; the agent of the last one lies.
pub(super) const HOSTS: u8 = 6;
/// The host whose agent lies.
pub(super) const LIAR: u8 = HOSTS - 1;
/// Rounds in which a silent host says nothing.
const SILENT_ROUNDS: u32 = 6;

/// How much happens.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    pub(super) lives: usize,
    pub(super) rounds: u32,
    /// Things that happen in a round.
    pub(super) happenings: usize,
}

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) lives: Vec<Life>,
    finished: Vec<Life>,
    pub(super) dice: Dice,
    scale: Scale,
    round: u32,
    /// The host that is silent, and until which round.
    pub(super) silent: Option<(u8, u32)>,
    /// Up to when each host was attested.
    pub(super) attested: [Micros; HOSTS as usize],
}

/// A reproducible stream of numbers (splitmix64).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound.max(1) as u64).expect("it is below the bound")
    }

    /// Once in so many times.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

pub(super) fn host_id(number: u8) -> H256 {
    H256([0xb0 + number; 32])
}

/// Two data centers, six hosts of which two have promised too much before long.
fn network() -> GenesisConfig {
    let mut config = peopled(config(false));
    let centers = ["fra-1", "ber-1"].map(DataCenter::named);
    for number in 0..HOSTS {
        let center = &centers[usize::from(number % 2)];
        let mut host = Host::new(host_id(number), center.id, Who::Host(number).id());
        host.capacity = (number < 2).then_some(Resources { vcpus: 8, memory_mib: 512, disk_gib: 100 });
        host.overcommit = Overcommit { cpu_permille: 4_000, memory_permille: 1_500 };
        config.hosts.push(host);
        config.accounts.push((Who::Host(number).id(), Roles::NONE.with(Role::Hypervisor)));
    }
    config.data_centers = centers.to_vec();
    config
}

impl Stage {
    pub(super) fn new(seed: u64, scale: Scale) -> Self {
        let world = World::journaled(&network());
        let attested = [world.now(); HOSTS as usize];
        let (lives, finished, dice) = (Vec::new(), Vec::new(), Dice(seed));
        Self { world, lives, finished, dice, scale, round: 0, silent: None, attested }
    }

    pub(super) fn is_over(&self) -> bool {
        self.round >= self.scale.rounds
    }

    /// Everything that ever lived.
    pub(super) fn all_lives(&self) -> impl Iterator<Item = &Life> {
        self.finished.iter().chain(&self.lives)
    }

    pub(super) fn orphans(&self) -> usize {
        let reasons = self.all_lives().filter_map(|life| self.world.server(life.id).end);
        reasons.filter(|end| end.reason == EndReason::Orphaned).count()
    }

    /// Time passes, things happen, and everybody says what they have to say.
    pub(super) fn round(&mut self) {
        self.round += 1;
        self.pass_time();
        self.bear();
        for _ in 0..self.scale.happenings.min(self.lives.len()) {
            let which = self.dice.below(self.lives.len());
            self.happen(which);
        }
        self.speak();
        self.follow();
    }

    /// Nothing happens any more, until all that was seen is told.
    pub(super) fn drain(&mut self) {
        self.silent = None;
        self.lives.iter_mut().filter(|life| life.is_spoiled).for_each(Life::give_up);
        for _ in 0..400 {
            if !self.lives.iter().any(Life::has_waiting) {
                return;
            }
            self.world.time += 50;
            self.speak();
        }
        panic!("what was seen isn't told in time");
    }

    /// In the end a foundry has every chain linked that nobody else has had linked, and each is linked once.
    pub(super) fn link_all(&mut self) {
        self.world.time += 600_000;
        let ended = |stage: &Self| -> Vec<ServerId> {
            let all = query::servers(&stage.world.state, 0, usize::MAX).into_iter();
            all.filter(|id| stage.world.server(*id).end.is_some()).collect()
        };
        let left = ended(self).into_iter().filter(|id| self.world.server(*id).anchored.is_none());
        let calls: Vec<(Who, Call)> = left.map(|id| (Who::Foundry, anchor(id))).collect();
        calls.chunks(256).for_each(|calls| drop(self.world.block(calls)));
        let ended = ended(self);
        assert!(ended.iter().all(|id| self.world.server(*id).anchored.is_some()), "an ended chain isn't linked");
        assert_eq!(self.world.meta_blocks.len(), ended.len(), "a meta block for each chain that ended");
    }

    fn pass_time(&mut self) {
        if self.silent.is_some_and(|(_, until)| self.round >= until) {
            self.silent = None;
        }
        if self.silent.is_none() && self.dice.once_in(30) {
            let host = self.dice.below(usize::from(LIAR));
            self.silent = Some((u8::try_from(host).expect("there are few"), self.round + SILENT_ROUNDS));
            self.world.tally.add("host fell silent");
        }
        // While a host is silent, time flies.
        self.world.time += if self.silent.is_some() { 250_000 } else { 20 + self.dice.below(400) as u64 };
    }

    /// New servers, a share of what is to come each round.
    fn bear(&mut self) {
        let share = self.scale.lives * 2 / self.scale.rounds as usize + 1;
        let mut calls = Vec::new();
        while self.lives.len() + self.finished.len() < self.scale.lives && calls.len() < 2 * share {
            let number = u32::try_from(self.lives.len()).expect("there are few");
            let mut uuid = [0; 16];
            uuid[..4].copy_from_slice(&number.to_le_bytes());
            let host = u8::try_from(self.dice.below(HOSTS.into())).expect("there are few");
            let life = Life::new(ServerId { uuid: Uuid(uuid), generation: 0 }, host, self.world.now());
            calls.extend(self.born(&life, None));
            self.lives.push(life);
        }
        // Somebody sends everything twice.
        if self.dice.once_in(4) {
            calls.extend(calls.clone());
        }
        self.world.block(&calls);
    }

    /// What brings a life to the ledger.
    fn born(&mut self, life: &Life, previous: Option<H256>) -> Vec<(Who, Call)> {
        let names = ["T1", "T2", "T3"];
        let tenant = party_id(names[life.id.uuid.0[0] as usize % 3]);
        let service = party_id(names[self.dice.below(3)]);
        let provider = party_id(if life.id.uuid.0[0].is_multiple_of(5) { "Q" } else { "P" });
        let vcpus = 1 + u32::try_from(self.dice.below(4)).expect("small");
        let resources = Resources { vcpus, memory_mib: 64, disk_gib: 5 };
        let announced = Announcement {
            host: host_id(life.host),
            resources: (!self.dice.once_in(10)).then_some(resources),
            ownership: Ownership { provider, tenant, service },
            relations: self.relations(),
            ..announcement(life.id)
        };
        let request = BirthRequest { previous, ..request(life.id, life.born) };
        vec![(Who::Host(life.host), announce(&announced)), (Who::Foundry, birth(&request))]
    }

    /// Up to two relations to lives that have begun.
    fn relations(&mut self) -> Relations {
        let kinds = [RelationKind::Parent, RelationKind::ScaledFrom, RelationKind::MovedFrom];
        let count = if self.finished.is_empty() { 0 } else { self.dice.below(3) };
        let declared = (0..count).map(|_| DeclaredRelation {
            kind: kinds[self.dice.below(3)],
            server: self.finished[self.dice.below(self.finished.len())].id,
        });
        Relations::new(declared.collect()).expect("two are few")
    }

    /// Something happens to a life.
    fn happen(&mut self, which: usize) {
        let now = self.world.now();
        let Self { lives, dice, .. } = self;
        let life = &mut lives[which];
        if life.has_ended {
            return;
        }
        let skew = dice.below(60_000) as u64;
        let (at, host) = (now.saturating_sub(skew), Who::Host(life.host));
        match dice.below(40) {
            0 | 1 => {
                let to = (life.host + 1 + u8::try_from(dice.below(4)).expect("small")) % HOSTS;
                let left = life.sees(host, at, EventKind::MovedOut { to: host_id(to) });
                life.sees(Who::Host(to), left + 500, EventKind::MovedIn { from: host_id(life.host) });
                life.host = to;
            }
            2 => {
                let reason = if dice.once_in(2) { EndReason::Rollover } else { EndReason::Terminated };
                life.sees(host, at, EventKind::Ended { reason });
                life.has_ended = true;
            }
            3 | 4 => {
                let vcpus = 1 + u32::try_from(dice.below(8)).expect("small");
                let resources = Resources { vcpus, memory_mib: 32, disk_gib: 5 };
                life.sees(host, at, EventKind::Resized { resources });
            }
            5 => {
                life.sees(host, at, EventKind::Rebooted);
            }
            11 => {
                let state = STATES[dice.below(STATES.len())];
                life.sees(host, at, EventKind::Summary { transitions: 4, first: at, state });
            }
            6..=10 => {
                life.sees(Who::Tracker, at, EventKind::GuestEvent { code: 7 });
            }
            _ => {
                life.sees(host, at, EventKind::StateChanged { state: STATES[dice.below(STATES.len())] });
            }
        }
        life.is_spoiled |= life.host == LIAR;
    }

    /// Lives that ended on the ledger are followed by others, some of them.
    fn follow(&mut self) {
        let mut calls = Vec::new();
        for which in 0..self.lives.len() {
            if !self.lives[which].has_ended || self.lives[which].has_waiting() {
                continue;
            }
            let Some((id, record)) = query::server(&self.world.state, self.lives[which].id.uuid, None) else {
                continue;
            };
            let Some(end) = record.end.filter(|_| id == self.lives[which].id) else { continue };
            if !self.dice.once_in(3) {
                continue;
            }
            let now = self.world.now().max(end.at);
            let next = match end.reason {
                EndReason::Rollover => self.lives[which].successor(end.at),
                _ => Life::new(ServerId { generation: id.generation + 1, ..id }, self.lives[which].host, now),
            };
            calls.extend(self.born(&next, Some(end.hash)));
            let before = core::mem::replace(&mut self.lives[which], next);
            self.finished.push(before);
        }
        self.world.block(&calls);
    }
}
