//! The end of a process that can't trust its disk any more.

use core::fmt::Display;

/// Says what failed, in one line, and aborts the process.
///
/// After a failed write or sync nobody knows what is on disk: the kernel may have dropped the dirty pages and reported
/// it once, so that a second sync succeeds without them. A replica that went on could say what it will have forgotten
/// after the next start. Unwinding isn't enough either: other threads would go on, and destructors write. The next start
/// reads what the disk really holds.
pub fn fatal(action: &str, error: impl Display) -> ! {
    tracing::error!(%error, "{action} failed; the process ends, because its disk can't be trusted");
    eprintln!(
        "fatal: {action} failed: {error}. The process ends, because its disk can't be trusted; check it and restart"
    );
    std::process::abort()
}
