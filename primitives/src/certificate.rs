//! Validator sets, the bytes a vote signs, and certificates: a quorum's votes for one block in one view.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};
use scale_info::TypeInfo;

use crate::account::AccountId;
use crate::crypto::{Signature, verify_strict};
use crate::hash::H256;
use crate::limits::VALIDATORS_MAX;
use crate::numbers::{BlockNumber, Epoch, ValidatorIndex, View};

/// First bytes of everything that consensus signs. 0xff is no pallet's index, so that no signed call can be taken for
/// a vote even where one key signs both.
pub const CONSENSUS_DOMAIN: &[u8; 18] = b"\xfftierchain/pbft/1\0";

/// The validators of one epoch, in the order that gives each its index.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, TypeInfo)]
pub struct ValidatorSet {
    /// The epoch in which this set votes.
    pub epoch: Epoch,
    /// Consensus keys (ed25519), by validator index.
    pub keys: Vec<AccountId>,
}

impl ValidatorSet {
    /// n, the number of validators.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no validator at all, which no legal set is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// f = floor((n - 1) / 3): how many may be faulty.
    #[must_use]
    pub fn faulty_max(&self) -> usize {
        self.len().saturating_sub(1) / 3
    }

    /// q = floor(2n / 3) + 1: any two quorums share f + 1 validators.
    #[must_use]
    pub fn quorum(&self) -> usize {
        self.len() * 2 / 3 + 1
    }

    /// The primary of a view: validators take turns.
    #[must_use]
    pub fn primary(&self, view: View) -> ValidatorIndex {
        let index = view.0 % self.len().max(1) as u64;
        ValidatorIndex(u16::try_from(index).expect("a set has at most VALIDATORS_MAX validators"))
    }

    /// The consensus key of a validator, if the set has it.
    #[must_use]
    pub fn key(&self, index: ValidatorIndex) -> Option<&AccountId> {
        self.keys.get(index.as_usize())
    }

    /// The index of a consensus key, if it is in the set.
    #[must_use]
    pub fn index_of(&self, key: &AccountId) -> Option<ValidatorIndex> {
        let at = self.keys.iter().position(|known| known == key)?;
        Some(ValidatorIndex(u16::try_from(at).expect("a set has at most VALIDATORS_MAX validators")))
    }

    /// All indices, in order.
    pub fn indices(&self) -> impl Iterator<Item = ValidatorIndex> + use<> {
        (0..self.len()).map(|at| ValidatorIndex(u16::try_from(at).expect("a set is small")))
    }
}

impl Decode for ValidatorSet {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let epoch = Epoch::decode(input)?;
        let count = Compact::<u32>::decode(input)?.0 as usize;
        if count > VALIDATORS_MAX {
            return Err("a validator set that is too large".into());
        }
        let keys = (0..count).map(|_| AccountId::decode(input)).collect::<Result<_, _>>()?;
        Ok(Self { epoch, keys })
    }
}

/// What a consensus signature says. The number is part of the signed bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub enum SignedKind {
    /// The primary proposes the block.
    #[codec(index = 0)]
    Proposal,
    /// The replica prepares the block.
    #[codec(index = 1)]
    Prepare,
    /// The replica holds a prepared certificate that covers the block.
    #[codec(index = 2)]
    Commit,
    /// The replica leaves all lower views; the hash is of the message's contents.
    #[codec(index = 3)]
    ViewChange,
    /// The primary opens the view; the hash is of the message's contents.
    #[codec(index = 4)]
    NewView,
    /// The replica has cause to leave the view, and promises nothing.
    #[codec(index = 5)]
    Suspect,
    /// The validator gathered these extrinsics; the hash is the bundle's digest.
    #[codec(index = 6)]
    Bundle,
}

/// The bytes that a consensus signature covers: domain ‖ genesis hash ‖ epoch u32 ‖ kind u8 ‖ view u64 ‖ number u32 ‖
/// block hash.
#[must_use]
pub fn signed_bytes(
    genesis: &H256,
    epoch: Epoch,
    kind: SignedKind,
    view: View,
    number: BlockNumber,
    hash: &H256,
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(18 + 32 + 4 + 1 + 8 + 4 + 32);
    bytes.extend_from_slice(CONSENSUS_DOMAIN);
    (genesis, epoch, kind, view, number, hash).encode_to(&mut bytes);
    bytes
}

/// Which votes a certificate is made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub enum CertificateKind {
    /// q prepares: the block and its ancestors are prepared.
    #[codec(index = 1)]
    Prepared,
    /// q commits: the block is final.
    #[codec(index = 2)]
    Committed,
}

impl CertificateKind {
    /// The kind of vote that makes it.
    #[must_use]
    pub fn vote(self) -> SignedKind {
        match self {
            Self::Prepared => SignedKind::Prepare,
            Self::Committed => SignedKind::Commit,
        }
    }
}

/// A quorum's votes of one kind for one block, all of one view.
///
/// Certificates of one block may differ between nodes (signers, view): nothing may depend on which one a node holds.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode)]
pub struct Certificate {
    /// Prepared or committed.
    pub kind: CertificateKind,
    /// The epoch whose set voted.
    pub epoch: Epoch,
    /// The view of all the votes.
    pub view: View,
    /// The block's number.
    pub number: BlockNumber,
    /// The block's hash.
    pub hash: H256,
    /// The votes, by ascending validator index, none twice.
    pub votes: Vec<(ValidatorIndex, Signature)>,
}

