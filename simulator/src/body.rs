//! The dream body of one member: the very replica and vote log that ship, over a disk, a database, a clock and a
//! network that can do anything but lie.
//!
//! A turn is the node's: whatever waits is stepped through the replica, effects that promise nothing go out, one sync
//! covers the records, then the rest goes out. The process may end before, between and after any of these.

mod inbound;
mod perform;
mod recovery;
mod rejoin;
mod seat;

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use parity_scale_codec::{DecodeAll, Encode};
use tierchain_consensus::Status as MachineStatus;
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256, ValidatorIndex, View};
use tierchain_replica::log::WriteAheadLog;
use tierchain_replica::{Clock, ExecuteJob, Executed, Input, Ports, Record, Replica, Staged, Status, Ticket};

use crate::adversaries::{Adversary, Letter};
use crate::clock::{Clocks, Time};
use crate::database::Database;
use crate::directory::Directory;
use crate::disk::Disk;
use crate::event::{Event, Parcel};
use crate::network::Life;
use crate::scene::Scene;
use crate::signing::Identity;

/// One member.
#[derive(Debug)]
pub struct Body {
    /// Its number.
    pub number: usize,
    /// How many times it started.
    pub life: Life,
    /// What it has executed.
    pub database: Database,
    /// Its keys, oldest first: several of a candidate, one of anybody else.
    identities: Vec<Identity>,
    /// With which of its keys it runs.
    generation: usize,
    /// How it names the others.
    directory: Directory,
    /// What lies for it; none when it is honest.
    adversary: Option<Box<dyn Adversary>>,
    disk: Disk,
    /// Its vote log is lost: it may follow, and never vote again.
    is_disqualified: bool,
    /// The newest block that was final to anybody when it lost its vote log or its database; none once it has all back.
    lost_at: Option<BlockNumber>,
    skew_ms: i64,
    process: Option<Process>,
}

/// A segment of the vote log that has to stay until the state after this block is flushed.
#[derive(Clone, Copy, Debug)]
struct FlushRequest {
    segment: u64,
    number: BlockNumber,
}

/// An extrinsic that waits for its answer.
#[derive(Clone, Copy, Debug)]
struct Submitted {
    hash: H256,
    /// The block from which on it can't be included.
    death: Option<BlockNumber>,
    /// The newest final block when the replica took it; none while it is in the inbox.
    taken_at: Option<BlockNumber>,
}

/// What lives as long as the process.
#[derive(Debug)]
struct Process {
    replica: Replica,
    /// None for an observer.
    log: Option<WriteAheadLog<Disk>>,
    clocks: Clocks,
    inbox: Vec<Input>,
    /// Until when it has no time for its inbox.
    busy_until: Time,
    turn_is_due: bool,
    wake: Option<u64>,
    jobs: VecDeque<ExecuteJob>,
    flushes: VecDeque<FlushRequest>,
    /// What answers are about.
    submitted: BTreeMap<Ticket, Submitted>,
    next_ticket: u64,
    /// How many more effects until it crashes.
    fuse: Option<u64>,
}

impl Process {
    fn clock(&self, now: Time) -> Clock {
        self.clocks.read(now)
    }

    /// Burns a piece of the fuse; true when it was the last.
    fn burns_down(&mut self) -> bool {
        match &mut self.fuse {
            None => false,
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }
}

impl Body {
    /// Whether its process runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Where its replica stands; none while it is down.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.process.as_ref().map(|process| process.replica.status())
    }

    /// Epoch and view it is in, and the place and key of the primary that it is with or on its way to; none while it is
    /// down or doesn't vote.
    #[must_use]
    pub fn primary(&self) -> Option<(Epoch, View, ValidatorIndex, AccountId)> {
        let status: MachineStatus = self.status()?.consensus?;
        let set = self.process.as_ref()?.replica.set();
        Some((set.epoch, status.view, status.primary, *set.key(status.primary)?))
    }

    /// Whether its vote log is lost.
    #[must_use]
    pub fn is_disqualified(&self) -> bool {
        self.is_disqualified
    }

    /// Takes an input, now or when it has time.
    pub fn take(&mut self, input: Input, scene: &mut Scene) {
        let (number, life) = (self.number, self.life);
        let Some(process) = &mut self.process else { return };
        process.inbox.push(input);
        if process.busy_until <= scene.queue.now() {
            self.turn(scene);
        } else if !process.turn_is_due {
            process.turn_is_due = true;
            scene.queue.at(process.busy_until, Event::Turn(number, life));
        }
    }

    /// Takes what waits in the inbox.
    pub fn turn(&mut self, scene: &mut Scene) {
        let Some(process) = &mut self.process else { return };
        process.turn_is_due = false;
        let mut staged = Staged::default();
        for input in core::mem::take(&mut process.inbox) {
            let Some(mut more) = self.step(input, scene) else { return };
            for effect in more.take_free() {
                if self.ends_here(scene) {
                    return;
                }
                self.perform(effect, scene);
            }
            staged.join(more);
        }
        self.finish_turn(staged, scene);
    }

