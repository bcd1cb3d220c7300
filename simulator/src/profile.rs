//! What kind of day a run has. Every seed has its own: calm or rough network, quick or slow disks, few or many faults.

use std::collections::BTreeMap;

#[cfg(feature = "bugs")]
use tierchain_consensus::Bug;

use crate::adversaries::Kind;
use crate::clock::{MS, SECOND, Time};
use crate::faults::Fault;
use crate::mix::Mix;
use crate::network::Weather;
use crate::random::Random;
use crate::reform::{LONG, Reform, Thrift};
use crate::signing::Scheme;

/// Every tenth seed signs with real ed25519.
const REAL_SIGNATURES_EVERY: u64 = 10;

/// What a run is asked to be; the seed decides the rest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Everything random comes from it.
    pub seed: u64,
    /// Events before the network heals; four times as many where the validators change.
    pub steps: u64,
    /// How many validators; none lets the seed decide between 4 and 7.
    pub validators: Option<usize>,
    /// Print what happens.
    pub trace: bool,
    /// Disks lose at a crash what they said they had synced: a run that must fail, to see that the checks bite.
    pub lying_disks: bool,
    /// From which days the seed draws.
    pub mix: Mix,
    /// A bug that is put into every replica: a run that must fail.
    #[cfg(feature = "bugs")]
    pub bug: Option<Bug>,
}

impl Options {
    /// The run of a seed with nothing special about it.
    #[must_use]
    pub fn new(seed: u64, steps: u64) -> Self {
        Self {
            seed,
            steps,
            validators: None,
            trace: false,
            lying_disks: false,
            mix: Mix::Any,
            #[cfg(feature = "bugs")]
            bug: None,
        }
    }
}

/// The day of one run.
#[derive(Clone, Debug)]
pub struct Profile {
    /// How many validators.
    pub validators: usize,
    /// How many observers follow them.
    pub observers: usize,
    /// Which validators lie, and how: at most f.
    pub liars: BTreeMap<usize, Kind>,
    /// Who hears which story where there are two: bit `who`.
    pub sides: u64,
    /// How everybody signs.
    pub scheme: Scheme,
    /// The network on this day.
    pub weather: Weather,
    /// How long a sync of the vote log takes.
    pub sync: (Time, Time),
    /// How long executing a block takes.
    pub execution: (Time, Time),
    /// How long a batch of signatures takes.
    pub verification: (Time, Time),
    /// Pause between two flushes of a database.
    pub flush: (Time, Time),
    /// When a segment of the vote log is full.
    pub segment_bytes: usize,
    /// By how much wall clocks are wrong at most, in milliseconds.
    pub skew_ms: u64,
    /// The longest time between two blocks.
    pub heartbeat_ms: u64,
    /// How many clients submit extrinsics.
    pub clients: usize,
    /// Pause between two submissions of a client.
    pub submission: (Time, Time),
    /// How many extrinsics in a thousand have an era that ends.
    pub mortal_per_mille: u64,
    /// Faults in a thousand steps.
    pub faults_per_mille: u64,
    /// Which faults there are.
    pub faults: Vec<Fault>,
    /// How the validators change; none where they stay.
    pub reform: Option<Reform>,
    /// How little accounts may use; none where that is as much as they ever want.
    pub thrift: Option<Thrift>,
}

impl Profile {
    /// The day that a seed has.
    pub fn new(options: &Options, random: &mut Random) -> Self {
        let real = options.seed % REAL_SIGNATURES_EVERY == REAL_SIGNATURES_EVERY - 1;
        let drawn = random.pick(&[4, 4, 7]);
        let mut day = Self {
            validators: options.validators.unwrap_or(drawn),
            observers: random.pick(&[0, 0, 1]),
            liars: BTreeMap::new(),
            sides: random.number(),
            scheme: if real { Scheme::Ed25519 } else { Scheme::KeyedHash },
            weather: Weather {
                delay: random.pick(&[(20, 200), (100, 2 * MS), (MS, 20 * MS), (20 * MS, 80 * MS)]),
                loss_per_mille: random.pick(&[0, 0, 10, 50, 200]),
                duplicates_per_mille: random.pick(&[0, 0, 20, 200]),
                stragglers_per_mille: random.pick(&[0, 0, 10, 50]),
            },
            sync: random.pick(&[(50, 100), (100, 2 * MS), (MS, 30 * MS)]),
            execution: random.pick(&[(50, 500), (50, 500), (MS, 20 * MS), (50 * MS, 200 * MS)]),
            verification: random.pick(&[(50, 500), (MS, 20 * MS)]),
            flush: random.pick(&[(20 * MS, 100 * MS), (200 * MS, 2 * SECOND), (30 * SECOND, 60 * SECOND)]),
            segment_bytes: random.pick(&[4 * 1024, 32 * 1024, 16 * 1024 * 1024]),
            skew_ms: random.pick(&[0, 50, 400]),
            heartbeat_ms: random.pick(&[200, 1_000, 6_000]),
            clients: random.pick(&[1, 3, 6]),
            submission: random.pick(&[(2 * MS, 20 * MS), (20 * MS, 200 * MS)]),
            mortal_per_mille: random.pick(&[0, 200, 800]),
            faults_per_mille: random.pick(&[0, 3, 10, 30]),
            faults: faults(random),
            reform: None,
            thrift: None,
        };
        let count = random.pick(&[0, 1, usize::MAX]);
        day.draw_liars(count, &Kind::ALL, random);
        options.mix.shape(&mut day, random);
        options.mix.reform(&mut day, options.seed);
        day
    }

    /// How many events this day has where `steps` are asked for.
    #[must_use]
    pub fn steps(&self, steps: u64) -> u64 {
        if self.reform.is_some() { steps.saturating_mul(LONG) } else { steps }
    }

    /// Makes liars of so many validators, at most f, each of one of these kinds.
    pub fn draw_liars(&mut self, count: usize, kinds: &[Kind], random: &mut Random) {
        let validators: Vec<usize> = (0..self.validators).collect();
        let count = count.min((self.validators - 1) / 3);
        let chosen = random.shuffled(&validators).into_iter().take(count);
        self.liars = chosen.map(|who| (who, random.pick(kinds))).collect();
    }
}

/// One to all of the faults of any day, each count as likely.
fn faults(random: &mut Random) -> Vec<Fault> {
    let shuffled = random.shuffled(&Fault::OF_ANY_DAY);
    let count = 1 + random.index(shuffled.len());
    shuffled.into_iter().take(count).collect()
}
