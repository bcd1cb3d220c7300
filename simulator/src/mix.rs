//! What kind of days seeds have: the mix of all, or one that is directed at something.

use crate::adversaries::Kind;
use crate::clock::{MS, SECOND};
use crate::faults::Fault;
use crate::network::Weather;
use crate::profile::Profile;
use crate::random::Random;
use crate::reform::{self, Reform, Thrift, Wish};

/// The version of the mixes. A seed means another run in another version.
pub const MIX_VERSION: u32 = 3;

/// A mix of days.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Mix {
    /// Everything.
    #[default]
    Any,
    /// Everything among validators that stay: what version 2 called any.
    Fixed,
    /// Everything but liars.
    Honest,
    /// f liars, every time.
    Liars,
    /// Views change all the time, in the middle of many blocks in flight.
    ViewChanges,
    /// Two stories are told, and links are bad: whoever counts too few votes believes both.
    Splits,
    /// Messages take seconds and a validator is mute: time-outs grow as far as they can.
    Slow,
    /// Partitions that leave no quorum anywhere, for long.
    Halves,
    /// Single links come and go.
    Flapping,
    /// Processes crash all the time, between any two of their effects.
    Crashes,
    /// Vote logs are lost.
    LostLogs,
    /// The validators change all the time.
    Epochs,
    /// The validators change, and whoever has a part in an epoch's end crashes or is cut off in the middle of it.
    EpochEnds,
    /// Disks are lost, and validators rejoin.
    Amnesia,
    /// Accounts may use little, and some flood.
    Quotas,
}

impl Mix {
    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        clap::ValueEnum::to_possible_value(&self).map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Makes a day that was drawn from everything one of this mix.
    pub fn shape(self, day: &mut Profile, random: &mut Random) {
        match self {
            Self::Any | Self::Fixed | Self::Epochs | Self::EpochEnds | Self::Quotas => {}
            // Whoever lost its log counts among the faulty.
            Self::Amnesia => day.draw_liars((day.validators - 1) / 3 - 1, &Kind::ALL, random),
            Self::Honest => day.liars.clear(),
            Self::Liars => day.draw_liars(usize::MAX, &Kind::ALL, random),
            Self::ViewChanges => {
                day.draw_liars(0, &[], random);
                busy(day);
                day.weather = Weather { loss_per_mille: random.pick(&[100, 300, 500]), ..day.weather };
                day.faults = random.pick(&[[Fault::CutOffAhead; 2], [Fault::Funnel, Fault::Funnel]]).to_vec();
                day.faults_per_mille = if day.faults[0] == Fault::Funnel { 3 } else { random.pick(&[30, 100]) };
            }
            Self::Splits => {
                day.draw_liars(usize::MAX, &[Kind::Equivocator], random);
                busy(day);
                day.weather.loss_per_mille = random.pick(&[0, 50, 200]);
                day.faults = vec![Fault::Isolate, Fault::Flap, Fault::CrashPrimary];
                day.faults_per_mille = random.pick(&[3, 10]);
            }
            Self::Slow => {
                day.draw_liars(usize::MAX, &[Kind::Mute], random);
                // Few other events, so that much time passes.
                day.weather.delay = (3 * SECOND, 20 * SECOND);
                (day.clients, day.submission, day.heartbeat_ms) = (1, (2 * SECOND, 5 * SECOND), 6_000);
                day.flush = (30 * SECOND, 60 * SECOND);
                day.observers = 0;
                day.faults_per_mille = 0;
            }
            Self::Halves => {
                day.draw_liars(0, &[], random);
                day.clients = 1;
                day.submission = (20 * MS, 200 * MS);
                day.faults = vec![Fault::Halve];
                day.faults_per_mille = 3;
            }
            Self::Flapping => {
                day.draw_liars(0, &[], random);
                day.faults = vec![Fault::Flap, Fault::Flutter];
                day.faults_per_mille = 30;
            }
            Self::Crashes => {
                day.draw_liars(0, &[], random);
                busy(day);
                day.faults = vec![Fault::Crash, Fault::CrashPrimary, Fault::CrashAll];
                day.faults_per_mille = 30;
            }
            Self::LostLogs => {
                day.draw_liars(0, &[], random);
                busy(day);
                day.faults = vec![Fault::LoseLog, Fault::Crash, Fault::Flap];
                day.faults_per_mille = 20;
            }
        }
    }

    /// Lets the validators change and accounts be thrifty, on days of this mix that have such things.
    pub fn reform(self, day: &mut Profile, seed: u64) {
        let random = &mut reform::stream(seed);
        let (changes, saves) = match self {
            Self::Any => (random.chance(500), random.chance(200)),
            Self::Epochs => (true, random.chance(200)),
            Self::EpochEnds | Self::Amnesia => (true, false),
            Self::Quotas => (random.chance(300), true),
            _ => return,
        };
        if changes {
            day.reform = Some(Reform::draw(random));
            day.faults.extend(reform::draw_faults(random));
        }
        if saves {
            day.thrift = Some(Thrift::draw(random));
        }
        match self {
            Self::EpochEnds => {
                day.faults = vec![Fault::EpochEnd, Fault::Crash];
                day.faults_per_mille = random.pick(&[10, 30, 100]);
            }
            Self::Amnesia => {
                day.faults = vec![Fault::LoseDisk, Fault::LoseDatabase, Fault::Crash, Fault::Flap];
                day.faults_per_mille = random.pick(&[3, 10]);
            }
            _ => {}
        }
        if let (Some(reform), true) = (&mut day.reform, saves) {
            reform.wishes.push(Wish::Quota);
        }
    }
}

/// Many blocks in flight.
fn busy(day: &mut Profile) {
    day.clients = 6;
    day.submission = (2 * MS, 20 * MS);
    day.weather.delay = (MS, 20 * MS);
}
