//! Evidence: what one validator signed and no honest one signs, so that anybody can be convinced of it, offline.
//!
//! Whoever gets evidence believes nothing of it: signatures, sets and the fault itself are checked again from the
//! genesis hash on ([`EvidenceFile`]), or from the sets that a running node knows ([`Evidence::verify`]).

mod book;
mod file;
mod rules;

use core::fmt;

use parity_scale_codec::{Decode, DecodeAll, Encode};
use tierchain_consensus::{Charge, ChargeError, Evidence as Contradiction, Message, Strict, Verify, VerifyError};
use tierchain_primitives::certificate::{Certificate, CertificateKind};
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::header::Header;
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256, ValidatorIndex, View};
use tierchain_runtime::{Checked, VERSIONS};

pub use self::book::{Book, KEPT_MAX};
pub use self::file::{EvidenceFile, EvidenceFileError, FILE_BYTES_MAX, MAGIC};
pub use self::rules::{Rules, RulesError};
use crate::wire::SignedBundle;

/// Says which signatures hold. A port, so that the simulator can use keyed hashes.
pub trait Signatures {
    /// Judges signatures of consensus keys.
    fn consensus(&self) -> &dyn Verify;

    /// Whether an extrinsic's signature holds for a birth block.
    fn extrinsic_holds(&self, checked: &Checked, genesis: &H256, birth: &H256) -> bool;
}

/// The predicates that ship: strict ed25519 for consensus, ZIP-215 for extrinsics.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ed25519;

impl Signatures for Ed25519 {
    fn consensus(&self) -> &dyn Verify {
        &Strict
    }

    fn extrinsic_holds(&self, checked: &Checked, genesis: &H256, birth: &H256) -> bool {
        checked.extrinsic.verify(VERSIONS, genesis, birth)
    }
}

/// A fault that its validator signed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Evidence {
    /// Two statements that contradict each other.
    #[codec(index = 0)]
    Contradiction(Contradiction),
    /// A bundle with an entry that no honest validator puts into one.
    #[codec(index = 1)]
    Bundle(BadBundle),
}

/// A bundle with an entry that is no extrinsic of this chain, or whose signature doesn't hold.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct BadBundle {
    /// The bundle, signed by its maker.
    pub signed: SignedBundle,
    /// The entry's place in it, from 0.
    pub entry: u32,
    /// The birth block that the entry's signature must cover, with its certificate; none where that is genesis or where
    /// the entry is no extrinsic at all.
    pub birth: Option<(Header, Certificate)>,
}

/// What each piece of evidence is about. Evidence about one thing is kept once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub struct Topic {
    /// The epoch whose set the culprit belongs to.
    pub epoch: Epoch,
    /// The culprit's place in it.
    pub culprit: ValidatorIndex,
    /// Which fault, as a number: the charge's place in the list of charges.
    pub charge: u8,
    /// The view in which it happened; 0 for a bundle.
    pub view: View,
    /// The block number it was about; the maker's newest final block for a bundle.
    pub number: BlockNumber,
}

impl Topic {
    /// Reads an id, which is exactly what a topic encodes to.
    #[must_use]
    pub fn from_id(id: &[u8]) -> Option<Self> {
        Self::decode_all(&mut &*id).ok()
    }
}

/// What evidence proves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Guilt {
    /// The epoch.
    pub epoch: Epoch,
    /// The culprit's place in the epoch's set.
    pub culprit: ValidatorIndex,
    /// The culprit's consensus key.
    pub key: AccountId,
    /// The fault.
    pub fault: Fault,
}

/// Which promise was broken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fault {
    /// Two statements of which an honest validator makes at most one.
    Contradiction(Charge),
    /// An entry of its bundle is no extrinsic of this chain.
    NoExtrinsic {
        /// The entry's place in the bundle.
        entry: u32,
    },
    /// The signature of an entry of its bundle doesn't hold.
    BadSignature {
        /// The entry's place in the bundle.
        entry: u32,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contradiction(charge) => charge.fmt(f),
            Self::NoExtrinsic { entry } => {
                write!(f, "entry {entry} of a bundle it signed is no extrinsic of this chain")
            }
            Self::BadSignature { entry } => write!(f, "entry {entry} of a bundle it signed has a signature that fails"),
        }
    }
}

