//! A run: members, clients and what surrounds them, from one seed. First a day with faults, then the network heals and
//! has to recover by itself.

use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::{BlockNumber, Epoch};
use tierchain_runtime::Validator;

use crate::adversaries::{Kind, Sides};
use crate::body::Body;
use crate::cast::Cast;
use crate::clock::{MS, Time};
use crate::council::Council;
use crate::event::Event;
use crate::faults;
use crate::invariants::{Liveness, Look, Violation, Witness};
use crate::network::{Network, Weather};
use crate::people::{self, Candidate};
use crate::profile::{Options, Profile};
use crate::queue::Queue;
use crate::random::Random;
use crate::scene::Scene;
use crate::signing::{Identity, Verifier};
use crate::trace::Trace;
use crate::workload::Workload;

/// How many events pass between two looks at whether all has recovered.
const LOOK_EVERY: u64 = 32;

/// More events than this without recovery: the members keep each other busy with nothing.
const RECOVERY_STEPS_MAX: u64 = 1_000_000;

/// What a run came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Events in all.
    pub steps: u64,
    /// What didn't hold; none is good.
    pub violation: Option<Violation>,
    /// Final blocks.
    pub height: BlockNumber,
    /// Extrinsics in them.
    pub included: usize,
    /// How long the network took to recover.
    pub recovery: Time,
    /// Contradictions that honest validators showed.
    pub evidence: usize,
    /// Messages that honest members refused.
    pub refused: usize,
    /// Epochs that ended.
    pub epochs: u32,
    /// Times that a validator lost its vote log and asked for an epoch of its own, or its database.
    pub losses: u32,
    /// Submissions turned away for their account's quota.
    pub slowed: usize,
    /// Two runs share it only if they went the same way.
    pub fingerprint: u64,
}

/// Everything.
#[derive(Debug)]
pub struct World {
    /// The members: validators first, then observers.
    pub bodies: Vec<Body>,
    /// What surrounds them.
    pub scene: Scene,
    /// The clients.
    pub workload: Workload,
    /// The operators; none acts where the validators stay.
    pub council: Council,
    /// How many vote logs and databases were lost by members that go on.
    pub losses: u32,
    steps: u64,
}

