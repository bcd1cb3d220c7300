//! Epochs: which validator set certifies which block, and how that is proven from genesis on.
//!
//! A change of the set that is executed in block M ends the epoch at block M + W. That block's header carries the next
//! set as `Consensus("PBFT")`, the old set certifies it, and every block above it is certified by the next set. So the
//! headers and certificates of these few blocks lead from the genesis set to any later one.

use parity_scale_codec::{Decode, DecodeAll, Encode};
use scale_info::TypeInfo;

use crate::certificate::{Certificate, CertificateError, CertificateKind, ValidatorSet};
use crate::hash::H256;
use crate::header::{DigestItem, ENGINE_ID, Header};
use crate::numbers::{BlockNumber, Epoch};

/// The end of the current epoch, once it is decided.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
pub struct EpochChange {
    /// The last block of the current epoch: the one whose header carries the next set.
    pub end: BlockNumber,
    /// The next epoch's set.
    pub next: ValidatorSet,
}

/// The last block of an epoch with the certificate of that epoch's own set.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct EpochProof {
    /// Its header, which carries the next set.
    pub header: Header,
    /// The old set's commit certificate of it.
    pub certificate: Certificate,
}

/// Why an epoch isn't proven.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EpochError {
    /// The header carries no next set, or more than one, or one that doesn't decode.
    #[error("block {0} carries no validator set, so it ends no epoch")]
    NoSet(BlockNumber),
    /// The next set isn't of the next epoch.
    #[error("block {number} carries the set of epoch {found} where epoch {expected} follows")]
    Epoch {
        /// The block.
        number: BlockNumber,
        /// The epoch of the set it carries.
        found: Epoch,
        /// The epoch that follows.
        expected: Epoch,
    },
    /// The next set has no validator.
    #[error("block {0} carries an empty validator set")]
    Empty(BlockNumber),
    /// The block isn't above the last epoch's end.
    #[error("block {number} ends an epoch that begins after block {begins_after}")]
    Backwards {
        /// The block.
        number: BlockNumber,
        /// The end of the epoch before.
        begins_after: BlockNumber,
    },
    /// The certificate is of another block or no commit certificate.
    #[error("the certificate given with block {0} isn't its commit certificate")]
    OtherBlock(BlockNumber),
    /// The certificate doesn't hold.
    #[error("the certificate of block {number} doesn't hold: {error}")]
    Certificate {
        /// The block.
        number: BlockNumber,
        /// Why.
        error: CertificateError,
    },
}

/// Which set certifies which block: the epochs known so far, oldest first.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Epochs {
    /// Block after which each epoch begins, and its set. Never empty.
    begun: Vec<(BlockNumber, ValidatorSet)>,
}

impl Epochs {
    /// The first epoch known here: its set certifies every block above `begins_after`, which is 0 for the genesis set.
    #[must_use]
    pub fn new(begins_after: BlockNumber, set: ValidatorSet) -> Self {
        Self { begun: vec![(begins_after, set)] }
    }

    /// Epochs known already: the block after which each begins, and its set, oldest first. None unless each follows
    /// on the one before.
    #[must_use]
    pub fn resume(begun: Vec<(BlockNumber, ValidatorSet)>) -> Option<Self> {
        let follows =
            |pair: &[(BlockNumber, ValidatorSet)]| pair[0].0 < pair[1].0 && pair[0].1.epoch.next() == pair[1].1.epoch;
        (!begun.is_empty() && begun.windows(2).all(follows)).then_some(Self { begun })
    }

    /// The newest epoch's set.
    #[must_use]
    pub fn current(&self) -> &ValidatorSet {
        &self.newest().1
    }

    /// The block after which the newest epoch begins: the one it has in common with the epoch before.
    #[must_use]
    pub fn begins_after(&self) -> BlockNumber {
        self.newest().0
    }

