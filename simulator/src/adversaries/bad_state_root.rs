//! Has another state than everybody else, as after a bit flip: as the primary it names wrong roots, as a replica it
//! objects to the right ones.

use tierchain_primitives::{BlockNumber, H256};

use super::Adversary;
use crate::random::Random;

/// Its state goes astray at some block.
#[derive(Debug)]
pub(super) struct BadStateRoot {
    from: BlockNumber,
    for_blocks: BlockNumber,
}

impl BadStateRoot {
    pub(super) fn new(random: &mut Random) -> Self {
        Self { from: random.pick(&[0, 3, 20]), for_blocks: random.pick(&[1, 20, BlockNumber::MAX]) }
    }
}

impl Adversary for BadStateRoot {
    fn bend_root(&mut self, mut root: H256, number: BlockNumber) -> H256 {
        if number.checked_sub(self.from).is_some_and(|since| since < self.for_blocks) {
            root.0[0] ^= 1;
        }
        root
    }
}