impl World {
    /// The world of a seed, before anything has happened.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        let mut random = Random::new(options.seed);
        let profile = Profile::new(options, &mut random);
        let clients: Vec<Identity> =
            (0..profile.clients).map(|index| Identity::new(profile.scheme, "client", index)).collect();
        let candidates = candidates(&profile);
        let members = identities(&profile, &candidates);
        let keys = match candidates.is_empty() {
            true => members.iter().take(profile.validators).map(|own| vec![own[0].public()]).collect(),
            false => people::keys(&candidates),
        };
        let (registered, observers) = registered(&profile, &candidates);
        let quota = profile.thrift.as_ref().map(|thrift| thrift.quota);
        let genesis = Scene::genesis(Workload::accounts(&clients), registered, observers, quota);
        let cast = Cast::new(keys, profile.validators, profile.observers, profile.liars.clone());
        let first = (0..profile.validators).map(|who| cast.keys(who)[0]);
        let set = ValidatorSet { epoch: Epoch(0), keys: first.collect() };
        let mut sides = Sides::default();
        sides.draw(&cast, &mut random);
        let mut witness = Witness::new(genesis.hash, set.clone(), cast.clone());
        for client in &clients {
            witness.watch_quota(client.public(), quota.unwrap_or_default());
        }
        let mut scene = Scene {
            queue: Queue::default(),
            network: Network::new(profile.weather),
            random,
            witness,
            verifier: Verifier::new(profile.scheme).into(),
            profile,
            cast,
            sides,
            genesis,
            set,
            trace: Trace::new(options.trace),
            is_faulty: true,
            disks_lie: options.lying_disks,
            #[cfg(feature = "bugs")]
            bug: options.bug,
        };
        scene.trace.note(0, || format!("{:?}", scene.profile));
        let bodies: Vec<Body> = members.into_iter().enumerate().map(|(at, it)| Body::new(at, it, &mut scene)).collect();
        for who in 0..bodies.len() {
            let delay = scene.random.within((0, 100 * MS));
            scene.queue.after(delay, Event::Start(who));
        }
        let workload = Workload::new(clients);
        (0..scene.profile.clients).for_each(|client| scene.queue.after(0, Event::Client(client)));
        if scene.profile.reform.is_some() {
            scene.queue.after(0, Event::Council);
        }
        Self { bodies, scene, workload, council: Council::new(candidates), losses: 0, steps: 0 }
    }

    /// Runs it to its end.
    #[must_use]
    pub fn run(mut self, options: &Options) -> Report {
        let steps = self.scene.profile.steps(options.steps);
        while self.steps < steps && self.scene.witness.violation().is_none() {
            self.step();
            self.strike();
        }
        let healed = self.scene.queue.now();
        if self.scene.witness.violation().is_none() {
            self.heal();
            self.recover();
        }
        Report {
            steps: self.steps,
            violation: self.scene.witness.violation().cloned(),
            height: self.scene.witness.height(),
            included: self.scene.witness.included(),
            recovery: self.scene.queue.now() - healed,
            evidence: self.scene.witness.evidence(),
            refused: self.scene.witness.refused(),
            epochs: self.scene.witness.seats().newest().set.epoch.0,
            losses: self.losses,
            slowed: self.scene.witness.slowed(),
            fingerprint: self.scene.trace.fingerprint(),
        }
    }

    /// Lets the next event happen. One that means nothing any more is no step.
    fn step(&mut self) {
        while let Some(event) = self.scene.queue.pop() {
            if self.happen(event) {
                self.steps += 1;
                let now = self.scene.queue.now();
                self.scene.trace.mark(now);
                return;
            }
        }
        unreachable!("clients never rest");
    }

    fn happen(&mut self, event: Event) -> bool {
        let scene = &mut self.scene;
        match event {
            Event::Deliver { from, to, lives, parcel } => {
                let arrives = scene.is_connected(from, to, lives);
                if arrives {
                    self.bodies[to].receive(from, &parcel, scene);
                }
                return arrives;
            }
            Event::Wake(who, life, at) => {
                let is_due = self.bodies[who].life == life && self.bodies[who].waits_for(at);
                if is_due {
                    self.bodies[who].wake(at, scene);
                }
                return is_due;
            }
            Event::Meet(one, other) => self.meet(one, other),
            Event::Start(who) => self.bodies[who].start(scene),
            Event::Cut { from, to } => {
                if self.scene.is_faulty {
                    faults::cut(self, from, to);
                }
            }
            Event::Strike(fault) => {
                if self.scene.is_faulty {
                    fault.strike(self);
                }
            }
            Event::GoOnWithout(who) => {
                if self.scene.is_faulty {
                    self.mend();
                    faults::go_on_without(self, who);
                }
            }
            Event::Mend => self.mend(),
            Event::FreeDisk(who) => self.bodies[who].free_disk(),
            Event::Client(client) => self.workload.act(client, &self.bodies, scene),
            Event::Council => {
                self.regain();
                self.council.act(&self.bodies, &self.workload, &mut self.scene);
            }
            Event::Rejoin(who, life) if self.bodies[who].life == life => self.bodies[who].ask_to_rejoin(scene),
            Event::ChangeKey(who) => self.bodies[who].change_key(scene),
            Event::Submit { to, bytes } => self.bodies[to].submit(&bytes, scene),
            Event::Turn(who, life) if self.bodies[who].life == life => self.bodies[who].turn(scene),
            Event::Executed(who, life) if self.bodies[who].life == life => self.bodies[who].execute(scene),
            Event::Flush(who, life) if self.bodies[who].life == life => self.bodies[who].flush(scene),
            Event::Verified { who, life, digest, entries } if self.bodies[who].life == life => {
                self.bodies[who].on_verified(digest, &entries, scene);
            }
            Event::Turn(..) | Event::Executed(..) | Event::Flush(..) | Event::Verified { .. } | Event::Rejoin(..) => {
                return false;
            }
        }
        true
    }

    /// Perhaps lets something go wrong.
    fn strike(&mut self) {
        if self.scene.random.chance(self.scene.profile.faults_per_mille) {
            let fault = self.scene.random.pick(&self.scene.profile.faults);
            fault.strike(self);
        }
    }

    /// From now on nothing goes wrong.
    fn heal(&mut self) {
        self.scene.trace.note(self.scene.queue.now(), || "the network heals".into());
        self.scene.is_faulty = false;
        self.scene.profile.weather = Weather::FAIR;
        self.mend();
        self.scene.profile.execution = (50, 500);
        self.scene.profile.sync = (50, 100);
        for who in 0..self.bodies.len() {
            self.bodies[who].heal();
            self.scene.queue.after(0, Event::Start(who));
        }
    }

    fn recover(&mut self) {
        let mut liveness = Liveness::new(self);
        let steps_max = self.steps + RECOVERY_STEPS_MAX;
        while self.scene.witness.violation().is_none() {
            match liveness.look(self) {
                Look::Recovered => return,
                Look::Stuck(why) => return self.scene.witness.on_stuck(why),
                Look::Waits if self.steps > steps_max => {
                    let why = format!("{RECOVERY_STEPS_MAX} steps after the network healed it hasn't recovered");
                    return self.scene.witness.on_stuck(why);
                }
                Look::Waits => {}
            }
            (0..LOOK_EVERY).for_each(|_| self.step());
        }
    }

    /// Whoever lost its memory, votes again and has what it lost is as good as any, once everybody has followed to its
    /// epoch.
    fn regain(&mut self) {
        let (cast, witness) = (&self.scene.cast, &self.scene.witness);
        let honest = |who: &&usize| cast.lies(**who).is_none();
        let newest = &witness.seats().newest().members;
        for who in (0..cast.candidates()).filter(|who| self.bodies[*who].is_lost()).collect::<Vec<_>>() {
            let Some(epoch) = self.bodies[who].epoch().filter(|_| self.bodies[who].votes()) else { continue };
            let is_there = |other: &usize| witness.bound_to(*other).is_none_or(|bound| bound >= epoch);
            if self.bodies[who].has_caught_up() && newest.iter().filter(honest).all(is_there) {
                self.bodies[who].regain();
            }
        }
    }

    fn mend(&mut self) {
        self.scene.network.weather = self.scene.profile.weather;
        for (one, other) in self.scene.network.mend() {
            let redialled = self.scene.random.within((0, 500 * MS));
            self.scene.queue.after(redialled, Event::Meet(one, other));
        }
    }

    /// Two members find out whether they can talk, and are told what changed.
    fn meet(&mut self, one: usize, other: usize) {
        let scene = &mut self.scene;
        let lives = (self.bodies[one].life, self.bodies[other].life);
        let can_talk = self.bodies[one].is_running()
            && self.bodies[other].is_running()
            && scene.network.carries(one, other)
            && scene.network.carries(other, one)
            && scene.sides.permit(&scene.cast, one, other);
        if can_talk && scene.network.connection(one, other) == Some(lives) {
            return;
        }
        self.break_connection(one, other);
        if can_talk {
            self.scene.network.connect((one, lives.0), (other, lives.1));
            for (who, peer) in [(one, other), (other, one)] {
                let member = self.bodies[who].name(peer);
                self.bodies[who].take(tierchain_replica::Input::Connected(member), &mut self.scene);
            }
        }
    }

    /// Members turn to other instances of the twins.
    pub fn switch_twins(&mut self) {
        self.scene.sides.draw(&self.scene.cast, &mut self.scene.random);
        let cast = self.scene.cast.clone();
        for twin in (0..cast.members()).filter(|who| cast.lies(*who) == Some(Kind::Twins)) {
            for other in (0..cast.members()).filter(|other| !cast.are_one(*other, twin)) {
                let noticed = self.scene.random.within((0, 20 * MS));
                self.scene.queue.after(noticed, Event::Meet(twin, other));
            }
        }
    }

    /// Ends a connection, if there is one, and tells whoever of the two still runs.
    pub fn break_connection(&mut self, one: usize, other: usize) {
        let Some(lives) = self.scene.network.connection(one, other) else { return };
        self.scene.network.disconnect(one, other);
        for (who, peer, life) in [(one, other, lives.0), (other, one, lives.1)] {
            if self.bodies[who].life != life {
                continue;
            }
            let other_instances = self.scene.cast.instances_of(self.scene.cast.candidate(peer).unwrap_or(peer));
            if other_instances.into_iter().any(|it| self.scene.network.connection(who, it).is_some()) {
                continue;
            }
            let refused = !self.bodies[peer].is_running() && self.scene.random.chance(500);
            let peer = self.bodies[who].name(peer);
            self.bodies[who].take(tierchain_replica::Input::Lost { peer, refused }, &mut self.scene);
        }
    }
}

