//! Why a log can't be used. Nothing here heals by itself: a validator without its promises must not vote.

use tierchain_primitives::H256;

use super::Damage;

/// Why a log can't be created or opened.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LogError {
    /// Asked to make a log where there is one.
    #[error(
        "there is a vote log already: a validator that starts a second one forgets what it promised in the first; run \
         the node with the log it has"
    )]
    Exists,
    /// There is none to open.
    #[error(
        "there is no vote log: `tierchain init` makes one, once, for a validator that has never voted; a validator that \
         lost its log goes on with `tierchain run --rejoin`"
    )]
    Missing,
    /// Another network's log.
    #[error(
        "the vote log is of the chain with genesis {found}, and this chain's genesis is {expected}: check --base-path and --chain, \
         and that this tierchain's runtime is the one that the chain began with (it is part of the genesis)"
    )]
    OtherChain {
        /// Genesis hash in the log.
        found: H256,
        /// Genesis hash of the chain that is run.
        expected: H256,
    },
    /// A segment is gone from the middle.
    #[error(
        "segment {segment} of the vote log is missing between others: put the file back, or go on with `tierchain run --rejoin`"
    )]
    Gap {
        /// The one that is missing.
        segment: u64,
    },
    /// A segment under another one's name.
    #[error(
        "segment {segment} of the vote log says that it is segment {found}: the file was renamed; name it as it was"
    )]
    Misplaced {
        /// Its number by name.
        segment: u64,
        /// Its number by content.
        found: u64,
    },
    /// Something that was synced is lost.
    #[error(
        "segment {segment} of the vote log is corrupt: {damage}. The disk lost what it had confirmed; replace it and go \
         on with `tierchain run --rejoin`"
    )]
    Corrupt {
        /// Which segment.
        segment: u64,
        /// Where and what.
        damage: Damage,
    },
}

impl LogError {
    /// Whether what the log promised is lost, so that another one has to take its place.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        matches!(self, Self::Missing | Self::Gap { .. } | Self::Misplaced { .. } | Self::Corrupt { .. })
    }
}
