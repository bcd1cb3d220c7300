//! What must be true of every run, one property per file, each with its source.
//!
//! The witness sees everything that the members do and knows all of it at once, as nobody in the real network does. It
//! keeps the first violation; the run ends with it. What liars do is their business; what they do to others is not.

mod accountability;
mod agreement;
mod answers;
mod certificates;
mod durability;
mod electorate;
mod heads;
mod honesty;
mod leaving;
mod liveness;
mod once;
mod patience;
mod promises;
mod quotas;
mod roots;
mod seats;
mod voting;

use tierchain_consensus::{Message, Verify};
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256};
use tierchain_replica::evidence::Evidence;
use tierchain_replica::{DropReason, ExecuteJob, Executed, Input, Record, Replica};
use tierchain_runtime::Quota;

use crate::cast::Cast;

use accountability::Accountability;
use agreement::Agreement;
use answers::Answers;
use durability::Durability;
use heads::Heads;
use leaving::Leaving;
pub use liveness::{Liveness, Look};
use once::Once;
use promises::Promises;
use quotas::Quotas;
use roots::Roots;
pub use seats::{Seating, Seats};
use voting::Voting;

/// A property that didn't hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Which property.
    pub invariant: &'static str,
    /// What happened.
    pub what: String,
}

impl Violation {
    pub(crate) fn new(invariant: &'static str, what: String) -> Self {
        Self { invariant, what }
    }
}

impl core::fmt::Display for Violation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// What a property says to something that happened.
pub(crate) type Check = Result<(), Violation>;

/// Sees everything.
#[derive(Debug)]
pub struct Witness {
    genesis: H256,
    cast: Cast,
    accountability: Accountability,
    agreement: Agreement,
    answers: Answers,
    durability: Durability,
    heads: Heads,
    leaving: Leaving,
    once: Once,
    promises: Promises,
    quotas: Quotas,
    roots: Roots,
    seats: Seats,
    voting: Voting,
    refused: usize,
    violation: Option<Violation>,
}

impl Witness {
    /// A witness of a run that begins with these validators.
    #[must_use]
    pub fn new(genesis: H256, set: ValidatorSet, cast: Cast) -> Self {
        Self {
            accountability: Accountability::default(),
            agreement: Agreement::default(),
            answers: Answers::default(),
            durability: Durability::default(),
            heads: Heads::default(),
            leaving: Leaving::default(),
            once: Once::default(),
            promises: Promises::default(),
            quotas: Quotas::default(),
            roots: Roots::default(),
            seats: Seats::new(set, &cast),
            voting: Voting::default(),
            refused: 0,
            violation: None,
            genesis,
            cast,
        }
    }

    /// An account that only remarks, and its quota at first.
    pub fn watch_quota(&mut self, account: AccountId, quota: Quota) {
        self.quotas.watch(account, quota);
    }

    /// Operators may give an account this quota from now on.
    pub fn on_quota_proposed(&mut self, account: &AccountId, quota: Quota) {
        self.quotas.on_proposed(account, quota);
    }

    /// The first violation, if there was one.
    #[must_use]
    pub fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    /// A member is about to take this in.
    pub fn on_input(&mut self, who: usize, input: &Input, replica: &Replica) {
        if self.is_honest(who) {
            let check = self.accountability.on_input(who, input, replica);
            self.keep(check);
        }
    }

    /// A member says something to others.
    pub fn on_said(&mut self, who: usize, message: &Message) {
        if !self.is_honest(who) {
            return;
        }
        let epoch = message.epoch();
        let (seats, cast) = (&self.seats, &self.cast);
        let check = match seats.of(epoch).zip(seats.place(epoch, who, cast)) {
            None => voting::spoke_without_seat(who, epoch),
            Some((seating, me)) => {
                let check = self.promises.on_said(who, me, message, &self.agreement);
                check.and_then(|()| self.leaving.on_said(me, message, seating, cast))
            }
        };
        self.keep(check);
    }

    /// A member's process starts.
    pub fn on_new_life(&mut self, who: usize) {
        self.voting.on_new_life(who);
    }

    /// Where a member is at the end of a turn.
    pub fn on_epochs(&mut self, who: usize, replica: &Replica) {
        if self.is_honest(who) {
            if replica.me().is_some() {
                self.voting.on_vote(who, replica.set().epoch, replica.chain().last().header.number);
            }
            let check = self.seats.on_epochs(who, replica.epochs(), &self.cast);
            self.keep(check);
        }
    }

