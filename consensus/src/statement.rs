//! What a validator may say at most once: the subject of everything it signs, and the hash it signed for it.
//!
//! Two statements of one signer on one subject with different hashes are a contradiction. Whoever audits (the
//! simulator's invariants, the fault harness over vote logs) compares statements and needs no machine.

use tierchain_primitives::certificate::{Certificate, SignedKind};
use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};

use crate::effect::Record;
use crate::message::Message;

/// What a statement is about. An honest validator signs at most one hash for each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Subject {
    /// The epoch whose set it votes in.
    pub epoch: Epoch,
    /// Its signer's place in that set.
    pub signer: ValidatorIndex,
    /// What kind of statement it is.
    pub kind: SignedKind,
    /// The view it is made in, or for.
    pub view: View,
    /// The block's number; 0 for what isn't about one block.
    pub number: BlockNumber,
}

/// Something signed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Statement {
    /// What it is about.
    pub subject: Subject,
    /// What it says: a block's hash, or that of the message's contents.
    pub hash: H256,
}

impl Statement {
    /// What a message promises in its sender's name; none where it promises nothing.
    #[must_use]
    pub fn of_message(message: &Message) -> Option<Self> {
        let (epoch, signer, kind, view, number, hash) = match message {
            Message::Proposal(it) => {
                let proposer = it.header.pre_runtime().ok()?.proposer;
                (it.epoch, proposer, SignedKind::Proposal, it.view, it.header.number, it.header.hash())
            }
            Message::Vote(it) => (it.epoch, it.voter, it.kind.signed(), it.view, it.number, it.hash),
            Message::ViewChange(it) => (it.epoch, it.sender, SignedKind::ViewChange, it.view, 0, it.content_hash()),
            Message::NewView(it) => (it.epoch, it.sender, SignedKind::NewView, it.view, 0, it.content_hash()),
            Message::Suspect(_) | Message::Certificate(_) => return None,
        };
        Some(Self { subject: Subject { epoch, signer, kind, view, number }, hash })
    }

    /// What the record of a message promises in its sender's name.
    #[must_use]
    pub fn of_record(record: &Record) -> Option<Self> {
        Self::of_message(&match record {
            Record::Proposal(it) => Message::Proposal(it.clone()),
            Record::Vote(it) => Message::Vote(it.clone()),
            Record::ViewChange(it) => Message::ViewChange(it.clone()),
            Record::NewView(it) => Message::NewView(it.clone()),
            Record::Prepared(_) | Record::Certified(_) => return None,
        })
    }

    /// The votes that a certificate is made of.
    pub fn of_certificate(certificate: &Certificate) -> impl Iterator<Item = Self> + '_ {
        let Certificate { epoch, view, number, hash, .. } = *certificate;
        let kind = certificate.kind.vote();
        let signers = certificate.votes.iter().map(|(signer, _)| *signer);
        signers.map(move |signer| Self { subject: Subject { epoch, signer, kind, view, number }, hash })
    }
}
