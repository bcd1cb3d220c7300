//! The validators of the model: nobody signs, since nobody forges; certificates always name the first quorum.

use tierchain_consensus::{
    Base, Config, Message, NewView, Parameters, Proposal, Signer, Suspect, Verify, ViewChange, Vote, VoteKind,
};
use tierchain_primitives::certificate::{Certificate, CertificateKind, ValidatorSet};
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::header::{Header, PreRuntime};
use tierchain_primitives::{AccountId, Epoch, H256, ValidatorIndex, View};

use super::words::Who;

/// n.
pub(crate) const VALIDATORS: Who = 4;

/// f, and as many lie.
pub(crate) const LIARS: usize = 1;

/// q.
pub(crate) const QUORUM: usize = 3;

/// A block is named by its number and what is behind it; the machine needs its hash.
pub(crate) const GENESIS: H256 = H256([7; 32]);

/// Every signature is the same and holds: the liar says nothing in another's name, so none need be checked.
pub(crate) struct Trust;

impl Signer for Trust {
    fn sign(&self, _: &[u8]) -> Signature {
        Signature::ZERO
    }
}

impl Verify for Trust {
    fn holds(&self, _: &AccountId, _: &[u8], signature: &Signature) -> bool {
        *signature == Signature::ZERO
    }
}

pub(crate) fn primary(view: u8) -> Who {
    view % VALIDATORS
}

pub(crate) fn set() -> ValidatorSet {
    ValidatorSet { epoch: Epoch(0), keys: (0..VALIDATORS).map(|index| AccountId([index; 32])).collect() }
}

/// A missing block is asked for at once, since time doesn't pass.
pub(crate) fn config(me: Who, window: u32) -> Config {
    let parameters = Parameters { window, obtain_ms: 0, ..Parameters::default() };
    Config { genesis: GENESIS, set: set(), me: index(me), parameters }
}

pub(crate) fn base() -> Base {
    let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: 0, executed: 0 };
    Base { header: Header::new(H256::ZERO, 0, H256::ZERO, H256::ZERO, pre), certificate: None }
}

/// A child of `parent`, made in `view` by its primary; `variant` tells siblings of one maker apart.
pub(crate) fn block(parent: &Header, view: u8, variant: u8) -> Header {
    let timestamp = 1 + 2 * u64::from(view) + u64::from(variant);
    let pre = PreRuntime { proposer: index(primary(view)), timestamp, executed: 0 };
    Header::new(parent.hash(), parent.number + 1, H256::ZERO, H256::ZERO, pre)
}

pub(crate) fn index(who: Who) -> ValidatorIndex {
    ValidatorIndex(u16::from(who))
}

pub(crate) fn proposal(view: u8, header: &Header) -> Message {
    let (view, header) = (View(view.into()), header.clone());
    Message::Proposal(Proposal { epoch: Epoch(0), view, header, bundles: Vec::new(), signature: Signature::ZERO })
}

pub(crate) fn vote(kind: VoteKind, view: u8, header: &Header, voter: Who) -> Message {
    let (number, hash, voter) = (header.number, header.hash(), index(voter));
    let view = View(view.into());
    Message::Vote(Vote { kind, epoch: Epoch(0), view, number, hash, voter, signature: Signature::ZERO })
}

pub(crate) fn certificate(kind: CertificateKind, view: u8, header: &Header) -> Certificate {
    let votes = set().indices().take(QUORUM).map(|voter| (voter, Signature::ZERO)).collect();
    let (number, hash, view) = (header.number, header.hash(), View(view.into()));
    Certificate { kind, epoch: Epoch(0), view, number, hash, votes }
}

pub(crate) fn view_change(
    sender: Who,
    view: u8,
    certified: Option<Certificate>,
    prepared: Option<Certificate>,
) -> ViewChange {
    let (view, sender) = (View(view.into()), index(sender));
    ViewChange { epoch: Epoch(0), view, sender, certified, prepared, signature: Signature::ZERO }
}

pub(crate) fn new_view(view: u8, proof: Vec<ViewChange>) -> Message {
    let (sender, view) = (index(primary(view)), View(view.into()));
    Message::NewView(NewView { epoch: Epoch(0), view, sender, proof, signature: Signature::ZERO })
}

pub(crate) fn suspect(sender: Who, view: View) -> Message {
    Message::Suspect(Suspect { epoch: Epoch(0), view, sender: index(sender), signature: Signature::ZERO })
}
