//! What surrounds the bodies: time, network, chance, and a witness.

use std::rc::Rc;

use tierchain_consensus::Parameters;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::{AccountId, H256};
use tierchain_replica::genesis::Genesis;
use tierchain_replica::{Pace, Settings, Voter, epochs_of};
use tierchain_runtime::{GenesisConfig, Quota, Validator, Weights, registry};

use crate::adversaries::{Means, Sides};
use crate::cast::Cast;
use crate::clock::{GENESIS_MS, MS, SECOND, Time};
use crate::database::Database;
use crate::event::{Event, Parcel};
use crate::invariants::Witness;
use crate::network::{Life, Network};
use crate::profile::Profile;
use crate::queue::Queue;
use crate::random::Random;
use crate::signing::{Identity, Verifier};
use crate::trace::Trace;

/// Block nonces cost hashes and are beside the point here.
pub(crate) const BLOCK_NONCE_BITS: u8 = 0;

/// Everything that isn't one member's own.
#[derive(Debug)]
pub struct Scene {
    /// What is going to happen.
    pub queue: Queue<Event>,
    /// Who hears whom.
    pub network: Network,
    /// Chance.
    pub random: Random,
    /// Who sees everything and objects.
    pub witness: Witness,
    /// Whether signatures hold.
    pub verifier: Rc<Verifier>,
    /// The kind of day.
    pub profile: Profile,
    /// Who is who, and who lies.
    pub cast: Cast,
    /// Who talks to which instance of the twins.
    pub sides: Sides,
    /// Block 0.
    pub genesis: Genesis,
    /// The first validators.
    pub set: ValidatorSet,
    /// What is shown.
    pub trace: Trace,
    /// Whether things still go wrong.
    pub is_faulty: bool,
    /// Whether disks lose what they said they had synced.
    pub disks_lie: bool,
    /// The bug in every replica.
    #[cfg(feature = "bugs")]
    pub bug: Option<tierchain_consensus::Bug>,
}

impl Scene {
    /// The genesis block with these accounts, these registered validators and observers, and this quota. Where the
    /// validators stay, the registry needn't know any.
    #[must_use]
    pub fn genesis(
        accounts: impl Iterator<Item = AccountId>,
        validators: Vec<Validator>,
        observers: Vec<Vec<u8>>,
        quota: Option<Quota>,
    ) -> Genesis {
        let accounts = accounts.map(|account| (account, tierchain_runtime::Roles::NONE)).collect();
        Genesis::build(&GenesisConfig {
            name: "simulated".into(),
            id: "simulated".into(),
            time: GENESIS_MS,
            block_nonce_bits: BLOCK_NONCE_BITS,
            accounts,
            validators,
            observers,
            quota: quota.unwrap_or_default(),
            ..GenesisConfig::default()
        })
    }

    #[cfg(not(feature = "bugs"))]
    fn parameters(&self) -> Parameters {
        Parameters::default()
    }

    #[cfg(feature = "bugs")]
    fn parameters(&self) -> Parameters {
        Parameters { bug: self.bug, ..Parameters::default() }
    }

    /// The settings of a member's replica that votes with this key, if it has a vote log. `rejoins` is the challenge that
    /// the log begins with.
    #[must_use]
    pub fn settings(&self, database: &Database, key: Option<AccountId>, rejoins: Option<H256>) -> Settings {
        let parameters = self.parameters();
        Settings {
            genesis: self.genesis.hash,
            epochs: self.epochs(database),
            voter: key.map(|key| Voter { key, parameters, rejoins }),
            pace: Pace::new(GENESIS_MS, self.profile.heartbeat_ms),
            weights: Weights::new(BLOCK_NONCE_BITS),
            quota: self.quota(database),
        }
    }

    /// The epochs up to a database's newest block.
    #[must_use]
    pub fn epochs(&self, database: &Database) -> Epochs {
        if self.profile.reform.is_some() { epochs_of(database) } else { Epochs::new(0, self.set.clone()) }
    }

    fn quota(&self, database: &Database) -> Quota {
        #[cfg(feature = "bugs")]
        if self.bug == Some(tierchain_consensus::Bug::QuotaUnknown) {
            return Quota::default();
        }
        registry::quota(database)
    }

    /// How many members there are.
    #[must_use]
    pub fn members(&self) -> usize {
        self.cast.members()
    }

    /// What a liar has at hand that is in an epoch with this set.
    pub fn means<'a>(&'a mut self, who: usize, identity: &'a Identity, set: &'a ValidatorSet) -> Option<Means<'a>> {
        Some(Means {
            who,
            index: set.index_of(&identity.public())?,
            identity,
            genesis: self.genesis.hash,
            set,
            cast: &self.cast,
            sides: self.profile.sides,
            random: &mut self.random,
        })
    }

    /// Sends a message after a while, if the two are connected.
    pub fn send(&mut self, from: usize, to: usize, held_back: Time, parcel: Parcel) {
        let Some(lives) = self.network.connection(from, to) else { return };
        for delay in self.network.delays(&mut self.random) {
            self.queue.after(held_back + delay, Event::Deliver { from, to, lives, parcel: parcel.clone() });
        }
    }

    /// Lets all who knew a process find out that it is gone, and restarts it some time.
    pub fn after_crash(&mut self, who: usize) {
        for other in (0..self.members()).filter(|other| *other != who) {
            let noticed = self.random.within((0, 30 * MS));
            self.queue.after(noticed, Event::Meet(who, other));
        }
        let long = self.random.pick(&[0, 20 * MS, 500 * MS, 4 * SECOND]);
        let down = self.random.within((0, long));
        self.queue.after(down, Event::Start(who));
    }

    /// How long something takes on this day.
    pub fn lasts(&mut self, range: (Time, Time)) -> Time {
        self.random.within(range)
    }

    /// By how much a wall clock is wrong, in milliseconds.
    pub fn draw_skew(&mut self) -> i64 {
        let bound = self.profile.skew_ms;
        let skew = i64::try_from(self.random.within((0, 2 * bound))).unwrap_or(0);
        skew - i64::try_from(bound).unwrap_or(0)
    }

    /// Whether these lives are still connected, and the link carries what the one says.
    #[must_use]
    pub fn is_connected(&self, from: usize, to: usize, lives: (Life, Life)) -> bool {
        self.network.connection(from, to) == Some(lives) && self.network.carries(from, to)
    }
}