    fn step(&mut self, input: Input, scene: &mut Scene) -> Option<Staged> {
        let process = self.process.as_mut()?;
        let now = process.clock(scene.queue.now());
        scene.witness.on_input(self.number, &input, &process.replica);
        if let Input::Submit { ticket, .. } = &input
            && let Some(submitted) = process.submitted.get_mut(ticket)
        {
            submitted.taken_at = Some(process.replica.chain().last().header.number);
        }
        let ports = Ports { ledger: &self.database, signer: &self.identities[self.generation] };
        if self.adversary.is_none() {
            return Some(process.replica.step(now, input, &ports));
        }
        let staged = catch_unwind(AssertUnwindSafe(|| process.replica.step(now, input, &ports)));
        if staged.is_err() {
            self.crash(scene);
        }
        staged.ok()
    }

    /// Sends something, or what its adversary makes of it.
    fn post(&mut self, to: usize, parcel: Parcel, scene: &mut Scene) {
        let letter = Letter { to, parcel, delay: 0 };
        let (Some(adversary), Some(process)) = (&mut self.adversary, &self.process) else {
            return self.post_all(vec![letter], scene);
        };
        let means = scene.means(self.number, &self.identities[self.generation], process.replica.set());
        let letters = match means {
            Some(mut means) => adversary.send(letter, &mut means),
            None => vec![letter],
        };
        self.post_all(letters, scene);
    }

    fn post_all(&self, letters: Vec<Letter>, scene: &mut Scene) {
        letters.into_iter().for_each(|it| scene.send(self.number, it.to, it.delay, it.parcel));
    }

    fn post_to_all(&mut self, parcel: &Parcel, scene: &mut Scene) {
        let me = self.number;
        for to in (0..scene.members()).filter(|to| *to != me) {
            self.post(to, parcel.clone(), scene);
        }
    }

    /// Syncs what was staged, lets out what rests on it, rolls the log.
    fn finish_turn(&mut self, staged: Staged, scene: &mut Scene) {
        let Some(process) = &mut self.process else { return };
        let is_last_write = process.burns_down();
        if is_last_write {
            self.disk.fail_next_write();
        }
        let mut log = MaybeLog { log: process.log.as_mut(), written: Vec::new() };
        if staged.needs_sync() {
            process.busy_until = scene.queue.now() + scene.random.within(scene.profile.sync);
        }
        let durable = staged.persist(&mut log);
        if is_last_write || self.disk.has_stopped() {
            return self.crash(scene);
        }
        scene.witness.on_epochs(self.number, &process.replica);
        log.written.iter().for_each(|record| scene.witness.on_written(self.number, record));
        for effect in durable.into_effects() {
            if self.ends_here(scene) {
                return;
            }
            self.perform(effect, scene);
        }
        self.roll_log(scene);
    }

    fn roll_log(&mut self, scene: &mut Scene) {
        let Some(process) = &mut self.process else { return };
        let Some(log) = &mut process.log else { return };
        if log.bytes_used() < scene.profile.segment_bytes {
            return;
        }
        let is_last_write = process.fuse == Some(0);
        if is_last_write {
            self.disk.fail_next_write();
        }
        let segment = log.roll(&process.replica.checkpoint());
        let number = process.replica.chain().last().header.number;
        process.flushes.push_back(FlushRequest { segment, number });
        if is_last_write || self.disk.has_stopped() {
            self.crash(scene);
        }
    }

    /// Executes the oldest block that waits, and tells the replica.
    pub fn execute(&mut self, scene: &mut Scene) {
        let Some(process) = &mut self.process else { return };
        let Some(job) = process.jobs.pop_front() else { return };
        if !process.jobs.is_empty() {
            let lasts = scene.random.within(scene.profile.execution);
            scene.queue.after(lasts, Event::Executed(self.number, self.life));
        }
        let changes_roll = self.database.execute(&job);
        if changes_roll {
            self.on_roll(scene);
        }
        let mut executed = Executed { number: job.header.number, root: self.database.root() };
        if let Some(adversary) = &mut self.adversary {
            executed.root = adversary.bend_root(executed.root, executed.number);
        }
        scene.witness.on_executed(self.number, executed);
        self.take(Input::Executed(executed), scene);
    }

    /// Flushes the database; segments of the vote log that only it needed can go.
    pub fn flush(&mut self, scene: &mut Scene) {
        let Some(process) = &mut self.process else { return };
        self.database.flush();
        let best = self.database.best();
        scene.witness.on_flushed(self.number, best);
        while let Some(request) = process.flushes.front().copied().filter(|request| request.number <= best) {
            process.flushes.pop_front();
            if let Some(log) = &mut process.log {
                log.remove_before(request.segment);
            }
        }
        let pause = scene.random.within(scene.profile.flush);
        scene.queue.after(pause, Event::Flush(self.number, self.life));
    }

