//! Says again what anybody said before, at the wrong time and to the wrong people. Signatures hold, so it is taken in.

use std::collections::VecDeque;

use super::{Adversary, Letter, Means};
use crate::clock::SECOND;
use crate::event::Parcel;

/// How much it remembers.
const MEMORY: usize = 400;

/// Remembers what it hears and says.
#[derive(Debug, Default)]
pub(super) struct Replayer {
    heard: VecDeque<Parcel>,
}

impl Replayer {
    fn remember(&mut self, parcel: &Parcel) {
        self.heard.push_back(parcel.clone());
        if self.heard.len() > MEMORY {
            self.heard.pop_front();
        }
    }

    fn replay(&self, means: &mut Means<'_>) -> Vec<Letter> {
        if !means.random.chance(60) {
            return Vec::new();
        }
        let count = means.random.within((1, 6));
        let again = |_| {
            let parcel = self.heard[means.random.index(self.heard.len())].clone();
            Letter { to: means.somebody(), parcel, delay: means.random.within((0, SECOND)) }
        };
        (0..count).map(again).collect()
    }
}

impl Adversary for Replayer {
    fn send(&mut self, letter: Letter, _: &mut Means<'_>) -> Vec<Letter> {
        self.remember(&letter.parcel);
        vec![letter]
    }

    fn hear(&mut self, _from: usize, parcel: &Parcel, means: &mut Means<'_>) -> (bool, Vec<Letter>) {
        self.remember(parcel);
        (true, self.replay(means))
    }
}
