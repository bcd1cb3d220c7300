//! Agreement: no two members ever hold different final blocks of one number.
//!
//! design.md 5, "Why it is safe"; Castro and Liskov (OSDI '99) 4.6, safety.

use std::collections::BTreeMap;

use tierchain_primitives::{BlockNumber, H256};

use super::{Check, Violation};

#[derive(Debug, Default)]
pub(super) struct Agreement {
    chain: BTreeMap<BlockNumber, (H256, usize)>,
}

impl Agreement {
    pub(super) fn on_final(&mut self, who: usize, number: BlockNumber, hash: H256) -> Check {
        let (known, first) = *self.chain.entry(number).or_insert((hash, who));
        if known == hash {
            return Ok(());
        }
        let what = format!("block {number} is {known} to member {first} and {hash} to member {who}");
        Err(Violation::new("agreement", what))
    }

    /// The final block of a number, if there is one yet.
    pub(super) fn hash(&self, number: BlockNumber) -> Option<H256> {
        self.chain.get(&number).map(|(hash, _)| *hash)
    }

    pub(super) fn height(&self) -> BlockNumber {
        self.chain.last_key_value().map_or(0, |(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_is_seen() {
        let mut agreement = Agreement::default();
        assert_eq!(agreement.on_final(0, 1, H256([1; 32])), Ok(()));
        assert_eq!(agreement.on_final(1, 1, H256([1; 32])), Ok(()));
        assert!(agreement.on_final(2, 1, H256([2; 32])).is_err());
    }
}
