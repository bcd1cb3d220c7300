//! Exactly once: an extrinsic stands in the chain at most once, and each account's in the order of their nonces.
//!
//! design.md 5, "Data path": an agent sends to f + 1 validators, yet no extrinsic stands in the chain twice.

use std::collections::BTreeMap;

use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::{AccountId, BlockNumber, H256};
use tierchain_runtime::Checked;

use super::{Check, Violation};

#[derive(Debug, Default)]
pub(super) struct Once {
    height: BlockNumber,
    blocks: BTreeMap<H256, BlockNumber>,
    next: BTreeMap<AccountId, Nonce>,
}

impl Once {
    /// Looks at each number once: agreement sees to the others.
    pub(super) fn on_final(&mut self, number: BlockNumber, body: &[Checked]) -> Check {
        if number != self.height + 1 {
            return Ok(());
        }
        self.height = number;
        for checked in body {
            if let Some(before) = self.blocks.insert(checked.hash, number) {
                let what = format!("extrinsic {} is in block {before} and in block {number}", checked.hash);
                return Err(Violation::new("once", what));
            }
            let next = self.next.entry(checked.extrinsic.signer).or_default();
            if checked.extrinsic.nonce != *next {
                let found = checked.extrinsic.nonce;
                let what = format!("block {number} has nonce {found} of an account whose next was {next}");
                return Err(Violation::new("once", what));
            }
            *next += 1;
        }
        Ok(())
    }

    pub(super) fn block_of(&self, hash: &H256) -> Option<BlockNumber> {
        self.blocks.get(hash).copied()
    }

    pub(super) fn count(&self) -> usize {
        self.blocks.len()
    }
}
