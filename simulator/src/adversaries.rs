//! Liars, one kind per file. A liar is a whole replica that holds its key; what it says, hears or remembers is bent.
//!
//! At most f validators lie. Nothing is expected of them, not even that their own assertions hold: a liar whose replica
//! panics is a liar that crashed.

mod amnesiac;
mod bad_state_root;
mod censor;
mod delayer;
mod equivocator;
mod forger;
mod mute;
mod replayer;
mod twins;

use core::fmt::Debug;

use parity_scale_codec::{DecodeAll, Encode};
use tierchain_consensus::{Message, NewView, Proposal, Signer, ViewChange, Vote};
use tierchain_primitives::certificate::{SignedKind, ValidatorSet, signed_bytes};
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::{BlockNumber, H256, ValidatorIndex, View};

use crate::cast::Cast;
use crate::clock::Time;
use crate::event::Parcel;
use crate::random::Random;
use crate::signing::Identity;

pub use twins::Sides;

/// How a validator lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Says one thing to some and another to others.
    Equivocator,
    /// Keeps silent.
    Mute,
    /// Is late.
    Delayer,
    /// Speaks in others' names, and nonsense in its own.
    Forger,
    /// Says again what anybody said before.
    Replayer,
    /// Loses its disk and votes again at once.
    Amnesiac,
    /// Runs twice with one key.
    Twins,
    /// As the primary, passes over the others' bundles.
    Censor,
    /// Has another state than everybody else.
    BadStateRoot,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Equivocator,
        Self::Mute,
        Self::Delayer,
        Self::Forger,
        Self::Replayer,
        Self::Amnesiac,
        Self::Twins,
        Self::Censor,
        Self::BadStateRoot,
    ];

    /// A liar of this kind.
    #[must_use]
    pub fn adversary(self, random: &mut Random) -> Box<dyn Adversary> {
        match self {
            Self::Equivocator => Box::new(equivocator::Equivocator::default()),
            Self::Mute => Box::new(mute::Mute::new(random)),
            Self::Delayer => Box::new(delayer::Delayer::new(random)),
            Self::Forger => Box::new(forger::Forger),
            Self::Replayer => Box::new(replayer::Replayer::default()),
            Self::Amnesiac => Box::new(amnesiac::Amnesiac),
            Self::Twins => Box::new(twins::Twin),
            Self::Censor => Box::new(censor::Censor::new(random)),
            Self::BadStateRoot => Box::new(bad_state_root::BadStateRoot::new(random)),
        }
    }
}

/// Something on its way to a member.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Whom it is for.
    pub to: usize,
    /// What it is.
    pub parcel: Parcel,
    /// How long it is held back.
    pub delay: Time,
}

impl Letter {
    /// A consensus message, sent at once.
    #[must_use]
    pub fn saying(to: usize, message: &Message) -> Self {
        Self { to, parcel: Parcel::Consensus(message.encode().into()), delay: 0 }
    }

    /// The consensus message in it, if it is one.
    #[must_use]
    pub fn message(&self) -> Option<Message> {
        message_in(&self.parcel)
    }
}

/// What a liar does otherwise than an honest validator. What it doesn't say here, it does honestly.
pub trait Adversary: Debug {
    /// What leaves in place of a letter that its replica wrote.
    fn send(&mut self, letter: Letter, _: &mut Means<'_>) -> Vec<Letter> {
        vec![letter]
    }

    /// What it sends on hearing something, and whether its replica is to hear it as well.
    fn hear(&mut self, _from: usize, _: &Parcel, _: &mut Means<'_>) -> (bool, Vec<Letter>) {
        (true, Vec::new())
    }

    /// Whether its disk is empty when its process starts.
    fn forgets(&mut self, _: &mut Random) -> bool {
        false
    }

    /// After how many effects it crashes by itself, if it does.
    fn crashes_after(&mut self, _: &mut Random) -> Option<u64> {
        None
    }

    /// The state root that its replica is told.
    fn bend_root(&mut self, root: H256, _: BlockNumber) -> H256 {
        root
    }
}

/// What a liar has at hand.
pub struct Means<'a> {
    /// Its number.
    pub who: usize,
    /// Its place in the set.
    pub index: ValidatorIndex,
    /// Its key.
    pub identity: &'a Identity,
    /// The chain.
    pub genesis: H256,
    /// The validators.
    pub set: &'a ValidatorSet,
    /// Who is who.
    pub cast: &'a Cast,
    /// On which side each member is, for lies that need two audiences: bit `who`. All liars of a run agree on it.
    pub sides: u64,
    /// Chance.
    pub random: &'a mut Random,
}

impl Means<'_> {
    /// Whether a member hears the other story.
    #[must_use]
    pub fn is_other_side(&self, who: usize) -> bool {
        self.sides >> who & 1 == 1
    }

    /// Somebody else.
    pub fn somebody(&mut self) -> usize {
        let others: Vec<usize> = (0..self.cast.members()).filter(|who| !self.cast.are_one(*who, self.who)).collect();
        self.random.pick(&others)
    }

    /// Some hash.
    pub fn some_hash(&mut self) -> H256 {
        let mut hash = H256::ZERO;
        hash.0[..8].copy_from_slice(&self.random.number().to_le_bytes());
        hash
    }

    /// Signs anything with its own key.
    #[must_use]
    pub fn sign(&self, kind: SignedKind, view: View, number: BlockNumber, hash: &H256) -> Signature {
        self.identity.sign(&signed_bytes(&self.genesis, self.set.epoch, kind, view, number, hash))
    }

    /// A vote of its own, for whatever block.
    #[must_use]
    pub fn vote(&self, like: &Vote, hash: H256) -> Vote {
        let signature = self.sign(like.kind.signed(), like.view, like.number, &hash);
        Vote { hash, voter: self.index, signature, ..like.clone() }
    }

    /// Signs a proposal anew.
    #[must_use]
    pub fn resign_proposal(&self, mut proposal: Proposal) -> Proposal {
        let (number, hash) = (proposal.header.number, proposal.header.hash());
        proposal.signature = self.sign(SignedKind::Proposal, proposal.view, number, &hash);
        proposal
    }

    /// Signs a VIEW-CHANGE anew, as its own.
    #[must_use]
    pub fn resign_view_change(&self, mut change: ViewChange) -> ViewChange {
        change.sender = self.index;
        change.signature = self.sign(SignedKind::ViewChange, change.view, 0, &change.content_hash());
        change
    }

    /// Signs a NEW-VIEW anew, as its own.
    #[must_use]
    pub fn resign_new_view(&self, mut new_view: NewView) -> NewView {
        new_view.sender = self.index;
        new_view.signature = self.sign(SignedKind::NewView, new_view.view, 0, &new_view.content_hash());
        new_view
    }
}

/// The consensus message in a parcel, if it is one.
fn message_in(parcel: &Parcel) -> Option<Message> {
    match parcel {
        Parcel::Consensus(bytes) => Message::decode_all(&mut &**bytes).ok(),
        Parcel::Sync(_) | Parcel::Bundle(_) | Parcel::Block(_) => None,
    }
}
