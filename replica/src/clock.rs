//! Time as it is handed in.

use tierchain_primitives::numbers::Millis;

/// Two readings of one moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Clock {
    /// Milliseconds of a clock that never goes back: for time-outs.
    pub monotonic: u64,
    /// Milliseconds since the Unix epoch, which may be stepped: for block times.
    pub wall: Millis,
}
