//! A member's process starts: from nothing the first time, later from what its disk holds.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use parity_scale_codec::DecodeAll;
use tierchain_primitives::H256;
use tierchain_replica::log::WriteAheadLog;
use tierchain_replica::{Ports, Record, Recovered, Replica};

use super::{Body, Process};
use crate::clock::Clocks;
use crate::database::Database;
use crate::directory::Directory;
use crate::disk::Disk;
use crate::event::Event;
use crate::scene::Scene;
use crate::signing::Identity;

impl Body {
    /// A member that never ran. A validator's vote log is made here, once.
    pub fn new(number: usize, identities: Vec<Identity>, scene: &mut Scene) -> Self {
        let disk = Disk::new(scene.random.number());
        if scene.cast.candidate(number).is_some() {
            WriteAheadLog::create(disk.clone(), scene.genesis.hash).expect("the disk is empty");
        }
        let skew_ms = scene.draw_skew();
        let adversary = scene.cast.lies(number).map(|kind| kind.adversary(&mut scene.random));
        let database = Database::new(&scene.genesis);
        let directory = Directory::new(&scene.cast, &scene.set, &database);
        let (generation, is_disqualified, lost_at) = (0, false, None);
        Self {
            number,
            life: 0,
            database,
            identities,
            generation,
            directory,
            adversary,
            disk,
            is_disqualified,
            lost_at,
            skew_ms,
            process: None,
        }
    }

    /// Its process starts.
    pub fn start(&mut self, scene: &mut Scene) {
        if self.process.is_some() {
            return;
        }
        self.life += 1;
        self.disk.power_on();
        self.forget(scene);
        let Some((log, records)) = self.open_log(scene) else { return };
        self.choose_key();
        let now = scene.queue.now();
        let first_reading_ms = scene.random.below(1_000_000);
        let clocks = Clocks { started: now, first_reading_ms, skew_ms: self.skew_ms };
        let (base, certificate) = self.database.base();
        let evidence = self.database.evidence().to_vec();
        let recovered = Recovered { base, certificate, records: records.clone(), evidence };
        let identity = &self.identities[self.generation];
        let ports = Ports { ledger: &self.database, signer: identity };
        let key = log.as_ref().map(|_| identity.public());
        let settings = scene.settings(&self.database, key, recovered.challenge());
        let recover = || Replica::recover(settings, recovered, clocks.read(now), &ports);
        let recovered = match self.adversary {
            None => Some(recover()),
            // A liar may have written what no replica can stand.
            Some(_) => catch_unwind(AssertUnwindSafe(recover)).ok(),
        };
        let Some((replica, staged)) = recovered else { return };
        let height = replica.chain().last().header.number;
        scene.trace.note(now, || format!("{} starts at {height}", self.number));
        scene.witness.on_new_life(self.number);
        scene.witness.on_epochs(self.number, &replica);
        records.iter().for_each(|record| scene.witness.on_written(self.number, record));
        self.directory = Directory::new(&scene.cast, replica.set(), &self.database);
        let rejoins = replica.unanswered_challenge().is_some();
        scene.witness.on_restart(self.number, &replica, self.database.best());
        self.process = Some(Process {
            replica,
            log,
            clocks,
            inbox: Vec::new(),
            busy_until: now,
            turn_is_due: false,
            wake: None,
            jobs: VecDeque::new(),
            flushes: VecDeque::new(),
            submitted: BTreeMap::new(),
            next_ticket: 0,
            fuse: None,
        });
        if scene.is_faulty && scene.random.chance(50) {
            let effects = scene.random.below(4);
            self.crash_after(effects);
        }
        if let Some(adversary) = self.adversary.as_mut().filter(|_| scene.is_faulty)
            && let Some(effects) = adversary.crashes_after(&mut scene.random)
        {
            self.crash_after(effects);
        }
        let pause = scene.random.within(scene.profile.flush);
        scene.queue.after(pause, Event::Flush(self.number, self.life));
        if rejoins {
            scene.queue.after(0, Event::Rejoin(self.number, self.life));
        }
        for other in (0..scene.members()).filter(|other| *other != self.number) {
            let dialled = scene.random.within((0, 50_000));
            scene.queue.after(dialled, Event::Meet(self.number, other));
        }
        self.finish_turn(staged, scene);
        if let Some(process) = &self.process {
            scene.witness.on_restarted(self.number, &process.replica);
        }
    }

    /// An amnesiac's disk may be empty, with a new vote log on it as if there had never been another.
    fn forget(&mut self, scene: &mut Scene) {
        let Some(adversary) = &mut self.adversary else { return };
        if adversary.forgets(&mut scene.random) {
            self.disk.erase();
            self.database = Database::new(&scene.genesis);
            WriteAheadLog::create(self.disk.clone(), scene.genesis.hash).expect("the disk is empty");
        }
    }

    /// The vote log, if it is a validator that still has one, and what it holds. None when the log refuses to open,
    /// which is a violation.
    fn open_log(&self, scene: &mut Scene) -> Option<(Option<WriteAheadLog<Disk>>, Vec<Record>)> {
        if scene.cast.candidate(self.number).is_none() || self.is_disqualified {
            return Some((None, Vec::new()));
        }
        #[cfg(feature = "bugs")]
        if scene.bug == Some(tierchain_consensus::Bug::AmnesiacVotes) {
            // Refused where there is one.
            let _ = WriteAheadLog::create(self.disk.clone(), scene.genesis.hash);
        }
        match open(self.disk.clone(), scene.genesis.hash) {
            Ok((log, records)) => Some((Some(log), records)),
            Err(problem) => {
                scene.witness.on_unreadable_log(self.number, &problem);
                None
            }
        }
    }
}

fn open(disk: Disk, genesis: H256) -> Result<(WriteAheadLog<Disk>, Vec<Record>), String> {
    let (log, recovered) = WriteAheadLog::open(disk, genesis).map_err(|error| error.to_string())?;
    let records = recovered.records.iter().map(|bytes| Record::decode_all(&mut bytes.as_slice()));
    let records = records.collect::<Result<_, _>>().map_err(|error| format!("a record doesn't decode: {error}"))?;
    Ok((log, records))
}
