//! What the agent says about servers, as it lies in the outbox: facts with local names, ready to be signed.
//!
//! A record names a server's life by the order in which this agent's source saw it. Which generation that is on the
//! ledger is found out when the record is sent: a second run on the same input finds the lives it wrote before.

use core::fmt;
use std::collections::BTreeMap;

use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{Detail, EventKind, Meter, Precision, Resources, Uuid};
use tierchain_primitives::numbers::Micros;

use crate::sighting::Declared;

/// One life of a server, as the source saw it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub(crate) struct LifeId {
    /// The server.
    pub(crate) uuid: Uuid,
    /// Which of the lives that this source saw, from 0.
    pub(crate) ordinal: u32,
}

impl fmt::Debug for LifeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.uuid, self.ordinal)
    }
}

/// From which ordinal the lives of a server are counted, in a source whose earlier part is gone: so no two lives of a
/// server ever have the same, although most servers are forgotten.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Ordinals {
    /// Above those of all lives that are gone.
    floor: u32,
    /// The first lives that are still there, where they have another.
    kept: BTreeMap<Uuid, u32>,
}

impl Ordinals {
    /// All servers' lives are counted from here.
    pub(crate) fn above(floor: u32) -> Self {
        Self { floor, kept: BTreeMap::new() }
    }

    /// But this one's from there.
    pub(crate) fn count_from(&mut self, uuid: Uuid, ordinal: u32) {
        self.kept.insert(uuid, ordinal);
    }

    /// The ordinal of a server's first life in the source.
    pub(crate) fn first(&self, uuid: Uuid) -> u32 {
        self.kept.get(&uuid).copied().unwrap_or(self.floor)
    }
}

/// How a life began.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Birth {
    /// When.
    pub(crate) occurred_at: Micros,
    /// How that is known.
    pub(crate) precision: Precision,
    /// SHA-256 of the native line that showed it.
    pub(crate) evidence: H256,
    /// What the server is given, where the source knows.
    pub(crate) resources: Option<Resources>,
    /// Whose it is, where the line says so.
    pub(crate) tenant: Option<H256>,
    /// What was ordered, where the source knows: its tracker then asks for the birth by itself.
    pub(crate) declared: Option<Box<Declared>>,
}

/// Something that happened in a life.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Happening {
    /// From 0 without gaps within a life: the ledger's number of this writer for this server.
    pub(crate) number: u64,
    /// When; never before the life's previous happening.
    pub(crate) occurred_at: Micros,
    /// How that is known.
    pub(crate) precision: Precision,
    /// What.
    pub(crate) event: EventKind,
    /// What the server had consumed by the last report before it.
    pub(crate) meter: Option<Meter>,
    /// SHA-256 of the native line that showed it.
    pub(crate) evidence: H256,
    /// The source's own words for it.
    pub(crate) detail: Detail,
}

/// What a record says.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) enum Fact {
    /// The life began.
    #[codec(index = 0)]
    Birth(Birth),
    /// A block of the server's chain.
    #[codec(index = 1)]
    Event(Happening),
    /// Something seen after the life had ended: counted, no block.
    #[codec(index = 2)]
    Late(Happening),
    /// The ended life is to be linked into its meta-chain.
    #[codec(index = 3)]
    Anchor,
    /// The life goes on at another host: nothing more of it is ours to say.
    #[codec(index = 4)]
    Left,
}

/// One entry of the outbox.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Record {
    /// Bytes of the source that had been read when this was known.
    pub(crate) cursor: u64,
    /// Of whom it speaks.
    pub(crate) life: LifeId,
    /// What it says.
    pub(crate) fact: Fact,
}