/// Why evidence proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Of an epoch that the chain given with it doesn't reach.
    #[error("it is of epoch {0}, whose validators aren't known here")]
    UnknownEpoch(Epoch),
    /// The pair of statements proves nothing.
    #[error(transparent)]
    Charge(#[from] ChargeError),
    /// The bundle isn't signed by the maker it names.
    #[error("the bundle isn't signed by validator {0}, whom it names as its maker")]
    NotTheMaker(ValidatorIndex),
    /// The bundle has no such entry.
    #[error("the bundle has {found} entries and no entry {entry}")]
    NoEntry {
        /// The place.
        entry: u32,
        /// How many there are.
        found: usize,
    },
    /// The entry is as it should be.
    #[error("entry {0} of the bundle is a whole extrinsic whose signature holds")]
    Honest(u32),
    /// The birth block isn't the one that the entry's era asks for.
    #[error("the entry's signature covers block {expected}, and another block, or none, is given")]
    Birth {
        /// The number of the birth block.
        expected: BlockNumber,
    },
    /// The birth block isn't certified.
    #[error("the certificate of the birth block doesn't hold: {0}")]
    Certificate(#[from] VerifyError),
}

impl Evidence {
    /// What it is about.
    #[must_use]
    pub fn topic(&self) -> Topic {
        match self {
            Self::Contradiction(pair) => {
                let (charge, view, number) = place(&pair.first, &pair.second);
                Topic { epoch: pair.epoch(), culprit: pair.culprit, charge, view, number }
            }
            Self::Bundle(bad) => {
                let (epoch, culprit, number) = (bad.signed.epoch, bad.signed.maker, bad.signed.at);
                Topic { epoch, culprit, charge: 16, view: View(0), number }
            }
        }
    }

    /// Checks everything, given the validator sets of the chain.
    ///
    /// # Errors
    /// Why it proves nothing.
    pub fn verify(&self, port: &dyn Signatures, genesis: &H256, epochs: &Epochs) -> Result<Guilt, EvidenceError> {
        let Topic { epoch, culprit, .. } = self.topic();
        let set = epochs.set(epoch).ok_or(EvidenceError::UnknownEpoch(epoch))?;
        let fault = match self {
            Self::Contradiction(pair) => Fault::Contradiction(pair.verify(port.consensus(), set, genesis)?),
            Self::Bundle(bad) => {
                if !bad.signed.is_signed(genesis, set, port.consensus()) {
                    return Err(EvidenceError::NotTheMaker(culprit));
                }
                bad.fault(port, genesis, epochs)?
            }
        };
        let key = *set.key(culprit).ok_or(EvidenceError::NotTheMaker(culprit))?;
        Ok(Guilt { epoch, culprit, key, fault })
    }
}

impl BadBundle {
    fn fault(&self, port: &dyn Signatures, genesis: &H256, epochs: &Epochs) -> Result<Fault, EvidenceError> {
        let (entry, extrinsics) = (self.entry, &self.signed.bundle.extrinsics);
        let found = usize::try_from(entry).ok().and_then(|at| extrinsics.get(at));
        let bytes = found.ok_or(EvidenceError::NoEntry { entry, found: extrinsics.len() })?;
        let Ok(checked) = tierchain_runtime::check(bytes) else { return Ok(Fault::NoExtrinsic { entry }) };
        let birth = self.birth_hash(&checked, port, genesis, epochs)?;
        if port.extrinsic_holds(&checked, genesis, &birth) {
            return Err(EvidenceError::Honest(entry));
        }
        Ok(Fault::BadSignature { entry })
    }

    /// Hash of the block that the signature must cover: the one that counted when the bundle was gathered.
    fn birth_hash(
        &self,
        checked: &Checked,
        port: &dyn Signatures,
        genesis: &H256,
        epochs: &Epochs,
    ) -> Result<H256, EvidenceError> {
        let expected = checked.extrinsic.era.birth(self.signed.at.saturating_add(1));
        if expected == 0 {
            return Ok(*genesis);
        }
        let given = self.birth.as_ref().filter(|(header, _)| header.number == expected);
        let (header, certificate) = given.ok_or(EvidenceError::Birth { expected })?;
        let hash = header.hash();
        let is_of_it = certificate.kind == CertificateKind::Committed && certificate.hash == hash;
        let set = epochs.certifying(expected).filter(|_| is_of_it && certificate.number == expected);
        tierchain_consensus::verify_certificate(
            port.consensus(),
            certificate,
            set.ok_or(EvidenceError::Birth { expected })?,
            genesis,
        )?;
        Ok(hash)
    }
}

/// Charge, view and number of a pair. A pair that proves nothing is filed somewhere and refused when it is verified.
fn place(first: &Message, second: &Message) -> (u8, View, BlockNumber) {
    match (first, second) {
        (Message::Proposal(it), _) => (0, it.view, it.header.number),
        (Message::Vote(vote), Message::Vote(_)) => (vote.kind.signed() as u8, vote.view, vote.number),
        (Message::ViewChange(change), Message::ViewChange(_)) => (3, change.view, 0),
        (Message::NewView(it), _) => (4, it.view, 0),
        (Message::Vote(commit), Message::ViewChange(change)) | (Message::ViewChange(change), Message::Vote(commit)) => {
            (5, change.view, commit.number)
        }
        _ => (u8::MAX, View(0), 0),
    }
}

#[cfg(test)]
mod tests;
