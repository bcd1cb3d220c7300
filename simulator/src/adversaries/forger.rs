//! Speaks in others' names, without their keys, and nonsense in its own, well signed: numbers without end, quorums of
//! itself, bundles of garbage, blocks nobody certified, damaged bytes. Nobody may fall for it, and nobody may fall.

use std::rc::Rc;

use parity_scale_codec::{DecodeAll, Encode};
use tierchain_consensus::{Message, NewView, Proposal, Signer, Suspect, ViewChange, Vote, VoteKind};
use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::certificate::{Certificate, CertificateKind, SignedKind};
use tierchain_primitives::header::Header;
use tierchain_primitives::{BlockNumber, H256, ValidatorIndex, View};
use tierchain_replica::wire::{SignedBundle, SyncMessage};

use super::{Adversary, Letter, Means};
use crate::event::Parcel;

/// How many in a thousand letters set off a forgery.
const FORGERIES_PER_MILLE: u64 = 80;

/// Forges after the model of what its replica sends.
#[derive(Debug)]
pub(super) struct Forger;

impl Adversary for Forger {
    fn send(&mut self, letter: Letter, means: &mut Means<'_>) -> Vec<Letter> {
        if !means.random.chance(FORGERIES_PER_MILLE) {
            return vec![letter];
        }
        let to = means.somebody();
        let parcel = forge(&letter, means);
        vec![letter, Letter { to, parcel, delay: 0 }]
    }
}

fn forge(letter: &Letter, means: &mut Means<'_>) -> Parcel {
    if means.random.chance(200) {
        return damage(&letter.parcel, means);
    }
    match letter.message() {
        Some(message) => Parcel::Consensus(bend(message, means).encode().into()),
        None if means.random.chance(300) => Parcel::Bundle(bundle(&letter.parcel, means).encode().into()),
        None => Parcel::Sync(answer(&letter.parcel, means).encode().into()),
    }
}

/// Flips a bit, or cuts off the end.
fn damage(parcel: &Parcel, means: &mut Means<'_>) -> Parcel {
    let change = |bytes: &Rc<[u8]>, means: &mut Means<'_>| {
        let mut bytes = bytes.to_vec();
        let at = means.random.index(bytes.len());
        if means.random.chance(300) {
            bytes.truncate(at);
        } else if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << means.random.below(8);
        }
        bytes.into()
    };
    match parcel {
        Parcel::Consensus(bytes) => Parcel::Consensus(change(bytes, means)),
        Parcel::Sync(bytes) => Parcel::Sync(change(bytes, means)),
        Parcel::Bundle(bytes) => Parcel::Bundle(change(bytes, means)),
        Parcel::Block(bytes) => Parcel::Block(change(bytes, means)),
    }
}

/// A lie of the same kind.
fn bend(message: Message, means: &mut Means<'_>) -> Message {
    match message {
        Message::Proposal(it) => Message::Proposal(proposal(it, means)),
        Message::Vote(it) => vote(it, means),
        Message::ViewChange(it) => Message::ViewChange(view_change(it, means)),
        Message::NewView(it) => Message::NewView(new_view(it, means)),
        Message::Suspect(it) => Message::Suspect(suspect(it, means)),
        Message::Certificate(it) => Message::Certificate(certificate(it, means)),
    }
}

/// A view or number near this one, or at the end of all.
fn far(near: u64, means: &mut Means<'_>) -> u64 {
    let ahead = near.saturating_add(means.random.within((1, 40)));
    means.random.pick(&[0, near.saturating_sub(1), near.saturating_add(1), ahead, u64::MAX])
}

fn far_number(near: BlockNumber, means: &mut Means<'_>) -> BlockNumber {
    BlockNumber::try_from(far(near.into(), means)).unwrap_or(BlockNumber::MAX)
}

fn proposal(mut it: Proposal, means: &mut Means<'_>) -> Proposal {
    let pre = it.header.pre_runtime().ok();
    match means.random.below(8) {
        0 => it.header.number = far_number(it.header.number, means),
        1 => it.header.parent_hash = means.some_hash(),
        2 => it.header.extrinsics_root = means.some_hash(),
        3 => it.header.digest.clear(),
        4 => it.view = View(far(it.view.0, means)),
        5 => it.bundles.push(means.some_hash()),
        6 => it.bundles.clear(),
        _ => {
            if let Some(mut pre) = pre {
                pre.timestamp = far(pre.timestamp, means);
                pre.executed = far_number(pre.executed, means);
                let Proposal { header, .. } = &mut it;
                *header =
                    Header::new(header.parent_hash, header.number, header.state_root, header.extrinsics_root, pre);
            }
        }
    }
    means.resign_proposal(it)
}