/// Whoever may come to validate; nobody is needed where the validators stay.
fn candidates(profile: &Profile) -> Vec<Candidate> {
    let count = profile.reform.as_ref().map_or(0, |reform| profile.validators + reform.spares);
    (0..count).map(|number| Candidate::new(profile.scheme, number)).collect()
}

/// By member, its keys.
fn identities(profile: &Profile, candidates: &[Candidate]) -> Vec<Vec<Identity>> {
    let key = |kind: &str, index: usize| vec![Identity::new(profile.scheme, kind, index)];
    let own = |who: usize| candidates.get(who).map_or_else(|| key("validator", who), Candidate::identities);
    let voters = profile.validators.max(candidates.len());
    let observers = (voters..voters + profile.observers).map(|who| key("observer", who));
    let twins = profile.liars.iter().filter(|(_, kind)| **kind == Kind::Twins).map(|(who, _)| own(*who));
    (0..voters).map(own).chain(observers).chain(twins).collect()
}

/// What the registry holds at first: the validators, and as observers the spares, who follow.
fn registered(profile: &Profile, candidates: &[Candidate]) -> (Vec<Validator>, Vec<Vec<u8>>) {
    let (validators, spares) = candidates.split_at(profile.validators.min(candidates.len()));
    let validators = validators.iter().map(|candidate| candidate.validator(0)).collect();
    (validators, spares.iter().map(Candidate::peer_id).collect())
}