    /// Its monotonic clock shows what it wanted to be woken for.
    pub fn wake(&mut self, at: u64, scene: &mut Scene) {
        let Some(process) = &mut self.process else { return };
        process.wake = None;
        debug_assert!(process.clock(scene.queue.now()).monotonic >= at, "woken too early");
        self.take(Input::Tick, scene);
    }

    /// Whether it waits for just this wake-up.
    #[must_use]
    pub fn waits_for(&self, at: u64) -> bool {
        self.process.as_ref().is_some_and(|process| process.wake == Some(at))
    }

    /// Has no time before this.
    pub fn stall(&mut self, until: Time) {
        if let Some(process) = &mut self.process {
            process.busy_until = process.busy_until.max(until);
        }
    }

    /// Somebody sets its wall clock.
    pub fn set_wall_clock(&mut self, skew_ms: i64) {
        self.skew_ms = skew_ms;
        if let Some(process) = &mut self.process {
            process.clocks.skew_ms = skew_ms;
        }
    }

    /// Lets it crash after so many more effects.
    pub fn crash_after(&mut self, effects: u64) {
        if let Some(process) = &mut self.process {
            process.fuse = Some(effects);
        }
    }

    /// Its disk has no room left.
    pub fn fill_disk(&mut self, bytes: usize) {
        self.disk.fill(bytes);
    }

    /// Its disk has room again.
    pub fn free_disk(&mut self) {
        self.disk.free();
    }

    /// Its process ends, and its vote log is gone.
    pub fn lose_log(&mut self, scene: &mut Scene) {
        self.crash(scene);
        self.disk.erase();
        self.is_disqualified = true;
        #[cfg(feature = "bugs")]
        if scene.bug == Some(tierchain_consensus::Bug::AmnesiacVotes) {
            self.is_disqualified = false;
        }
        scene.witness.on_log_lost(self.number);
    }

    /// Its process ends, and with its vote log what it promised is gone, perhaps all it had executed as well. What it gets
    /// is a log that takes the place of the lost one.
    pub fn lose_disk(&mut self, loses_database: bool, challenge: H256, scene: &mut Scene) {
        self.crash(scene);
        self.disk.power_on();
        self.disk.free();
        self.disk.erase();
        let first = Record::Rejoin { challenge }.encode();
        WriteAheadLog::create_with(self.disk.clone(), scene.genesis.hash, &[first]).expect("the disk is empty");
        if loses_database {
            self.database = Database::new(&scene.genesis);
        }
        self.lost_at = Some(scene.witness.height());
        scene.witness.on_log_lost(self.number);
    }

    /// Its process ends, and all it had executed is gone; its vote log is whole.
    pub fn lose_database(&mut self, scene: &mut Scene) {
        self.crash(scene);
        self.database = Database::new(&scene.genesis);
        self.lost_at = Some(scene.witness.height());
        scene.witness.on_database_lost(self.number);
    }

    /// Whether it lost something and isn't back where it was.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost_at.is_some()
    }

    /// Whether its database has on stable storage again what was final when it lost something. Before that others may
    /// have the only copies.
    #[must_use]
    pub fn has_caught_up(&self) -> bool {
        self.lost_at.is_none_or(|number| self.database.durable() >= number)
    }

    /// It votes again, has what it lost, and everybody else is as far.
    pub fn regain(&mut self) {
        self.lost_at = None;
    }

    /// Nothing goes wrong with it any more.
    pub fn heal(&mut self) {
        self.disk.free();
        if let Some(process) = &mut self.process {
            process.fuse = None;
        }
    }

    /// Burns the fuse; true when the process ended with that.
    fn ends_here(&mut self, scene: &mut Scene) -> bool {
        let ends = self.process.as_mut().is_none_or(Process::burns_down);
        if ends {
            self.crash(scene);
        }
        ends
    }

    /// The machine stops.
    pub fn crash(&mut self, scene: &mut Scene) {
        if self.process.take().is_none() {
            return;
        }
        self.database.crash(&mut scene.random);
        if scene.disks_lie {
            self.disk.lose_newest_write();
        }
        let best = self.database.best();
        scene.trace.note(scene.queue.now(), || format!("{} crashes, its database is back at {best}", self.number));
        scene.after_crash(self.number);
    }
}

/// A vote log, or none at all for an observer; with what was written into it.
struct MaybeLog<'a> {
    log: Option<&'a mut WriteAheadLog<Disk>>,
    written: Vec<Record>,
}

impl tierchain_replica::Log for MaybeLog<'_> {
    fn append(&mut self, record: &[u8]) {
        if let Some(log) = &mut self.log {
            log.append(record);
            self.written.push(Record::decode_all(&mut &*record).expect("the replica encoded it"));
        }
    }

    fn sync(&mut self) {
        if let Some(log) = &mut self.log {
            log.sync();
        }
    }
}