    /// The set that certifies a block; none for one at or below the first epoch known here.
    #[must_use]
    pub fn certifying(&self, number: BlockNumber) -> Option<&ValidatorSet> {
        self.begun.iter().rev().find(|(begins_after, _)| number > *begins_after).map(|(_, set)| set)
    }

    /// The set of an epoch.
    #[must_use]
    pub fn set(&self, epoch: Epoch) -> Option<&ValidatorSet> {
        self.begun.iter().map(|(_, set)| set).find(|set| set.epoch == epoch)
    }

    /// All epochs known: the block after which each begins, and its set.
    pub fn iter(&self) -> impl Iterator<Item = (BlockNumber, &ValidatorSet)> {
        self.begun.iter().map(|(begins_after, set)| (*begins_after, set))
    }

    /// Goes on to the next epoch when this certified header ends the current one. Says whether it does.
    ///
    /// # Errors
    /// When the header carries something that ends no epoch of this chain.
    pub fn follow(&mut self, header: &Header) -> Result<bool, EpochError> {
        if header.number <= self.begins_after() || !header.digest.iter().any(is_next_set) {
            return Ok(false);
        }
        let next = next_set(header).ok_or(EpochError::NoSet(header.number))?;
        let expected = self.current().epoch.next();
        if next.epoch != expected {
            return Err(EpochError::Epoch { number: header.number, found: next.epoch, expected });
        }
        if next.is_empty() {
            return Err(EpochError::Empty(header.number));
        }
        self.begun.push((header.number, next));
        Ok(true)
    }

    /// Goes on to the next epoch by its proof: header, the old set's certificate, and every signature in it.
    ///
    /// # Errors
    /// Which rule the proof breaks.
    pub fn prove(&mut self, genesis: &H256, proof: &EpochProof) -> Result<(), EpochError> {
        let EpochProof { header, certificate } = proof;
        let number = header.number;
        if number <= self.begins_after() {
            return Err(EpochError::Backwards { number, begins_after: self.begins_after() });
        }
        if certificate.kind != CertificateKind::Committed
            || certificate.number != number
            || certificate.hash != header.hash()
        {
            return Err(EpochError::OtherBlock(number));
        }
        certificate.verify(genesis, self.current()).map_err(|error| EpochError::Certificate { number, error })?;
        if self.follow(header)? { Ok(()) } else { Err(EpochError::NoSet(number)) }
    }

    fn newest(&self) -> &(BlockNumber, ValidatorSet) {
        self.begun.last().expect("an Epochs is made with its first epoch and never shrinks")
    }
}

/// The set that a header carries for the next epoch; none where it carries none, several, or one that doesn't decode.
#[must_use]
pub fn next_set(header: &Header) -> Option<ValidatorSet> {
    let mut carried = header.digest.iter().filter(|item| is_next_set(item));
    match (carried.next(), carried.next()) {
        (Some(DigestItem::Consensus(_, bytes)), None) => ValidatorSet::decode_all(&mut bytes.as_slice()).ok(),
        _ => None,
    }
}

/// The digest item that ends an epoch.
#[must_use]
pub fn next_set_item(next: &ValidatorSet) -> DigestItem {
    DigestItem::Consensus(ENGINE_ID, next.encode())
}

