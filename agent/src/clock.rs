//! The host's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use tierchain_primitives::numbers::Micros;

/// Microseconds since 1970.
pub(crate) fn now_us() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX)
}
