//! Patience: a replica wants to be woken in the future. One that wants it now would want it for ever, and its process
//! would turn in a circle.
//!
//! style.md practice 7: the core returns when it wishes to be woken; a late or repeated wake-up is harmless.

use super::{Check, Violation};

pub(super) fn wake_wanted(who: usize, at: u64, now: u64) -> Check {
    if at > now {
        return Ok(());
    }
    Err(Violation::new("patience", format!("at {now} member {who} wants to be woken at {at}")))
}
