//! How fast the pool drains: how long final blocks lie apart while something waits for them.

/// What a block takes until the first was seen to come, in milliseconds.
const FIRST_MS: u64 = 100;

/// Bounds of the advice when to come again, in milliseconds: nobody is to spin, and nobody to give up.
const ADVICE_MS: (u64, u64) = (10, 5_000);

/// A moving average of what those who wait wait for: the next final block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    waiting_since: Option<u64>,
    mean_ms: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { waiting_since: None, mean_ms: FIRST_MS }
    }
}

impl Pace {
    /// A block became final, after which something still waits or nothing does.
    pub(super) fn on_final(&mut self, now: u64, is_waiting: bool) {
        if let Some(since) = self.waiting_since {
            let took_ms = now.saturating_sub(since).min(ADVICE_MS.1);
            self.mean_ms = (self.mean_ms * 7 + took_ms) / 8;
        }
        self.waiting_since = is_waiting.then_some(now);
    }

    /// When a full pool is likely to have room: when one more block is final.
    pub(super) fn retry_after_ms(self) -> u64 {
        self.mean_ms.clamp(ADVICE_MS.0, ADVICE_MS.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is advised after 40 final blocks at this distance.
    fn after(distance_ms: u64, is_waiting: bool) -> u64 {
        let mut pace = Pace::default();
        for block in 0..40 {
            pace.on_final(block * distance_ms, is_waiting);
        }
        pace.retry_after_ms()
    }

    #[test]
    fn the_advice_is_what_a_block_takes_while_something_waits() {
        assert!((45..=55).contains(&after(50, true)), "{}", after(50, true));
        assert!((780..=800).contains(&after(800, true)), "{}", after(800, true));
        assert_eq!(after(6_000, false), FIRST_MS, "idle time isn't waiting");
    }

    #[test]
    fn the_advice_has_bounds() {
        assert_eq!(after(0, true), ADVICE_MS.0);
        assert!(after(1_000_000, true) <= ADVICE_MS.1);
    }
}
