//! Numbers of the protocol, each a type of its own so that they can't be mixed up.

use core::fmt;
use parity_scale_codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Number of a block, dense from 0 (genesis). Wire type u32 for the Substrate clients' sake.
pub type BlockNumber = u32;

/// Milliseconds since the Unix epoch: the time a block carries.
pub type Millis = u64;

/// Microseconds since the Unix epoch: the time an agent saw something.
pub type Micros = u64;

/// A view of PBFT: the term of one primary. Grows without end within an epoch and starts again at 0 in the next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, MaxEncodedLen)]
pub struct View(pub u64);

impl View {
    /// The view after this one. A view is only left by a quorum's decision, so u64 can't run out.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add(1).expect("a view lasts longer than a nanosecond, so u64 never runs out"))
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An epoch: the time of one validator set. No quorum ever spans two of them.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
pub struct Epoch(pub u32);

impl Epoch {
    /// The epoch after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add(1).expect("an epoch lasts a window of blocks at least, so u32 blocks end before it"))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of a validator in the set of its epoch, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, MaxEncodedLen)]
pub struct ValidatorIndex(pub u16);

impl ValidatorIndex {
    /// As an index into a list ordered like the validator set.
    #[must_use]
    pub fn as_usize(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Display for ValidatorIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