    /// A block is final to a member.
    pub fn on_final(&mut self, who: usize, job: &ExecuteJob, verifier: &dyn Verify) {
        if !self.is_honest(who) {
            return;
        }
        let check = self.check_final(who, job, verifier);
        self.keep(check);
    }

    fn check_final(&mut self, who: usize, job: &ExecuteJob, verifier: &dyn Verify) -> Check {
        let (number, epoch) = (job.header.number, job.certificate.epoch);
        let votes = self.voting.votes_at(who, epoch, number);
        self.agreement.on_final(who, number, job.hash)?;
        electorate::on_final(who, job, &self.seats, verifier, &self.genesis)?;
        let seating = self.seats.of(epoch);
        seating.map_or(Ok(()), |it| certificates::on_final(who, job, &it.set, verifier, &self.genesis))?;
        self.seats.on_final(&job.header, &self.cast)?;
        if votes {
            self.promises.on_final(who, number, job.hash)?;
        } else {
            self.promises.on_followed(who, number);
        }
        self.durability.on_final(who, number, job.hash, votes)?;
        self.roots.on_final(who, job)?;
        let at = job.header.pre_runtime().map_or(0, |pre| pre.timestamp);
        self.quotas.on_final(number, at, &job.body)?;
        self.once.on_final(number, &job.body)
    }

    /// What a member has executed is on stable storage up to here.
    pub fn on_flushed(&mut self, who: usize, number: BlockNumber) {
        self.durability.on_flushed(who, number);
        self.promises.on_stored(who, number);
    }

    /// A member executed a block.
    pub fn on_executed(&mut self, who: usize, executed: Executed) {
        if self.is_honest(who) {
            let check = self.roots.on_executed(who, executed);
            self.keep(check);
        }
    }

    /// A validator answered a submission with the extrinsic's hash.
    pub fn on_answered(&mut self, who: usize, replica: &Replica, hash: H256, death: Option<BlockNumber>) {
        if self.is_honest(who) {
            self.answers.on_answered(who, hash, death, replica.holds(&hash));
        }
    }

    /// A validator let an extrinsic go.
    pub fn on_dropped(&mut self, who: usize, replica: &Replica, hash: H256, reason: DropReason) {
        if self.is_honest(who) {
            let check = self.answers.on_dropped(who, replica, hash, reason, &self.once);
            self.keep(check);
        }
    }

    /// A member whose newest final block was `last` when it decided turned an account away at a time, for its quota.
    pub fn on_over_quota(&mut self, who: usize, account: &AccountId, last: BlockNumber, now: u64) {
        if self.is_honest(who) {
            let check = self.quotas.on_over_quota(who, account, last, now);
            self.keep(check);
        }
    }

    /// A record of a member's vote log is on disk.
    pub fn on_written(&mut self, who: usize, record: &Record) {
        if self.is_honest(who) {
            let check = self.check_written(who, record);
            self.keep(check);
        }
    }

    fn check_written(&mut self, who: usize, record: &Record) -> Check {
        let (seats, cast) = (&self.seats, &self.cast);
        let place = |epoch: Epoch| seats.place(epoch, who, cast);
        if let Record::Epoch(epoch) = record {
            self.voting.on_epoch(who, *epoch, seats, cast)?;
        }
        self.promises.on_written(who, record, place)?;
        self.heads.on_written(who, record, place)
    }

    /// A validator's vote log is gone.
    pub fn on_log_lost(&mut self, who: usize) {
        self.answers.on_log_lost(who);
        self.durability.on_lost(who);
        self.promises.on_log_lost(who);
        self.voting.on_log_lost(who);
    }

    /// A member's database is gone, and not its vote log.
    pub fn on_database_lost(&mut self, who: usize) {
        self.promises.on_restart(who, 0);
        self.answers.on_log_lost(who);
        self.durability.on_lost(who);
    }

    /// A member comes back from its disk, whose database has all blocks up to `stored`.
    pub fn on_restart(&mut self, who: usize, replica: &Replica, stored: BlockNumber) {
        self.promises.on_restart(who, stored);
        self.accountability.on_restart(who);
        if self.is_honest(who) {
            let check = self.durability.on_restart(who, replica);
            self.keep(check);
        }
    }

