//! Whether a message is what it says: every signature and form, nested certificates included.
//!
//! Pure and free of the machine's state, so that it can run on other threads before
//! [`Machine::step`](crate::Machine::step). Bounded: a message has at most
//! [`VALIDATORS_MAX`](tierchain_primitives::limits::VALIDATORS_MAX) votes or VIEW-CHANGEs in each list.

use tierchain_primitives::certificate::{
    Certificate, CertificateError, CertificateKind, SignedKind, ValidatorSet, signed_bytes,
};
use tierchain_primitives::crypto::{Signature, verify_strict};
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256, ValidatorIndex, View};

use crate::message::{Message, NewView, ViewChange};

/// Says whether a signature holds. A port, so that simulator and model checker can use a keyed hash.
pub trait Verify {
    /// Whether `signature` is by `key` over `bytes`.
    fn holds(&self, key: &AccountId, bytes: &[u8], signature: &Signature) -> bool;
}

/// The predicate that ships: ed25519, strictly, one by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Strict;

impl Verify for Strict {
    fn holds(&self, key: &AccountId, bytes: &[u8], signature: &Signature) -> bool {
        verify_strict(key, bytes, signature)
    }
}

/// Why a message says nothing. Its sender over the wire is at fault: it should have verified it as well.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VerifyError {
    /// Of another epoch: stale, or the sender is ahead.
    #[error("the message is of epoch {found}, and this replica votes in epoch {expected}; catch up or ignore it")]
    Epoch {
        /// The message's.
        found: Epoch,
        /// The set's.
        expected: Epoch,
    },
    /// Of somebody outside the set.
    #[error("the message is of validator {0}, which the epoch's set doesn't have")]
    Stranger(ValidatorIndex),
    /// The message's own signature doesn't hold.
    #[error("the message's signature of validator {0} doesn't hold")]
    Signature(ValidatorIndex),
    /// A NEW-VIEW of somebody who isn't the primary of its view.
    #[error("validator {sender} opens view {view}, whose primary is validator {primary}")]
    NotPrimary {
        /// Who signed it.
        sender: ValidatorIndex,
        /// The view it opens.
        view: View,
        /// Whose view that is.
        primary: ValidatorIndex,
    },
    /// View 0 needs no change to enter.
    #[error("a view change to view 0, which nobody can enter again")]
    ViewZero,
    /// A NEW-VIEW that doesn't prove a quorum.
    #[error("the NEW-VIEW carries {found} VIEW-CHANGEs, and a quorum is {quorum}")]
    Quorum {
        /// VIEW-CHANGEs in it.
        found: usize,
        /// VIEW-CHANGEs needed.
        quorum: usize,
    },
    /// A NEW-VIEW whose proof names one sender twice, or not in order.
    #[error("the NEW-VIEW's VIEW-CHANGEs aren't in ascending order of distinct senders")]
    Order,
    /// A NEW-VIEW with a VIEW-CHANGE for another view.
    #[error("the NEW-VIEW of view {opened} carries a VIEW-CHANGE of validator {sender} for view {found}")]
    OtherView {
        /// The view it opens.
        opened: View,
        /// Whose VIEW-CHANGE.
        sender: ValidatorIndex,
        /// Its view.
        found: View,
    },
    /// A certificate of the wrong kind for its place.
    #[error("a certificate of kind {found:?} stands where one of kind {expected:?} belongs")]
    Kind {
        /// The certificate's.
        found: CertificateKind,
        /// The place's.
        expected: CertificateKind,
    },
    /// A certificate of a view that the VIEW-CHANGE itself leaves unentered.
    #[error("a VIEW-CHANGE for view {view} carries a certificate of view {found}, which isn't below it")]
    ViewTooHigh {
        /// The VIEW-CHANGE's view.
        view: View,
        /// The certificate's.
        found: View,
    },
    /// A certificate that proves nothing.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// Checks a message with the predicate that ships.
///
/// # Errors
/// The first rule it breaks.
pub fn verify(message: &Message, set: &ValidatorSet, genesis: &H256) -> Result<(), VerifyError> {
    verify_with(&Strict, message, set, genesis)
}

/// Checks a message with any predicate.
///
/// # Errors
/// The first rule it breaks.
pub fn verify_with(
    port: &dyn Verify,
    message: &Message,
    set: &ValidatorSet,
    genesis: &H256,
) -> Result<(), VerifyError> {
    Check { port, set, genesis, proven: Vec::new() }.message(message)
}

/// Checks a certificate with any predicate: for catch-up, and for observers.
///
/// # Errors
/// The first rule it breaks.
pub fn verify_certificate(
    port: &dyn Verify,
    certificate: &Certificate,
    set: &ValidatorSet,
    genesis: &H256,
) -> Result<(), VerifyError> {
    Check { port, set, genesis, proven: Vec::new() }.certificate(certificate, certificate.kind)
}

