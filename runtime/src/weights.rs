//! What execution costs, in microseconds on the reference machine, so that a block's work is bounded.
//!
//! Measured on the reference machine (two cores): a batched signature check takes 21 us, one try for a block nonce
//! 0.15 us, executing an event of a batch 3.6 us with 4-bit nonces and of an extrinsic of its own 4.8 us; a proposal
//! 250 us and an approval that enacts it 480 us among 99 validators with the longest addresses. The prices
//! also cover what a block costs after execution, in the tree and on disk.

/// The prices of a chain: they depend on how many leading zero bits its block nonces need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Weights {
    /// Mean number of tries for one block nonce: 2^D.
    tries_per_block: u64,
}

impl Weights {
    /// Checking the signature, decoding, bumping the nonce, reporting the outcome.
    const EXTRINSIC_US: u64 = 25;
    /// Reading and writing the records that one item touches.
    const ITEM_US: u64 = 12;
    /// One try for a block nonce, in nanoseconds.
    const TRY_NS: u64 = 150;
    /// A signature that is checked alone, within the call.
    pub(crate) const SIGNATURE_US: u64 = 45;
    /// Reading, judging and writing the longest validator set with all its addresses, and the longest list of proposals.
    const GOVERNANCE_US: u64 = 1_000;
    /// Reading one note.
    const NOTE_US: u64 = 2;
    /// Bytes that are copied and hashed in a microsecond.
    const BYTES_PER_US: u64 = 400;

    /// The prices of a chain whose block nonces need `bits` leading zero bits.
    #[must_use]
    pub fn new(bits: u8) -> Self {
        Self { tries_per_block: 1u64 << bits.min(tierchain_primitives::limits::BLOCK_NONCE_BITS_MAX) }
    }

    /// An extrinsic with `bytes` bytes of arguments that derives no block.
    pub(crate) fn plain(&self, bytes: usize) -> u64 {
        Self::EXTRINSIC_US + Self::ITEM_US + bytes as u64 / Self::BYTES_PER_US
    }

    /// An extrinsic that changes a handful of the registry's records.
    pub(crate) fn entry(&self) -> u64 {
        Self::EXTRINSIC_US + self.records(4)
    }

    /// Reading and writing so many records.
    pub(crate) fn records(&self, records: usize) -> u64 {
        records as u64 * Self::ITEM_US
    }

    /// An extrinsic about who validates.
    pub(crate) fn governance(&self) -> u64 {
        Self::EXTRINSIC_US + Self::GOVERNANCE_US
    }

    /// An extrinsic that derives `blocks` blocks of a ledger chain.
    pub(crate) fn blocks(&self, blocks: usize) -> u64 {
        let per_block = Self::ITEM_US + self.tries_per_block * Self::TRY_NS / 1_000;
        Self::EXTRINSIC_US + blocks as u64 * per_block
    }

    /// An extrinsic that derives one block and checks a signature of its own.
    pub(crate) fn signed_block(&self) -> u64 {
        self.blocks(1) + Self::SIGNATURE_US + Self::ITEM_US
    }

    /// An extrinsic that derives `blocks` blocks and checks a signature of its own for each.
    pub(crate) fn signed_blocks(&self, blocks: usize) -> u64 {
        self.blocks(blocks) + blocks as u64 * Self::SIGNATURE_US
    }

    /// An extrinsic that adds a note and reads up to `notes` others.
    pub(crate) fn notes(&self, notes: usize) -> u64 {
        Self::EXTRINSIC_US + 3 * Self::ITEM_US + notes as u64 * Self::NOTE_US
    }
}

impl Default for Weights {
    /// The prices at 4 bits, the default of a genesis.
    fn default() -> Self {
        Self::new(4)
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::limits::{BATCH_EVENTS_MAX, BLOCK_NONCE_BITS_MAX, BLOCK_WEIGHT_MAX};

    use super::*;

    #[test]
    fn a_full_batch_fits_a_block_up_to_12_bits() {
        assert!(Weights::new(12).blocks(BATCH_EVENTS_MAX) <= BLOCK_WEIGHT_MAX);
        assert!(Weights::new(BLOCK_NONCE_BITS_MAX).blocks(40) <= BLOCK_WEIGHT_MAX);
    }

    #[test]
    fn the_price_of_a_block_doubles_with_each_bit() {
        let dear = Weights::new(15).blocks(1) - Weights::EXTRINSIC_US - Weights::ITEM_US;
        let dearer = Weights::new(16).blocks(1) - Weights::EXTRINSIC_US - Weights::ITEM_US;
        assert_eq!(dear * 2, dearer - dearer % 2);
    }
}
