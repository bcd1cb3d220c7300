//! What is seen of a run: its events as text, and one number that two runs share only if they went the same way.

use std::io::Write;

use crate::clock::Time;

/// Notes what happens.
#[derive(Debug)]
pub struct Trace {
    prints: bool,
    fingerprint: u64,
}

impl Trace {
    /// A trace that prints its notes, or only sums up.
    #[must_use]
    pub fn new(prints: bool) -> Self {
        Self { prints, fingerprint: 0xcbf2_9ce4_8422_2325 }
    }

    /// Notes something.
    pub fn note(&self, now: Time, text: impl FnOnce() -> String) {
        if self.prints {
            // Whoever reads may have seen enough and hung up.
            let _ = writeln!(std::io::stdout(), "{:>12} ms  {}", Milliseconds(now), text());
        }
    }

    /// Takes a number into the fingerprint (FNV-1a).
    pub fn mark(&mut self, number: u64) {
        for byte in number.to_le_bytes() {
            self.fingerprint = (self.fingerprint ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// The run so far as a number.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}

/// Microseconds, shown as milliseconds.
struct Milliseconds(Time);

impl core::fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(&format!("{}.{:03}", self.0 / 1_000, self.0 % 1_000))
    }
}