/// One message's check.
struct Check<'a> {
    port: &'a dyn Verify,
    set: &'a ValidatorSet,
    genesis: &'a H256,
    /// Certificates found good. The VIEW-CHANGEs of one NEW-VIEW mostly carry the same few, which are checked once.
    proven: Vec<&'a Certificate>,
}

impl<'a> Check<'a> {
    fn message(&mut self, message: &'a Message) -> Result<(), VerifyError> {
        match message {
            Message::Proposal(it) => {
                self.epoch(it.epoch)?;
                let (number, hash) = (it.header.number, it.header.hash());
                self.signed(self.set.primary(it.view), SignedKind::Proposal, it.view, number, &hash, &it.signature)
            }
            Message::Vote(it) => {
                self.epoch(it.epoch)?;
                self.signed(it.voter, it.kind.signed(), it.view, it.number, &it.hash, &it.signature)
            }
            Message::ViewChange(it) => self.view_change(it),
            Message::NewView(it) => self.new_view(it),
            Message::Suspect(it) => {
                self.epoch(it.epoch)?;
                self.signed(it.sender, SignedKind::Suspect, it.view, 0, &H256::ZERO, &it.signature)
            }
            Message::Certificate(it) => self.certificate(it, CertificateKind::Committed),
        }
    }

    fn view_change(&mut self, it: &'a ViewChange) -> Result<(), VerifyError> {
        self.epoch(it.epoch)?;
        if it.view == View(0) {
            return Err(VerifyError::ViewZero);
        }
        self.signed(it.sender, SignedKind::ViewChange, it.view, 0, &it.content_hash(), &it.signature)?;
        if let Some(certificate) = &it.certified {
            self.certificate(certificate, CertificateKind::Committed)?;
        }
        if let Some(certificate) = &it.prepared {
            self.certificate(certificate, CertificateKind::Prepared)?;
            // An honest sender can hold a commit certificate of a higher view, by catch-up. A prepared one is made
            // of votes that it saw in a view it was in.
            if certificate.view >= it.view {
                return Err(VerifyError::ViewTooHigh { view: it.view, found: certificate.view });
            }
        }
        Ok(())
    }

    fn new_view(&mut self, it: &'a NewView) -> Result<(), VerifyError> {
        self.epoch(it.epoch)?;
        let primary = self.set.primary(it.view);
        if it.sender != primary {
            return Err(VerifyError::NotPrimary { sender: it.sender, view: it.view, primary });
        }
        if it.proof.len() < self.set.quorum() {
            return Err(VerifyError::Quorum { found: it.proof.len(), quorum: self.set.quorum() });
        }
        if it.proof.windows(2).any(|pair| pair[0].sender >= pair[1].sender) {
            return Err(VerifyError::Order);
        }
        if let Some(other) = it.proof.iter().find(|change| change.view != it.view) {
            return Err(VerifyError::OtherView { opened: it.view, sender: other.sender, found: other.view });
        }
        self.signed(it.sender, SignedKind::NewView, it.view, 0, &it.content_hash(), &it.signature)?;
        it.proof.iter().try_for_each(|change| self.view_change(change))
    }

    fn certificate(&mut self, it: &'a Certificate, expected: CertificateKind) -> Result<(), VerifyError> {
        if it.kind != expected {
            return Err(VerifyError::Kind { found: it.kind, expected });
        }
        if self.proven.contains(&it) {
            return Ok(());
        }
        it.check_form(self.set)?;
        let bytes = signed_bytes(self.genesis, it.epoch, it.kind.vote(), it.view, it.number, &it.hash);
        for (voter, signature) in &it.votes {
            let key = self.set.key(*voter).ok_or(CertificateError::Stranger(*voter))?;
            if !self.port.holds(key, &bytes, signature) {
                return Err(CertificateError::Signature(*voter).into());
            }
        }
        self.proven.push(it);
        Ok(())
    }

    fn epoch(&self, found: Epoch) -> Result<(), VerifyError> {
        let expected = self.set.epoch;
        if found == expected { Ok(()) } else { Err(VerifyError::Epoch { found, expected }) }
    }

    fn signed(
        &self,
        sender: ValidatorIndex,
        kind: SignedKind,
        view: View,
        number: BlockNumber,
        hash: &H256,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        let key = self.set.key(sender).ok_or(VerifyError::Stranger(sender))?;
        let bytes = signed_bytes(self.genesis, self.set.epoch, kind, view, number, hash);
        if self.port.holds(key, &bytes, signature) { Ok(()) } else { Err(VerifyError::Signature(sender)) }
    }
}
