//! Why a file proves nothing, and which part of it is to blame.

use core::fmt;

use tierchain_primitives::BlockNumber;

/// Where in a file something doesn't hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A block of the server's chain.
    Block(u32),
    /// The meta block that links the end of the chain.
    Meta,
    /// A block of the network: its header, its certificate, or the state that it names.
    Network(BlockNumber),
    /// The validator sets since genesis.
    Lineage,
    /// A record of the state.
    Record(&'static str),
    /// A signed extrinsic, by its place in the file.
    Extrinsic(usize),
    /// An entry of a tenant's list.
    Entry(u64),
    /// One of two statements, 1 or 2.
    Statement(u8),
    /// A part of the file, before anything in it is known.
    Part(&'static str),
    /// The file as a whole.
    File,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(number) => write!(f, "block {number} of the chain"),
            Self::Meta => f.write_str("the meta block"),
            Self::Network(number) => write!(f, "block {number} of the network"),
            Self::Lineage => f.write_str("the lineage"),
            Self::Record(name) => write!(f, "the record {name}"),
            Self::Extrinsic(at) => write!(f, "extrinsic {at}"),
            Self::Entry(at) => write!(f, "entry {at} of the tenant's list"),
            Self::Statement(which) => write!(f, "statement {which}"),
            Self::Part(name) => f.write_str(name),
            Self::File => f.write_str("the file"),
        }
    }
}

/// Why a file proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// It is no audit file that this version reads.
    #[error("not an audit file that can be read: {0}")]
    Unreadable(String),
    /// It is one, and a part of it doesn't hold.
    #[error("{place}: {reason}")]
    Invalid {
        /// Which part.
        place: Place,
        /// Why not.
        reason: String,
    },
}

impl Refusal {
    /// A part that doesn't hold.
    pub(super) fn at(place: Place, reason: impl fmt::Display) -> Self {
        Self::Invalid { place, reason: reason.to_string() }
    }

    /// The block of the server's chain that is to blame, where it is one.
    #[must_use]
    pub fn block(&self) -> Option<u32> {
        match self {
            Self::Invalid { place: Place::Block(number), .. } => Some(*number),
            _ => None,
        }
    }
}

/// Passes what holds.
pub(super) fn ensure(holds: bool, place: Place, reason: impl fmt::Display) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::at(place, reason)) }
}

/// Passes what is equal; says what it is and what it should be otherwise.
pub(super) fn ensure_equal<T: PartialEq + fmt::Debug>(
    place: Place,
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), Refusal> {
    if found == expected {
        return Ok(());
    }
    Err(Refusal::at(place, format!("{what} is {found:?} here and {expected:?} by all the rest")))
}
