//! Misbehaviour and its price.
//!
//! A member's offences add up to a debt that fades by [`FADE_PER_SECOND`] points a second. Above [`DEBT_MAX`] it is
//! disconnected and refused for a while, and starts anew afterwards: a refusal is a brake on a member gone wrong, never
//! an expulsion, which is for the registry to decide.

use std::time::Instant;

/// Something a correct peer never does, or not so often.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Offence {
    /// A frame above its channel's limit. The stream can't go on after it.
    Oversize,
    /// Bytes that don't decode.
    Undecodable,
    /// A message whose content is wrong: a bad signature, a block that doesn't hash to its name.
    Invalid,
    /// An answer nobody asked for.
    Unrequested,
    /// More than its rate allows.
    Excess,
}

/// Debt at which a peer is disconnected.
pub(crate) const DEBT_MAX: u32 = 100;

/// Points forgiven per second.
const FADE_PER_SECOND: u32 = 2;

impl Offence {
    /// What it costs.
    #[must_use]
    pub const fn points(self) -> u32 {
        match self {
            Self::Oversize => DEBT_MAX,
            Self::Undecodable => 50,
            Self::Invalid => 25,
            Self::Unrequested => 5,
            Self::Excess => 1,
        }
    }
}

/// What a peer owes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Debt {
    points: u32,
    at: Instant,
}

impl Debt {
    pub(crate) fn none(now: Instant) -> Self {
        Self { points: 0, at: now }
    }

    /// Adds an offence. True when that was too much; the debt is then cleared, for a refusal follows.
    pub(crate) fn add(&mut self, offence: Offence, now: Instant) -> bool {
        let seconds = now.saturating_duration_since(self.at).as_secs();
        if seconds > 0 {
            let faded = u32::try_from(seconds).unwrap_or(u32::MAX).saturating_mul(FADE_PER_SECOND);
            self.points = self.points.saturating_sub(faded);
            self.at = now;
        }
        self.points = self.points.saturating_add(offence.points());
        let over = self.points >= DEBT_MAX;
        if over {
            self.points = 0;
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_oversized_frame_is_enough() {
        let now = Instant::now();
        assert!(Debt::none(now).add(Offence::Oversize, now));
    }

    #[test]
    fn debt_adds_up_and_fades() {
        let start = Instant::now();
        let mut debt = Debt::none(start);
        for _ in 0..3 {
            assert!(!debt.add(Offence::Invalid, start));
        }
        assert!(debt.add(Offence::Invalid, start), "the fourth within a second is too much");

        let mut debt = Debt::none(start);
        for i in 0..100 {
            assert!(!debt.add(Offence::Invalid, start + Duration::from_secs(20 * i)), "one in 20 s is forgiven");
        }
    }
}