fn is_next_set(item: &DigestItem) -> bool {
    matches!(item, DigestItem::Consensus(ENGINE_ID, _))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountId;
    use crate::certificate::signed_bytes;
    use crate::crypto::KeyPair;
    use crate::header::PreRuntime;
    use crate::numbers::{ValidatorIndex, View};

    const GENESIS: H256 = H256([9; 32]);

    fn keys(seeds: &[u8]) -> Vec<KeyPair> {
        seeds.iter().map(|seed| KeyPair::from_seed(&[*seed; 32])).collect()
    }

    fn set(epoch: u32, keys: &[KeyPair]) -> ValidatorSet {
        ValidatorSet { epoch: Epoch(epoch), keys: keys.iter().map(KeyPair::public).collect() }
    }

    fn end(number: BlockNumber, next: Option<&ValidatorSet>) -> Header {
        let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: 1, executed: number - 1 };
        let mut header = Header::new(H256::ZERO, number, H256::ZERO, H256::ZERO, pre);
        header.digest.extend(next.map(next_set_item));
        header
    }

    fn proof(header: Header, epoch: u32, voters: &[KeyPair]) -> EpochProof {
        let (view, hash, number) = (View(2), header.hash(), header.number);
        let bytes = signed_bytes(&GENESIS, Epoch(epoch), CertificateKind::Committed.vote(), view, number, &hash);
        let votes = (0u16..).zip(voters).map(|(at, key)| (ValidatorIndex(at), key.sign(&bytes))).collect();
        let kind = CertificateKind::Committed;
        EpochProof { header, certificate: Certificate { kind, epoch: Epoch(epoch), view, number, hash, votes } }
    }

    #[test]
    fn a_proof_leads_to_the_next_set_and_each_block_has_one_set() {
        let (old, new) = (keys(&[1, 2, 3, 4]), keys(&[1, 2, 3, 4, 5]));
        let mut epochs = Epochs::new(0, set(0, &old));
        let proof = proof(end(20, Some(&set(1, &new))), 0, &old);
        assert_eq!(epochs.prove(&GENESIS, &proof), Ok(()));
        let certifies = |number| epochs.certifying(number).map(|set| set.epoch.0);
        assert_eq!([certifies(0), certifies(1), certifies(20), certifies(21)], [None, Some(0), Some(0), Some(1)]);
        assert_eq!((epochs.current().len(), epochs.begins_after()), (5, 20));
    }

    #[test]
    fn what_proves_no_epoch_is_refused_and_changes_nothing() {
        let (old, other) = (keys(&[1, 2, 3, 4]), keys(&[5, 6, 7, 8]));
        let start = Epochs::new(10, set(0, &old));
        let refused = |proof: &EpochProof| start.clone().prove(&GENESIS, proof).expect_err("no proof");
        let next = set(1, &other);
        assert!(matches!(refused(&proof(end(20, None), 0, &old)), EpochError::NoSet(20)));
        assert!(matches!(refused(&proof(end(20, Some(&set(2, &other))), 0, &old)), EpochError::Epoch { .. }));
        assert!(matches!(refused(&proof(end(10, Some(&next)), 0, &old)), EpochError::Backwards { .. }));
        assert!(matches!(refused(&proof(end(20, Some(&next)), 0, &other)), EpochError::Certificate { .. }));
        assert!(matches!(refused(&proof(end(20, Some(&next)), 0, &old[..2])), EpochError::Certificate { .. }));
        assert!(matches!(refused(&proof(end(20, Some(&set(1, &[]))), 0, &old)), EpochError::Empty(20)));
        let mut foreign = proof(end(20, Some(&next)), 0, &old);
        foreign.header.number = 21;
        assert!(matches!(refused(&foreign), EpochError::OtherBlock(21)));
    }

    #[test]
    fn epochs_go_on_where_they_were_if_each_follows_on_the_last() {
        let (old, new) = (set(3, &keys(&[1])), set(4, &keys(&[2])));
        let resumed = Epochs::resume(vec![(10, old.clone()), (20, new.clone())]).expect("in order");
        assert_eq!((resumed.begins_after(), resumed.current(), resumed.set(Epoch(3))), (20, &new, Some(&old)));
        assert_eq!(Epochs::resume(Vec::new()), None);
        assert_eq!(Epochs::resume(vec![(20, old.clone()), (20, new.clone())]), None);
        assert_eq!(Epochs::resume(vec![(10, new), (20, old)]), None);
    }

    #[test]
    fn a_header_with_two_sets_carries_none() {
        let next = ValidatorSet { epoch: Epoch(1), keys: vec![AccountId([1; 32])] };
        let mut header = end(20, Some(&next));
        assert_eq!(next_set(&header), Some(next.clone()));
        header.digest.push(next_set_item(&next));
        assert_eq!(next_set(&header), None);
    }
}