/// Another's vote, a vote of its own for anything, or a certificate made of its own votes.
fn vote(it: Vote, means: &mut Means<'_>) -> Message {
    let hash = means.some_hash();
    match means.random.below(4) {
        0 => {
            let voter = ValidatorIndex(u16::try_from(means.random.below(9)).unwrap_or_default());
            Message::Vote(Vote { voter, ..means.vote(&it, it.hash) })
        }
        1 => {
            let view = View(far(it.view.0, means));
            Message::Vote(means.vote(&Vote { view, ..it }, hash))
        }
        2 => {
            let number = far_number(it.number, means);
            Message::Vote(means.vote(&Vote { number, ..it }, hash))
        }
        _ => {
            let like = Vote { kind: VoteKind::Commit, ..it };
            let (epoch, view, number) = (like.epoch, like.view, like.number);
            let signature = means.vote(&like, like.hash).signature;
            let votes = means.set.indices().take(means.set.quorum()).map(|voter| (voter, signature)).collect();
            let kind = CertificateKind::Committed;
            Message::Certificate(Certificate { kind, epoch, view, number, hash: like.hash, votes })
        }
    }
}

/// A certificate with something else in it.
fn certificate(mut it: Certificate, means: &mut Means<'_>) -> Certificate {
    match means.random.below(5) {
        0 => it.hash = means.some_hash(),
        1 => drop(it.votes.pop()),
        2 => it.votes.extend(it.votes.last().copied()),
        3 => it.number = far_number(it.number, means),
        _ => it.kind = CertificateKind::Prepared,
    }
    it
}

fn view_change(mut it: ViewChange, means: &mut Means<'_>) -> ViewChange {
    match means.random.below(4) {
        0 => it.view = View(far(it.view.0, means)),
        1 => it.certified = it.certified.map(|known| certificate(known, means)),
        2 => it.prepared = it.prepared.map(|known| certificate(known, means)),
        // Another's, whose signature it can't make.
        _ => it.sender = ValidatorIndex(it.sender.0 ^ 1),
    }
    let sender = it.sender;
    ViewChange { sender, ..means.resign_view_change(it) }
}

/// A NEW-VIEW with less proof, or with one made up.
fn new_view(mut it: NewView, means: &mut Means<'_>) -> NewView {
    match means.random.below(4) {
        0 => it.proof.truncate(means.random.index(it.proof.len())),
        1 => it.proof.iter_mut().for_each(|change| *change = means.resign_view_change(change.clone())),
        2 => {
            for (sender, change) in means.set.indices().zip(&mut it.proof) {
                *change = ViewChange { sender, ..means.resign_view_change(change.clone()) };
            }
        }
        _ => it.view = View(far(it.view.0, means)),
    }
    means.resign_new_view(it)
}

fn suspect(mut it: Suspect, means: &mut Means<'_>) -> Suspect {
    it.view = View(far(it.view.0, means));
    it.signature = means.sign(SignedKind::Suspect, it.view, 0, &H256::ZERO);
    it
}

/// A bundle of garbage, signed by this liar or in another's name.
fn bundle(parcel: &Parcel, means: &mut Means<'_>) -> SignedBundle {
    let known = match parcel {
        Parcel::Bundle(bytes) => SignedBundle::decode_all(&mut &**bytes).ok(),
        _ => None,
    };
    let at = known.as_ref().map_or(0, |known| known.at);
    let mut bundle = known.map_or(Bundle { extrinsics: Vec::new() }, |known| known.bundle);
    match means.random.below(3) {
        0 => bundle.extrinsics.push(vec![0xa5; 40]),
        1 => bundle.extrinsics.iter_mut().filter_map(|bytes| bytes.last_mut()).for_each(|byte| *byte ^= 1),
        _ => bundle.extrinsics.iter_mut().filter_map(|bytes| bytes.get_mut(50)).for_each(|byte| *byte ^= 1),
    }
    let (epoch, digest) = (means.set.epoch, bundle.digest());
    let signature = means.identity.sign(&SignedBundle::signed_bytes(&means.genesis, epoch, at, &digest));
    let maker = if means.random.chance(800) { means.index } else { ValidatorIndex(means.index.0 ^ 1) };
    SignedBundle { epoch, maker, at, bundle, signature }
}

/// An answer that isn't one, or a question without end.
fn answer(parcel: &Parcel, means: &mut Means<'_>) -> SyncMessage {
    let known = match parcel {
        Parcel::Sync(bytes) => SyncMessage::decode_all(&mut &**bytes).ok(),
        _ => None,
    };
    match (known, means.random.below(6)) {
        (Some(SyncMessage::Range { mut blocks }), 0..4) => {
            let at = means.random.index(blocks.len());
            if let Some(block) = blocks.get_mut(at) {
                match means.random.below(4) {
                    0 => drop(block.body.pop()),
                    1 => block.certificate = certificate(block.certificate.clone(), means),
                    2 => block.header.state_root = means.some_hash(),
                    _ => blocks.rotate_left(1),
                }
            }
            SyncMessage::Range { blocks }
        }
        (Some(SyncMessage::Block { header, .. }), 0..4) => SyncMessage::Block { header, body: vec![vec![7; 9]] },
        (_, 0) => SyncMessage::Height { number: far_number(1, means) },
        (_, 1) => SyncMessage::RangeRequest { from: far_number(1, means) },
        (_, 2) => SyncMessage::BlockRequest { number: far_number(1, means), hash: means.some_hash() },
        (_, 3) => SyncMessage::BundleRequest { digest: means.some_hash() },
        (_, 4) => SyncMessage::Range { blocks: Vec::new() },
        _ => SyncMessage::Missing { hash: means.some_hash() },
    }
}