    /// A member came back from its disk and said again what is final.
    pub fn on_restarted(&mut self, who: usize, replica: &Replica) {
        if self.is_honest(who) {
            let is_whole = self.durability.is_whole(who);
            let check = self.answers.on_restarted(who, replica, &self.once, is_whole);
            self.keep(check);
        }
    }

    /// A vote log that holds what was synced doesn't open.
    pub fn on_unreadable_log(&mut self, who: usize, problem: &str) {
        if self.is_honest(who) {
            self.keep(durability::unreadable(who, problem));
        }
    }

    /// A member accuses another one.
    pub fn on_evidence(&mut self, who: usize, evidence: &Evidence, verifier: &dyn Verify) {
        if !self.is_honest(who) {
            return;
        }
        self.accountability.on_fault(who, evidence.topic());
        let mut check = honesty::accused(who, evidence, &self.seats, &self.cast);
        if let Evidence::Contradiction(pair) = evidence {
            let accountability = &mut self.accountability;
            let seating = self.seats.of(pair.epoch());
            let mut look = |set| accountability.on_evidence(who, pair, verifier, set, &self.genesis);
            check = check.and_then(|()| seating.map_or(Ok(()), |it| look(&it.set)));
        }
        self.keep(check);
    }

    /// A member doesn't hold what a validator gathered.
    pub fn on_implausible(&mut self, who: usize, maker: &AccountId) {
        let maker = self.cast.owner(maker);
        match maker.filter(|maker| self.is_honest(who) && self.cast.lies(*maker).is_none()) {
            Some(maker) => self.keep(honesty::implausible(who, maker)),
            None => self.refused += 1,
        }
    }

    /// A member refuses what another one sent.
    pub fn on_refused(&mut self, from: usize, to: usize, reason: &str) {
        match (self.is_honest(from), self.is_honest(to)) {
            (true, true) => self.keep(honesty::refused(from, to, reason)),
            (false, true) => self.refused += 1,
            (_, false) => {}
        }
    }

    /// A member found another root than a primary.
    pub fn on_diverged(&mut self, who: usize, number: BlockNumber, here: H256, there: H256) {
        if self.is_honest(who) {
            let check = self.roots.on_diverged(who, number, (here, there), !self.cast.liars().is_empty());
            self.keep(check);
        }
    }

    /// A member wants to be woken.
    pub fn on_wake_wanted(&mut self, who: usize, at: u64, now: u64) {
        if self.is_honest(who) {
            self.keep(patience::wake_wanted(who, at, now));
        }
    }

    /// The network has healed, and this is what didn't recover in time.
    pub fn on_stuck(&mut self, why: String) {
        self.keep(Err(Violation::new("liveness", why)));
    }

    /// Whether an extrinsic is in a final block.
    #[must_use]
    pub fn is_final(&self, hash: &H256) -> bool {
        self.once.block_of(hash).is_some()
    }

    /// Whether somebody answered for an extrinsic.
    #[must_use]
    pub fn is_answered(&self, hash: &H256) -> bool {
        self.answers.is_answered(hash)
    }

    /// The newest block that is final to anybody.
    #[must_use]
    pub fn height(&self) -> BlockNumber {
        self.agreement.height()
    }

    /// How many extrinsics are in final blocks.
    #[must_use]
    pub fn included(&self) -> usize {
        self.once.count()
    }

    /// Who sits where, as far as any honest member is.
    #[must_use]
    pub fn seats(&self) -> &Seats {
        &self.seats
    }

    /// The newest epoch that a member's log binds it to; it may have no seat there.
    #[must_use]
    pub fn bound_to(&self, who: usize) -> Option<Epoch> {
        self.voting.bound_to(who)
    }

    /// How often an account was turned away for its quota.
    #[must_use]
    pub fn slowed(&self) -> usize {
        self.quotas.slowed()
    }

    /// How many contradictions honest validators showed.
    #[must_use]
    pub fn evidence(&self) -> usize {
        self.accountability.shown()
    }

    /// How many messages of liars were refused.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.refused
    }

    fn is_honest(&self, who: usize) -> bool {
        self.cast.lies(who).is_none()
    }

    fn keep(&mut self, check: Check) {
        if let Err(violation) = check {
            self.violation.get_or_insert(violation);
        }
    }
}
