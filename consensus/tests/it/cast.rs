//! The validators of the tests: keys that are numbers, signatures that are keyed hashes, blocks that say nothing.

use tierchain_consensus::{
    Base, Config, Message, NewView, Parameters, Proposal, Signer, Suspect, Verify, VerifyError, ViewChange, Vote,
    VoteKind, verify_with,
};
use tierchain_primitives::certificate::{Certificate, CertificateKind, SignedKind, ValidatorSet, signed_bytes};
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::header::{Header, PreRuntime};
use tierchain_primitives::{AccountId, Epoch, H256, ValidatorIndex, View};

pub(crate) const GENESIS: H256 = H256([7; 32]);

/// Signs and verifies with a hash keyed by the public key. Good enough where nobody looks for collisions.
pub(crate) struct Keyed(pub(crate) AccountId);

impl Signer for Keyed {
    fn sign(&self, bytes: &[u8]) -> Signature {
        seal(&self.0, bytes)
    }
}

impl Verify for Keyed {
    fn holds(&self, key: &AccountId, bytes: &[u8], signature: &Signature) -> bool {
        seal(key, bytes) == *signature
    }
}

fn seal(key: &AccountId, bytes: &[u8]) -> Signature {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(sha256(&[&key.0, bytes]).as_bytes());
    Signature(signature)
}

pub(crate) fn key(index: ValidatorIndex) -> AccountId {
    AccountId(sha256(&[b"validator", &index.0.to_le_bytes()]).0)
}

pub(crate) fn signer(index: u16) -> Keyed {
    Keyed(key(ValidatorIndex(index)))
}

pub(crate) fn set(n: u16) -> ValidatorSet {
    ValidatorSet { epoch: Epoch(0), keys: (0..n).map(|index| key(ValidatorIndex(index))).collect() }
}

pub(crate) fn config(n: u16, me: u16, window: u32) -> Config {
    let parameters = Parameters { window, ..Parameters::default() };
    Config { genesis: GENESIS, set: set(n), me: ValidatorIndex(me), parameters }
}

pub(crate) fn check(message: &Message, n: u16) -> Result<(), VerifyError> {
    verify_with(&signer(0), message, &set(n), &GENESIS)
}

pub(crate) fn genesis() -> Header {
    let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: 0, executed: 0 };
    Header::new(H256::ZERO, 0, H256::ZERO, H256::ZERO, pre)
}

pub(crate) fn base() -> Base {
    Base { header: genesis(), certificate: None }
}

/// A child of `parent` by `proposer`; `salt` tells siblings apart.
pub(crate) fn block(parent: &Header, proposer: u16, salt: u64) -> Header {
    let pre = PreRuntime { proposer: ValidatorIndex(proposer), timestamp: salt, executed: 0 };
    Header::new(parent.hash(), parent.number + 1, H256::ZERO, H256::ZERO, pre)
}

/// A validator's signature over a statement of epoch 0.
pub(crate) fn signed(by: u16, kind: SignedKind, view: u64, number: u32, hash: H256) -> Signature {
    signer(by).sign(&signed_bytes(&GENESIS, Epoch(0), kind, View(view), number, &hash))
}

pub(crate) fn vote(kind: VoteKind, voter: u16, view: u64, header: &Header) -> Vote {
    let (number, hash) = (header.number, header.hash());
    let signature = signed(voter, kind.signed(), view, number, hash);
    Vote { kind, epoch: Epoch(0), view: View(view), number, hash, voter: ValidatorIndex(voter), signature }
}

pub(crate) fn certificate(kind: CertificateKind, voters: &[u16], view: u64, header: &Header) -> Certificate {
    let of = if kind == CertificateKind::Prepared { VoteKind::Prepare } else { VoteKind::Commit };
    let votes = voters.iter().map(|voter| (ValidatorIndex(*voter), vote(of, *voter, view, header).signature));
    let (epoch, number, hash) = (Epoch(0), header.number, header.hash());
    Certificate { kind, epoch, view: View(view), number, hash, votes: votes.collect() }
}

pub(crate) fn proposal(primary: u16, view: u64, header: &Header) -> Proposal {
    let signature = signed(primary, SignedKind::Proposal, view, header.number, header.hash());
    Proposal { epoch: Epoch(0), view: View(view), header: header.clone(), bundles: Vec::new(), signature }
}

pub(crate) fn suspect(sender: u16, view: u64) -> Suspect {
    let signature = signed(sender, SignedKind::Suspect, view, 0, H256::ZERO);
    Suspect { epoch: Epoch(0), view: View(view), sender: ValidatorIndex(sender), signature }
}

pub(crate) fn view_change(
    sender: u16,
    view: u64,
    certified: Option<Certificate>,
    prepared: Option<Certificate>,
) -> ViewChange {
    let mut change = ViewChange {
        epoch: Epoch(0),
        view: View(view),
        sender: ValidatorIndex(sender),
        certified,
        prepared,
        signature: Signature::ZERO,
    };
    change.signature = signed(sender, SignedKind::ViewChange, view, 0, change.content_hash());
    change
}

pub(crate) fn new_view(sender: u16, view: u64, proof: Vec<ViewChange>) -> NewView {
    let sender_index = ValidatorIndex(sender);
    let signature = Signature::ZERO;
    let mut new_view = NewView { epoch: Epoch(0), view: View(view), sender: sender_index, proof, signature };
    new_view.signature = signed(sender, SignedKind::NewView, view, 0, new_view.content_hash());
    new_view
}