/// Why a certificate proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CertificateError {
    /// Made by another epoch's set.
    #[error("the certificate is of epoch {found}, and the set is of epoch {expected}")]
    Epoch {
        /// The certificate's.
        found: Epoch,
        /// The set's.
        expected: Epoch,
    },
    /// Fewer votes than a quorum.
    #[error("the certificate has {found} votes, and a quorum is {quorum}")]
    Quorum {
        /// Votes in it.
        found: usize,
        /// Votes needed.
        quorum: usize,
    },
    /// Votes out of order or one voter twice.
    #[error("the certificate's votes aren't in ascending order of distinct validators")]
    Order,
    /// A voter outside the set.
    #[error("the certificate has a vote of validator {0}, which the set doesn't have")]
    Stranger(ValidatorIndex),
    /// A signature that doesn't hold.
    #[error("the certificate's signature of validator {0} doesn't hold")]
    Signature(ValidatorIndex),
}

impl Certificate {
    /// Checks form and quorum, not the signatures.
    ///
    /// # Errors
    /// Which rule it breaks.
    pub fn check_form(&self, set: &ValidatorSet) -> Result<(), CertificateError> {
        if self.epoch != set.epoch {
            return Err(CertificateError::Epoch { found: self.epoch, expected: set.epoch });
        }
        if self.votes.len() < set.quorum() {
            return Err(CertificateError::Quorum { found: self.votes.len(), quorum: set.quorum() });
        }
        if self.votes.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(CertificateError::Order);
        }
        match self.votes.iter().find(|(voter, _)| set.key(*voter).is_none()) {
            Some((voter, _)) => Err(CertificateError::Stranger(*voter)),
            None => Ok(()),
        }
    }

    /// Checks everything: form, quorum and each signature, strictly and one by one.
    ///
    /// # Errors
    /// Which rule it breaks, and whose vote.
    pub fn verify(&self, genesis: &H256, set: &ValidatorSet) -> Result<(), CertificateError> {
        self.check_form(set)?;
        let bytes = signed_bytes(genesis, self.epoch, self.kind.vote(), self.view, self.number, &self.hash);
        for (voter, signature) in &self.votes {
            let key = set.key(*voter).ok_or(CertificateError::Stranger(*voter))?;
            if !verify_strict(key, &bytes, signature) {
                return Err(CertificateError::Signature(*voter));
            }
        }
        Ok(())
    }
}

impl Decode for Certificate {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let kind = CertificateKind::decode(input)?;
        let epoch = Epoch::decode(input)?;
        let view = View::decode(input)?;
        let number = BlockNumber::decode(input)?;
        let hash = H256::decode(input)?;
        let count = Compact::<u32>::decode(input)?.0 as usize;
        if count > VALIDATORS_MAX {
            return Err("a certificate with too many votes".into());
        }
        let votes = (0..count).map(|_| Decode::decode(input)).collect::<Result<_, _>>()?;
        Ok(Self { kind, epoch, view, number, hash, votes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(n: usize) -> ValidatorSet {
        ValidatorSet { epoch: Epoch(0), keys: (0..n).map(|at| AccountId([at as u8; 32])).collect() }
    }

    #[test]
    fn quorums_follow_the_paper() {
        let expected = [(1, 0, 1), (4, 1, 3), (5, 1, 4), (6, 1, 5), (7, 2, 5), (10, 3, 7), (100, 33, 67)];
        for (n, faulty, quorum) in expected {
            assert_eq!((set(n).faulty_max(), set(n).quorum()), (faulty, quorum), "n = {n}");
            assert!(2 * quorum > n + faulty, "two quorums share an honest validator, n = {n}");
            assert!(quorum <= n - faulty, "the honest alone are a quorum, n = {n}");
        }
    }

    #[test]
    fn signed_bytes_have_no_optional_part() {
        let bytes = signed_bytes(&H256([7; 32]), Epoch(1), SignedKind::Commit, View(2), 3, &H256([9; 32]));
        assert_eq!(bytes.len(), 18 + 32 + 4 + 1 + 8 + 4 + 32);
        assert_eq!(bytes[0], 0xff);
    }

    #[test]
    fn a_certificate_needs_distinct_known_voters_and_a_quorum() {
        let vote = |at: u16| (ValidatorIndex(at), Signature::ZERO);
        let certificate = |votes| Certificate {
            kind: CertificateKind::Committed,
            epoch: Epoch(0),
            view: View(0),
            number: 1,
            hash: H256::ZERO,
            votes,
        };
        let check = |votes| certificate(votes).check_form(&set(4));
        assert_eq!(check(vec![vote(0), vote(1), vote(3)]), Ok(()));
        assert_eq!(check(vec![vote(0), vote(1)]), Err(CertificateError::Quorum { found: 2, quorum: 3 }));
        assert_eq!(check(vec![vote(0), vote(1), vote(1)]), Err(CertificateError::Order));
        assert_eq!(check(vec![vote(0), vote(1), vote(4)]), Err(CertificateError::Stranger(ValidatorIndex(4))));
    }
}
