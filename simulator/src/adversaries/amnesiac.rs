//! Loses its disk now and then, vote log and database, and votes again at once as if it had never said anything.

use super::Adversary;
use crate::random::Random;

/// Forgets what it promised.
#[derive(Debug)]
pub(super) struct Amnesiac;

impl Adversary for Amnesiac {
    fn forgets(&mut self, random: &mut Random) -> bool {
        random.chance(700)
    }

    fn crashes_after(&mut self, random: &mut Random) -> Option<u64> {
        Some(random.within((10, 400)))
    }
}
