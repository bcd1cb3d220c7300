//! The vocabulary between sources and the normaliser: what one native line says about one server.

use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::ledger::{Etsi, Ownership, Precision, Relations, Resources, ServerId, ServerState, Uuid};
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::{AccountId, H256};

/// One native line that speaks of one server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sighting {
    /// Of whom.
    pub(crate) uuid: Uuid,
    /// On the source's clock.
    pub(crate) time: Micros,
    /// How the time is known.
    pub(crate) precision: Precision,
    /// SHA-256 of the line without its line end.
    pub(crate) evidence: H256,
    /// The source's own words, for the block's detail.
    pub(crate) words: String,
    /// The server's name, for the screen only.
    pub(crate) name: Option<String>,
    /// Whose it is, where the line says so.
    pub(crate) tenant: Option<H256>,
    /// What it says.
    pub(crate) sign: Sign,
}

/// What a line says, in words that all sources share.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Sign {
    /// It is configured: it stays when it stops.
    Defined,
    /// It is configured as a directive ordered it, and its tracker is there. Boxed: all others are small.
    Ordered(Box<Declared>),
    /// Its configuration is gone.
    Undefined,
    /// It is about to be made with these resources.
    Claimed(Resources),
    /// It runs.
    Started,
    /// It goes on after a pause.
    Resumed,
    /// It is in this state now (paused, suspended, crashed).
    Changed(ServerState),
    /// Its hypervisor process is gone; this is the state it leaves.
    Stopped(ServerState),
    /// It was reset.
    Rebooted,
    /// Why it is going to stop.
    Cause(&'static str),
    /// It goes to another host; zero where the source doesn't say which. Its own host calls a move off.
    MovedOut {
        /// Which.
        to: H256,
    },
    /// It came from another host, and the ledger has taken its arrival. Boxed: all others are small.
    Arrived(Box<Arrival>),
    /// It is at another host for good: nothing of this life is ours to write any more.
    Left,
    /// It is being removed for good.
    Destroyed,
    /// Figures, which never decide the state.
    Info(Info),
}

/// What was ordered of a server, as its announcement says it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Declared {
    /// SHA-256 of its image.
    pub(crate) image: H256,
    /// What it is given.
    pub(crate) resources: Resources,
    /// The public key of the tracking application inside it.
    pub(crate) tracker: AccountId,
    /// Whose it is.
    pub(crate) ownership: Ownership,
    /// The identifiers of the orchestration it is part of.
    pub(crate) etsi: Etsi,
    /// The lives it comes from.
    pub(crate) relations: Relations,
}

/// A server on its way here, as the ledger has it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Arrival {
    /// The server and which of its lives.
    pub(crate) server: ServerId,
    /// The directive that moves it.
    pub(crate) directive: u64,
    /// The host it comes from.
    pub(crate) from: H256,
    /// Blocks of its chain when it was seen to be on its way here.
    pub(crate) length: u32,
    /// Our number of its arrival, which is the first that we write of it since it was here last.
    pub(crate) number: u64,
    /// When it was born.
    pub(crate) born: Micros,
    /// Evidence of its birth.
    pub(crate) evidence: H256,
    /// CPU time that it has consumed elsewhere, in microseconds.
    pub(crate) cpu_us: u64,
    /// The number of its tracker's next report.
    pub(crate) report: u64,
    /// When its tracker's last report was of.
    pub(crate) reported: Micros,
    /// What it was announced with.
    pub(crate) declared: Declared,
}

/// What a hypervisor reports about a server besides its state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Info {
    /// Which start of the server the figures belong to; none while it is off.
    pub(crate) start: Option<i64>,
    /// What it is given.
    pub(crate) resources: Resources,
    /// CPU time since that start, in nanoseconds.
    pub(crate) cpu_ns: u64,
}

/// What came of one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Parsed {
    /// It speaks of a server. Boxed: most lines of a log don't.
    Sighting(Box<Sighting>),
    /// It is in order and says nothing about a server's life; its time moves the clock.
    Noise(Micros),
}

/// A line that isn't of the source's grammar. It is counted and skipped.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a line of this source: {0}")]
pub(crate) struct Garbage(pub(crate) String);

impl Garbage {
    /// Garbage for a reason.
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}
